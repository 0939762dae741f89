"""How sure is a difference between two variants that were watched side by side over time?

Values of neighbouring minutes hang together, so a formula for independent minutes is far too
narrow. Means of long equal blocks hardly do (batch means: Schmeiser 1982, "Batch size effects in
the analysis of simulation output", Operations Research 30:556). What moves both variants at once,
such as the rhythm of the day, cancels in the difference of a block.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate, no_estimate
from analysis.intervals import student_quantile
from analysis.latency import MIN_BATCHES

if TYPE_CHECKING:
    from numpy.typing import NDArray


def half_width(values: NDArray[np.float64], *, confidence: float) -> float:
    """Half the width of a mean's interval from k block values: t(k−1)·sd/√k.

    nan below ten blocks.
    """
    k = len(values)
    if k < MIN_BATCHES:
        return math.nan
    return student_quantile(confidence, k - 1) * float(np.std(values, ddof=1)) / math.sqrt(k)


def mean_difference(
    value: float,
    production: NDArray[np.float64],
    shadow: NDArray[np.float64],
    *,
    confidence: float,
    unit: str,
) -> Estimate:
    """Put an interval around shadow − production.

    Parameters
    ----------
    value : float
        The difference over the whole window.
    production, shadow : ndarray (k,)
        Means of the same blocks; nan where a variant has no data.

    Returns
    -------
    Estimate
        ``n`` is the number of blocks in which both have data; the interval, for one look, is nan
        below ten of them.
    """
    apart = shadow - production
    apart = apart[np.isfinite(apart)]
    if not len(apart) or math.isnan(value):
        return no_estimate(unit)
    half = half_width(apart, confidence=confidence)
    return Estimate(value, value - half, value + half, len(apart), unit)


def ratio_difference(
    production: tuple[NDArray[np.float64], NDArray[np.float64]],
    shadow: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    confidence: float,
    unit: str,
) -> Estimate:
    """Difference, shadow − production, of two ratios of sums such as CPU time ÷ requests.

    A ratio varies as its linearisation (aₖ − R·nₖ)/n̄ does (delta method; Cochran 1977, "Sampling
    techniques", §6.3); the two are subtracted block by block.

    Parameters
    ----------
    production, shadow : pair of ndarray (k,)
        Amounts and counts of the same blocks, none of them nan.
    """
    k = len(production[0])
    if not k or not (production[1].sum() > 0 and shadow[1].sum() > 0):
        return no_estimate(unit)
    (before, deviation), (after, shadow_deviation) = _linear(*production), _linear(*shadow)
    half = half_width(shadow_deviation - deviation, confidence=confidence)
    value = after - before
    return Estimate(value, value - half, value + half, k, unit)


def _linear(
    amounts: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    ratio = float(amounts.sum() / counts.sum())
    return ratio, (amounts - ratio * counts) / counts.mean()
