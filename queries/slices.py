"""Where do the two models disagree: what is counted in each slice, and in which half?

Every dimension is cut into slices, each of them a filter (``slice_parts``): what is counted here is
what a click on it shows. The requests have two halves, by a hash of their id, so that each stays in
its half however often one looks. In the one every slice and every two of them are counted, a few
hundred dimensions or pairs of them in one pass; in the other what was found there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from analysis.slice_search import Counts, screen
from analysis.slices import Named, Search, judge
from queries.conditions import Filter
from queries.dimensions import dimensions_of
from queries.errors import NotComparable
from queries.filtered import Relation
from queries.slice_parts import parts_of
from queries.windows import bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.estimates import Window
    from queries.dimensions import Dimension
    from queries.opened import Opened
    from queries.slice_parts import Part

    Cut = Sequence[tuple[Dimension, tuple[Part, ...]]]

SAMPLE_ROWS = 50_000
SAMPLED_AT_ONCE = 30
MOST_SEARCHED = 500_000
"""Pairs that are searched: of a larger half so many, by the same hash."""
MOST_CROSSED = 40
"""Dimensions of which any two are crossed: those whose own slices stand out most."""
AT_ONCE = 240
"""Dimensions, or pairs of them, in one pass: an array of Trino is written with at most 254."""

# of what both engines know, for what DuckDB calls a hash Athena has not
_HASH = (
    "substr(to_hex(md5(to_utf8(coalesce(event_id, inference_id, "
    "CAST(production_line AS varchar))))), 1, 8)"
)
_MIDDLE = 1 << 31
_HELD = f"{_HASH} >= '{_MIDDLE:08X}'"


@dataclass(frozen=True, slots=True)
class _Block:
    """The slices of one dimension, or those where two meet, and the row that counts the first."""

    dimensions: tuple[int, ...]
    first: int
    shape: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.first + int(np.prod(self.shape))

    @property
    def sql(self) -> str:
        """The row of a request's slice, from the numbers of its parts (``s0``, ``s1``, …)."""
        at = [f"s{each}" for each in self.dimensions]
        inside = at[0] if len(at) == 1 else f"{at[0]} * {self.shape[1]} + {at[1]}"
        return f"{self.first} + {inside}"


def slices(
    opened: Opened, window_text: str, *, progress: Callable[[float], None] | None = None
) -> Search:
    """Where the two models disagree: the requests of a window by one dimension, and by two.

    Answers are no dimension here: who answered what is the table of labels. ``progress`` is told
    which share of the work is done.

    Raises
    ------
    NotComparable
        When no pair of the window could be compared.
    """
    window, confidence = opened.window(window_text), opened.policy.confidence
    totals = opened.engine.run("agreement_by_block", block_s=86_400, **bounds(window))
    n, agreed = int(totals["n"].sum()), int(totals["agreed"].sum())
    if n == 0:
        raise NotComparable(
            "No pair of this window could be compared, so there is nothing to cut into slices.",
            remedy="longer window",
        )
    asking = _Asking(opened, window, _cut(opened, window, n), progress or (lambda done: None))
    share = min(1.0, 2 * MOST_SEARCHED / n)
    searched = f"{_HASH} < '{round(share * _MIDDLE):08X}'"
    single = _blocks([(at,) for at in range(len(asking.cut))], asking.cut, first=1)
    alone = asking.tally(single, searched, single[-1].end, further=4)
    pairs = combinations(_worth_crossing(single, _counts(alone, single), confidence), 2)
    crossed = _blocks(list(pairs), asking.cut, first=single[-1].end)
    blocks = [*single, *crossed]
    counted = asking.tally(crossed, searched, blocks[-1].end, further=1)
    counted[:, : single[-1].end] = alone
    found = screen(_counts(counted, blocks), confidence=confidence)
    rows = found.to_judge()
    judged = [each for each in crossed if ((each.first <= rows) & (rows < each.end)).any()]
    held = asking.tally([*single, *judged], _HELD, blocks[-1].end, further=0)
    return judge(
        found,
        [_named(asking.cut, [*single, *judged], row) for row in rows[1:].tolist()],
        _counts(held, blocks, rows),
        n=n,
        agreed=agreed,
        confidence=confidence,
    )


