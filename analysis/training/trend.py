"""Do the numbers of a series fall or rise, beyond their noise?"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FEWEST = 8
"""Below so many numbers there is no answer: chance alone orders a few."""
FALLS = -1.645
"""A score below is a falling trend, at 5 % one-sided."""


def score(values: NDArray[np.float64]) -> float:
    """Mann-Kendall's z of a series: negative where it falls, positive where it rises.

    Parameters
    ----------
    values : array, shape (n,)
        In order of time; what is not finite is left out.

    Returns
    -------
    float
        The number of rising pairs less that of falling ones, in its standard deviations under
        "any order is as likely", with the correction for continuity and for ties (Mann 1945;
        Kendall 1975). nan below ``FEWEST`` numbers. Of a series of equal numbers it is 0.

    >>> score(np.arange(10.0)) > 3, score(np.arange(4.0))
    (True, nan)
    """
    known = np.asarray(values, np.float64)
    known = _thinned(known[np.isfinite(known)])
    n = len(known)
    if n < FEWEST:
        return math.nan
    order = int(np.sign(known[None, :] - known[:, None])[np.triu_indices(n, 1)].sum())
    ties = np.unique(known, return_counts=True)[1].astype(np.float64)
    variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    if variance <= 0:
        return 0.0
    return float(order - np.sign(order)) / math.sqrt(variance)


def falls(values: NDArray[np.float64]) -> bool:
    """Whether a series has a falling trend; of too few numbers none is known."""
    return score(values) < FALLS


def _thinned(values: NDArray[np.float64], most: int = 200) -> NDArray[np.float64]:
    """At most so many means of neighbours: pairs are counted by the square of their number."""
    if len(values) <= most:
        return values
    edges = np.linspace(0, len(values), most + 1).astype(np.intp)
    means: NDArray[np.float64] = np.add.reduceat(values, edges[:-1]) / np.diff(edges)
    return means
