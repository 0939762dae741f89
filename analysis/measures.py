"""What do the data say about each guardrail that is judged on an interval?

Each function states its interval as a function of the observations: at the present number it gives
the status, at larger ones the answer to "how long still?". None means no data.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis import sentences
from analysis.categories import cramer_v
from analysis.checks import Measure
from analysis.clustered_shares import least_worth
from analysis.clusters import ratio_sequence
from analysis.confusion import change_sequence, label_changes
from analysis.deltas import standardised_half_width
from analysis.design_effects import watched_effect
from analysis.drift import KS_D
from analysis.errors import rate_sequence
from analysis.estimates import TestResult
from analysis.guardrails import status_of
from analysis.latency import batch_spread, difference, sequence_half_width
from analysis.sequences import bernoulli_sequence, distribution_half_width

if TYPE_CHECKING:
    from analysis.confusion import Confusion
    from analysis.evidence import Evidence
    from analysis.policy import Policy

CANDIDATES = 8
"""Labels whose sequences are computed: more cannot decide, and thousands of classes take time."""


def agreement(evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    """Measure the share of pairs with the same answer."""
    found = evidence.agreement
    if found is None or not found.fixed.known:
        return None
    n, rate, clusters = found.fixed.n, found.fixed.value, found.clusters

    def interval(after: float) -> tuple[float, float]:
        if clusters is not None:
            return ratio_sequence(
                clusters.sums, alpha=alpha, planned=policy.planned_pairs, times=after / n
            )
        return bernoulli_sequence(rate * after, after, alpha=alpha, planned=policy.planned_pairs)

    return Measure(
        "agreement",
        sentences.agreement(found.tolerance, found.rule),
        rate,
        interval,
        now=n,
        per_hour=_per_hour(n, evidence),
        n=n,
        what=sentences.worth("pairs", None if clusters is None else clusters.least),
    )


def label_shift(evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    """Measure the change of the label that is nearest to its limit, allowing for all labels."""
    found = evidence.agreement
    table = None if found is None else found.confusion
    if found is None or table is None or table.n == 0:
        return None
    n, limit = table.n, policy.max_label_shift
    each, planned = alpha / len(table.labels), policy.planned_pairs
    movers = _movers(table)

    def ends(i: int, after: float) -> tuple[float, float]:
        return change_sequence(table, i, found.moves, alpha=each, planned=planned, times=after / n)

    def gravity(low: float, high: float) -> tuple[int, float]:
        order = ("ok", "inconclusive", "breach")
        return order.index(status_of(low, high, limit, "within")), max(abs(low), abs(high))

    def gravest(after: float) -> tuple[int, tuple[float, float]]:
        # Of two labels that move alike the last is told of: of 0 and 1, that is the positive one.
        judged = [(i, ends(i, after)) for i in reversed(movers)]
        return max(judged, key=lambda one: gravity(*one[1]))

    worst = gravest(n)[0]
    gained, lost = label_changes(table, worst)[1:]
    least = None
    if found.moves is not None:
        moves = found.moves[worst]
        least = least_worth(moves.gained, moves.lost, alpha=each)
    return Measure(
        "label_shift",
        sentences.label_shift(table.labels[worst]),
        (gained - lost) / n,
        lambda after: gravest(after)[1],
        now=n,
        per_hour=_per_hour(n, evidence),
        n=n,
        what=sentences.worth("pairs", least),
    )


def _movers(table: Confusion) -> list[int]:
    """Choose the labels that can decide: those that moved most, and those that might have."""
    gained = table.counts.sum(axis=0) - np.diag(table.counts)
    lost = table.counts.sum(axis=1) - np.diag(table.counts)
    moved, noise = np.abs(gained - lost), 4 * np.sqrt(gained + lost)
    far = np.argsort(-(moved + noise), kind="stable")[: CANDIDATES // 2]
    sure = np.argsort(-(moved - noise), kind="stable")[: CANDIDATES // 2]
    return sorted({int(i) for i in (*far, *sure)})


def score_bias(evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    """Measure the mean difference of the scores in standard deviations of production's."""
    if evidence.scores is None or not evidence.scores.standardised_bias.known:
        return None
    bias, found = evidence.scores.standardised_bias, evidence.scores.bland_altman
    sd, spreads = found.sd / found.production_sd, evidence.scores.spreads
    spread = None if spreads is None else spreads.standardised
    least = None if spread is None else bias.n / watched_effect(spread, alpha=alpha)

    def interval(after: float) -> tuple[float, float]:
        half = standardised_half_width(
            after, sd, bias.value, alpha=alpha, planned=policy.planned_pairs, spread=spread
        )
        return bias.value - half, bias.value + half

    return Measure(
        "score_bias",
        sentences.score_bias(),
        bias.value,
        interval,
        now=bias.n,
        per_hour=_per_hour(bias.n, evidence),
        n=bias.n,
        what=sentences.worth("pairs", least),
    )


