"""How fast does a series rise, and how sure is that, whatever single readings do?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z = 1.959964
"""The normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A rise for each unit of time, its 95 % interval, and the n points it rests on."""

    value: float
    low: float
    high: float
    n: int


def theil_sen(time: NDArray[np.float64], value: NDArray[np.float64]) -> Slope:
    """The median slope of all pairs of points, with Sen's interval.

    The interval counts pairs in order, Kendall's statistic: up to 29 % of the points may be
    anything (Theil 1950; Sen 1968, in the form of Gilbert 1987, 16.5.2). It takes points to be
    independent of each other: give it medians of blocks, not readings a moment apart. Below three
    points all is nan.

    Parameters
    ----------
    time, value : array, shape (n,)
        Finite, times all different.
    """
    n = len(time)
    if n < 3:
        return Slope(math.nan, math.nan, math.nan, n)
    one, other = np.triu_indices(n, 1)
    slopes = np.sort((value[other] - value[one]) / (time[other] - time[one]))
    ties = np.unique(value, return_counts=True)[1].astype(np.float64)
    variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    reach = Z * math.sqrt(max(variance, 0.0))
    low = max(0, math.floor((len(slopes) - reach) / 2) - 1)
    high = min(len(slopes) - 1, math.ceil((len(slopes) + reach) / 2))
    return Slope(float(np.median(slopes)), float(slopes[low]), float(slopes[high]), n)


def medians(
    time: NDArray[np.float64], value: NDArray[np.float64], blocks: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle and the median reading of equal stretches of time; empty ones are left out."""
    if not len(time):
        return time, value
    edges = np.linspace(time[0], time[-1], blocks + 1)
    cuts = np.searchsorted(time, edges[1:-1])
    found = [
        (float(np.median(at)), float(np.median(read)))
        for at, read in zip(np.split(time, cuts), np.split(value, cuts), strict=True)
        if len(at)
    ]
    columns = np.array(found, np.float64)
    return columns[:, 0], columns[:, 1]
