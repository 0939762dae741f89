"""How many independent pairs are the pairs of some users, sessions or batches worth?

Requests of one user resemble each other, and so do the rows of one batch: a thousand pairs of ten
users say little more than ten. All here needs sums over the clusters alone, so that a look costs
the same for ten clusters and for ten million.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.design_effects import Spread, design_effect, watched_effect, worth
from analysis.estimates import Estimate, no_estimate
from analysis.intervals import wilson
from analysis.sequences import bernoulli_sequence


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """Sums over clusters, of which each has n pairs and a of them with the same answer.

    Attributes
    ----------
    clusters, pairs, agreed, largest : int
        Number of clusters, Σn, Σa and the largest n.
    keyless : int
        Pairs without the key that they were asked for; of those, each record is a cluster.
    size_squares, products, agreed_squares : float
        Σn², Σna and Σa².
    agreed_by_size : float
        Σa²/n.
    """

    clusters: int
    pairs: int
    agreed: int
    largest: int
    keyless: int
    size_squares: float
    products: float
    agreed_squares: float
    agreed_by_size: float


@dataclass(frozen=True, slots=True)
class Clusters:
    """What pairs hang together by, and what that costs.

    Attributes
    ----------
    key : str
        By what, as it is configured; "" where the rows of one record are a cluster.
    sums : ClusterSums
    icc : float
        Correlation of two pairs of one cluster; nan where it cannot be told.
    design_effect : float
        Pairs that are worth one independent pair.
    effective, least : float
        Independent pairs that would say as much: pairs ÷ design effect; and how many they are at
        least, by which the interval for every look goes (:func:`~.design_effects.watched_effect`).
    """

    key: str
    sums: ClusterSums
    icc: float
    design_effect: float
    effective: float
    least: float


def assess(sums: ClusterSums, key: str, *, alpha: float) -> Clusters | None:
    """Say what clusters cost; None without pairs. ``alpha`` is the error of the sequence."""
    if sums.pairs <= 0:
        return None
    spread, n = spread_of(sums), sums.pairs
    effect, limit = design_effect(spread), watched_effect(spread, alpha=alpha)
    return Clusters(key, sums, correlation(sums), effect, n / effect, n / limit)


def correlation(sums: ClusterSums) -> float:
    """Correlation within clusters (ICC) by analysis of variance; nan where nothing tells it.

    Donner & Koval 1980 for binary answers, clusters of unequal size: (B − W)/(B + (n₀ − 1)W), B and
    W the mean squares between and within clusters, n₀ = (n − Σn²/n)/(m − 1). It may be below 0.
    """
    m, n, a = sums.clusters, sums.pairs, sums.agreed
    if m < 2 or n <= m:
        return math.nan
    between = (sums.agreed_by_size - a * a / n) / (m - 1)
    within = (a - sums.agreed_by_size) / (n - m)
    usual = (n - sums.size_squares / n) / (m - 1)
    whole = between + (usual - 1) * within
    return (between - within) / whole if whole > 0 else math.nan


def spread_of(sums: ClusterSums) -> Spread:
    """How the share varies between clusters and among pairs; there must be some."""
    n, share = sums.pairs, sums.agreed / sums.pairs
    seen = sums.agreed_squares - 2 * share * sums.products + share**2 * sums.size_squares
    return Spread(
        sums.clusters,
        n,
        sums.largest,
        sums.size_squares,
        # rounding must not say that clusters vary less than not at all
        between=max(0.0, seen),
        among=share * (1 - share) * n,
        most=max(share, 1 - share) ** 2,
    )


def ratio(sums: ClusterSums, *, confidence: float) -> Estimate:
    """Share of pairs with the same answer, with an interval for one look that minds the clusters.

    Wilson's interval of what the pairs are :func:`~analysis.design_effects.worth`. No interval for
    one cluster.
    """
    if sums.pairs <= 0:
        return no_estimate("share")
    share, part = sums.agreed / sums.pairs, worth(spread_of(sums), confidence=confidence)
    low = high = math.nan
    if not math.isnan(part):
        low, high = wilson(sums.agreed * part, sums.pairs * part, confidence=confidence)
    return Estimate(share, low, high, sums.pairs, "share")


def ratio_sequence(
    sums: ClusterSums, *, alpha: float, planned: int, times: float = 1.0
) -> tuple[float, float]:
    """Return the ends of the share's interval for every look, minding the clusters.

    :func:`analysis.sequences.bernoulli_sequence` of what the pairs are worth at least. Exact for
    clusters of one pair, and for those of one size whose pairs have one answer; between, its
    coverage is measured (docs/validation.md).

    Parameters
    ----------
    times : float
        Asks for the ends after so many times the clusters there are, all alike.
    """
    if sums.pairs <= 0:
        return math.nan, math.nan
    part = times / watched_effect(spread_of(sums), alpha=alpha, times=times)
    return bernoulli_sequence(sums.agreed * part, sums.pairs * part, alpha=alpha, planned=planned)
