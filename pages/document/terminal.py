"""How is an answer written for a person at a terminal?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from queries.outlay import Outlay
    from queries.progress import Progress

MOST_REJECTS = 20
MOST_TENSORS = 5
SIGNS = {"ok": "✓", "breach": "✕", "inconclusive": "○", "no_data": "–"}
RULE_SIGNS = {"fired": "✕", "unknown": "–", "not_fired": "✓"}


def reading(progress: Progress, what: str) -> str:
    """How far the reading is."""
    if progress.listing:
        return f"Listing {what}: {progress.files:,} files so far"
    left = progress.seconds_left
    return (
        f"Reading {what}: {progress.files_done:,} of {progress.files:,} files, "
        f"{progress.bytes_done / 1e6:,.0f} of {progress.bytes / 1e6:,.0f} MB"
        + (f", {left:,.0f} s left" if left is not None else "")
        + (f"; {_asked(progress.outlay)}" if progress.outlay else "")
    )


def estimate(answer: dict[str, Any]) -> str:
    """What reading would take."""
    return "\n".join(
        (
            f"To read    {answer['objects']:,} objects, {answer['bytes'] / 1e6:,.1f} MB",
            f"Requests   {answer['lists']:,} LIST (made), at most {answer['gets']:,} GET",
            f"Cost       about ${answer['usd']:,.4f} by [prices]; bytes cost nothing within the "
            "bucket's region (usd_per_gb = 0)",
        )
    )


def _asked(outlay: Outlay) -> str:
    return f"at most {outlay.requests:,} requests, about ${outlay.usd:,.4f}"


def ingest(answer: dict[str, Any]) -> str:
    said = [
        f"Objects    {answer['objects']:,} ({len(answer['failed']):,} could not be read)",
        f"Lines      {answer['lines']:,} = {answer['records']:,} records"
        f" + {answer['rejected']:,} rejected",
        f"Rows       {answer['rows']:,} ({answer['unreadable']:,} without a readable prediction)",
        f"Ids        {answer['ids']['inference_id']:,} records with an inference id,"
        f" {answer['ids']['event_id']:,} with an event id",
    ]
    for title, counts in (
        ("Variants", answer["variants"]),
        ("Types", answer["content_types"]),
        ("Encodings", answer["encodings"]),
    ):
        said.append(f"{title:<10} " + ", ".join(f"{name} {n:,}" for name, n in counts.items()))
    said += [f"{'Reading':<10} {name}: {how}" for name, how in answer["reading"].items()]
    pairs = answer["pairs"]
    if pairs is None:
        said.append("Pairs      not sought: say which variants with --production and --shadow")
    else:
        said.append(_pairs_line(pairs["total"], pairs))
    for reject in answer["rejects"][:MOST_REJECTS]:
        said.append("Rejected   {file}, line {line} (byte {offset}): {reason}".format(**reject))
    if answer["rejected"] > MOST_REJECTS:
        said.append(f"           and {answer['rejected'] - MOST_REJECTS:,} more: --format json")
    said += ["Not read   {file}: {reason}".format(**failed) for failed in answer["failed"]]
    return "\n".join(said)


def _pairs_line(total: int, pairs: dict[str, Any]) -> str:
    methods = ", ".join(f"{name} {n:,}" for name, n in pairs["by_method"].items()) or "none"
    return (
        f"Pairs      {total:,} ({methods}); production only {pairs['production_only']:,}, "
        f"shadow only {pairs['shadow_only']:,}, ambiguous {pairs['ambiguous']:,}"
    )


def pairs(answer: dict[str, Any]) -> str:
    expected = answer["expected"]
    return "\n".join(
        [
            f"{answer['test']}, {answer['window']['start']} to {answer['window']['end']}",
            f"Rows       production {answer['production']:,}, shadow {answer['shadow']:,}",
            _pairs_line(answer["paired"], answer),
            "Expected   " + ("not known" if expected is None else f"{expected:,.0f} pairs"),
            f"Collisions {answer['collisions']:,}; pairs with different inputs"
            f" {answer['different_input']:,}",
        ]
    )


def verdict(answer: dict[str, Any]) -> str:
    return "\n".join(
        [
            f"{answer['test']}: {answer['headline']}",
            f"{answer['window']['start']} to {answer['window']['end']}, "
            f"{answer['pairing']['paired']:,} pairs, policy {answer['policy']['name']}",
            *(f"  {SIGNS[each['status']]} {each['sentence']}" for each in answer["guardrails"]),
        ]
    )


def publication(answer: dict[str, Any]) -> str:
    """Which numbers were published, or would be, and which had no data."""
    units = {"Percent": " %", "Count": "", "None": ""}
    done = f"Published (request id {answer['request_id']})" if answer["published"] else "Dry run"
    said = [
        f"{answer['test']}: {answer['comparison']} on {answer['endpoint']}",
        f"{answer['namespace']} at {answer['at']}",
        *(
            f"  {each['name']:<20} {each['value']:,.6g}{units[each['unit']]}"
            for each in answer["metrics"]
        ),
        *(f"  {name:<20} no data: not published" for name in answer["left_out"]),
        f"{done}.",
    ]
    if answer["hindrance"]:
        said.append(f"It would be refused: {answer['hindrance']}")
    return "\n".join(said)


def demo(answer: dict[str, Any]) -> str:
    tests = [f"  {test['name']}: {test['description']}" for test in answer["tests"]]
    return "\n".join([answer["path"], *tests])


def trial(answer: dict[str, Any]) -> str:
    """A review of a training: what fired first, and each rule in its own sentence."""
    rules = answer["rules"]
    fired, unknown, clean = (
        sum(rule["status"] == status and rule["applies"] for rule in rules) for status in RULE_SIGNS
    )
    others = len(rules) - fired - unknown - clean
    steps = [
        f"{mode} {told['count']:,} steps ({told['first']:,} to {told['last']:,})"
        for mode, told in answer["steps"].items()
    ]
    said = [
        f"{answer['trial']}: {fired} of {len(rules)} rules fired, {unknown} cannot tell, "
        f"{clean} did not fire" + (f", {others} do not apply" if others else ""),
        answer["location"],
        f"{', '.join(steps) or 'no steps'}; {len(answer['tensors']):,} tensors of "
        f"{', '.join(answer['workers']) or 'no worker'}; "
        + ("ended" if answer["ended"] else "not ended"),
    ]
    said += [line for rule in rules for line in _rule(rule)]
    for rule in answer["aws_rules"]:
        details = " ".join((rule["details"] or "").split())
        said.append(f"AWS        {rule['name']}: {rule['status']}" + f". {details}" * bool(details))
    said += [f"Note       {note}" for note in answer["notes"]]
    return "\n".join(line for line in said if line)


def _rule(rule: dict[str, Any]) -> list[str]:
    weight = " (critical)" if rule["critical"] else ""
    lines = [f"  {RULE_SIGNS[rule['status']]} {rule['name']}{weight}: {rule['sentence']}"]
    if rule["status"] == "fired" and rule["tensors"]:
        more = len(rule["tensors"]) - MOST_TENSORS
        named = ", ".join(rule["tensors"][:MOST_TENSORS])
        lines.append(f"      On {named}" + (f" and {more:,} more" if more > 0 else "") + ".")
    if rule["status"] != "not_fired" and rule["remedy"]:
        lines.append(f"      {rule['remedy']}")
    return lines
