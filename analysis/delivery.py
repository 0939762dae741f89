"""How long do captures take from the request until they can be read?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Delivery:
    """Seconds from the request to the arrival of its record; nan with ``n = 0`` for no record."""

    median_s: float
    p90_s: float
    n: int


def delivery(seconds: ArrayLike, counts: ArrayLike) -> Delivery:
    """Summarise the delays of records, told as how many had each delay.

    The quantiles are delays that occurred: the smallest within which that share of the records
    arrived (the inverse of the empirical distribution function, type 1 of Hyndman & Fan, 1996).

    Parameters
    ----------
    seconds : array (k,)
        Delays, in any order; a delay may come twice.
    counts : array (k,) of int
        Records that had each of them.

    >>> delivery([60, 70, 400], [5, 4, 1])
    Delivery(median_s=60.0, p90_s=70.0, n=10)
    """
    delays, weights = np.asarray(seconds, dtype=np.float64), np.asarray(counts, dtype=np.int64)
    n = int(weights.sum())
    if n == 0:
        return Delivery(math.nan, math.nan, 0)
    order = np.argsort(delays, kind="stable")
    until = np.cumsum(weights[order])
    # in whole records, so that rounding of a share cannot move a quantile by one
    at = [int(np.searchsorted(until, -(-n * tenths // 10))) for tenths in (5, 9)]
    median, p90 = (float(delays[order][each]) for each in at)
    return Delivery(median, p90, n)