def prediction_drift(evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    """Measure the distance of the two distributions of answers.

    For scores, KS D with the bounds of both cumulative curves that hold at every look; for labels,
    Cramér's V, whose interval is for one look (the label shift beside it is watched).
    """
    drift = evidence.prediction_drift
    if drift is None or not drift.effect.known:
        return None
    value, n = drift.effect.value, drift.effect.n
    sides = (drift.n_reference, drift.n_current)

    def distance(after: float) -> tuple[float, float]:
        margin = sum(distribution_half_width(side * after / n, alpha=alpha / 2) for side in sides)
        return max(0.0, value - margin), min(1.0, value + margin)

    def association(after: float) -> tuple[float, float]:
        if drift.chi2 is None:
            return math.nan, math.nan
        beyond = drift.chi2.statistic - drift.chi2.df
        statistic = drift.chi2.statistic + max(0.0, beyond) * (after / n - 1)
        rows = round(drift.chi2.n * after / n)
        then = cramer_v(TestResult(statistic, drift.chi2.df, math.nan, rows), alpha=alpha)
        return min(then.low, value), max(then.high, value)

    watched = drift.effect_name == KS_D
    return Measure(
        "prediction_drift",
        sentences.prediction_drift(drift.effect_name),
        value,
        distance if watched else association,
        now=n,
        per_hour=_per_hour(n, evidence),
        n=n,
        what="answers",
        watched=watched,
    )


def p50_latency(evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    """Measure the relative change of the median latency."""
    return _latency("p50_latency", 0.5, evidence, alpha)


def p99_latency(evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    """Measure the relative change of the 99th percentile of latency."""
    return _latency("p99_latency", 0.99, evidence, alpha)


def _latency(name: str, quantile: float, evidence: Evidence, alpha: float) -> Measure | None:
    latency = evidence.latency
    if latency is None:
        return None
    both = latency.production, latency.shadow
    change = difference(*both, quantile, confidence=1 - alpha, alpha=alpha)
    if not change.sequence.known:
        return None
    spread = batch_spread(*both, quantile)
    value = change.sequence.value

    def interval(batches: float) -> tuple[float, float]:
        half = sequence_half_width(batches, spread.relative, alpha=alpha)
        return value - half, value + half

    return Measure(
        name,
        sentences.latency(round(100 * quantile), change.production_ms, change.shadow_ms),
        value,
        interval,
        now=max(1, spread.batches),
        per_hour=_per_hour(max(1, spread.batches), evidence),
        n=change.sequence.n,
        what="requests",
        wait_unit="hours",
    )


def client_errors(evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    """Measure the difference between the two rates of requests refused as faulty."""
    return _errors("4xx_errors", evidence, policy, alpha)


def server_errors(evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    """Measure the difference between the two rates of requests that failed."""
    return _errors("5xx_errors", evidence, policy, alpha)


def model_errors(evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    """Measure the difference between the two rates of errors of the model's container."""
    return _errors("model_errors", evidence, policy, alpha)


def _errors(kind: str, evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    rates = () if evidence.errors is None else evidence.errors.rates
    rate = next((rate for rate in rates if rate.counts.kind == kind), None)
    if rate is None or not rate.difference.known:
        return None
    clusters, n = rate.clusters, rate.difference.n
    least = None
    if clusters is not None:
        least = least_worth(clusters.shadow, clusters.production, alpha=alpha)

    def interval(after: float) -> tuple[float, float]:
        return rate_sequence(
            rate.counts,
            clusters,
            alpha=alpha,
            planned=policy.planned_pairs,
            times=after / n,
        )

    return Measure(
        kind,
        sentences.errors(kind, rate.production.value, rate.shadow.value),
        rate.difference.value,
        interval,
        now=n,
        per_hour=_per_hour(n, evidence),
        n=n,
        what=sentences.worth("requests", least),
        wait_unit="requests",
    )


def _per_hour(n: float, evidence: Evidence) -> float:
    hours = evidence.window.hours
    return n / hours if hours > 0 else 0.0
