"""How far do two shares of the same users, sessions or batches lie apart?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.clusters import ratio_sequence, spread_of
from analysis.design_effects import Spread, design_effect, watched_effect, worth
from analysis.intervals import newcombe, newcombe_paired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.clusters import ClusterSums


@dataclass(frozen=True, slots=True)
class Moves:
    """Pairs, cluster by cluster, that one label gained or lost.

    Attributes
    ----------
    gained, lost : ClusterSums
        Of the same clusters: a counts the pairs to which only shadow, or only production, gives it.
    products : float
        Σ over clusters of gained times lost.
    """

    gained: ClusterSums
    lost: ClusterSums
    products: float


def clustered_difference(
    sums: ClusterSums, base: ClusterSums, *, confidence: float
) -> tuple[float, float]:
    """Interval of the difference of two shares for one look, first minus base.

    Newcombe's method 10 of what the pairs, or requests, of each are worth. It takes the two for
    independent: wider than need be where one user's hang together. nan with one cluster.
    """
    parts = [worth(spread_of(each), confidence=confidence) for each in (sums, base)]
    if any(map(math.isnan, parts)):
        return math.nan, math.nan
    of, of_base = parts
    return newcombe(
        sums.agreed * of,
        sums.pairs * of,
        base.agreed * of_base,
        base.pairs * of_base,
        confidence=confidence,
    )


def clustered_difference_sequence(
    sums: ClusterSums, base: ClusterSums, *, alpha: float, planned: int, times: float = 1.0
) -> tuple[float, float]:
    """Ends of the confidence sequence of a difference of two shares, first minus base.

    As :func:`analysis.sequences.difference_sequence`, of what both are worth at least: two
    sequences at alpha/2, so nothing is assumed about how they depend on each other. ``times`` is as
    in :func:`analysis.clusters.ratio_sequence`.
    """
    low, high = ratio_sequence(sums, alpha=alpha / 2, planned=planned, times=times)
    base_low, base_high = ratio_sequence(base, alpha=alpha / 2, planned=planned, times=times)
    return low - base_high, high - base_low


def least_worth(sums: ClusterSums, base: ClusterSums, *, alpha: float) -> float:
    """Independent pairs that the pairs of either share are worth at least, of the two sequences."""
    return min(
        each.pairs / watched_effect(spread_of(each), alpha=alpha / 2) for each in (sums, base)
    )


def spread_of_change(sums: ClusterSums, base: ClusterSums, *, crossed: float, both: int) -> Spread:
    """How the difference of two shares of the same pairs varies between clusters and among pairs.

    Parameters
    ----------
    sums, base : ClusterSums
        Of the same clusters; the difference is that of the first minus the base.
    crossed : float
        Σ over clusters of what the first counts times what the base does.
    both : int
        Pairs that both count.
    """
    n, differ = sums.pairs, sums.agreed + base.agreed - 2 * both
    mean = (sums.agreed - base.agreed) / n
    squares = sums.agreed_squares + base.agreed_squares - 2 * crossed
    products = sums.products - base.products
    seen = squares - 2 * mean * products + mean**2 * sums.size_squares
    return Spread(
        sums.clusters,
        n,
        sums.largest,
        sums.size_squares,
        # rounding must not say that clusters vary less than not at all
        between=max(0.0, seen),
        among=differ - n * mean**2,
        most=(1 + abs(mean)) ** 2,
    )


def spread_of_moves(moves: Moves) -> Spread:
    """How the difference gained − lost varies between clusters and among pairs."""
    return spread_of_change(moves.gained, moves.lost, crossed=moves.products, both=0)


def moved(moves: Moves, both: int, *, confidence: float) -> tuple[float, float]:
    """Interval of how much more often shadow gives a label, for one look.

    Newcombe's method 10 for pairs, of what the pairs are worth for that difference; nan with one
    cluster. In ``both`` pairs both variants give the label.
    """
    gained, lost, n = moves.gained.agreed, moves.lost.agreed, moves.gained.pairs
    part = worth(spread_of_moves(moves), confidence=confidence)
    if math.isnan(part):
        return math.nan, math.nan
    counts = (both, gained, lost, n - both - gained - lost)
    return newcombe_paired(*(each * part for each in counts), confidence=confidence)


def effect_on_labels(moves: Sequence[Moves], both: Sequence[int]) -> float:
    """Mean design effect of the labels' changes, by which a chi-square of them is divided.

    Rao & Scott 1981 (first-order correction, from the cells alone): Σ(1 − p)·effect/Σ(1 − p) over
    the labels that changed, p the label's share of the answers of both variants. The chi-square
    takes the two for independent, though they answer the same requests: by how much that makes it
    too small is left as it is. As if all pairs of a cluster were alike where no label changed.
    """
    whole = weights = 0.0
    for each, same in zip(moves, both, strict=True):
        changed = each.gained.agreed + each.lost.agreed
        if changed:
            weight = 1 - (2 * same + changed) / (2 * each.gained.pairs)
            whole += weight * design_effect(spread_of_moves(each))
            weights += weight
    return whole / weights if weights > 0 else spread_of_moves(moves[0]).worst
