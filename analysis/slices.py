"""In which part of the traffic do the two models disagree more than elsewhere?

Every slice is held against the rest of the traffic, and all are sorted by harm: by how many more
requests are answered differently than if the slice agreed as often as the rest. That is size times
excess disagreement, so that neither a tiny slice nor a hair's breadth on a large one comes first.

This finds places to look at; it judges nothing. The worst of many slices looks worse than it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate
from analysis.intervals import newcombe, share
from analysis.multiplicity import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_PAIRS = 30
"""Fewer pairs inside or outside a slice say too little to be listed."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in one slice.

    Attributes
    ----------
    dimension, name : str
        What the slice is cut by, and how it differs from the others of its dimension.
    where : str
        The filter that keeps exactly this slice.
    n, agreed : int
        Pairs whose answers could be compared, and those with the same answer.
    """

    dimension: str
    name: str
    where: str
    n: int
    agreed: int


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the traffic beside the rest.

    Attributes
    ----------
    dimension, name, where, n, agreed
        As counted.
    agreement, rest : Estimate
        Share of pairs with the same answer inside and outside, Wilson intervals for one look.
    difference : Estimate
        Inside minus outside, Newcombe interval; negative where the slice agrees less.
    harm : float
        Pairs: how many more disagree than at the rate of the rest, 0 where none.
    p, q : float
        Fisher's exact test that the slice agrees as often as the rest, and its p adjusted for all
        slices of the search (Benjamini & Hochberg).
    """

    dimension: str
    name: str
    where: str
    n: int
    agreed: int
    agreement: Estimate
    rest: Estimate
    difference: Estimate
    harm: float
    p: float
    q: float


@dataclass(frozen=True, slots=True)
class Search:
    """Every slice looked at, the most harmful first, and what was left out.

    Attributes
    ----------
    slices : tuple of Slice
    n, agreed : int
        All pairs that could be compared, and those that agree.
    dimensions : tuple of str
        What was cut by.
    undivided : tuple of str
        Dimensions in which all pairs are alike.
    small : int
        Slices left out because they, or the rest, hold fewer than ``min_pairs``.
    min_pairs : int
    alpha : float
        The false discovery rate accepted.
    """

    slices: tuple[Slice, ...]
    n: int
    agreed: int
    dimensions: tuple[str, ...]
    undivided: tuple[str, ...]
    small: int
    min_pairs: int
    alpha: float

    @property
    def standing_out(self) -> tuple[Slice, ...]:
        """Slices that agree less than the rest beyond chance, the most harmful first."""
        return tuple(each for each in self.slices if each.harm > 0 and each.q <= self.alpha)


def search(
    counted: Sequence[Counted],
    n: int,
    agreed: int,
    *,
    confidence: float,
    min_pairs: int = MIN_PAIRS,
) -> Search:
    """Hold every slice against the rest of ``n`` pairs, of which ``agreed`` agree.

    >>> night = Counted("hour", "hour = 3", "hour = 3", 100, 80)
    >>> day = Counted("hour", "hour = 12", "hour = 12", 900, 882)
    >>> found = search([night, day], 1000, 962, confidence=0.95)
    >>> [(each.name, round(each.harm)) for each in found.slices]
    [('hour = 3', 18), ('hour = 12', 0)]
    """
    by_dimension: dict[str, int] = {}
    for each in counted:
        by_dimension[each.dimension] = by_dimension.get(each.dimension, 0) + (each.n > 0)
    divided = [each for each in counted if each.n and by_dimension[each.dimension] > 1]
    large = [each for each in divided if min(each.n, n - each.n) >= min_pairs]
    p = [disagreement_p(each.n - each.agreed, each.n, n - agreed, n) for each in large]
    slices = [
        _beside_rest(each, n, agreed, p_value, float(q), confidence)
        for each, p_value, q in zip(large, p, benjamini_hochberg(p), strict=True)
    ]
    # of two that harm alike, the one that is easier to name as different
    slices.sort(key=lambda each: (-each.harm, each.q, each.difference.value, each.where))
    return Search(
        slices=tuple(slices),
        n=n,
        agreed=agreed,
        dimensions=tuple(by_dimension),
        undivided=tuple(name for name, parts in by_dimension.items() if parts == 1),
        small=len(divided) - len(large),
        min_pairs=min_pairs,
        alpha=1 - confidence,
    )


def _beside_rest(
    each: Counted, n: int, agreed: int, p: float, q: float, confidence: float
) -> Slice:
    rest_n, rest_agreed = n - each.n, agreed - each.agreed
    inside = share(each.agreed, each.n, confidence=confidence)
    outside = share(rest_agreed, rest_n, confidence=confidence)
    low, high = newcombe(each.agreed, each.n, rest_agreed, rest_n, confidence=confidence)
    difference = inside.value - outside.value
    return Slice(
        dimension=each.dimension,
        name=each.name,
        where=each.where,
        n=each.n,
        agreed=each.agreed,
        agreement=inside,
        rest=outside,
        difference=Estimate(difference, low, high, each.n, "share"),
        harm=max(0.0, -difference * each.n),
        p=p,
        q=q,
    )


def disagreement_p(found: int, drawn: int, marked: int, n: int) -> float:
    """p of ``found`` disagreements or more extreme among ``drawn`` of ``n``, ``marked`` in all.

    Fisher's exact test, both sides by twice the smaller tail of the hypergeometric distribution:
    right also where disagreements are rare, when a test by the normal curve is not. Raises
    ValueError for counts that no table has.

    >>> round(disagreement_p(3, 4, 4, 8), 4)  # the lady tasting tea: one tail is 17/70
    0.4857
    """
    low, high = max(0, drawn + marked - n), min(drawn, marked)
    if not low <= found <= high:
        raise ValueError(f"{found} of {marked} cannot be among {drawn} of {n}.")
    expected = drawn * marked / n if n else 0.0
    sd = math.sqrt(expected * (1 - marked / n) * (1 - drawn / n) * n / max(1, n - 1)) if n else 0.0
    # beyond this the terms add nothing: they fall faster than the normal curve's
    reach = int(12 * sd) + 60
    if found >= expected:
        tail = _mass(found, min(high, found + reach), drawn, marked, n)
    else:
        tail = _mass(max(low, found - reach), found, drawn, marked, n)
    return min(1.0, 2 * tail)


def _mass(first: int, last: int, drawn: int, marked: int, n: int) -> float:
    """Hypergeometric probability of ``first`` to ``last``."""
    from scipy.special import gammaln

    def log_choose(of: float, some: np.ndarray | float) -> np.ndarray:
        chosen: np.ndarray = gammaln(of + 1) - gammaln(np.add(some, 1)) - gammaln(of - some + 1)
        return chosen

    at = np.arange(first, last + 1, dtype=np.float64)
    terms = log_choose(marked, at) + log_choose(n - marked, drawn - at) - log_choose(n, drawn)
    return float(np.exp(terms).sum())
