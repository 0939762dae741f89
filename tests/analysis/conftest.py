"""A shadow test's evidence, made to order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from analysis.agreement import agreement_series, assess, confusion
from analysis.coverage import (
    MethodCount,
    Pairing,
    PairingSeries,
    hours_of_week,
    sample_ratio,
)
from analysis.deltas import DeltaSums, scores
from analysis.drift import categorical_drift, numeric_drift
from analysis.errors import ERROR_KINDS, ErrorCounts, Errors, error_rate
from analysis.estimates import Window
from analysis.evidence import Evidence
from analysis.latency import (
    QUANTILES,
    Latency,
    Percentiles,
    PercentileSeries,
    VariantLatency,
    compare,
)

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HALF = {"confidence": 0.95, "alpha": 0.05}


def latency(base: float, batches: int, seed: int) -> VariantLatency:
    """Make percentiles around ``base`` ms in blocks of equal length over a week."""
    length = 168 * 3600 // batches
    start = np.datetime64("2026-03-02", "s") + np.arange(batches) * np.timedelta64(length, "s")
    shape = np.array([1, 2, 2.5, 4])
    noise = 1 + 0.02 * np.random.default_rng(seed).normal(size=(batches, 4))
    blocks = PercentileSeries(
        start, length, QUANTILES, base * shape * noise, np.full(batches, 400.0)
    )
    whole = Percentiles(QUANTILES, base * shape, 400 * batches)
    return VariantLatency("ModelLatency", whole, blocks, blocks)


def make(
    *,
    kind: str = "binary",
    n: int = 20_000,
    disagreed: int = 200,
    moved: int = 0,
    bias: float = 0.01,
    scored: bool = True,
    slower: float = 1.02,
    batches: int = 56,
    production_errors: int = 1,
    shadow_errors: int = 1,
    hours: int = 168,
    paired: float = 1.0,
    sampled: bool = True,
    shadow_rows: int | None = None,
    unreadable: int = 0,
) -> Evidence:
    """Build evidence of a healthy test, each argument taking one thing from it."""
    start = np.datetime64("2026-03-02T00", "h") + np.arange(hours)
    per_hour = np.full(hours, n // hours)
    same = n - disagreed
    forth = (disagreed + moved) // 2
    table = confusion(
        ["0", "0", "1", "1"],
        ["0", "1", "0", "1"],
        [same - same // 5, forth, disagreed - forth, same // 5],
    )
    series = agreement_series(start, per_hour, per_hour, confidence=0.95)
    labels = kind != "regression"
    agreement = assess(
        same,
        n,
        0,
        series,
        planned=10_000,
        table=table if labels else None,
        tolerance=None if labels else 0.05,
        **HALF,
    )
    p, noise = np.random.default_rng(1).normal(size=(2, n))
    s = p + bias + 0.1 * noise
    sums = DeltaSums(n, *(float(x.sum()) for x in (p, s, p * p, s * s, p * s)))
    q = np.linspace(0, 1, 101)
    at = np.quantile(s - p, q)
    found = scores(sums, q, at, [0, 1], [0, 1], [[n]], planned=10_000, drawn=n, **HALF)
    if scored:
        drift = numeric_drift("prediction", p, s, tolerance=0.1, alpha=0.05)
    else:
        drift = categorical_drift(
            "prediction",
            table.labels,
            table.counts.sum(axis=1),
            table.counts.sum(axis=0),
            tolerance=0.1,
            alpha=0.05,
        )
    both = latency(20.0, batches, 2), latency(20.0 * slower, batches, 3)
    counts = [ErrorCounts(name, production_errors, n, shadow_errors, n) for name in ERROR_KINDS]
    rates = tuple(error_rate(count, planned=10_000, **HALF) for count in counts)
    pairs = int(n * paired)
    rows = n if shadow_rows is None else shadow_rows
    pairing = Pairing(
        n,
        rows,
        pairs,
        (MethodCount("event id", pairs),),
        n - pairs,
        rows - pairs,
        0,
        0,
        0,
        float(n) if sampled else None,
        1.0 if sampled else None,
        1.0 if sampled else None,
        sample_ratio(rows, 0.5, n + rows) if sampled else None,
        PairingSeries(start, per_hour, per_hour, per_hour, per_hour.astype(float)),
    )
    return Evidence(
        kind,
        agreement,
        found if scored else None,
        drift,
        Latency("ModelLatency", "CloudWatch", *both, compare(*both, **HALF)),
        Errors(rates, (), n, n),
        pairing,
        hours_of_week(start, per_hour),
        Window(MONDAY, MONDAY + timedelta(hours=hours)),
        unreadable,
        2 * n - unreadable,
    )


@pytest.fixture
def evidence() -> Callable[..., Evidence]:
    """The maker of evidence: healthy unless told otherwise."""
    return make
