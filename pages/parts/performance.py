"""Which lines and tables say how fast and how reliably the variants answered?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.parts import format, tables, tiles, words

if TYPE_CHECKING:
    from analysis.errors import Errors
    from analysis.latency import Latency
    from analysis.paired_latency import PairedLatency

NO_LATENCY_IN_CAPTURES = "Capture files hold neither latency nor status codes."
NOT_FILTERED = (
    "CloudWatch does not know one request from another: this page shows all traffic, whatever the "
    "filter."
)
INTERVALS_OF_A_LOG = (
    "Intervals: MOVER over requests, taken as independent of each other. The verdict's own come "
    "from batches of time, so that a slow quarter of an hour does not count as many observations."
)

OVERHEAD = (
    "OverheadLatency: from the request's arrival to the answer, less the model's own time. It is "
    "shown, not judged: nobody waits for the shadow's answer, and AWS does not say what the "
    "metric means for it."
)


def latencies(latency: Latency) -> tables.Table:
    """Give each quantile of both variants with the difference and its interval."""
    return tables.Table(
        columns=tables.columns(
            "", "Production >", "Shadow >", "Difference >", "Interval >", "Relative >"
        ),
        rows=tuple(
            (
                format.quantile(d.quantile),
                format.milliseconds(d.production_ms),
                format.milliseconds(d.shadow_ms),
                format.milliseconds(d.difference.value, signed=True),
                format.interval(d.difference.low, d.difference.high, "ms", signed=True),
                format.quantity(d.relative.value, "ratio", signed=True),
            )
            for d in latency.differences
        ),
        export_columns=(
            *("quantile", "production_ms", "shadow_ms", "difference_ms", "low_ms", "high_ms"),
            *("relative", "relative_low", "relative_high", "n"),
            *("relative_low_at_every_look", "relative_high_at_every_look"),
        ),
        export_rows=tuple(
            (
                *(d.quantile, d.production_ms, d.shadow_ms),
                *(d.difference.value, d.difference.low, d.difference.high),
                *(d.relative.value, d.relative.low, d.relative.high, d.difference.n),
                *(d.sequence.low, d.sequence.high),
            )
            for d in latency.differences
        ),
    )


def relative_at_every_look(latency: Latency) -> str:
    """Give the relative differences' intervals that may be watched; "" where there are none."""
    said = ", ".join(
        f"{format.quantile(d.quantile)} "
        f"{format.interval(d.sequence.low, d.sequence.high, 'ratio', signed=True)}"
        for d in latency.differences
        if d.sequence.bounded
    )
    return f"However often one looks, the relative difference is: {said}." if said else ""


def latency_table(test: str, latency: Latency, *, key: str = "latency") -> None:
    """Draw each quantile of both variants with the difference and its intervals."""
    tables.draw(
        latencies(latency),
        name=f"{test}-{key}",
        key=f"{key}_table",
    )
    if said := relative_at_every_look(latency):
        st.caption(said)


def tiles_of_requests(paired: PairedLatency) -> list[tiles.Tile]:
    """Give the tiles about the latency of the same requests."""
    tolerance = format.milliseconds(paired.tolerance_ms)
    return [
        tiles.of(
            "Median difference",
            paired.median_delta,
            explained="median_delta",
            signed=True,
            help="Median over the requests of shadow − production.",
        ),
        tiles.of(f"Slower by more than {tolerance}", paired.slower, explained="slower"),
        tiles.of(f"Faster by more than {tolerance}", paired.faster, explained="slower"),
        _timeouts_tile(paired),
    ]


def requests_line(paired: PairedLatency) -> str:
    """Give the median's interval that may be watched, and how many requests each variant had."""
    return f"{_at_every_look(paired)} {_throughput(paired)}".strip()


def _at_every_look(paired: PairedLatency) -> str:
    """Give the median's interval that may be watched; "" where there are no requests."""
    found = paired.median_watched
    if not found.known:
        return ""
    between = format.interval(found.low, found.high, found.unit, signed=True)
    return f"However often one looks, the median difference is {between} ({format.n(found.n)})."


