"""Between which values does the truth lie, for one look at the data?

Intervals that stay true however often one looks are in :mod:`analysis.sequences`. Counts may be
fractions: the verdict asks what the same rate would say with more data.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate, no_estimate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def normal_quantile(confidence: float) -> float:
    """z with ``confidence`` of a standard normal between −z and z.

    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    return NormalDist().inv_cdf((1 + confidence) / 2)


def student_quantile(confidence: float, df: float) -> float:
    """t with ``confidence`` of Student's distribution between −t and t; nan without freedom."""
    if df <= 0:
        return math.nan
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + confidence) / 2))


def wilson(successes: float, n: float, *, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927), nan without trials.

    Rather than Wald's, which leaves [0, 1] near 1, where agreement lives (Brown, Cai & DasGupta
    2001). Raises ValueError for more successes than trials.

    >>> [round(end, 4) for end in wilson(81, 263, confidence=0.95)]
    [0.2553, 0.3662]
    """
    if n <= 0:
        return math.nan, math.nan
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials are no share.")
    z = normal_quantile(confidence)
    centre = (successes + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(successes * (n - successes) / n + z * z / 4)
    # At 0 and n the ends are exactly 0 and 1; rounding must not say otherwise.
    low = 0.0 if successes <= 0 else max(0.0, min(centre - half, successes / n))
    high = 1.0 if successes >= n else min(1.0, max(centre + half, successes / n))
    return low, high


def wilson_bands(
    successes: ArrayLike, n: ArrayLike, *, confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's interval for arrays (t,) of counts; nan where ``n`` is 0."""
    z = normal_quantile(confidence)
    k = np.asarray(successes, dtype=np.float64)
    trials = np.asarray(n, dtype=np.float64)
    trials = np.where(trials > 0, trials, np.nan)
    centre = (k + z * z / 2) / (trials + z * z)
    half = z / (trials + z * z) * np.sqrt(k * (trials - k) / trials + z * z / 4)
    # At 0 and n the ends are exactly 0 and 1; rounding must not say otherwise.
    low = np.where(k == 0, trials * 0, centre - half)
    high = np.where(k == trials, trials * 0 + 1, centre + half)
    return low, high


def clopper_pearson(successes: float, n: float, *, confidence: float) -> tuple[float, float]:
    """Exact interval of a share (Clopper & Pearson 1934), nan without trials.

    Never covers less than it promises, at the price of width.

    >>> [round(end, 4) for end in clopper_pearson(4, 20, confidence=0.95)]
    [0.0573, 0.4366]
    """
    if n <= 0:
        return math.nan, math.nan
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = 0.0 if successes <= 0 else betaincinv(successes, n - successes + 1, tail)
    high = 1.0 if successes >= n else betaincinv(successes + 1, n - successes, 1 - tail)
    return float(low), float(high)


def newcombe(
    successes: float, n: float, base_successes: float, base_n: float, *, confidence: float
) -> tuple[float, float]:
    """Interval of the difference of two independent shares, first minus base.

    Hybrid score interval, method 10 of Newcombe 1998 (Statistics in Medicine 17:873–890): two
    Wilson intervals put together. nan unless both have trials.

    >>> [round(end, 4) for end in newcombe(56, 70, 48, 80, confidence=0.95)]
    [0.0524, 0.3339]
    """
    if n <= 0 or base_n <= 0:
        return math.nan, math.nan
    share, base = successes / n, base_successes / base_n
    low, high = wilson(successes, n, confidence=confidence)
    base_low, base_high = wilson(base_successes, base_n, confidence=confidence)
    difference = share - base
    return (
        max(-1.0, difference - math.hypot(share - low, base_high - base)),
        min(1.0, difference + math.hypot(high - share, base - base_low)),
    )


def newcombe_paired(
    both: float, only_first: float, only_base: float, neither: float, *, confidence: float
) -> tuple[float, float]:
    """Interval of the difference of two shares measured on the same pairs, first minus base.

    Method 10 of Newcombe 1998 (Statistics in Medicine 17:2635–2650): Wilson intervals of both
    shares joined with the correlation of the two answers. nan without pairs.

    Parameters
    ----------
    both, only_first, only_base, neither : float
        Pairs in which both, one or none of the two have the property.
    """
    n = both + only_first + only_base + neither
    if n <= 0:
        return math.nan, math.nan
    first, base = (both + only_first) / n, (both + only_base) / n
    low, high = wilson(both + only_first, n, confidence=confidence)
    base_low, base_high = wilson(both + only_base, n, confidence=confidence)
    down, up = first - low, high - first
    base_down, base_up = base - base_low, base_high - base
    product = (
        (both + only_first) * (only_base + neither) * (both + only_base) * (only_first + neither)
    )
    excess = both * neither - only_first * only_base
    if excess > 0:
        excess = max(0.0, excess - n / 2)
    phi = excess / math.sqrt(product) if product > 0 else 0.0
    below = down * down - 2 * phi * down * base_up + base_up * base_up
    above = up * up - 2 * phi * up * base_down + base_down * base_down
    difference = first - base
    return (
        max(-1.0, difference - math.sqrt(max(0.0, below))),
        min(1.0, difference + math.sqrt(max(0.0, above))),
    )


def share(successes: int, n: int, *, confidence: float) -> Estimate:
    """Return the share of ``successes`` among ``n`` with Wilson's interval.

    >>> share(0, 0, confidence=0.95).known
    False
    """
    if n <= 0:
        return no_estimate("share")
    low, high = wilson(successes, n, confidence=confidence)
    return Estimate(successes / n, low, high, n, "share")


def order_statistic_ranks(n: int, p: float, *, confidence: float) -> tuple[int, int]:
    """Ranks whose order statistics enclose the p-quantile (David & Nagaraja 2003, §7.1).

    Returns
    -------
    tuple of int
        1-based ranks (l, u): the interval is from the l-th to the u-th smallest of n values.
        l = 0 and u = n + 1 say that n is too small to bound that side.
    """
    from scipy.special import bdtr, bdtrc

    tail = (1 - confidence) / 2

    def smallest(holds: NDArray[np.bool_]) -> int:
        return int(np.argmax(holds)) if bool(holds.any()) else n + 1

    if n <= 0:
        return 0, 1
    # Only ranks within ten standard deviations of n·p can matter; the rest need no evaluation.
    reach = 10 * math.sqrt(n * p * (1 - p)) + 10
    first, last = max(0, int(n * p - reach)), min(n, int(n * p + reach))
    k = np.arange(first, last + 1)
    # X(l) > quantile has probability P(Bin < l) = bdtr(l − 1): the largest l with it ≤ tail.
    low = first + smallest(bdtr(k, n, p) > tail)
    # X(u) < quantile has probability P(Bin ≥ u) = bdtrc(u − 1): the smallest u with it ≤ tail.
    high = first + smallest(bdtrc(k, n, p) <= tail) + 1
    return min(low, n), min(high, n + 1)
