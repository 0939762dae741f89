"""How are the tables of a test in Athena written for a person at a terminal?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pages.parts import bills
from pages.parts.format import duration, size

if TYPE_CHECKING:
    from queries.athena.usage import Usage

MOST_HOURS = 12


def asked(used: Usage) -> str:
    """What the questions of a command made Athena scan."""
    return f"{bills.said(used)}."


def setup(answer: dict[str, Any]) -> str:
    """The statements, each under what it is for."""
    said = [
        f"{answer['test']} in Athena's database {answer['database']}",
        f"Captures   {answer['captures']}, from {answer['first_hour']}",
        *(f"Reading    {name}: {how}" for name, how in answer["reading"].items()),
    ]
    if not answer["statements"]:
        return "\n".join([*said, "All is there; nothing to do."])
    for each in answer["statements"]:
        said += ["", f"-- {each['for']}", f"{each['sql']};"]
    if answer["hours_lost"]:
        n = len(answer["hours_lost"])
        said += [
            "",
            f"{n:,} hour{'s' if n > 1 else ''} were written as the tables were read before; they "
            "are removed and have to be written again.",
        ]
    if answer["done"]:
        said += ["", "Done. `cli.py athena update` writes the hours."]
    return "\n".join(said)


def updated(answer: dict[str, Any]) -> str:
    """What was written, and what it cost."""
    said = [
        f"{answer['test']} in Athena's database {answer['database']}",
        f"Read       {_hours(answer['hours_read'])}",
        f"Paired     {_hours(answer['hours_paired'])}",
        *(_labels("Labels", answer["labels"], "label a pair") if answer["labels"] else ()),
        *(
            told
            for column, counts in answer["outcomes"].items()
            for told in _labels("Outcome", counts, f"tell {column} of a pair")
        ),
        f"Cost       {size(answer['bytes_scanned'])} scanned by {answer['queries']:,} queries in "
        f"{duration(answer['seconds'])}, about ${answer['usd']:,.4f}",
    ]
    for key, sentence in (
        ("hours_finished", "{n:,} registered that a run which was cut off had written"),
        ("hours_written_elsewhere", "{n:,} written by somebody else meanwhile; ours were removed"),
    ):
        if answer[key]:
            said.append(f"Hours      {sentence.format(n=answer[key])}")
    if answer["tables_swept"]:
        said.append(f"Swept      {answer['tables_swept']:,} tables of runs that were cut off")
    if answer["undecided"]:
        said.append(
            f"Undecided  {answer['undecided']:,} records still had several candidates after the "
            "last round, and stay unpaired"
        )
    return "\n".join(said)


def standing(answer: dict[str, Any]) -> str:
    """What is written, and what waits."""
    waiting = answer["waiting"]
    return "\n".join(
        [
            f"{answer['test']} in Athena's database {answer['database']}",
            f"Captures   {answer['captures']}",
            *(f"Reading    {name}: {how}" for name, how in answer["reading"].items()),
            f"Hours      {_span(answer['hours'])}; read {_span(answer['hours_read'])}",
            f"Rows       {answer['rows']:,}; pairs {answer['pairs']:,}, "
            f"ambiguous records {answer['ambiguous']:,}, collisions {answer['collisions']:,}",
            f"In S3      {size(answer['bytes'])}",
            f"Waiting    {_hours(waiting)}"
            + (
                f"; {size(answer['waiting_bytes'])} of captures to be read, about "
                f"${answer['waiting_usd']:,.4f}"
                if waiting
                else ""
            ),
            *_late(answer["late"]),
        ]
    )


def _late(files: list[str]) -> list[str]:
    if not files:
        return []
    first = f"{files[0]}{' …' if len(files) > 1 else ''}"
    return [
        f"Late       {len(files):,} that came after their hour was read, and that no table holds: "
        f"{first}"
    ]


def _labels(called: str, labels: dict[str, Any], of_a_pair: str) -> list[str]:
    read = f"{labels['files']:,} file{'' if labels['files'] == 1 else 's'}"
    said = [
        f"{called:<10} {labels['used']:,} of {labels['lines']:,} lines in {read} {of_a_pair}; "
        f"{labels['unknown_id']:,} have an id that nobody captured"
    ]
    return said + [f"           {problem}" for problem in labels["problems"]]


def _hours(hours: list[str]) -> str:
    if not hours:
        return "no hour"
    if len(hours) > MOST_HOURS:
        return f"{len(hours):,} hours, {hours[0]} to {hours[-1]}"
    return ", ".join(hours)


def _span(hours: dict[str, Any]) -> str:
    if not hours["count"]:
        return "none"
    return f"{hours['count']:,}, {hours['first']} to {hours['last']}"
