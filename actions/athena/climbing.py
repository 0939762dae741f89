"""In which order is the ladder climbed in Athena, and which step is needed at all?

``queries/athena/ladder.py`` has the statements. What a step before has found decides about the
next, so that hours whose records all carry an id of their own take four of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from queries.athena.ladder import STATEMENTS, Climb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queries.answers import Answer


class Statements(Protocol):
    """Where the statements are run."""

    def make(self, step: str, select: str) -> str:
        """Make a table on the way; its name, as a query names it."""

    def ask(self, select: str, what: str) -> Answer:
        """The answer to one SELECT."""


@dataclass(frozen=True, slots=True)
class Climbed:
    """What has been found: the queries of the pairs and of the ambiguous records, and counts.

    ``collisions`` are, by hour, records whose id was used more than once in their variant;
    ``undecided`` records of production that still had candidates after the last round.
    """

    pairs: str | None
    ambiguous: str | None
    collisions: Mapping[str, int]
    undecided: int


@dataclass(frozen=True, slots=True)
class _Rung:
    """The tables of one rung that hold its chosen candidates."""

    edges: tuple[str, ...]
    undecided: int


def climb(ladder: Climb, on: Statements) -> Climbed:
    """Climb the ladder for the hours of ``ladder``."""
    records = left = on.make("records", ladder.records())
    by_method: dict[str, tuple[str, ...]] = {}
    collisions: Counter[str] = Counter()
    undecided = 0
    for method in ("inference_id", "event_id"):
        found = on.ask(ladder.ids(left, method), "the ids left over")
        fewer, shared = found.count("fewer"), found.count("shared")
        if method == "event_id" and (fewer == 0 or 2 * shared < fewer):
            continue
        if found.count("repeated"):
            repeated = on.ask(ladder.collisions(left, method), "ids used more than once")
            for hour, n in zip(repeated["hour"], repeated["n"], strict=True):
                collisions[hour] += int(n)
        if shared:
            edges = on.make(f"by_{method}", ladder.by_id(left, method))
            rung = _rounds(ladder, on, f"by_{method}", edges)
            by_method[method] = rung.edges
            undecided += rung.undecided
            left = on.make(f"after_{method}", ladder.left_over(left, rung.edges))
    near = on.make("near", ladder.near(left, records))
    found = on.ask(ladder.crowds(near), "records with no id of their own")
    ambiguous = None
    if found.count("production") and found.count("shadow"):
        crowded = found.count("crowds") > 0
        if crowded:
            near = on.make("apart", ladder.without_crowds(near))
        edges = on.make("by_input", ladder.by_input(near, crowded=crowded))
        rung = _rounds(ladder, on, "by_input", edges)
        by_method["input"] = rung.edges
        undecided += rung.undecided
        ambiguous = ladder.ambiguous(records, edges, near, crowded=crowded)
    pairs = None
    if by_method:
        pairs = ladder.pairs(on.make("asked", ladder.asked(records, by_method)))
    return Climbed(
        pairs=pairs,
        ambiguous=ambiguous,
        collisions=collisions,
        undecided=undecided,
    )


def _rounds(ladder: Climb, on: Statements, step: str, edges: str) -> _Rung:
    """Accept candidates that are each other's nearest, until none is left or it takes too long."""
    made = [edges]
    left = on.ask(ladder.open(edges, ranked=False), "candidates").count("n")
    while left and len(made) <= STATEMENTS:
        ranked = len(made) > 1
        made.append(on.make(f"{step}_{len(made)}", ladder.rounds(made[-1], ranked=ranked)))
        left = on.ask(ladder.open(made[-1], ranked=True), "candidates").count("n")
    return _Rung(tuple(made), left)