def _cut(opened: Opened, window: Window, n: int) -> Cut:
    """Every dimension and its slices, as a sample of the requests decides."""
    step = max(1, n // SAMPLE_ROWS)
    dimensions = [each for each in dimensions_of(opened.reading) if each.about != "answer"]
    cut: list[tuple[Dimension, tuple[Part, ...]]] = []
    for at in range(0, len(dimensions), SAMPLED_AT_ONCE):
        some = dimensions[at : at + SAMPLED_AT_ONCE]
        drawn = [each.column for each in some if each.about != "time"]
        sample = opened.engine.run("slice_sample", columns=drawn, step=step, **bounds(window))
        cut += [(each, tuple(parts_of(each, sample))) for each in some]
    return cut


def _blocks(dimensions: Sequence[tuple[int, ...]], cut: Cut, *, first: int) -> list[_Block]:
    found: list[_Block] = []
    for each in dimensions:
        found.append(_Block(each, first, tuple(len(cut[at][1]) for at in each)))
        first = found[-1].end
    return found


def _worth_crossing(single: Sequence[_Block], counts: Counts, confidence: float) -> list[int]:
    """The dimensions that divide the traffic; where they are many, those that stand out most."""
    p = screen(counts, confidence=confidence).p
    dividing = [
        (float(np.nanmin(p[block.first : block.end])), at)
        for at, block in enumerate(single)
        if np.isfinite(p[block.first : block.end]).any()
    ]
    return sorted(at for _, at in sorted(dividing)[:MOST_CROSSED])


def _counts(
    counted: NDArray[np.int64], blocks: Sequence[_Block], rows: NDArray[np.int64] | None = None
) -> Counts:
    """Counts of all rows, or of some, with the rows of the two slices that meet in each."""
    within = np.zeros((counted.shape[1], 2), dtype=np.int64)
    cut = np.zeros(counted.shape[1], dtype=np.int64)
    first = {block.dimensions: block.first for block in blocks}
    for number, block in enumerate(blocks, 1):
        cut[block.first : block.end] = number
        if len(block.dimensions) == 2:
            places = np.indices(block.shape).reshape(2, -1).T
            within[block.first : block.end] = places + [first[at,] for at in block.dimensions]
    at = slice(None) if rows is None else rows
    return Counts(counted[0, at], counted[1, at], within[at], cut[at])


def _named(cut: Cut, blocks: Sequence[_Block], row: int) -> Named:
    block = next(each for each in blocks if each.first <= row < each.end)
    places = np.unravel_index(row - block.first, block.shape)
    chosen = [
        (cut[at][0], cut[at][1][int(place)])
        for at, place in zip(block.dimensions, places, strict=True)
    ]
    conditions = tuple(each for _, part in chosen for each in part.where.conditions)
    return Named(
        tuple(dimension.name for dimension, _ in chosen),
        " and ".join(part.name for _, part in chosen),
        Filter(conditions).text,
    )


@dataclass(slots=True)
class _Asking:
    """Counts in one half of the requests of a window, and tells how far that is."""

    opened: Opened
    window: Window
    cut: Cut
    progress: Callable[[float], None]
    done: int = field(default=0)

    def tally(
        self, blocks: Sequence[_Block], half: str, end: int, *, further: int
    ) -> NDArray[np.int64]:
        """Pairs, and those that agree, of shape (2, ``end``): row 0 is all of the half.

        ``further`` is about how many passes follow.
        """
        counted = np.zeros((2, end), dtype=np.int64)
        starts = range(0, len(blocks), AT_ONCE)
        for left, at in zip(reversed(range(len(starts))), starts, strict=True):
            self._pass(blocks[at : at + AT_ONCE], half, counted)
            self.done += 1
            self.progress(self.done / (self.done + left + further))
        if blocks:
            counted[:, 0] = counted[:, blocks[0].first : blocks[0].end].sum(axis=1)
        return counted

    def _pass(self, blocks: Sequence[_Block], half: str, counted: NDArray[np.int64]) -> None:
        parts, values = [], []
        for at in sorted({each for block in blocks for each in block.dimensions}):
            cases = " ".join(
                f"WHEN {part.sql} THEN {number}" for number, part in enumerate(self.cut[at][1])
            )
            parts.append(f"CASE {cases} END AS s{at}")
            values += [
                value
                for part in self.cut[at][1]
                for condition in part.where.conditions
                for value in condition.parameters
            ]
        cells = ", ".join(each.sql for each in blocks)
        made = (
            Relation(
                "parted",
                f"SELECT ts, comparable, agreed, {', '.join(parts)} FROM inputs WHERE {half}",
                tuple(values),
            ),
            Relation("cut", f"SELECT ts, comparable, agreed, ARRAY[{cells}] AS cells FROM parted"),
        )
        answer = self.opened.engine.run("slices", given=made, **bounds(self.window))
        if np.isnan(answer["slice"].astype(np.float64)).any():
            raise ArithmeticError("The slices of some dimension do not hold every request.")
        counted[:, answer["slice"].astype(np.int64)] = answer["n"], answer["agreed"]
