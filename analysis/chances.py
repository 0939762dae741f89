"""How likely is a guardrail decided after n observations, if what is expected of it is true?

Asked is the very interval that the verdict judges. For shares the outcomes are counted, so that
rare errors are as exact as common answers; means are taken to be found as a normal distribution
has them, and the spread of latencies as that of normal values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from analysis.deltas import STRAYING, standardised_half_width
from analysis.design_effects import worth_foreseen
from analysis.latency import TUNED_AT_BATCHES, sequence_half_width
from analysis.sequences import (
    TUNED_AT,
    bernoulli_sequence,
    distribution_half_width,
    log_evidence,
    prior_strength,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Chance = Callable[[int], float]
"""The chance that a guardrail is decided after so many observations."""

ROUNDS = 4
"""Times that what pairs are worth, and the share that decides, are put into each other."""
STRATA = 40
"""Equally likely counts of production's errors over which a difference's chance is taken."""


def share(
    p: float,
    limit: float,
    *,
    alpha: float,
    planned: int,
    cluster_size: float = 1.0,
    design_effect: float = 1.0,
) -> Chance:
    """Chance that the sequence of a share p lies wholly on p's side of its limit: counted.

    The sequence of pairs that come in clusters is that of what they are worth at least, and their
    share is taken to be found as that of so many independent pairs as they are worth.
    """
    above, truth = (limit, p) if p > limit else (1 - limit, 1 - p)

    def decided(n: int) -> float:
        needed = truth
        for _ in range(ROUNDS):
            # pairs are worth what they are where the share only just decides
            found = min(truth, needed)
            judged = n * _share_worth(n, found, cluster_size, design_effect, alpha)
            needed = _fewest_above(judged, above, alpha, planned) / judged
        return at_least(needed * n / design_effect, n / design_effect, truth)

    return decided


def difference(
    production: float, shadow: float, ratio: float, limit: float, *, alpha: float, planned: int
) -> Chance:
    """Chance that the sequence of shadow − production lies on its own side of a limit at most.

    Observations are requests of the shadow, of which production has ``ratio`` times as many. The
    two counts are taken to be independent: failures of the same requests hang together, which
    decides sooner.
    """

    def decided(n: int) -> float:
        base = max(1, round(n * ratio))
        total = 0.0
        counts, weights = _strata(base, production)
        for count, weight in zip(counts.tolist(), weights.tolist(), strict=True):
            low, high = bernoulli_sequence(count, base, alpha=alpha / 2, planned=planned)
            if shadow - production < limit:
                fewest = _fewest_above(n, 1 - limit - low, alpha / 2, planned)
                total += weight * at_least(fewest, n, 1 - shadow)
            else:
                fewest = _fewest_above(n, limit + high, alpha / 2, planned)
                total += weight * at_least(fewest, n, shadow)
        return total

    return decided


def within(
    moved: float,
    limit: float,
    *,
    alpha: float,
    planned: int,
    cluster_size: float = 1.0,
    design_effect: float = 1.0,
) -> Chance:
    """Chance that what goes one way and what goes the other differ by no more than the limit.

    ``moved`` is the share of pairs that go one way, and the share that go the other. The chance of
    either side is as in :func:`difference`; both together have at least what they leave. Pairs that
    come in clusters count for what they are worth at least, which varies more than they do.
    """
    one_side = difference(moved, moved, 1, limit, alpha=alpha, planned=planned)

    def decided(n: int) -> float:
        part = _share_worth(n, moved, cluster_size, design_effect, alpha / 2)
        return max(0.0, 2 * one_side(max(1, math.floor(n * part))) - 1)

    return decided


def bias(
    value: float,
    sd: float,
    limit: float,
    *,
    alpha: float,
    planned: int,
    cluster_size: float = 1.0,
    design_effect: float = 1.0,
) -> Chance:
    """Chance that the sequence of a standardised bias lies inside ± limit, or outside of it.

    ``sd`` is that of the differences, in standard deviations of production's score. Of pairs that
    come in clusters the one farthest off is taken to lie where that of normal differences does.
    """
    variance = sd**2 + value**2 / 2

    def decided(pairs: int) -> float:
        most = max(STRAYING, 2 * math.log(pairs) * variance)
        n = pairs * worth_foreseen(
            pairs, variance, cluster_size, design_effect, most=most, alpha=alpha
        )
        half = standardised_half_width(n, sd, value, alpha=alpha, planned=planned)
        error = math.hypot(sd, value / math.sqrt(2)) / math.sqrt(n)
        if math.isnan(half) or half > limit >= abs(value):
            return 0.0
        if error == 0:
            return 1.0
        found = NormalDist(abs(value), error)
        if abs(value) < limit:
            return found.cdf(limit - half) - found.cdf(half - limit)
        return 1 - found.cdf(limit + half)

    return decided


def distance(value: float, limit: float, *, alpha: float) -> Chance:
    """Whether a distance of two distributions, once it is found, is decided: 0 or 1."""

    def decided(n: int) -> float:
        margin = 2 * distribution_half_width(n, alpha=alpha / 2)
        return float(value + margin <= limit if value < limit else value - margin > limit)

    return decided


def association(
    value: float, labels: int, limit: float, *, alpha: float, design_effect: float = 1.0
) -> Chance:
    """Chance that Cramér's V of two rows of labels is found on its own side of a limit at most.

    Observations are pairs. The two rows are taken to be independent: answers to the same requests
    vary less against each other, which decides sooner. Then χ² is noncentral, λ = V²·2n. Both it
    and n are divided by a design effect.
    """
    from scipy.special import chndtr, chndtrix

    freedom = labels - 1

    def decided(n: int) -> float:
        rows = 2 * n / design_effect
        at_limit, expected = rows * limit**2, rows * value**2
        if value < limit:
            most = float(chndtrix(alpha / 2, freedom, at_limit))
            # an interval never rests on less than the mean of χ² without any change
            return float(chndtr(most, freedom, expected)) if most >= freedom else 0.0
        return 1 - float(chndtr(chndtrix(1 - alpha / 2, freedom, at_limit), freedom, expected))

    return decided


def latency(change: float, spread: float, limit: float, *, alpha: float) -> Chance:
    """Chance that the sequence of a percentile's relative change lies on its own side of a limit.

    Observations are hours, and ``spread`` is the standard deviation of the change from one hour to
    the next, all of them independent. The window is taken to be cut into the fewest blocks that
    one is; their spread is found as it is of normal values, so that what is found of the change
    over its standard error is noncentral t.
    """
    from scipy.special import nctdtr

    blocks = TUNED_AT_BATCHES
    reach = math.sqrt(blocks) * sequence_half_width(blocks, 1.0, alpha=alpha)

    def decided(hours: int) -> float:
        away = abs(limit - change) * math.sqrt(hours)
        if away >= 10 * reach * spread:
            return 1.0
        return 1 - float(nctdtr(blocks - 1, away / spread, reach))

    return decided


def at_least(k: float, n: float, p: float) -> float:
    """Chance of k successes or more among n, each of chance p; both may be fractions.

    >>> round(at_least(9, 10, 0.9), 4)
    0.7361
    """
    from scipy.special import betainc

    if k <= 0:
        return 1.0
    return 0.0 if k > n else float(betainc(k, n - k + 1, p))


def _share_worth(n: int, share: float, size: float, effect: float, alpha: float) -> float:
    """What one of n pairs is worth at least for a share."""
    most = max(share, 1 - share) ** 2
    return worth_foreseen(n, share * (1 - share), size, effect, most=most, alpha=alpha)


def _fewest_above(n: float, limit: float, alpha: float, planned: int) -> int:
    """The fewest successes among n whose sequence lies above a limit; more than n where none do."""
    if limit <= 0:
        return 0
    if limit >= 1:
        return math.floor(n) + 1
    strength, doubt = prior_strength(TUNED_AT * planned, alpha), math.log(1 / alpha)
    short, enough = math.floor(n * limit), math.floor(n) + 1
    while enough - short > 1:
        middle = (short + enough) // 2
        if log_evidence(middle, n, limit, strength) >= doubt:
            enough = middle
        else:
            short = middle
    return enough


def _strata(n: int, p: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts of n trials of chance p that stand for equal parts of their distribution."""
    from scipy.special import gammaln, xlog1py, xlogy

    reach = 8 * math.sqrt(n * p * (1 - p)) + 30
    k = np.arange(max(0, math.floor(n * p - reach)), min(n, math.ceil(n * p + reach)) + 1)
    log = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(k, p) + xlog1py(n - k, -p)
    cumulative = np.cumsum(np.exp(log))
    middles = (np.arange(STRATA) + 0.5) / STRATA
    chosen = k[np.minimum(np.searchsorted(cumulative, middles), len(k) - 1)]
    counts, times = np.unique(chosen, return_counts=True)
    return counts, times / STRATA
