"""How much slower is shadow than production, at each percentile?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.estimates import Estimate

QUANTILES = (0.5, 0.9, 0.95, 0.99)
"""The percentiles compared, as shares."""


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
