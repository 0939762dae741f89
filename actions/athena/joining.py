"""In which order do right answers find their pairs in Athena?

``queries/athena/truth.py`` has the statements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.labels import LabelCounts
from analysis.quality import Ids
from queries.truth import LABELLED, SHOWN_PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actions.athena.climbing import Statements
    from queries.athena.truth import Join
    from queries.truth_files import Labels

# An id is shown to be compared by eye.
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Joined:
    """The query of the labelled rows, and what became of every line."""

    rows: str
    counts: LabelCounts
    ids: Ids
    yes: str
    no: str


def join(
    joining: Join, labels: Labels, on: Statements, *, location: str, some: Sequence[str]
) -> Joined:
    """Find the pair of each label; ``some`` are ids of the labels, to be shown where none is found.

    What is counted of the files, ``labels`` says.
    """
    requests = on.make("requests", joining.requests())
    fates = on.make("fates", joining.fates(requests))
    yes, no = _words(joining, on)
    counts = _counts(joining.counts(fates), labels, on, location)
    return Joined(joining.rows(fates, yes, no), counts, _ids(joining, counts, on, some), yes, no)


def _words(joining: Join, on: Statements) -> tuple[str, str]:
    """How the answers say true and false: in words, or as 1 and 0."""
    if joining.kind not in LABELLED:
        return "1", "0"
    found = on.ask(joining.words(), "how answers say true and false")
    written = dict(zip(found["said"].tolist(), found["label"].tolist(), strict=True))
    if not written or {"0", "1"} & written.keys():
        return "1", "0"
    return written.get("true", "true"), written.get("false", "false")


def _counts(select: str, labels: Labels, on: Statements, location: str) -> LabelCounts:
    found = on.ask(select, "count the lines of the labels")
    problems = tuple(each.problem for each in labels.files if each.problem)
    return LabelCounts(
        location=location,
        files=len(labels.files) - len(problems),
        failed=len(problems),
        lines=sum(each.lines for each in labels.files),
        without_id=sum(each.without_id for each in labels.files),
        unreadable=sum(each.unreadable for each in labels.files),
        problems=problems[:SHOWN_PROBLEMS],
        **{name: found.count(name) for name in found},
    )


def _ids(joining: Join, counts: LabelCounts, on: Statements, some: Sequence[str]) -> Ids:
    """Ids of both sides where none match, for the reader to see why."""
    if counts.lines == 0 or counts.unknown_id == 0 or counts.used:
        return Ids((), (), ())
    captured = (
        on.ask(joining.some_ids(column), "some ids of the captures")["id"]
        for column in ("inference_id", "event_id")
    )
    shown = (tuple(str(each)[:_LONGEST_ID] for each in ids) for ids in (some, *captured))
    return Ids(*shown)
