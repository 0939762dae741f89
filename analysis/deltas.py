"""How far do shadow's scores lie from production's?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.estimates import Estimate


@dataclass(frozen=True, slots=True)
class DeltaSums:
    """Sums over pairs of scores, all that the moments need; sums of parts add up to the whole.

    Attributes
    ----------
    n : int
        Pairs in which both scores are numbers.
    sum_p, sum_s : float
        Production's and shadow's scores.
    sum_pp, sum_ss, sum_ps : float
        Their squares and products.
    """

    n: int
    sum_p: float
    sum_s: float
    sum_pp: float
    sum_ss: float
    sum_ps: float

    def __add__(self, other: DeltaSums) -> DeltaSums:
        return DeltaSums(
            self.n + other.n,
            self.sum_p + other.sum_p,
            self.sum_s + other.sum_s,
            self.sum_pp + other.sum_pp,
            self.sum_ss + other.sum_ss,
            self.sum_ps + other.sum_ps,
        )


@dataclass(frozen=True, slots=True)
class BlandAltman:
    """Agreement of two measurements of the same thing, in the unit of the score.

    Attributes
    ----------
    bias : Estimate
        Mean of shadow − production.
    lower, upper : Estimate
        Limits of agreement, bias ∓ 1.96 sd.
    slope : Estimate
        Change of the difference per unit of the two scores' mean: 0 without proportional bias.
    ccc : Estimate
        Lin's concordance correlation, −1 to 1.
    sd, production_sd : float
        Standard deviations of the differences and of production's score.
    """

    bias: Estimate
    lower: Estimate
    upper: Estimate
    slope: Estimate
    ccc: Estimate
    sd: float
    production_sd: float


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
    mean_edges, delta_edges : ndarray (a + 1,), (b + 1,)
    counts : ndarray (a, b)
        Pairs by mean of the two scores and by their difference.
    standardised_bias : Estimate
        Bias in standard deviations of production's score, interval holding at every look.
    """

    bland_altman: BlandAltman
    quantiles: NDArray[np.float64]
    delta_quantiles: NDArray[np.float64]
    quantile_lower: Estimate
    quantile_upper: Estimate
    mean_edges: NDArray[np.float64]
    delta_edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    standardised_bias: Estimate
