"""What came of production's answers, and what is at stake where the shadow answers otherwise?

An outcome follows the answer that was given, and only production's was. Of the shadow's there is
none: no difference of the two models is computed here, for the data hold none. Where both answer
alike, what came of it would have come of the shadow's answer as well; where they differ, nobody
knows what would have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.estimates import Estimate, no_estimate
from analysis.intervals import newcombe, share, student_quantile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analysis.labels import LabelCounts, LabelsBehind
    from analysis.quality import Ids


@dataclass(frozen=True, slots=True)
class Cell:
    """Pairs with the same two answers, and sums of their outcome.

    ``production`` and ``shadow`` are labels, empty where answers have none; ``ones`` counts the
    values that are 0 or 1.
    """

    agreed: bool
    production: str
    shadow: str
    n: int
    total: float
    squares: float
    ones: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The mean outcome of pairs with the same two answers."""

    agreed: bool
    production: str
    shadow: str
    mean: Estimate


@dataclass(frozen=True, slots=True)
class Consequence:
    """One outcome of the pairs of a window.

    Attributes
    ----------
    name : str
    share : bool
        Every value is 0 or 1, so means are shares.
    pairs : int
        All pairs that could be compared, with an outcome or without.
    every, agreed, differed : Estimate
        Mean outcome of production's answers: of all pairs with an outcome, of those on which the
        shadow gave the same answer, and of those on which it gave another. Wilson's interval for
        shares, Student's otherwise.
    apart : Estimate
        ``differed`` − ``agreed``: two groups of requests, not two models (Newcombe; Welch).
    at_risk : Estimate
        What the pairs that differ brought, over all pairs: the most that the shadow could lose, if
        no outcome is below 0 and each of its other answers brought nothing.
    to_gain : Estimate
        Of a share, the pairs that differ and brought nothing, over all: the most that it could
        gain. No estimate of other outcomes: nothing bounds them.
    answers : tuple of Answered
        By both answers, the most frequent first; empty where answers are no labels.
    """

    name: str
    share: bool
    pairs: int
    every: Estimate
    agreed: Estimate
    differed: Estimate
    apart: Estimate
    at_risk: Estimate
    to_gain: Estimate
    answers: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class Consequences:
    """All outcomes of a test in one window, and the account of the lines that told them.

    ``behind`` is, of each, what has come since it was joined; None where it is all there is.
    """

    counts: tuple[LabelCounts, ...]
    ids: Ids
    found: tuple[Consequence, ...]
    behind: tuple[LabelsBehind | None, ...]


def consequence(
    name: str, cells: Iterable[Cell], pairs: int, *, confidence: float, most: int
) -> Consequence:
    """Sum up one outcome by how both variants answered.

    Parameters
    ----------
    cells : iterable of Cell
        Pairs with an outcome, counted by both answers.
    pairs : int
        All pairs that could be compared.
    most : int
        Combinations of answers that are told one by one.
    """
    counted = list(cells)
    every, agreed, differed = (
        _summed(each for each in counted if which is None or each.agreed == which)
        for which in (None, True, False)
    )
    shares = every.ones == every.n
    unit = "share" if shares else ""

    def mean(cell: Cell) -> Estimate:
        return _mean(cell, shares=shares, confidence=confidence)

    lost = Cell(False, "", "", every.n, differed.total, differed.squares, every.ones)
    gained = Cell(False, "", "", every.n, differed.n - differed.total, 0.0, every.ones)
    labels = sorted(
        (each for each in counted if each.production or each.shadow), key=lambda each: -each.n
    )
    return Consequence(
        name=name,
        share=shares,
        pairs=pairs,
        every=mean(every),
        agreed=mean(agreed),
        differed=mean(differed),
        apart=_apart(differed, agreed, shares=shares, confidence=confidence),
        at_risk=mean(lost),
        to_gain=mean(gained) if shares else no_estimate(unit),
        answers=tuple(
            Answered(each.agreed, each.production, each.shadow, mean(each))
            for each in labels[:most]
        ),
    )


def _summed(cells: Iterable[Cell]) -> Cell:
    some = list(cells)
    return Cell(
        agreed=all(each.agreed for each in some),
        production="",
        shadow="",
        n=sum(each.n for each in some),
        total=math.fsum(each.total for each in some),
        squares=math.fsum(each.squares for each in some),
        ones=sum(each.ones for each in some),
    )


def _mean(cell: Cell, *, shares: bool, confidence: float) -> Estimate:
    if shares:
        return share(round(cell.total), cell.n, confidence=confidence)
    if cell.n == 0:
        return no_estimate()
    value, half = cell.total / cell.n, math.nan
    if _variance(cell) > 0:
        half = student_quantile(confidence, cell.n - 1) * math.sqrt(_variance(cell) / cell.n)
    return Estimate(value, value - half, value + half, cell.n)


def _apart(first: Cell, base: Cell, *, shares: bool, confidence: float) -> Estimate:
    unit = "share" if shares else ""
    if first.n == 0 or base.n == 0:
        return no_estimate(unit)
    value, n = first.total / first.n - base.total / base.n, first.n + base.n
    if shares:
        counts = (round(first.total), first.n, round(base.total), base.n)
        return Estimate(value, *newcombe(*counts, confidence=confidence), n, unit)
    each = [_variance(cell) / cell.n for cell in (first, base)]
    together, half = sum(each), math.nan
    if together > 0 and min(first.n, base.n) > 1:
        free = together**2 / sum(
            part**2 / (cell.n - 1) for part, cell in zip(each, (first, base), strict=True)
        )
        half = student_quantile(confidence, free) * math.sqrt(together)
    return Estimate(value, value - half, value + half, n)


def _variance(cell: Cell) -> float:
    """Of one value, with n − 1 below the line; nan for a single one."""
    if cell.n < 2:
        return math.nan
    # rounding may leave a little less than nothing
    return max(0.0, cell.squares - cell.total**2 / cell.n) / (cell.n - 1)
