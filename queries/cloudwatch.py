"""How fast did each variant answer, and how often did it fail, by CloudWatch's own count?

SageMaker publishes one value a request, in µs for latencies
(https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html), and CloudWatch works
out percentiles from all values of a period. So the percentile of a window is asked for as one long
period: percentiles of short periods cannot be averaged. A missing point is missing, never 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import ErrorCounts, ErrorSeries
from analysis.latency import QUANTILES, Percentiles, PercentileSeries, VariantLatency
from queries.metric_data import INSTANCES, Found, Query, ask, column, starts
from queries.periods import plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.estimates import Window
    from queries.periods import Blocks

_STATISTICS = (*(f"p{100 * quantile:g}" for quantile in QUANTILES), "SampleCount")
_ERRORS = (
    ("4xx_errors", "Invocation4XXErrors"),
    ("5xx_errors", "Invocation5XXErrors"),
    ("model_errors", "InvocationModelErrors"),
)


@dataclass(frozen=True, slots=True, eq=False)
class LatencyReading:
    """One latency metric of both variants; ``source`` says in words where it comes from."""

    production: VariantLatency
    shadow: VariantLatency
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class DiskSeries:
    """The fullest disk of each variant, as a share; nan where it was not measured."""

    start: NDArray[np.datetime64]
    period_s: int
    production: NDArray[np.float64]
    shadow: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ErrorReading:
    """Every kind of failure of both variants. No data at all is ``n`` = 0, never "no errors"."""

    counts: tuple[ErrorCounts, ...]
    series: tuple[ErrorSeries, ...]
    production_invocations: int
    shadow_invocations: int


def latency(
    client: Any,
    *,
    endpoint: str,
    production: str,
    shadow: str,
    window: Window,
    metric: str = "ModelLatency",
) -> LatencyReading:
    """Percentiles of one latency metric (``ModelLatency``, ``OverheadLatency``) in milliseconds.

    Where a variant has no data, its numbers are nan with ``n=0``.

    Raises
    ------
    AwsError
        When CloudWatch refuses or cannot be reached.
    """
    asked = plan(window)
    queries = [
        Query(variant, metric, statistic, blocks)
        for variant in (production, shadow)
        for blocks in (asked.whole, asked.batches, asked.series)
        for statistic in _STATISTICS
    ]
    found = ask(client, endpoint, queries)
    samples = [found[Query(v, metric, "SampleCount", asked.whole)] for v in (production, shadow)]
    part, source = _largest_part(metric, asked.whole, samples)
    read = [
        VariantLatency(
            metric=metric,
            window=_percentiles(found, variant, metric, asked.whole, part),
            batches=_percentile_series(found, variant, metric, asked.batches),
            series=_percentile_series(found, variant, metric, asked.series),
        )
        for variant in (production, shadow)
    ]
    return LatencyReading(read[0], read[1], source)


def errors(
    client: Any, *, endpoint: str, production: str, shadow: str, window: Window
) -> ErrorReading:
    """Failures and requests of both variants, in the window and over time.

    A count is 0 only where there were requests: without any, nothing is known of failures.

    Raises
    ------
    AwsError
        When CloudWatch refuses or cannot be reached.
    """
    asked = plan(window)
    metrics = ("Invocations", *(metric for _, metric in _ERRORS))
    queries = [
        Query(variant, metric, "Sum", blocks)
        for variant in (production, shadow)
        for blocks in (asked.whole, asked.series)
        for metric in metrics
    ]
    found = ask(client, endpoint, queries)

    def total(variant: str, metric: str) -> int:
        # sums of parts add up, so it does not matter if the window came back in several
        return round(sum(found[Query(variant, metric, "Sum", asked.whole)].values()))

    def requests(variant: str) -> NDArray[np.float64]:
        seen = column(found, Query(variant, "Invocations", "Sum", asked.series))
        return np.where(seen > 0, seen, np.nan)

    def failures(variant: str, metric: str) -> NDArray[np.float64]:
        failed = column(found, Query(variant, metric, "Sum", asked.series))
        return np.where(np.isnan(requests(variant)), np.nan, np.nan_to_num(failed))

    invocations = total(production, "Invocations"), total(shadow, "Invocations")
    counts = tuple(
        ErrorCounts(
            kind,
            production_errors=total(production, metric),
            production_n=invocations[0],
            shadow_errors=total(shadow, metric),
            shadow_n=invocations[1],
        )
        for kind, metric in _ERRORS
    )
    series = tuple(
        ErrorSeries(
            kind,
            start=starts(asked.series),
            production_errors=failures(production, metric),
            production_n=requests(production),
            shadow_errors=failures(shadow, metric),
            shadow_n=requests(shadow),
        )
        for kind, metric in _ERRORS
    )
    return ErrorReading(counts, series, *invocations)


def disks(
    client: Any, *, endpoint: str, production: str, shadow: str, window: Window
) -> DiskSeries:
    """How full the fullest disk of each variant was, over time.

    Raises
    ------
    AwsError
        When CloudWatch refuses or cannot be reached.
    """
    asked = plan(window).series
    queries = [
        Query(variant, "DiskUtilization", "Maximum", asked, INSTANCES)
        for variant in (production, shadow)
    ]
    found = ask(client, endpoint, queries)
    sides = [column(found, query) / 100 for query in queries]
    return DiskSeries(starts(asked), asked.period, *sides)


def _largest_part(
    metric: str, whole: Blocks, samples: Sequence[dict[int, float]]
) -> tuple[int | None, str]:
    """Which period stands for the window, the same one for both variants, and how to say so."""
    parts: defaultdict[int, float] = defaultdict(float)
    for variant in samples:
        for start, count in variant.items():
            parts[start] += count
    hours = whole.period / 3_600
    source = f"CloudWatch {metric}, one period of {hours:,.1f} hours"
    if not parts:
        return None, f"{source}: no data"
    part = max(parts, key=lambda start: parts[start])
    if len(parts) > 1:
        source = (
            f"CloudWatch {metric}; the window came back in {len(parts)} parts, and the figures are "
            f"those of the largest, {parts[part]:,.0f} of {sum(parts.values()):,.0f} requests"
        )
    return part, source


def _percentiles(
    found: Found, variant: str, metric: str, whole: Blocks, part: int | None
) -> Percentiles:
    values = [
        found[Query(variant, metric, statistic, whole)].get(-1 if part is None else part, np.nan)
        for statistic in _STATISTICS
    ]
    n = 0 if np.isnan(values[-1]) else round(values[-1])
    return Percentiles(QUANTILES, np.array(values[:-1]) / 1_000, n)


def _percentile_series(found: Found, variant: str, metric: str, blocks: Blocks) -> PercentileSeries:
    columns = [column(found, Query(variant, metric, s, blocks)) for s in _STATISTICS]
    return PercentileSeries(
        start=starts(blocks),
        period_s=blocks.period,
        quantiles=QUANTILES,
        ms=np.column_stack(columns[:-1]) / 1_000,
        n=columns[-1],
    )
