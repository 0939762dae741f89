"""Which slices of one half of the traffic disagree beyond chance?

Every slice by one dimension, and every place where two meet, is held against the rest. What is
found looks worse than it is, for it is the worst of many: whether it is bad, another half must say
(``slices.judge``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.fisher import excess_p
from analysis.multiplicity import benjamini_hochberg
from analysis.shrinkage import shrunken

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_PAIRS = 20
"""Fewer pairs inside or outside a slice, in either half, say too little."""
MOST_CROSSED = 200
"""So many of the pairs of conditions that were found, the most harmful, are judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What was counted in one half.

    Row 0 is all of it; then comes every slice by one dimension, then where two of them meet.

    Attributes
    ----------
    n, agreed : array (rows,)
        Pairs that could be compared, and those with the same answer.
    within : array (rows, 2)
        The rows of the two slices that meet; 0 for all others.
    cut : array (rows,)
        By which dimension, or by which two, a row is a slice: the same number for the same.
    """

    n: NDArray[np.int64]
    agreed: NDArray[np.int64]
    within: NDArray[np.int64]
    cut: NDArray[np.int64]

    @property
    def crossed(self) -> NDArray[np.bool_]:
        """Whether a row is where two slices meet."""
        found: NDArray[np.bool_] = self.within[:, 0] > 0
        return found

    def excess(self, min_pairs: int) -> NDArray[np.float64]:
        """p (rows,) that a slice agrees no less than the rest; nan where too little says so.

        Where two slices meet it must agree less than the rest of either too, or it would be found
        for what one of them does: the largest of three p (Berger 1982, intersection–union).
        """
        outer = np.column_stack([np.zeros(len(self.n), dtype=np.int64), self.within])
        n = self.n[:, None]
        large = np.minimum(n, self.n[outer] - n).min(axis=1) >= min_pairs
        p = np.full(len(self.n), np.nan)
        n, outer, bad = n[large], outer[large], self.n - self.agreed
        each = excess_p(
            *(
                cells.ravel()
                for cells in np.broadcast_arrays(bad[large][:, None], n, bad[outer], self.n[outer])
            )
        )
        p[large] = each.reshape(-1, 3).max(axis=1)
        return p


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """What the searched half says of every row of its counts.

    Attributes
    ----------
    p, q : array (rows,)
        Of excess disagreement, by itself and adjusted for all slices of the search (Benjamini &
        Hochberg); nan where a slice is too small.
    agreement : array (rows,)
        Share with the same answer, drawn towards that of all slices of the same dimensions.
    """

    counts: Counts
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    agreement: NDArray[np.float64]
    alpha: float
    min_pairs: int

    @property
    def found(self) -> NDArray[np.bool_]:
        """Whether a row disagrees beyond chance."""
        hit: NDArray[np.bool_] = self.q <= self.alpha
        return hit

    @property
    def harm(self) -> NDArray[np.float64]:
        """How many more of the searched pairs of a row disagree than at the rate of the rest."""
        n, agreed = self.counts.n, self.counts.agreed
        outside = n[0] - n
        rest = (agreed[0] - agreed) / np.where(outside > 0, outside, 1)
        harm: NDArray[np.float64] = np.maximum(0.0, (rest - self.agreement) * n)
        return np.where(outside > 0, harm, 0.0)

    def to_judge(self) -> NDArray[np.int64]:
        """The rows that the other half is asked about: all but crossed ones that were not found."""
        crossed = self.counts.crossed
        met = np.flatnonzero(crossed & self.found)
        worst = met[np.argsort(-self.harm[met], kind="stable")[:MOST_CROSSED]]
        return np.concatenate([np.flatnonzero(~crossed), np.sort(worst)])


def screen(counts: Counts, *, confidence: float) -> Screen:
    """Search one half: test every slice, and adjust for having tested all."""
    p = counts.excess(MIN_PAIRS)
    agreement = np.full(len(counts.n), np.nan)
    order = np.argsort(counts.cut[1:], kind="stable") + 1
    ends = np.flatnonzero(np.diff(counts.cut[order])) + 1
    for rows in np.split(order, ends):
        agreement[rows] = 1 - shrunken(counts.n[rows] - counts.agreed[rows], counts.n[rows])
    return Screen(counts, p, benjamini_hochberg(p), agreement, 1 - confidence, MIN_PAIRS)
