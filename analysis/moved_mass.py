"""How far has the mass of a feature moved where only counts in the reference's bins are known?

The Wasserstein distance between the reference and the reference weighted anew, so that each of its
bins has the share that the counts say: within a bin nothing is known to have moved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from analysis.sorted_samples import winsorised_ends, winsorised_sd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

POINTS = 200
DRAWS = 10_000
"""Draws of what chance brings; they know its quantile to 0.2 % in probability."""


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """Where the reference's values lie among its k bins, and how far they are from each other.

    Attributes
    ----------
    place : ndarray (p,)
        Bins up to a value, rising from 0 to k: 2.5 is a value half-way through the third bin's
        mass.
    gap : ndarray (p,)
        From this value to the next, in standard deviations of the reference.
    """

    place: Floats
    gap: Floats


def yardstick(values: Floats, at: Floats) -> Yardstick | None:
    """Measure a sorted, finite reference (n,), cut at edges (k − 1,); None where it has no spread.

    Of its distinct values at most some hundreds are kept, the edges among them. A thousandth of
    each tail is left out, and the standard deviation is winsorised, as in
    :mod:`analysis.sorted_samples`.
    """
    sd = winsorised_sd(values)
    if math.isnan(sd) or sd == 0:
        return None
    ranks = np.linspace(0, len(values) - 1, min(len(values), POINTS)).astype(np.int64)
    low, high = winsorised_ends(values)
    kept = np.unique(np.concatenate([values[ranks], at, [low, high]]))
    kept = kept[(kept >= low) & (kept <= high)]
    upto = np.searchsorted(values, kept, "right")
    ends = np.concatenate([[0], np.searchsorted(values, at, "right"), [len(values)]])
    place = np.interp(upto, ends, np.arange(len(ends)))
    return Yardstick(place[:-1], np.diff(kept) / sd)


def moved(yard: Yardstick, gaps: Floats) -> Floats:
    """Wasserstein distances (t,), in standard deviations of the reference.

    Parameters
    ----------
    gaps : ndarray (t, k)
        Cumulative share up to the end of each bin, of the reference less that of a block; the last
        is 0.
    """
    whole = np.column_stack([np.zeros(len(gaps)), gaps])
    left = np.minimum(yard.place.astype(np.int64), gaps.shape[1] - 1)
    part, point = yard.place - left, np.arange(len(left))
    weights = np.zeros((whole.shape[1], len(left)))
    weights[left, point], weights[left + 1, point] = 1 - part, part
    found: Floats = np.abs(whole @ weights) @ yard.gap
    return found


def chance(yard: Yardstick, shares: Floats, *, alpha: float) -> float:
    """What √(nm/(n+m)) times the distance stays below with probability 1 − alpha, nothing moved.

    The counts of both sides are multinomial; the differences of their cumulative shares are then a
    Brownian bridge at those of the reference in the limit (Donsker 1952), and the distance is
    homogeneous in them. Its quantile is that of ten thousand draws, always the same.

    Parameters
    ----------
    shares : ndarray (k,)
        Of the reference, by bin.
    """
    steps = np.sqrt(shares) * _draws(len(shares))
    bridge = np.cumsum(steps - shares * steps.sum(axis=1, keepdims=True), axis=1)
    return float(np.quantile(moved(yard, bridge), 1 - alpha))


@cache
def _draws(bins: int) -> Floats:
    return np.random.default_rng(0).standard_normal((DRAWS, bins))
