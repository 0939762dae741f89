"""How far do shadow's scores lie from production's?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.bland_altman import BlandAltman, DeltaSums, bland_altman
from analysis.design_effects import watched_effect
from analysis.estimates import Estimate, no_estimate
from analysis.intervals import order_statistic_ranks
from analysis.sequences import TUNED_AT, mean_half_width, quantile_rank_sequence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from analysis.design_effects import Spread

__all__ = [
    "BlandAltman",
    "DeltaSums",
    "ScoreSpreads",
    "Scores",
    "bias_sequence",
    "bland_altman",
    "quantile_limit",
    "residual_parameters",
    "scores",
]

LIMITS = (0.025, 0.975)
"""Quantiles between which 95 % of the differences lie."""

STRAYING = 1.0
"""Square of how far off, in sd of production's score, pairs must be feared to lie unseen."""

MIN_PAIRS = 100
"""Pairs below which no sequence of the mean difference is given: it is asymptotic."""


@dataclass(frozen=True, slots=True)
class ScoreSpreads:
    """How differences of scores hang together in clusters of pairs.

    ``bias`` is of the mean difference, ``standardised`` of the same in standard deviations of
    production's score, to which a pair adds what it does to that deviation too.
    """

    bias: Spread
    standardised: Spread


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Everything known about the distance between the two scores.

    Attributes
    ----------
    bland_altman : BlandAltman
    quantiles, delta_quantiles : ndarray (k,)
        Shares, and the quantiles of shadow − production at them.
    quantile_lower, quantile_upper : Estimate
        The 2.5 % and 97.5 % quantiles of the differences: limits that assume no normal shape.
    lower_watched, upper_watched : Estimate
        The same with intervals that hold at every look; nan where quantiles are of a sample.
    mean_edges, delta_edges : ndarray (a + 1,), (b + 1,)
    counts : ndarray (a, b)
        Pairs by mean of the two scores and by their difference.
    standardised_bias : Estimate
        Bias in standard deviations of production's score, interval holding at every look.
    step : int
        Quantiles are those of every so-manieth pair, as many as ``n`` of their limits; all else
        is of all pairs.
    spreads : ScoreSpreads or None
        What both biases allow for where pairs hang together; None where each stands for itself.
    """

    bland_altman: BlandAltman
    quantiles: NDArray[np.float64]
    delta_quantiles: NDArray[np.float64]
    quantile_lower: Estimate
    quantile_upper: Estimate
    lower_watched: Estimate
    upper_watched: Estimate
    mean_edges: NDArray[np.float64]
    delta_edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    standardised_bias: Estimate
    step: int = 1
    spreads: ScoreSpreads | None = None


def bias_sequence(
    sums: DeltaSums, *, alpha: float, planned: int, spread: Spread | None = None
) -> Estimate:
    """Return the bias in standard deviations of production's score, true at every look.

    An asymptotic confidence sequence of the mean difference, widened for the standard deviation of
    production's score being estimated as well. The interval is nan below a hundred pairs,
    everything is nan where production's score never varies. ``spread`` is that of the standardised
    bias where pairs hang together.
    """
    if sums.n == 0:
        return no_estimate("sd")
    production, shadow, together = sums.moments()
    if not production > 0:
        return Estimate(math.nan, math.nan, math.nan, sums.n, "sd")
    scale = math.sqrt(production)
    sd = math.sqrt(max(0.0, production + shadow - 2 * together)) / scale
    value = sums.bias / scale
    half = standardised_half_width(sums.n, sd, value, alpha=alpha, planned=planned, spread=spread)
    return Estimate(value, value - half, value + half, sums.n, "sd")


def standardised_half_width(
    n: float,
    sd: float,
    bias: float,
    *,
    alpha: float,
    planned: int,
    spread: Spread | None = None,
) -> float:
    """Half the width of :func:`bias_sequence`; nan below 100 pairs, or what is worth as many.

    A mean in units of an estimated standard deviation varies by sd² + bias²/2 (Becker 1988,
    "Synthesizing standardized mean-change measures", British Journal of Mathematical and
    Statistical Psychology 41:257, for normal scores). Where the shadow moves every score by about
    the same, the second part is the larger.

    Parameters
    ----------
    sd, bias : float
        Of the differences, in standard deviations of production's score.
    spread : Spread, optional
        Of the standardised bias: ``n`` pairs then count for what they are worth at least, if their
        clusters are like those seen. The sequence is that of the clusters' sums.
    """
    if spread is not None:
        n /= watched_effect(spread, alpha=alpha, times=n / spread.pairs)
    if n < MIN_PAIRS:
        return math.nan
    each = math.hypot(sd, bias / math.sqrt(2))
    return mean_half_width(n, each, alpha=alpha, tuned_at=max(1.0, TUNED_AT * planned))


def residual_parameters(sums: DeltaSums) -> tuple[float, float, float, float]:
    """What the residuals of pairs are counted from: bias, mean and sd of production's score, slope.

    A pair whose difference and production's score lie d and z sd from their means adds d to the
    bias, and d − slope·(z² − 1) to the standardised one, the slope being half of it (the delta
    method). Where production's score never varies there is none: the sd is 1 and the slope 0.
    """
    variance = sums.moments()[0]
    mean, bias = sums.sum_p / sums.n, sums.bias
    if not variance > 0:
        return bias, mean, 1.0, 0.0
    sd = math.sqrt(variance)
    return bias, mean, sd, bias / sd / 2


def quantile_limit(
    quantiles: ArrayLike, deltas: ArrayLike, n: int, p: float, ranks: tuple[int, int]
) -> Estimate:
    """Return the p-quantile of the differences with an interval that assumes no shape.

    The ends are the order statistics whose ranks enclose the quantile, read off the given
    quantiles by straight lines between them. A side that n values cannot bound is infinite.

    Parameters
    ----------
    quantiles, deltas : array (k,)
        Rising shares from 0 to 1, and the differences at them.
    n : int
        Pairs.
    ranks : pair of int
        Of :func:`analysis.intervals.order_statistic_ranks` for one look, or of
        :func:`analysis.sequences.quantile_rank_sequence` for every look.
    """
    shares, values = np.asarray(quantiles, np.float64), np.asarray(deltas, np.float64)
    if n <= 0 or not len(shares):
        return no_estimate()

    def at(share: float) -> float:
        return float(np.interp(share, shares, values))

    below, above = ranks
    low = at((below - 1) / max(1, n - 1)) if below >= 1 else -math.inf
    high = at((above - 1) / max(1, n - 1)) if above <= n else math.inf
    value = at(p)
    return Estimate(value, min(low, value), max(high, value), n)


def scores(
    sums: DeltaSums,
    quantiles: ArrayLike,
    delta_quantiles: ArrayLike,
    mean_edges: ArrayLike,
    delta_edges: ArrayLike,
    counts: ArrayLike,
    *,
    confidence: float,
    alpha: float,
    planned: int,
    drawn: int,
    step: int = 1,
    spreads: ScoreSpreads | None = None,
) -> Scores:
    """Put together all that is known about the distance between the two scores.

    ``confidence`` is that of the intervals for one look, ``alpha`` the error of those that hold at
    every look. ``drawn`` differences, of every ``step``-th pair, gave the quantiles.
    Shapes as in :class:`Scores`.
    """
    shares = np.asarray(quantiles, np.float64)
    deltas = np.asarray(delta_quantiles, np.float64)
    lower, upper = (
        quantile_limit(
            *(shares, deltas, drawn, p), order_statistic_ranks(drawn, p, confidence=confidence)
        )
        for p in LIMITS
    )
    # another sample at each look is not the same sequence, a little longer
    watched = drawn if step == 1 else 0
    lower_watched, upper_watched = (
        quantile_limit(
            *(shares, deltas, watched, p),
            quantile_rank_sequence(watched, p, alpha=alpha, planned=planned),
        )
        for p in LIMITS
    )
    of_bias = None if spreads is None else spreads.bias
    of_standardised = None if spreads is None else spreads.standardised
    return Scores(
        bland_altman(sums, confidence=confidence, spread=of_bias),
        shares,
        deltas,
        lower,
        upper,
        lower_watched,
        upper_watched,
        np.asarray(mean_edges, np.float64),
        np.asarray(delta_edges, np.float64),
        np.asarray(counts, np.int64),
        bias_sequence(sums, alpha=alpha, planned=planned, spread=of_standardised),
        step,
        spreads,
    )
