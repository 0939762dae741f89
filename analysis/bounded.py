"""Between which values does the mean of bounded values lie, however often one looks?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

PARTS = 1_000
"""Equal parts of the span; a value between two of their ends is shared out among both."""
_ROWS = 1 << 14
"""Values counted at a time, which stay in the processor's cache."""
_BETS = 32
"""Bets at which a wealth is looked at, and at least half of them where it counts."""
_FALLEN = 20.0
"""Log of how much less than the best bet one has to win to be left out."""
_EDGE = 1e-12


def bounded_mean_sequence(
    values: ArrayLike, *, span: tuple[float, float], alpha: float
) -> tuple[float, float]:
    """Return the ends of the confidence sequence of a mean of ``values``.

    Betting (Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting",
    JRSS B 86:1–27): against a mean m that is true nobody gets rich, so every m against which the
    wealth has reached 1/alpha is refuted. The bets are Cover's universal portfolio, as of Orabona &
    Jun 2024 ("Tight concentrations and confidence sequences from the regret of universal
    portfolio", IEEE Trans. Inf. Theory 70:436–455): each part b of a fortune that is spread over
    all by the arcsine law is put on x/m, its rest on (1−x)/(1−m), value after value. Nothing is
    assumed about the distribution of the values, nothing has to be planned, and their order is
    all the same.

    Parameters
    ----------
    values : array (n,)
        None of them nan or beyond ``span``.
    span : tuple of float
        Between which values each lies, both finite.

    Returns
    -------
    tuple of float
        Within ``span``; nan without values.

    >>> [round(end, 3) for end in bounded_mean_sequence([0.5] * 20, span=(0.0, 1.0), alpha=0.05)]
    [0.399, 0.601]
    """
    low, high = span
    x = (np.asarray(values, np.float64) - low) / (high - low)
    if len(x) == 0:
        return math.nan, math.nan
    at, counts = _counted(x)
    mean = float(counts @ at) / len(x)
    ends = _lowest(at, counts, mean, alpha), 1 - _lowest(1 - at, counts, 1 - mean, alpha)
    return low + (high - low) * ends[0], low + (high - low) * ends[1]


def _counted(x: Floats) -> tuple[Floats, Floats]:
    """Count values of 0 to 1 at the ends of equal parts.

    A value between two ends counts at both by how near it is: their mean stays, and as a logarithm
    is concave, no bet wins more on the two than it does on the value. So the interval is no
    narrower than it may be.
    """
    whole, beyond = np.zeros(PARTS), np.zeros(PARTS)
    for first in range(0, len(x), _ROWS):
        place = x[first : first + _ROWS] * PARTS
        part = np.minimum(place.astype(np.intp), PARTS - 1)
        whole += np.bincount(part, minlength=PARTS)
        beyond += np.bincount(part, place - part, minlength=PARTS)
    counts = np.zeros(PARTS + 1)
    counts[:-1] += whole - beyond
    counts[1:] += beyond
    there = counts > 0
    return np.arange(PARTS + 1)[there] / PARTS, counts[there]


def _lowest(at: Floats, counts: Floats, mean: float, alpha: float) -> float:
    """The least mean that is not refuted; the wealth falls from there to the mean of the values."""
    from scipy.optimize import brentq

    def beyond(m: float) -> float:
        return _log_wealth(at, counts, m) + math.log(alpha)

    mean = min(mean, 1 - _EDGE)
    if mean <= _EDGE or beyond(_EDGE) < 0:
        return 0.0
    return float(brentq(beyond, _EDGE, mean, xtol=1e-9))


def _log_wealth(at: Floats, counts: Floats, m: float) -> float:
    """Log of the wealth that all parts of a fortune of 1 have made together, betting against m.

    By the midpoint rule over those parts that won: the wealth of a bet is log-concave, so they are
    neighbours.
    """
    first, last = 0.0, 1.0
    while True:
        angle = np.pi / 2 * (first + (last - first) * (np.arange(_BETS) + 0.5) / _BETS)
        bet, rest = np.sin(angle)[:, None] ** 2, np.cos(angle)[:, None] ** 2
        won = np.log(bet * (at / m) + rest * ((1 - at) / (1 - m))) @ counts
        best = float(won.max())
        rich = np.flatnonzero(won >= best - _FALLEN)
        left, right = max(0, int(rich[0]) - 1), min(_BETS, int(rich[-1]) + 2)
        if right - left > _BETS // 2:
            return best + math.log(float(np.exp(won - best).mean()) * (last - first))
        width = (last - first) / _BETS
        first, last = first + width * left, first + width * right
