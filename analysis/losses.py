"""How far from the truth are two models' numbers, and how much does one gain on the other?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.bland_altman import DeltaSums
from analysis.deltas import MIN_PAIRS
from analysis.estimates import Estimate
from analysis.intervals import normal_quantile, student_quantile
from analysis.measured import Measure, no_measure
from analysis.sequences import TUNED_AT, mean_half_width

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

NEVER = 1e-15
"""A probability of 0 or 1 counts as this far from it: certainty that is wrong costs 34.5."""


def log_loss_sums(
    positive: ArrayLike, production: ArrayLike, shadow: ArrayLike
) -> DeltaSums | None:
    """Sums of both models' log losses, −ln of the probability that was given to what was right.

    None where a score lies outside [0, 1] and is no probability.

    Parameters
    ----------
    positive : array (n,) of bool
    production, shadow : array (n,)
        Finite scores of the positives.
    """
    truth = np.asarray(positive, dtype=bool)
    losses: list[NDArray[np.float64]] = []
    for scores in (production, shadow):
        given = np.asarray(scores, np.float64)
        if np.any((given < 0) | (given > 1)):
            return None
        right = np.where(truth, given, 1 - given)
        losses.append(-np.log(np.clip(right, NEVER, 1 - NEVER)))
    p, s = losses
    sums = (float(part.sum()) for part in (p, s, p * p, s * s, p * s))
    return DeltaSums(len(truth), *sums)


def squared_sums(positive: ArrayLike, production: ArrayLike, shadow: ArrayLike) -> DeltaSums:
    """Sums of both models' squared distances between the score and what was right, 1 or 0.

    Their mean is the Brier score (Brier 1950), which, as the log loss, is least where the scores
    are the true probabilities, and which no single mistake can make large.

    Parameters
    ----------
    positive : array (n,) of bool
    production, shadow : array (n,)
        Finite scores of the positives in [0, 1].
    """
    truth = np.asarray(positive, np.float64)
    p, s = ((np.asarray(scores, np.float64) - truth) ** 2 for scores in (production, shadow))
    sums = (float(part.sum()) for part in (p, s, p * p, s * s, p * s))
    return DeltaSums(len(truth), *sums)


def mean_loss(
    name: str,
    sums: DeltaSums,
    *,
    better: Literal["higher", "lower", ""],
    confidence: float,
    alpha: float,
    planned: int,
) -> Measure:
    """Both models' mean loss and the mean of the paired differences.

    Student's t for one look; for every look an asymptotic confidence sequence, from a hundred pairs
    on. Where nothing varies there is a value and no interval, for that is no certainty. Heavy tails
    (a log loss with confident mistakes) make both too narrow for a long time.

    Parameters
    ----------
    sums : DeltaSums
        Over the labelled pairs, of production's and the shadow's loss.
    """
    n = sums.n
    if n == 0:
        return no_measure(name, better=better)
    production, shadow, together = sums.moments()
    sd = math.sqrt(max(0.0, production + shadow - 2 * together)) if n > 1 else math.nan
    t = student_quantile(confidence, n - 1)
    sequence = None
    if n >= MIN_PAIRS and sd > 0:
        half = mean_half_width(n, sd, alpha=alpha, tuned_at=max(1.0, TUNED_AT * planned))
        sequence = Estimate(sums.bias, sums.bias - half, sums.bias + half, n)
    lowest = -math.inf if not better else 0.0
    return Measure(
        name,
        better,
        _around(sums.sum_p / n, t * math.sqrt(production / n), n, lowest),
        _around(sums.sum_s / n, t * math.sqrt(shadow / n), n, lowest),
        _around(sums.bias, t * sd / math.sqrt(n), n),
        sequence,
    )


def root_mean_square(squares: DeltaSums, *, confidence: float) -> Measure:
    """Both models' root mean squared error and their difference.

    The delta method on the two means of squared errors: se(√m) = se(m)/(2√m), with the covariance
    of the squared errors of the same pairs. Without any error there is a value and no interval.

    Parameters
    ----------
    squares : DeltaSums
        Over the labelled pairs, of production's and the shadow's squared error.
    """
    n = squares.n
    if n == 0:
        return no_measure("rmse", better="lower")
    roots = [math.sqrt(max(0.0, total / n)) for total in (squares.sum_p, squares.sum_s)]
    production, shadow, together = squares.moments()
    z = normal_quantile(confidence) / math.sqrt(n)
    halves = [
        z * math.sqrt(variance) / (2 * root) if root > 0 else math.nan
        for root, variance in zip(roots, (production, shadow), strict=True)
    ]
    half = math.nan
    if min(roots) > 0:
        variance = (
            production / roots[0] ** 2 + shadow / roots[1] ** 2 - 2 * together / math.prod(roots)
        ) / 4
        half = z * math.sqrt(max(0.0, variance))
    return Measure(
        "rmse",
        "lower",
        _around(roots[0], halves[0], n, 0.0),
        _around(roots[1], halves[1], n, 0.0),
        _around(roots[1] - roots[0], half, n),
        None,
    )


def _around(value: float, half: float, n: int, lowest: float = -math.inf) -> Estimate:
    if not half > 0:
        return Estimate(value, math.nan, math.nan, n)
    return Estimate(value, max(lowest, value - half), value + half, n)
