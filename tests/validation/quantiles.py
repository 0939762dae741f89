"""Do the intervals of a quantile hold: far out, with ties, of pairs, and in bursts?"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.deltas import quantile_limit
from analysis.intervals import order_statistic_ranks
from analysis.paired_latency import median, percentile_change
from analysis.sequences import quantile_rank_sequence
from queries.score_distances import SHARES
from tests.validation.crossings import binomial, daily, ever_missed
from tests.validation.latencies import autoregressive
from tests.validation.rows import Lab, outside


def measure(lab: Lab) -> None:
    """Order statistics once and watched, their differences, and the limits of the scores."""
    for p in (0.5, 0.95, 0.99):
        for n in (20, 1000, 10_000):
            _ranks(lab, p, n)
        _ranks_watched(lab, p)
        for n in (500, 2000):
            _difference(lab, p, n, digits=None)
    _difference(lab, 0.5, 2000, digits=0)
    _difference(lab, 0.95, 2000, digits=0)
    for n in (200, 2000):
        _limits(lab, n)
    for digits in (None, 0):
        _median(lab, digits)
    _in_bursts(lab)


def _ranks(lab: Lab, p: float, n: int) -> None:
    """The quantile lies between two ranks exactly where their counts of smaller values say so."""
    low, high = order_statistic_ranks(n, p, confidence=0.95)
    below = binomial(n, p)
    lab.compute(
        "intervals.order_statistic_ranks",
        f"p{100 * p:g} of {n:,} values, any distribution",
        below[:low].sum() + below[high:].sum(),
    )


def _ranks_watched(lab: Lab, p: float) -> None:
    every = range(1, lab.steps + 1)

    @cache
    def ranks(n: int) -> tuple[int, int]:
        return quantile_rank_sequence(n, p, alpha=0.05, planned=lab.steps)

    for looks, name in ((daily(lab.steps), "daily, 14"), (every, "every request")):
        lab.compute(
            "sequences.quantile_rank_sequence",
            f"p{100 * p:g}, to {lab.steps:,} values, any distribution",
            ever_missed(p, looks, lambda k, n: ranks(n)[0] <= k < ranks(n)[1]),
            looks=name,
        )


def latencies(
    rng: np.random.Generator, n: int, digits: int | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Milliseconds (n,) of the same requests at both variants: lognormal, logs correlated 0.8."""
    one, other = rng.normal(size=(2, n))
    mine, theirs = 20 * np.exp(0.5 * one), 22 * np.exp(0.5 * (0.8 * one + 0.6 * other))
    return (mine, theirs) if digits is None else (mine.round(digits), theirs.round(digits))


def _difference(lab: Lab, p: float, n: int, digits: int | None) -> None:
    z = 0.5 * float(ndtri(p))
    before, after = 20 * math.exp(z), 22 * math.exp(z)
    if digits is not None:
        before, after = round(before, digits), round(after, digits)

    def once(rng: np.random.Generator) -> bool:
        change = percentile_change(*latencies(rng, n, digits), p, confidence=0.95)
        return outside((change.difference.low, change.difference.high), after - before)

    ties = "" if digits is None else ", whole milliseconds"
    lab.simulate(
        "paired_latency.percentile_change",
        f"p{100 * p:g} of {n:,} pairs, lognormal{ties}",
        once,
        limit="percentiles-with-ties" if ties else "",
    )


def _limits(lab: Lab, n: int) -> None:
    """The 2.5 % quantile of differences with long tails."""
    truth = -3.182446  # Student's t, 3 degrees of freedom, 2.5 % (any table)

    def once(rng: np.random.Generator) -> bool:
        deltas = np.quantile(rng.standard_t(3, n), SHARES)
        ranks = order_statistic_ranks(n, 0.025, confidence=0.95)
        found = quantile_limit(SHARES, deltas, n, 0.025, ranks)
        return outside((found.low, found.high), truth)

    data = f"2.5 % quantile of {n:,} differences, t with 3 degrees of freedom"
    lab.simulate("deltas.quantile_limit", data, once)


def _median(lab: Lab, digits: int | None) -> None:
    n = 300

    def once(rng: np.random.Generator) -> bool:
        delta = rng.laplace(0, 3, n)
        ranks = order_statistic_ranks(n, 0.5, confidence=0.95)
        found = median(delta if digits is None else delta.round(digits), ranks)
        return outside((found.low, found.high), 0.0)

    ties = "" if digits is None else ", whole milliseconds"
    lab.simulate("paired_latency.median", f"{n} differences{ties}", once)


def _in_bursts(lab: Lab) -> None:
    """Requests that hang together in time, as the docs say this interval does not allow for."""
    n = 2000

    def once(rng: np.random.Generator) -> bool:
        ranks = order_statistic_ranks(n, 0.5, confidence=0.95)
        found = median(3 * autoregressive(rng, n, 0.7), ranks)
        return outside((found.low, found.high), 0.0)

    data = f"{n:,} differences, autocorrelation 0.7"
    lab.simulate("paired_latency.median", data, once, limit="requests-in-bursts")
