"""How much slower is the shadow on the very same requests?

Only where each request's latency is known for both variants (a paired log). Then the difference
of two percentiles, the difference of each request, and how often it matters can all be told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate, no_estimate
from analysis.intervals import order_statistic_ranks, share
from analysis.latency import QUANTILES
from analysis.sequences import quantile_rank_sequence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


# e to the power of more than this is no finite number
_MOST_LOG = 700.0


@dataclass(frozen=True, slots=True)
class PercentileChange:
    """One percentile of both variants over the same requests.

    ``difference`` is shadow − production in ms and ``relative`` shadow ÷ production − 1, each with
    the MOVER interval for one look.
    """

    quantile: float
    production_ms: float
    shadow_ms: float
    difference: Estimate
    relative: Estimate


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Requests that were waited for in vain, among ``n`` that both variants received."""

    n: int
    of_both: int
    of_production: int
    of_shadow: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """Requests of one variant: how many in all, a second, and in the busiest minute."""

    requests: int
    per_second: float
    busiest_minute: int


@dataclass(frozen=True, slots=True)
class PairedLatency:
    """Latency of the same requests at both variants.

    Attributes
    ----------
    changes : tuple of PercentileChange
    median_delta, median_watched : Estimate
        Median of shadow − production over the requests, in ms; its interval for one look, and one
        that holds at every look.
    slower, faster : Estimate
        Share of requests whose shadow answer came later (earlier) by more than ``tolerance_ms``.
    n : int
        Requests whose latency is known for both.
    timeouts : Timeouts
        Their latency is the time that was waited: the true one is longer.
    production, shadow : Throughput
    """

    changes: tuple[PercentileChange, ...]
    median_delta: Estimate
    median_watched: Estimate
    slower: Estimate
    faster: Estimate
    tolerance_ms: float
    n: int
    timeouts: Timeouts
    production: Throughput
    shadow: Throughput


def measure(
    production: ArrayLike,
    shadow: ArrayLike,
    *,
    timeouts: Timeouts,
    throughput: tuple[Throughput, Throughput],
    tolerance_ms: float,
    confidence: float,
    alpha: float,
    planned: int,
) -> PairedLatency:
    """Compare the latencies of the same requests.

    Parameters
    ----------
    production, shadow : array (n,)
        Milliseconds, request by request; none missing.
    timeouts : Timeouts
    throughput : pair of Throughput
        Of production and of the shadow.
    tolerance_ms, confidence : float
    alpha : float
        Error of what holds at every look, tightest at a tenth of ``planned`` requests.
    """
    before, after = np.asarray(production, np.float64), np.asarray(shadow, np.float64)
    delta, n = after - before, len(before)
    return PairedLatency(
        changes=tuple(percentile_change(before, after, q, confidence=confidence) for q in QUANTILES)
        if n
        else (),
        median_delta=median(delta, order_statistic_ranks(n, 0.5, confidence=confidence)),
        median_watched=median(delta, quantile_rank_sequence(n, 0.5, alpha=alpha, planned=planned)),
        slower=share(int((delta > tolerance_ms).sum()), n, confidence=confidence),
        faster=share(int((delta < -tolerance_ms).sum()), n, confidence=confidence),
        tolerance_ms=tolerance_ms,
        n=n,
        timeouts=timeouts,
        production=throughput[0],
        shadow=throughput[1],
    )


def percentile_change(
    production: NDArray[np.float64],
    shadow: NDArray[np.float64],
    quantile: float,
    *,
    confidence: float,
) -> PercentileChange:
    """Compare one percentile of two paired samples of shape (n,), n ≥ 1.

    Each percentile gets order-statistic limits (Woodruff 1952); MOVER joins them (Zou & Donner
    2008, "Construction of confidence limits about effect measures", Statistics in Medicine 27),
    with the correlation of the two indicators "below the percentile": of paired requests slow at
    production many are slow at the shadow too, which narrows the interval of the difference. The
    ratio is the same on logarithms. A side that n requests cannot bound is infinite.
    """
    n = len(production)
    low, high = order_statistic_ranks(n, quantile, confidence=confidence)
    at = max(1, math.ceil(quantile * n))
    mine, theirs = (_order_statistics(values, (low, at, high)) for values in (production, shadow))
    correlation = _correlation(production <= mine[1], shadow <= theirs[1])
    value = theirs[1] - mine[1]
    difference = Estimate(value, *mover(mine, theirs, correlation), n, "ms")
    relative = no_estimate("ratio")
    if mine[1] > 0 and theirs[1] > 0:
        logs = [tuple(math.log(v) if v > 0 else -math.inf for v in side) for side in (mine, theirs)]
        lowest, highest = (
            math.expm1(end) if end < _MOST_LOG else math.inf
            for end in mover(logs[0], logs[1], correlation)
        )
        relative = Estimate(theirs[1] / mine[1] - 1, lowest, highest, n, "ratio")
    return PercentileChange(quantile, mine[1], theirs[1], difference, relative)


def _correlation(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Correlation of two indicators of shape (n,); 0 where one of them never varies."""
    p, q = float(one.mean()), float(other.mean())
    spread = math.sqrt(p * (1 - p) * q * (1 - q))
    both = float(np.count_nonzero(one & other)) / len(one)
    return min(1.0, max(-1.0, (both - p * q) / spread)) if spread > 0 else 0.0


def mover(
    before: tuple[float, ...], after: tuple[float, ...], correlation: float
) -> tuple[float, float]:
    """Limits of after − before from (low, value, high) of each, and their correlation.

    Zou & Donner's method of variance estimates recovery: L = d − √((q₂−l₂)² + (u₁−q₁)² −
    2ρ(q₂−l₂)(u₁−q₁)), U likewise from the other two ends.

    >>> mover((9.0, 10.0, 11.0), (9.0, 10.0, 11.0), 1.0)
    (0.0, 0.0)
    """
    (l1, q1, u1), (l2, q2, u2) = before, after

    def margin(a: float, b: float) -> float:
        if math.isinf(a) or math.isinf(b):
            return math.inf
        return math.sqrt(max(0.0, a * a + b * b - 2 * correlation * a * b))

    return q2 - q1 - margin(q2 - l2, u1 - q1), q2 - q1 + margin(u2 - q2, q1 - l1)


def median(delta: NDArray[np.float64], ranks: tuple[int, int]) -> Estimate:
    """Median of differences (n,) with the limits of the sign test: two order statistics.

    ``ranks`` are theirs: for one look :func:`analysis.intervals.order_statistic_ranks`, for every
    look :func:`analysis.sequences.quantile_rank_sequence`.
    """
    n = len(delta)
    if n == 0:
        return no_estimate("ms")
    low, high = ranks
    below, value, above = _order_statistics(delta, (low, math.ceil(0.5 * n), high))
    return Estimate(value, below, above, n, "ms")


def _order_statistics(
    values: NDArray[np.float64], ranks: tuple[int, int, int]
) -> tuple[float, float, float]:
    """The values of three 1-based ranks; those outside 1 … n are infinite."""
    n = len(values)
    inside = sorted({rank - 1 for rank in ranks if 1 <= rank <= n})
    ordered = np.partition(values, inside)
    low, at, high = (
        -math.inf if rank < 1 else math.inf if rank > n else float(ordered[rank - 1])
        for rank in ranks
    )
    return low, at, high
