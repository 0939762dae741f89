"""Do the intervals of a share hold: for one look, for every look, rare, and among users?"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis.coverage import sample_ratio
from analysis.intervals import clopper_pearson, wilson
from analysis.sequences import TUNED_AT, bernoulli_sequence, log_evidence, prior_strength
from tests.validation.crossings import Holds, binomial, daily, ever_missed
from tests.validation.rows import Lab, outside

PLANNED = 10_000
RATES = (0.5, 0.95, 0.99, 0.999)
IN_VERDICT = 0.05 / 9
"""The error of each guardrail where nine are judged."""

USER = 20
"""Requests of one user, where users are simulated."""


def measure(lab: Lab) -> None:
    """Every interval of one share."""
    for p in RATES:
        for n in (100, 1000, 10_000):
            _one_look(lab, p, n)
        _watched(lab, p)
    for observed in (1000, 20_000):
        _sample_ratio(lab, observed)
    for correlation in (0.05, 0.2):
        _users(lab, correlation)


def _one_look(lab: Lab, p: float, n: int) -> None:
    data = f"share {p:g}, {n:,} requests"
    chances, counts = binomial(n, p), np.arange(n + 1)
    rare = round(n * (1 - p), 6) <= 1
    for subject, interval, limit in (
        ("intervals.wilson", wilson, "wilson-rare" if rare else "wilson-steps"),
        ("intervals.clopper_pearson", clopper_pearson, ""),
    ):
        misses = sum(
            chances[k]
            for k in counts[chances > 1e-12].tolist()
            if outside(interval(k, n, confidence=0.95), p)
        )
        lab.compute(subject, data, misses, limit=limit)


def within_wilson(p: float, confidence: float = 0.95) -> Holds:
    """Whether Wilson's interval holds p."""
    return lambda k, n: not outside(wilson(k, n, confidence=confidence), p)


def within_sequence(p: float, alpha: float, planned: int = PLANNED) -> Holds:
    """Whether a sequence holds p: what it holds is what the evidence does not refute."""
    strength, limit = prior_strength(TUNED_AT * planned, alpha), math.log(1 / alpha)
    return lambda k, n: log_evidence(k, n, p, strength) < limit


def _watched(lab: Lab, p: float) -> None:
    every = range(1, lab.steps + 1)
    data = f"share {p:g}, to {lab.steps:,} requests"
    lab.compute(
        "intervals.wilson",
        data,
        ever_missed(p, daily(lab.steps), within_wilson(p)),
        looks="daily, 14",
        limit="wilson-daily",
    )
    lab.compute(
        "intervals.wilson",
        data,
        ever_missed(p, range(20, lab.steps + 1), within_wilson(p)),
        looks="every request from the 20th",
        limit="wilson-every-request",
    )
    for alpha in (0.05, IN_VERDICT):
        for looks, name in ((daily(lab.steps), "daily, 14"), (every, "every request")):
            lab.compute(
                "sequences.bernoulli_sequence",
                data,
                ever_missed(p, looks, within_sequence(p, alpha)),
                looks=name,
                promised=alpha,
            )


def _sample_ratio(lab: Lab, n: int) -> None:
    chances = binomial(n, 0.5)
    alarms = sum(
        chances[k]
        for k in np.flatnonzero(chances > 1e-15).tolist()
        if sample_ratio(k, 0.5, n).p < 0.001
    )
    lab.compute(
        "coverage.sample_ratio",
        f"half of {n:,} rows, independent",
        alarms,
        promised=0.001,
        limit="ratio-steps",
    )


def users(
    rng: np.random.Generator, runs: int, count: int, p: float, correlation: float
) -> NDArray[np.int64]:
    """Successes (runs, count) of users with ``USER`` requests each, alike within a user."""
    weight = (1 - correlation) / correlation
    return rng.binomial(USER, rng.beta(p * weight, (1 - p) * weight, (runs, count)))


def _users(lab: Lab, correlation: float) -> None:
    p, count = 0.95, lab.steps // USER
    data = f"share {p}, {count} users of {USER} requests, correlation {correlation:g}"
    n = USER * np.arange(1, count + 1)

    @cache
    def missed(k: int, trials: int) -> bool:
        return outside(bernoulli_sequence(k, trials, alpha=0.05, planned=PLANNED), p)

    def once(rng: np.random.Generator, runs: int) -> NDArray[np.bool_]:
        total = users(rng, runs, count, p, correlation).sum(axis=1)
        return np.array([outside(wilson(k, n[-1], confidence=0.95), p) for k in total.tolist()])

    def watched(rng: np.random.Generator, runs: int) -> NDArray[np.bool_]:
        walks = users(rng, runs, count, p, correlation).cumsum(axis=1)
        return np.array(
            [any(missed(k, t) for k, t in zip(w, n.tolist(), strict=True)) for w in walks.tolist()]
        )

    limit = "users-little-alike" if correlation < 0.1 else "users-alike"
    lab.simulate_together("intervals.wilson", data, once, limit=limit)
    lab.simulate_together(
        "sequences.bernoulli_sequence",
        data,
        watched,
        looks="every user",
        limit=f"{limit}-watched",
        runs=500,
    )
