"""What does a quantile sketch say of a distribution, and how wrong can it be?

A KLL sketch (Karnin, Lang & Liberty 2016) keeps levels of values, each value of level h standing
for 2^h of the original ones. A full level is sorted, every second value moves one level up and the
others are dropped: one such step moves the rank of no number by more than 2^h.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.sorted_samples import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

MOST_ROWS = 1_000_000
"""Rows that a sketch is replayed to; of more, so many evenly spaced ranks are taken."""

SHRINKING = 0.64
"""Deequ's ratio of the sizes of two neighbouring levels."""


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """Values (i,) in rising order, the number of rows each stands for, and what that may hide.

    ``error`` is the share by which the cumulative curve may be off, anywhere: a bound, not a
    standard error. ``size`` is the k it was made with.
    """

    values: NDArray[np.float64]
    weights: NDArray[np.int64]
    size: float
    error: float

    @property
    def n(self) -> int:
        """Rows it stands for."""
        return int(self.weights.sum())

    @property
    def mean(self) -> float:
        """Mean of the rows it stands for."""
        return float(self.values @ self.weights) / self.n


def kll(levels: Sequence[ArrayLike], *, size: float, shrinking: float = SHRINKING) -> Sketch:
    """Put the levels of a KLL sketch into one rising order.

    >>> kll([[3.0], [1.0, 2.0]], size=2048).weights.tolist()
    [2, 2, 1]
    """
    held = [np.asarray(level, dtype=np.float64) for level in levels]
    values = np.concatenate([*held, np.empty(0)])
    weights = np.repeat(2 ** np.arange(len(held)), [len(level) for level in held])
    order = np.argsort(values, kind="stable")
    error = rank_error([len(level) for level in held], size=size, shrinking=shrinking)
    return Sketch(values[order], weights[order], size, error)


def capacity(height: int, *, size: float, shrinking: float = SHRINKING) -> int:
    """Values that a level takes before it may be compacted: Deequ's rule, k for the lowest level.

    The levels of real files of Model Monitor are as long as this rule makes them.
    """
    return 2 * (math.ceil(size * shrinking**height / 2) + 1)


def rank_error(counts: Sequence[int], *, size: float, shrinking: float = SHRINKING) -> float:
    """Bound the distance between a sketch's cumulative curve and the one of all its rows.

    What lies above level h came through it in steps of at least the level's capacity, each of which
    passes half of its values on with twice the weight. So the steps of level h moved no rank by
    more than the rows above it ÷ its capacity, whatever the data and whichever half was kept.
    """
    rows = [count << height for height, count in enumerate(counts)]
    moved = sum(
        sum(rows[height + 1 :]) / capacity(height, size=size, shrinking=shrinking)
        for height in range(len(rows) - 1)
    )
    return min(1.0, moved / sum(rows)) if moved else 0.0


def replay(sketch: Sketch, *, missing: int = 0, most: int = MOST_ROWS) -> Sample:
    """Give the rows that a sketch stands for as a sorted sample, at most ``most`` of them.

    Of a larger one, evenly spaced ranks are taken (its curve moves by half a rank at most) and as
    large a part of the missing ones.
    """
    n = sketch.n
    if n <= most:
        return Sample(np.repeat(sketch.values, sketch.weights), missing)
    ranks = (2 * np.arange(most) + 1) * (n / (2 * most))
    at = np.searchsorted(np.cumsum(sketch.weights), ranks, "right")
    return Sample(sketch.values[at], round(missing * (most / n)))
