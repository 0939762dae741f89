"""How likely is it, exactly, that a count ever leaves its bounds?

The count of successes is a walk: what is inside the bounds at one look moves on by a binomial
number until the next. Following the whole distribution gives the chance of a miss at any look, and
when it comes, without a single random number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlog1py, xlogy

Holds = Callable[[int, int], bool]
"""Whether the interval from (successes, n) holds the truth; True around n·p, False beyond."""


def binomial(n: int, p: float) -> NDArray[np.float64]:
    """Probabilities (n + 1,) of 0 … n successes."""
    k = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.exp(ways + xlogy(k, p) + xlog1py(n - k, -p))


def held(p: float, looks: Sequence[int], holds: Holds) -> NDArray[np.int64]:
    """The least and the largest count (looks, 2) at each look whose interval holds the truth.

    Both move by no more than the requests between two looks, so each is found from the last.
    """
    bounds = np.empty((len(looks), 2), np.int64)
    low = high = -1
    for at, n in enumerate(looks):
        middle = min(n, round(n * p))
        low = middle if low < 0 else min(low, middle)
        while low > 0 and holds(low - 1, n):
            low -= 1
        while low < middle and not holds(low, n):
            low += 1
        high = middle if high < 0 else max(high, middle)
        while high < n and holds(high + 1, n):
            high += 1
        while high > middle and not holds(high, n):
            high -= 1
        bounds[at] = low, high
    return bounds


def leaving(p: float, looks: Sequence[int], bounds: NDArray[np.int64]) -> NDArray[np.float64]:
    """The chance (looks, 2) that the count falls below or rises above its bounds at each look.

    Only walks that were within the bounds at every look before count, so the sum is the chance of
    ever leaving.
    """
    inside, first = np.ones(1), 0
    left = np.zeros((len(looks), 2))
    before = 0
    for at, n in enumerate(looks):
        gap = n - before
        moved = (
            np.convolve(inside, binomial(gap, p))
            if gap > 1
            else np.append(inside, 0.0) * (1 - p) + np.insert(inside, 0, 0.0) * p
        )
        low, high = bounds[at]
        below, above = max(0, low - first), max(0, high + 1 - first)
        left[at] = moved[:below].sum(), moved[above:].sum()
        inside, first, before = moved[below:above], first + below, n
        if not len(inside):
            break
    return left


def ever_missed(p: float, looks: Sequence[int], holds: Holds) -> float:
    """The chance that the interval misses ``p`` at any of the looks."""
    return float(leaving(p, looks, held(p, looks, holds)).sum())


def daily(n: int, days: int = 14) -> list[int]:
    """Looks at the end of each of so many days with equal traffic."""
    return [round(n * day / days) for day in range(1, days + 1)]


def spaced(first: int, last: int, looks: int = 100) -> list[int]:
    """Looks at equal ratios: where a watched interval misses, it misses within a few per cent."""
    return np.unique(np.geomspace(first, last, looks).astype(int)).tolist()
