"""How much slower is shadow than production, at each percentile?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate, no_estimate
from analysis.intervals import normal_quantile, student_quantile
from analysis.sequences import mean_half_width

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILES = (0.5, 0.9, 0.95, 0.99)
"""The percentiles compared, as shares."""

MIN_BATCHES = 10
"""Batches with data from both variants below which no interval is given."""

TUNED_AT_BATCHES = 20
"""Batches at which the sequence is tightest."""


@dataclass(frozen=True, slots=True, eq=False)
class Percentiles:
    """One variant's percentiles over one whole window.

    They come from one long CloudWatch period: percentiles of short periods cannot be averaged.

    Attributes
    ----------
    quantiles : tuple of float (k,)
    ms : ndarray (k,)
        Milliseconds; nan where there are no data.
    n : int
        Requests.
    """

    quantiles: tuple[float, ...]
    ms: NDArray[np.float64]
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class PercentileSeries:
    """One variant's percentiles in equal blocks of time.

    Attributes
    ----------
    start : ndarray (t,) of datetime64[s]
        Start of each block, UTC.
    period_s : int
        Length of a block in seconds.
    quantiles : tuple of float (k,)
    ms : ndarray (t, k)
        Milliseconds; nan where there are no data.
    n : ndarray (t,)
        Requests; nan or 0 where there are none.
    """

    start: NDArray[np.datetime64]
    period_s: int
    quantiles: tuple[float, ...]
    ms: NDArray[np.float64]
    n: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class VariantLatency:
    """One metric of one variant: the whole window, its batches, and the fine series.

    ``batches`` are at least twenty contiguous blocks of equal length that cover the window: they
    carry the interval. ``series`` is for the chart.
    """

    metric: str
    window: Percentiles
    batches: PercentileSeries
    series: PercentileSeries


@dataclass(frozen=True, slots=True)
class LatencyDifference:
    """One percentile, production against shadow.

    Attributes
    ----------
    quantile : float
    production_ms, shadow_ms : float
        Percentiles of the whole window.
    difference : Estimate
        shadow − production in milliseconds, interval for one look.
    relative : Estimate
        shadow ÷ production − 1 as a fraction, interval for one look.
    sequence : Estimate
        The relative change with an interval that holds at every look.
    """

    quantile: float
    production_ms: float
    shadow_ms: float
    difference: Estimate
    relative: Estimate
    sequence: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Latency:
    """One latency metric of both variants and their differences.

    ``source`` says in words where the percentiles come from.
    """

    metric: str
    source: str
    production: VariantLatency
    shadow: VariantLatency
    differences: tuple[LatencyDifference, ...]


@dataclass(frozen=True, slots=True)
class BatchSpread:
    """How much one percentile's difference varies between batches.

    Attributes
    ----------
    batches : int
        Blocks of time in which both variants have data.
    absolute : float
        Standard deviation of one batch's shadow − production, in ms, such that dividing by
        √batches gives the standard error of the window's difference; nan below two batches.
    relative : float
        The same for shadow ÷ production − 1.
    """

    batches: int
    absolute: float
    relative: float


def compare(
    production: VariantLatency, shadow: VariantLatency, *, confidence: float, alpha: float
) -> tuple[LatencyDifference, ...]:
    """Compare both variants at every percentile both have.

    The value is the difference of the two whole-window percentiles. Its interval comes from
    batching (Nakayama 2014, "Confidence intervals for quantiles using sectioning when applying
    variance-reduction techniques", ACM TOMACS 24:19): the same difference in contiguous blocks of
    time varies as requests *and* their dependence in time make it vary, where a formula for
    independent requests is far too narrow (statistics.md: 20 to 82 % misses with autocorrelation).
    Half width t(K−1)·sd/√K; for every look, an asymptotic sequence on the K batches. Blocks weigh
    as many requests as they hold. With fewer than ten usable blocks the interval is nan.
    """
    return tuple(
        difference(production, shadow, quantile, confidence=confidence, alpha=alpha)
        for quantile in production.window.quantiles
        if quantile in shadow.window.quantiles
    )


def difference(
    production: VariantLatency,
    shadow: VariantLatency,
    quantile: float,
    *,
    confidence: float,
    alpha: float,
) -> LatencyDifference:
    """Compare both variants at one percentile; see :func:`compare`."""
    before, after = _window(production, quantile), _window(shadow, quantile)
    n = min(production.window.n, shadow.window.n)
    if n <= 0 or not (math.isfinite(before) and math.isfinite(after)):
        nothing = no_estimate("ratio")
        return LatencyDifference(quantile, before, after, no_estimate("ms"), nothing, nothing)
    spread = batch_spread(production, shadow, quantile)
    change = after - before
    ratio = change / before if before > 0 else math.nan
    if spread.batches < MIN_BATCHES:
        factor = math.nan
    else:
        factor = student_quantile(confidence, spread.batches - 1) / math.sqrt(spread.batches)
    half = sequence_half_width(spread.batches, spread.relative, alpha=alpha)
    return LatencyDifference(
        quantile,
        before,
        after,
        _around(change, factor * spread.absolute, n, "ms"),
        _around(ratio, factor * spread.relative, n, "ratio"),
        _around(ratio, half, n, "ratio"),
    )


def sequence_half_width(batches: float, sd: float, *, alpha: float) -> float:
    """Half the width, at every look, of a mean over ``batches`` whose spread is ``sd``.

    The asymptotic sequence widened by t/z, which brings its misses from 1.8 % to the nominal
    0.5 % when watched from ten batches on. nan below ten batches.
    """
    if batches < MIN_BATCHES:
        return math.nan
    few = student_quantile(1 - alpha, batches - 1) / normal_quantile(1 - alpha)
    return mean_half_width(batches, few * sd, alpha=alpha, tuned_at=TUNED_AT_BATCHES)


def batch_spread(
    production: VariantLatency, shadow: VariantLatency, quantile: float
) -> BatchSpread:
    """Measure how one percentile's difference varies between the batches both variants share."""
    before, weight_before = _batches(production, quantile)
    after, weight_after = _batches(shadow, quantile)
    common, left, right = np.intersect1d(
        production.batches.start, shadow.batches.start, return_indices=True
    )
    before, after = before[left], after[right]
    weight = np.minimum(weight_before[left], weight_after[right])
    there = np.isfinite(before) & np.isfinite(after) & (weight > 0)
    k = int(np.count_nonzero(there))
    if len(common) < 2 or k < 2:
        return BatchSpread(k, math.nan, math.nan)
    before, after, weight = before[there], after[there], weight[there] / weight[there].sum()
    base, ratio = float(weight @ before), float(weight @ after) / float(weight @ before)

    def spread(values: NDArray[np.float64]) -> float:
        error = np.sqrt((weight**2 * (values - weight @ values) ** 2).sum() * k / (k - 1))
        return float(error) * math.sqrt(k)

    # A ratio of two means varies as its linearisation does (delta method).
    return BatchSpread(k, spread(after - before), spread((after - ratio * before) / base))


def _around(value: float, half: float, n: int, unit: str) -> Estimate:
    return Estimate(value, value - half, value + half, n, unit)


def _window(variant: VariantLatency, quantile: float) -> float:
    if quantile not in variant.window.quantiles:
        return math.nan
    return float(variant.window.ms[variant.window.quantiles.index(quantile)])


def _batches(
    variant: VariantLatency, quantile: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    batches = variant.batches
    if quantile not in batches.quantiles:
        return np.full(len(batches.start), np.nan), np.zeros(len(batches.start))
    return batches.ms[:, batches.quantiles.index(quantile)], np.nan_to_num(batches.n)
