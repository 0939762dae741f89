"""Are scores probabilities: of the requests that got 0.8, are about 80 % positive?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate, no_estimate
from analysis.intervals import wilson_bands
from analysis.measured import Measure, no_measure

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOST_BINS = 10
PAIRS_A_BIN = 30
"""There are fewer bins where there would be fewer pairs in each than this, on average."""


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """One model's scores against how often they came true, in bins of about as many pairs.

    Attributes
    ----------
    score : ndarray (b,)
        Mean score of each bin, rising.
    observed, low, high : ndarray (b,)
        Share of positives, with Wilson's interval for one look.
    n : ndarray (b,) of int64
        Labelled pairs.
    error : Estimate
        Expected calibration error: Σ n·|observed − score| / Σ n.
    by_chance : float
        About what the error would be if every score were a probability: it is never 0.
    """

    score: NDArray[np.float64]
    observed: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: NDArray[np.int64]
    error: Estimate
    by_chance: float


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Both models' scores against how often they came true."""

    production: Reliability
    shadow: Reliability


def reliability(positive: ArrayLike, score: ArrayLike, *, confidence: float) -> Reliability:
    """Put scores into bins, and hold the mean of each against its share of positives.

    Bins are made of the scores alone, so that they do not lean on what came true; equal scores are
    in one bin. The interval is Scheffé's (1953): the error is the largest of all sums
    ± w·(observed − score), whatever the signs, and his method bounds them all at once:
    √χ²(b) · √Σ w²·v. So it holds also where a model is well calibrated and the signs are chance; a
    bootstrap does not, as it adds the same upward bias once more. v is that of a share with two
    successes and two failures added (Agresti & Coull 1998), so that a bin in which all came true is
    not certain. It is about the scores that were given: bins and means are taken as they are.

    Parameters
    ----------
    positive : array (n,) of bool
    score : array (n,)
        In [0, 1].
    """
    scores, at = np.unique(np.asarray(score, np.float64), return_inverse=True)
    pairs = np.bincount(at, minlength=len(scores))
    whole = len(at)
    if whole == 0:
        nothing = np.zeros(0)
        return Reliability(*(nothing,) * 4, pairs, no_estimate("share"), math.nan)
    bins = max(1, min(MOST_BINS, whole // PAIRS_A_BIN))
    _, of = np.unique((np.cumsum(pairs) - pairs / 2) * bins // whole, return_inverse=True)
    count = np.bincount(of, pairs)
    true = np.bincount(of[at], np.asarray(positive, bool))
    mean, observed = np.bincount(of, pairs * scores) / count, true / count
    low, high = wilson_bands(true, count, confidence=confidence)
    weight = count / whole
    smoothed = (true + 2) / (count + 4)
    spread = float(np.sum(weight**2 * smoothed * (1 - smoothed) / count))
    half = math.sqrt(_chi_square_quantile(confidence, len(count)) * spread)
    error = float(np.sum(weight * np.abs(observed - mean)))
    by_chance = np.sum(weight * np.sqrt(2 / math.pi * mean * (1 - mean) / count))
    return Reliability(
        score=mean,
        observed=observed,
        low=low,
        high=high,
        n=count.astype(np.int64),
        error=Estimate(error, max(0.0, error - half), min(1.0, error + half), whole, "share"),
        by_chance=float(by_chance),
    )


def calibration(
    positive: ArrayLike, production: ArrayLike, shadow: ArrayLike, *, confidence: float
) -> tuple[Measure, Calibration]:
    """Both models' calibration error with the difference, and what it is made of.

    The interval of the difference joins two of :func:`reliability` at half the error each (union
    bound): nothing is assumed of how the two errors of the same pairs depend on each other, which
    has no simple form, since the signs of the bins are not known. It is wide; the Brier score
    beside it tells more finely which scores are the better probabilities.

    Parameters
    ----------
    positive : array (n,) of bool
    production, shadow : array (n,)
        Scores in [0, 1].
    """
    each = [reliability(positive, s, confidence=confidence) for s in (production, shadow)]
    if not each[0].error.known:
        return no_measure("ece", "share", better="lower"), Calibration(*each)
    before, after = (
        reliability(positive, s, confidence=(1 + confidence) / 2).error
        for s in (production, shadow)
    )
    difference = Estimate(
        after.value - before.value,
        after.low - before.high,
        after.high - before.low,
        after.n,
        "share",
    )
    measure = Measure("ece", "lower", each[0].error, each[1].error, difference, None)
    return measure, Calibration(*each)


def _chi_square_quantile(confidence: float, df: int) -> float:
    from scipy.special import gammaincinv

    return 2 * float(gammaincinv(df / 2, confidence))
