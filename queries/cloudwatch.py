"""How fast did each variant answer, and how often did it fail, by CloudWatch's own count?

SageMaker publishes one value a request, in µs for latencies
(https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html), and CloudWatch works
out percentiles from all values of a period. So the percentile of a window is asked for as one long
period: percentiles of short periods cannot be averaged. A missing point is missing, never 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import ErrorCounts, ErrorSeries
from analysis.latency import QUANTILES, Percentiles, PercentileSeries, VariantLatency
from queries.aws import explain
from queries.errors import AwsError
from queries.periods import Blocks, plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.estimates import Window

NAMESPACE = "AWS/SageMaker"
_CALL = "GetMetricData"
_QUERIES_A_CALL = 500
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
class ErrorReading:
    """Every kind of failure of both variants. No data at all is ``n`` = 0, never "no errors"."""

    counts: tuple[ErrorCounts, ...]
    series: tuple[ErrorSeries, ...]
    production_invocations: int
    shadow_invocations: int


@dataclass(frozen=True, slots=True)
class _Query:
    """One metric and statistic of one variant, over blocks of time."""

    variant: str
    metric: str
    statistic: str
    blocks: Blocks


# What came back for a query: the value of each period, by its start in epoch seconds.
_Found = dict[_Query, dict[int, float]]


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
        _Query(variant, metric, statistic, blocks)
        for variant in (production, shadow)
        for blocks in (asked.whole, asked.batches, asked.series)
        for statistic in _STATISTICS
    ]
    found = _ask(client, endpoint, queries)
    samples = [found[_Query(v, metric, "SampleCount", asked.whole)] for v in (production, shadow)]
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
        _Query(variant, metric, "Sum", blocks)
        for variant in (production, shadow)
        for blocks in (asked.whole, asked.series)
        for metric in metrics
    ]
    found = _ask(client, endpoint, queries)

    def total(variant: str, metric: str) -> int:
        # sums of parts add up, so it does not matter if the window came back in several
        return round(sum(found[_Query(variant, metric, "Sum", asked.whole)].values()))

    def requests(variant: str) -> NDArray[np.float64]:
        seen = _column(found, _Query(variant, "Invocations", "Sum", asked.series))
        return np.where(seen > 0, seen, np.nan)

    def failures(variant: str, metric: str) -> NDArray[np.float64]:
        failed = _column(found, _Query(variant, metric, "Sum", asked.series))
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
            start=_starts(asked.series),
            production_errors=failures(production, metric),
            production_n=requests(production),
            shadow_errors=failures(shadow, metric),
            shadow_n=requests(shadow),
        )
        for kind, metric in _ERRORS
    )
    return ErrorReading(counts, series, *invocations)


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
    found: _Found, variant: str, metric: str, whole: Blocks, part: int | None
) -> Percentiles:
    values = [
        found[_Query(variant, metric, statistic, whole)].get(-1 if part is None else part, np.nan)
        for statistic in _STATISTICS
    ]
    n = 0 if np.isnan(values[-1]) else round(values[-1])
    return Percentiles(QUANTILES, np.array(values[:-1]) / 1_000, n)


def _percentile_series(
    found: _Found, variant: str, metric: str, blocks: Blocks
) -> PercentileSeries:
    columns = [_column(found, _Query(variant, metric, s, blocks)) for s in _STATISTICS]
    return PercentileSeries(
        start=_starts(blocks),
        period_s=blocks.period,
        quantiles=QUANTILES,
        ms=np.column_stack(columns[:-1]) / 1_000,
        n=columns[-1],
    )


def _column(found: _Found, query: _Query) -> NDArray[np.float64]:
    """One value a block, nan where CloudWatch has none."""
    column = np.full(query.blocks.count, np.nan)
    for start, value in found[query].items():
        at = (start - query.blocks.start) // query.blocks.period
        if 0 <= at < len(column):
            column[at] = value
    return column


def _starts(blocks: Blocks) -> NDArray[np.datetime64]:
    seconds = blocks.start + blocks.period * np.arange(blocks.count)
    return seconds.astype("datetime64[s]")


def _ask(client: Any, endpoint: str, queries: Sequence[_Query]) -> _Found:
    found: _Found = {query: {} for query in queries}
    for blocks in dict.fromkeys(query.blocks for query in queries):
        same = [query for query in queries if query.blocks == blocks]
        for first in range(0, len(same), _QUERIES_A_CALL):
            named = {f"m{at}": q for at, q in enumerate(same[first : first + _QUERIES_A_CALL])}
            for result in _results(client, endpoint, blocks, named):
                times = (round(time.timestamp()) for time in result["Timestamps"])
                # a page holds a part of a query's points: they are gathered over all pages
                found[named[result["Id"]]].update(zip(times, result["Values"], strict=True))
    return found


def _results(
    client: Any, endpoint: str, blocks: Blocks, named: dict[str, _Query]
) -> Iterator[dict[str, Any]]:
    from botocore.exceptions import BotoCoreError, ClientError

    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[_metric_stat(endpoint, name, query) for name, query in named.items()],
        StartTime=datetime.fromtimestamp(blocks.start, UTC),
        EndTime=datetime.fromtimestamp(blocks.end, UTC),
        ScanBy="TimestampAscending",
    )
    try:
        for page in pages:
            for result in page["MetricDataResults"]:
                # without this, a refusal would look like a quiet endpoint
                if result.get("StatusCode") in ("InternalError", "Forbidden"):
                    raise _refused(page, result)
                yield result
    except (BotoCoreError, ClientError) as error:
        raise explain(error, call=_CALL) from error


def _refused(page: dict[str, Any], result: dict[str, Any]) -> AwsError:
    said = " ".join(m.get("Value", "") for m in result.get("Messages") or ()).strip()
    code = result["StatusCode"]
    return AwsError(
        f"AWS answered {_CALL} with {code} for {result.get('Label') or 'a metric'}"
        f"{f': {said}' if said else ''}. Check the permission cloudwatch:{_CALL} and reload.",
        call=_CALL,
        code=code,
        request_id=page.get("ResponseMetadata", {}).get("RequestId"),
    )


def _metric_stat(endpoint: str, name: str, query: _Query) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": query.metric,
                "Dimensions": [
                    {"Name": "EndpointName", "Value": endpoint},
                    {"Name": "VariantName", "Value": query.variant},
                ],
            },
            "Period": query.blocks.period,
            "Stat": query.statistic,
        },
    }
