"""How well does each model's score tell positives from negatives, and which does it better?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate, no_estimate
from analysis.intervals import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def roc_areas(
    positive: ArrayLike, production: ArrayLike, shadow: ArrayLike, *, confidence: float
) -> tuple[Estimate, Estimate, Estimate]:
    """Area under the ROC curve of both scores, and of the difference shadow − production.

    The area is the chance that a positive scores higher than a negative, ties counting half. Its
    variance, and the covariance of two scores of the same pairs, are those of DeLong, DeLong &
    Clarke-Pearson 1988 (Biometrics 44:837–845), from the place of each score among those of the
    other class, found by sorting (Sun & Xu 2014, IEEE Signal Processing Letters 21:1389–1393).
    Without positives or without negatives there is nothing to estimate; with one of either, or
    where all places are the same (an area of 1), there is a value and no interval.

    Parameters
    ----------
    positive : array (n,) of bool
    production, shadow : array (n,)
        Finite scores, higher for positives.
    """
    truth = np.asarray(positive, dtype=bool)
    n, positives = len(truth), int(np.count_nonzero(truth))
    if not 0 < positives < n:
        return no_estimate(), no_estimate(), no_estimate()
    places = [_places(truth, np.asarray(score, np.float64)) for score in (production, shadow)]
    covariance = _covariance([of for of, _ in places]) + _covariance([of for _, of in places])
    areas = [float(of_positives.mean()) for of_positives, _ in places]
    z = normal_quantile(confidence)
    each = [
        _around(area, z * _root(covariance[i, i]), n, (0.0, 1.0)) for i, area in enumerate(areas)
    ]
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    difference = _around(areas[1] - areas[0], z * _root(variance), n, (-1.0, 1.0))
    if not each[0].bounded and not each[1].bounded:
        difference = Estimate(difference.value, math.nan, math.nan, n)
    return each[0], each[1], difference


def _places(
    truth: NDArray[np.bool_], score: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each positive the share of negatives below it, for each negative that of positives above.

    Ties count half. Shapes (positives,) and (negatives,).
    """
    above, below = score[truth], score[~truth]
    return _share_below(above, below), 1 - _share_below(below, above)


def _share_below(scores: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    ordered = np.sort(others)
    # looking up sorted values walks through memory once: several times faster on millions
    order = np.argsort(scores)
    rising = scores[order]
    places = np.empty(len(scores))
    places[order] = np.searchsorted(ordered, rising, "left") + np.searchsorted(
        ordered, rising, "right"
    )
    return places / (2 * len(others))


def _covariance(places: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Covariance (2, 2) of two means over the same values; nan for a single value."""
    n = len(places[0])
    if n < 2:
        return np.full((2, 2), math.nan)
    return np.cov(np.stack(places)) / n


def _root(variance: float) -> float:
    """A standard error; nan where nothing varies, for that is no certainty."""
    return math.sqrt(variance) if variance > 0 else math.nan


def _around(value: float, half: float, n: int, span: tuple[float, float]) -> Estimate:
    if math.isnan(half):
        return Estimate(value, math.nan, math.nan, n)
    return Estimate(value, max(span[0], value - half), min(span[1], value + half), n)
