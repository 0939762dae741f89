"""In which part of the traffic do the two models disagree more than elsewhere?

The traffic has two halves, by a hash of the request. One is searched: every slice by one dimension,
and every place where two meet, is held against the rest of the traffic. What is found there looks
worse than it is, for it is the worst of many; so the other half, which the search never saw, judges
what was found, and only that confirms.

Slices are sorted by harm: size times excess disagreement, so that neither a tiny slice nor a hair's
breadth on a large one comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate
from analysis.intervals import newcombe, share
from analysis.multiplicity import benjamini_hochberg
from analysis.slice_search import Counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from analysis.slice_search import Screen


@dataclass(frozen=True, slots=True)
class Named:
    """What a slice is cut by, how it differs from the others, and the filter that keeps it."""

    dimensions: tuple[str, ...]
    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Side:
    """A slice beside the rest, in one half of the traffic.

    Attributes
    ----------
    agreement, rest : Estimate
        Share of pairs with the same answer inside and outside, Wilson intervals for one look.
    difference : Estimate
        Inside minus outside, Newcombe interval; negative where the slice agrees less.
    p, q : float
        That it agrees no less, by itself and adjusted: in the searched half for all slices of the
        search, in the other for all that were found; nan where it was not asked.
    """

    agreement: Estimate
    rest: Estimate
    difference: Estimate
    p: float
    q: float


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the traffic beside the rest.

    Attributes
    ----------
    dimensions, name, where
        As named; two dimensions where two conditions meet.
    n, agreed : int
        Pairs of both halves, and those with the same answer.
    searched, held : Side
        What the searched half says, and the one that was held out.
    shrunken : float
        Agreement in the searched half, drawn towards that of all slices of the same dimensions.
    harm : float
        Pairs of the window: how many more disagree than at the rate of the rest, by ``shrunken``.
    beyond : float
        What is left of it beside the most harmful confirmed slice inside this one.
    found, confirmed : bool
        Whether it disagrees beyond chance in the searched half, and then in the other as well.
    """

    dimensions: tuple[str, ...]
    name: str
    where: str
    n: int
    agreed: int
    searched: Side
    held: Side
    shrunken: float
    harm: float
    beyond: float
    found: bool
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Search:
    """Every slice that was judged, the confirmed first, the most harmful of them foremost.

    Attributes
    ----------
    slices : tuple of Slice
        Those by one dimension, and where two meet those that were found.
    n, agreed : int
        All pairs of the window that could be compared, and those that agree.
    searched, held : int
        Pairs that were searched, and that were held out.
    dimensions, undivided : tuple of str
        What was cut by, and those of them in which all pairs are alike.
    tested, small : int
        Slices that the search tested, and those that are not listed because they, or the rest,
        hold fewer than ``min_pairs`` in a half.
    min_pairs : int
    alpha : float
        The false discovery rate accepted, in the search and among what it found.
    """

    slices: tuple[Slice, ...]
    n: int
    agreed: int
    searched: int
    held: int
    dimensions: tuple[str, ...]
    undivided: tuple[str, ...]
    tested: int
    small: int
    min_pairs: int
    alpha: float

    @property
    def found(self) -> tuple[Slice, ...]:
        """Slices that disagree beyond chance in the half that was searched."""
        return tuple(each for each in self.slices if each.found)

    @property
    def confirmed(self) -> tuple[Slice, ...]:
        """Those of them that the other half confirms."""
        return tuple(each for each in self.slices if each.confirmed)


def judge(
    found: Screen, named: Sequence[Named], held: Counts, *, n: int, agreed: int, confidence: float
) -> Search:
    """Let the half that was held out judge the rows ``found.to_judge()``.

    Parameters
    ----------
    named : sequence of Named
        What those rows are, without the first, which is all of the half.
    held : Counts
        Of those rows in the other half, in the same order.
    n, agreed : int
        All pairs of the window, and those that agree.
    """
    rows = found.to_judge()
    p, hit = held.excess(found.min_pairs), found.found[rows]
    q = benjamini_hochberg(np.where(hit, p, np.nan))
    confirmed = hit & (q <= found.alpha)
    counts = Counts(found.counts.n[rows], found.counts.agreed[rows], held.within, held.cut)
    looked = counts.n + held.n
    scale = n * looked / (looked[0] or 1) / np.maximum(1, counts.n)
    harm = found.harm[rows] * scale
    beyond = harm.copy()
    for at in np.flatnonzero(confirmed & held.crossed):
        outer = held.within[at]
        beyond[outer] = np.minimum(beyond[outer], np.maximum(0.0, harm[outer] - harm[at]))
    sides = zip(
        _sides(counts, found.p[rows], found.q[rows], confidence),
        _sides(held, p, q, confidence),
        strict=True,
    )
    divided = _divided(named, counts.n[1:])
    large = ~np.isnan(found.p[rows][1:]) & ~np.isnan(p[1:])
    slices = [
        Slice(
            *(each.dimensions, each.name, each.where, int(looked[at])),
            int(counts.agreed[at] + held.agreed[at]),
            *(searched, other, float(found.agreement[rows[at]]), float(harm[at])),
            *(float(beyond[at]), bool(hit[at]), bool(confirmed[at])),
        )
        for at, (each, (searched, other)) in enumerate(zip(named, sides, strict=True), 1)
        if large[at - 1]
    ]
    slices.sort(key=lambda each: (not each.confirmed, -each.beyond, -each.harm, each.where))
    by_one = [each.dimensions[0] for each in named if len(each.dimensions) == 1]
    return Search(
        slices=tuple(slices),
        n=n,
        agreed=agreed,
        searched=int(counts.n[0]),
        held=int(held.n[0]),
        dimensions=tuple(dict.fromkeys(by_one)),
        undivided=tuple(name for name in dict.fromkeys(by_one) if name not in divided),
        tested=int((~np.isnan(found.p)).sum()),
        small=int(((looked[1:] > 0) & ~large & _of(named, divided)).sum()),
        min_pairs=found.min_pairs,
        alpha=found.alpha,
    )


def _divided(named: Sequence[Named], n: NDArray[np.int64]) -> set[str]:
    """The dimensions by which the pairs are not all alike."""
    parts: dict[str, int] = {}
    for each, pairs in zip(named, n, strict=True):
        if len(each.dimensions) == 1 and pairs:
            parts[each.dimensions[0]] = parts.get(each.dimensions[0], 0) + 1
    return {name for name, several in parts.items() if several > 1}


def _of(named: Sequence[Named], dimensions: set[str]) -> NDArray[np.bool_]:
    return np.array([dimensions.issuperset(each.dimensions) for each in named], dtype=np.bool_)


def _sides(
    counts: Counts, p: NDArray[np.float64], q: NDArray[np.float64], confidence: float
) -> Iterator[Side]:
    """Every row but the first beside the rest of its half."""
    whole_n, whole_agreed = int(counts.n[0]), int(counts.agreed[0])
    for n, agreed, p_value, q_value in zip(
        *(each[1:].tolist() for each in (counts.n, counts.agreed, p, q)), strict=True
    ):
        rest_n, rest_agreed = whole_n - n, whole_agreed - agreed
        inside = share(agreed, n, confidence=confidence)
        outside = share(rest_agreed, rest_n, confidence=confidence)
        low, high = newcombe(agreed, n, rest_agreed, rest_n, confidence=confidence)
        difference = Estimate(inside.value - outside.value, low, high, n, "share")
        yield Side(inside, outside, difference, p_value, q_value)
