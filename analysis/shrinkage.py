"""What is the rate of a small group, once chance has made the largest of many look larger?

Each rate is pulled towards that of all groups, the further the fewer observations it rests on:
empirical Bayes with a beta prior for the rates and binomial counts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def prior_weight(counts: ArrayLike, n: ArrayLike) -> float:
    """Observations that the common rate is worth: inf where the rates differ by chance alone.

    The intraclass correlation ρ of the beta-binomial by the method of moments with weights n
    (Kleinman 1973, JASA 68:46–54), and a + b = 1/ρ − 1 of the beta distribution.

    Parameters
    ----------
    counts, n : array (k,)
        Events and observations of each group; groups without observations count for nothing.

    >>> prior_weight([5, 5, 5], [100, 100, 100])
    inf
    """
    k, size = np.asarray(counts, dtype=np.float64), np.asarray(n, dtype=np.float64)
    k, size = k[size > 0], size[size > 0]
    total = size.sum()
    if len(size) < 2 or not 0 < k.sum() < total:
        return math.inf
    rate = k.sum() / total
    spread = float((size * (k / size - rate) ** 2).sum() / (rate * (1 - rate)))
    # what is left of the spread beside chance, for each unit of correlation
    unit = float(((1 - size / total) * (size - 1)).sum())
    if unit <= 0:
        return math.inf
    correlation = min(1.0, (spread - (len(size) - 1)) / unit)
    return 1 / correlation - 1 if correlation > 0 else math.inf


def shrunken(counts: ArrayLike, n: ArrayLike) -> NDArray[np.float64]:
    """Rates (k,) of groups, each drawn towards the rate of all; nan without observations at all.

    (events + weight · common rate) / (n + weight), the mean of the posterior.

    >>> shrunken([0, 20, 10], [100, 100, 100]).round(3).tolist()
    [0.008, 0.192, 0.1]
    """
    k, size = np.asarray(counts, dtype=np.float64), np.asarray(n, dtype=np.float64)
    total = size.sum()
    common = float(k.sum() / total) if total > 0 else math.nan
    weight = prior_weight(k, size)
    if math.isinf(weight):
        return np.full(k.shape, common)
    # a weight of 0 leaves a rate as it is, and a group without observations at the common one
    divided = np.where(size + weight > 0, size + weight, 1.0)
    drawn: NDArray[np.float64] = np.where(
        size + weight > 0, (k + weight * common) / divided, common
    )
    return drawn
