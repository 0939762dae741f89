"""Between which values does the mean of bounded values lie, however often one looks?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_MOST = 0.5
"""The largest stake on one value: the bound of Waudby-Smith & Ramdas is for stakes below 1."""


def bounded_mean_sequence(
    values: ArrayLike, *, span: tuple[float, float], alpha: float
) -> tuple[float, float]:
    """Return the ends of the confidence sequence of a mean after the last of ``values``.

    Predictable plug-in empirical Bernstein (Waudby-Smith & Ramdas 2024, "Estimating means of
    bounded random variables by betting", JRSS B 86:1–27, theorem 2 and eq. 15): how much a value
    weighs is settled by those before it, so the order must be the one in which they came. Nothing
    is assumed about their distribution, and nothing has to be planned.

    Parameters
    ----------
    values : array (n,)
        In the order of time, none of them nan or beyond ``span``.
    span : tuple of float
        Between which values each lies, both finite.

    Returns
    -------
    tuple of float
        Within ``span``; nan without values.

    >>> bounded_mean_sequence([0.5], span=(0.0, 1.0), alpha=0.05)
    (0.0, 1.0)
    """
    low, high = span
    x = (np.asarray(values, np.float64) - low) / (high - low)
    n = len(x)
    if n == 0:
        return math.nan, math.nan
    count = np.arange(1, n + 1)
    mean = (0.5 + np.cumsum(x)) / (count + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (count + 1)
    # what was known before each value
    mean = np.concatenate([[0.5], mean[:-1]])
    variance = np.concatenate([[0.25], variance[:-1]])
    doubt = math.log(2 / alpha)
    stake = np.minimum(np.sqrt(2 * doubt / (variance * count * np.log1p(count))), _MOST)
    staked = float(stake.sum())
    centre = float(stake @ x) / staked
    price = -np.log1p(-stake) - stake
    half = (doubt + float((x - mean) ** 2 @ price)) / staked
    ends = max(0.0, centre - half), min(1.0, centre + half)
    return low + (high - low) * ends[0], low + (high - low) * ends[1]
