"""What did a test find, as numbers to expect of the next one?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.clusters import spread_of
from analysis.latency import MIN_BATCHES, batch_spread

if TYPE_CHECKING:
    from analysis.clusters import Clusters
    from analysis.latency import Latency
    from analysis.report import Report
    from queries.config import Test

ERROR_KEYS = {"4xx_errors": "4xx", "5xx_errors": "5xx", "model_errors": "model"}
"""What is typed of each kind of error: part of its key in the address."""
MOST_LABELS = 1_000
_PERCENTILES = {"p50": 0.5, "p99": 0.99}


def values_of(report: Report, test: Test) -> dict[str, Any]:
    """What a test has found, as values to type in; what is not known of it is left out."""
    found: dict[str, Any] = {
        "answers": report.kind,
        "scored": report.scores is not None,
        "policy": report.verdict.policy.name,
        "captured": test.capture_percent,
        "copied": test.shadow_percent,
    }
    requests: float = report.pairing.production / ((test.capture_percent or 100) / 100)
    if report.agreement is not None:
        found["agree"] = round(100 * report.agreement.fixed.value, 3)
        if report.agreement.confusion is not None:
            found["labels"] = min(MOST_LABELS, max(2, len(report.agreement.confusion.labels)))
        found |= _clusters_of(report.agreement.clusters)
    if report.scores is not None:
        pairs = report.scores.bland_altman
        found["bias"] = round(report.scores.standardised_bias.value, 4)
        found["spread"] = round(pairs.sd / pairs.production_sd, 4) if pairs.production_sd else None
    moved = report.prediction_drift
    if moved is not None:
        found["distance"] = round(moved.effect.value, 4)
    if report.latency is not None:
        found |= _latency_of(report.latency)
    if report.errors is not None:
        requests = report.errors.production_invocations or requests
        for rate in report.errors.rates:
            kind = ERROR_KEYS[rate.counts.kind]
            found[f"production_{kind}"] = round(100 * rate.production.value, 4)
            found[f"shadow_{kind}"] = round(100 * rate.shadow.value, 4)
    if report.window.hours > 0:
        found["per_hour"] = round(requests / report.window.hours, 1)
    return {
        key: value
        for key, value in found.items()
        if value is not None and not (isinstance(value, float) and math.isnan(value))
    }


def _clusters_of(clusters: Clusters | None) -> dict[str, Any]:
    """What pairs hang together by: both numbers together make the design effect that was found."""
    if clusters is None:
        return {"cluster": 1.0, "alike": 0.0}
    size = spread_of(clusters.sums).worst
    alike = (clusters.design_effect - 1) / (size - 1) if size > 1 else 0.0
    return {"cluster": round(size, 2), "alike": round(min(1.0, alike), 5)}


def _latency_of(latency: Latency) -> dict[str, Any]:
    """How much slower the shadow was, and how that varied from hour to hour, in per cent."""
    found: dict[str, Any] = {}
    for key, quantile in _PERCENTILES.items():
        change = next((d for d in latency.differences if d.quantile == quantile), None)
        if change is None or not change.relative.known:
            continue
        found[f"slower_{key}"] = round(100 * change.relative.value, 2)
        spread = batch_spread(latency.production, latency.shadow, quantile)
        if spread.batches >= MIN_BATCHES:
            # blocks are taken to be independent, as the verdict takes them
            hours = latency.production.batches.period_s / 3_600
            found[f"varies_{key}"] = round(100 * spread.relative * math.sqrt(hours), 2)
    return found