def _timeouts_tile(paired: PairedLatency) -> tiles.Tile:
    found = paired.timeouts
    if not found.n:
        return tiles.Tile(
            "Timeouts of the shadow only", format.UNKNOWN, "no data", explained="timeouts"
        )
    return tiles.Tile(
        "Timeouts of the shadow only",
        format.count(found.of_shadow),
        f"production only {format.count(found.of_production)}, both {format.count(found.of_both)} "
        f"· {format.n(found.n)}",
        help="Requests that were waited for in vain. They count in the percentiles with the time "
        "that was waited, so the true latency is longer.",
        explained="timeouts",
    )


def _throughput(paired: PairedLatency) -> str:
    """Say how many requests each variant had, a second and in the busiest minute."""
    factor, pace = words.pace(max(paired.production.per_second, paired.shadow.per_second))
    said = (
        f"{name} {format.number(side.per_second * factor, decimals=2)} requests {pace} over the "
        f"window, {format.count(side.busiest_minute)} in its busiest minute"
        for name, side in (("Production", paired.production), ("shadow", paired.shadow))
    )
    return f"Throughput: {'; '.join(said)}."


def period_line(latency: Latency) -> str:
    """Say how fine the series is and how much of it is missing."""
    said = []
    for name, variant in (("production", latency.production), ("shadow", latency.shadow)):
        missing = int(np.isnan(np.asarray(variant.series.ms, dtype=float)).all(axis=1).sum())
        if missing:
            said.append(f"{format.count(missing)} missing for {name}")
    period = latency.production.series.period_s
    every = f"{period // 60} min" if period < 3600 else f"{period // 3600} h"
    gaps = "; ".join(said) or "none missing"
    return (
        f"Percentiles of each {every}; {gaps}. They are drawn, never averaged: those of the window "
        "are in the table."
    )


def error_rates(errors: Errors) -> tables.Table:
    """Give both rates of each kind of error with the difference and its interval."""
    return tables.Table(
        columns=tables.columns("", "Production >", "Shadow >", "Difference >", "Interval >"),
        rows=tuple(
            (
                words.ERRORS.get(r.counts.kind, r.counts.kind),
                _rate(r.production.value, r.counts.production_errors, r.counts.production_n),
                _rate(r.shadow.value, r.counts.shadow_errors, r.counts.shadow_n),
                format.quantity(r.difference.value, "share", signed=True),
                format.interval(r.difference.low, r.difference.high, "share", signed=True),
            )
            for r in errors.rates
        ),
        export_columns=(
            *(
                "kind",
                "production_errors",
                "production_requests",
                "shadow_errors",
                "shadow_requests",
            ),
            *("difference", "low", "high"),
        ),
        export_rows=tuple(
            (
                *(r.counts.kind, r.counts.production_errors, r.counts.production_n),
                *(r.counts.shadow_errors, r.counts.shadow_n),
                *(r.difference.value, r.difference.low, r.difference.high),
            )
            for r in errors.rates
        ),
    )


def errors_table(test: str, errors: Errors) -> None:
    """Draw both rates of each kind of error with the difference and its interval."""
    tables.draw(
        error_rates(errors),
        name=f"{test}-errors",
        key="errors_table",
    )


def _rate(rate: float, bad: int, n: int) -> str:
    return f"{format.percent(rate)} ({format.count(bad)})" if n else format.UNKNOWN


def mirrored(errors: Errors) -> str:
    """Say how many requests each variant had, and which share was mirrored."""
    ours, theirs = errors.production_invocations, errors.shadow_invocations
    text = f"Production {format.count(ours)}, shadow {format.count(theirs)}"
    return (
        f"{text}: {format.percent(theirs / ours, decimals=1)} of the requests were mirrored."
        if ours
        else text
    )
