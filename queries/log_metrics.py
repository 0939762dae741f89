"""How fast did both variants answer, and how often did they fail, by a paired log's own account?

A log knows each request's status and latency, so nothing is asked of CloudWatch and everything is
compared on the same requests.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import errors as error_rates
from analysis import latency as latencies
from analysis import paired_latency
from analysis.latency import QUANTILES, Percentiles, PercentileSeries, VariantLatency
from queries.clustered import error_clusters
from queries.periods import plan
from queries.windows import bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.errors import Errors
    from analysis.estimates import Window
    from analysis.latency import Latency
    from analysis.paired_latency import PairedLatency
    from queries.answers import Answer
    from queries.opened import Opened
    from queries.periods import Blocks

# What AWS counts as InvocationModelErrors: every request without a 2XX answer, timeouts included.
_KINDS = {
    "4xx_errors": "client_errors",
    "5xx_errors": "server_errors",
    "model_errors": "failed",
}
SIDES = ("production", "shadow")


def latency(
    opened: Opened, window: Window, *, alpha: float
) -> tuple[Latency | None, PairedLatency | None]:
    """Latency of the requests whose time is known for both variants; None where there are none.

    The intervals shown are MOVER's over the requests; those of the verdict come from batches of
    time, as those of CloudWatch do, so that slow stretches do not count as many observations.
    """
    answer = opened.engine.run("request_latencies", **bounds(window))
    if answer.rows == 0:
        return None, None
    paired = _paired(opened, window, answer, alpha)
    # the log lies here whole: it is as fine as on its first day
    asked = plan(window, now=window.end)
    second = answer["second"].astype(np.int64)
    production, shadow = (
        _variant(answer[f"{side}_latency_ms"], second, asked.batches, asked.series)
        for side in SIDES
    )
    watched = latencies.compare(
        production, shadow, confidence=opened.policy.confidence, alpha=alpha
    )
    differences = tuple(
        latencies.LatencyDifference(
            change.quantile,
            change.production_ms,
            change.shadow_ms,
            change.difference,
            change.relative,
            found.sequence,
        )
        for change, found in zip(paired.changes, watched, strict=True)
    )
    source = f"The log's own times of {paired.n:,} requests that both variants received"
    return latencies.Latency("latency", source, production, shadow, differences), paired


def errors(opened: Opened, window: Window, *, alpha: float) -> Errors | None:
    """Failures of both variants; None where the log notes neither a status nor a failure."""
    series = plan(window, now=window.end).series
    answer = opened.engine.run("failures_by_block", block_s=series.period, **bounds(window))
    if not answer["known"].sum():
        return None
    confidence, planned = opened.policy.confidence, opened.policy.planned_pairs
    laid_out = {
        (side, name): _laid_out(answer, side, name, series)
        for side in SIDES
        for name in ("requests", "known", *_KINDS.values())
    }

    def total(side: str, name: str) -> int:
        return int(np.nansum(laid_out[side, name]))

    counts = [
        error_rates.ErrorCounts(
            kind,
            total("production", column),
            total("production", "known"),
            total("shadow", column),
            total("shadow", "known"),
        )
        for kind, column in _KINDS.items()
    ]
    clusters = error_clusters(opened, window)
    return error_rates.Errors(
        rates=tuple(
            error_rates.error_rate(
                each,
                confidence=confidence,
                alpha=alpha,
                planned=planned,
                clusters=clusters.get(each.kind),
            )
            for each in counts
        ),
        series=tuple(
            error_rates.ErrorSeries(
                kind,
                _starts(series),
                laid_out["production", column],
                laid_out["production", "known"],
                laid_out["shadow", column],
                laid_out["shadow", "known"],
            )
            for kind, column in _KINDS.items()
        ),
        production_invocations=total("production", "requests"),
        shadow_invocations=total("shadow", "requests"),
    )


def _paired(opened: Opened, window: Window, answer: Answer, alpha: float) -> PairedLatency:
    timeouts = opened.engine.run("timeouts", **bounds(window))
    minutes = opened.engine.run("failures_by_block", block_s=60, **bounds(window))
    production, shadow = (_throughput(minutes, side, window) for side in SIDES)
    return paired_latency.measure(
        answer["production_latency_ms"],
        answer["shadow_latency_ms"],
        timeouts=paired_latency.Timeouts(
            *(timeouts.count(name) for name in ("n", "of_both", "of_production", "of_shadow"))
        ),
        throughput=(production, shadow),
        tolerance_ms=opened.policy.slower_tolerance_ms,
        confidence=opened.policy.confidence,
        alpha=alpha,
        planned=opened.policy.planned_pairs,
    )


def _throughput(minutes: Answer, side: str, window: Window) -> paired_latency.Throughput:
    mine = minutes["requests"][minutes["variant"] == side]
    seconds = 3600 * window.hours
    requests = int(mine.sum())
    return paired_latency.Throughput(
        requests, requests / seconds if seconds else np.nan, int(max(mine, default=0))
    )


def _variant(
    ms: NDArray[np.float64], second: NDArray[np.int64], batches: Blocks, series: Blocks
) -> VariantLatency:
    return VariantLatency(
        "latency",
        Percentiles(QUANTILES, _percentiles(ms), len(ms)),
        _series(ms, second, batches),
        _series(ms, second, series),
    )


def _series(ms: NDArray[np.float64], second: NDArray[np.int64], blocks: Blocks) -> PercentileSeries:
    """The percentiles of each block; nan in one without requests."""
    block = (second - blocks.start) // blocks.period
    order = np.argsort(block, kind="stable")
    edges = np.searchsorted(block[order], np.arange(blocks.count + 1))
    values = [_percentiles(ms[order[first:last]]) for first, last in pairwise(edges)]
    return PercentileSeries(
        start=_starts(blocks),
        period_s=blocks.period,
        quantiles=QUANTILES,
        ms=np.array(values).reshape(blocks.count, len(QUANTILES)),
        n=np.diff(edges).astype(np.float64),
    )


def _percentiles(ms: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(ms) == 0:
        return np.full(len(QUANTILES), np.nan)
    found: Any = np.quantile(ms, QUANTILES, method="inverted_cdf")
    return np.asarray(found, np.float64)


def _laid_out(answer: Answer, side: str, name: str, blocks: Blocks) -> NDArray[np.float64]:
    """One column of one variant, block by block; nan in a block without requests."""
    mine = answer["variant"] == side
    at = answer["block"][mine].astype(np.int64) - blocks.start // blocks.period
    values = np.full(blocks.count, np.nan)
    values[at] = answer[name][mine]
    return values


def _starts(blocks: Blocks) -> NDArray[np.datetime64]:
    starts = blocks.start + blocks.period * np.arange(blocks.count)
    return starts.astype("datetime64[s]")
