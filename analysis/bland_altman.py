"""Could one of the two scores stand in for the other?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.design_effects import design_effect
from analysis.estimates import Estimate, no_estimate
from analysis.intervals import normal_quantile, student_quantile

if TYPE_CHECKING:
    from analysis.design_effects import Spread


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

    @property
    def bias(self) -> float:
        """Mean of shadow − production; nan without pairs."""
        return (self.sum_s - self.sum_p) / self.n if self.n else math.nan

    def moments(self) -> tuple[float, float, float]:
        """Variances of production and shadow and their covariance (n − 1); nan below two pairs."""
        if self.n < 2:
            return math.nan, math.nan, math.nan
        free = self.n - 1
        return (
            max(0.0, (self.sum_pp - self.sum_p * self.sum_p / self.n) / free),
            max(0.0, (self.sum_ss - self.sum_s * self.sum_s / self.n) / free),
            (self.sum_ps - self.sum_p * self.sum_s / self.n) / free,
        )

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


def bland_altman(
    sums: DeltaSums, *, confidence: float, spread: Spread | None = None
) -> BlandAltman:
    """Bias, limits of agreement, proportional bias and concordance, each with its interval.

    Bland & Altman 1986 and, for the intervals of the limits, 1999 (§2.2: se² = sd²(1/n +
    1.96²/(2(n − 1)))); slope of the difference on the mean by least squares; concordance by Lin
    1989 with Fisher's z. All from sums, so any number of pairs costs the same. Everything but the
    bias is nan below two pairs, slope and concordance below three.

    The limits assume differences of roughly normal shape;
    :func:`analysis.deltas.quantile_limit` does not. ``spread`` says how the differences of pairs
    hang together: the interval of the bias then is Student's of so many clusters, their variance
    that of the ratio Σd/Σn. Nothing else allows for it.

    >>> sums = DeltaSums(4, 10.0, 12.0, 30.0, 42.0, 35.5)
    >>> round(bland_altman(sums, confidence=0.95).bias.value, 2)
    0.5
    """
    n = sums.n
    if n == 0:
        nothing = no_estimate()
        return BlandAltman(nothing, nothing, nothing, nothing, nothing, math.nan, math.nan)
    production, shadow, together = sums.moments()
    sd = math.sqrt(max(0.0, production + shadow - 2 * together)) if n > 1 else math.nan
    t, z = student_quantile(confidence, n - 1), normal_quantile(0.95)
    error = t * sd / math.sqrt(n)
    if spread is not None:
        free = student_quantile(confidence, spread.clusters - 1)
        error = free * sd * math.sqrt(design_effect(spread) / n)
    bias = _around(sums.bias, error, n)
    half = t * sd * math.sqrt(1 / n + z * z / (2 * (n - 1))) if n > 1 else math.nan
    return BlandAltman(
        bias,
        _around(sums.bias - z * sd, half, n),
        _around(sums.bias + z * sd, half, n),
        _slope(production, shadow, together, n, confidence=confidence),
        _concordance(sums, confidence=confidence),
        sd,
        math.sqrt(production) if n > 1 else math.nan,
    )


def _around(value: float, half: float, n: int) -> Estimate:
    return Estimate(value, value - half, value + half, n)


def _slope(
    production: float, shadow: float, together: float, n: int, *, confidence: float
) -> Estimate:
    middle = (production + shadow + 2 * together) / 4
    if n < 3 or not middle > 0:
        return Estimate(math.nan, math.nan, math.nan, n)
    across = (shadow - production) / 2
    value = across / middle
    rest = max(0.0, production + shadow - 2 * together - value * across) * (n - 1) / (n - 2)
    error = math.sqrt(rest / ((n - 1) * middle))
    return _around(value, student_quantile(confidence, n - 2) * error, n)


def _concordance(sums: DeltaSums, *, confidence: float) -> Estimate:
    """Lin 1989, with the moments over n that he uses and his standard error of Fisher's z."""
    n = sums.n
    if n < 3:
        return Estimate(math.nan, math.nan, math.nan, n)
    production, shadow, together = (moment * (n - 1) / n for moment in sums.moments())
    whole = production + shadow + sums.bias * sums.bias
    spread = math.sqrt(production) * math.sqrt(shadow)
    if not whole > 0 or not spread > 0:
        return Estimate(math.nan, math.nan, math.nan, n)
    value = max(-1.0, min(1.0, 2 * together / whole))
    r = together / spread
    if abs(value) >= 1 or r == 0:
        return Estimate(value, value, value, n)
    u = sums.bias * sums.bias / spread
    error = (
        (1 - r * r) * value**2 / ((1 - value**2) * r * r)
        + 2 * value**3 * (1 - value) * u / (r * (1 - value**2) ** 2)
        - value**4 * u * u / (2 * r * r * (1 - value**2) ** 2)
    ) / (n - 2)
    half = normal_quantile(confidence) * math.sqrt(max(0.0, error))
    centre = math.atanh(value)
    return Estimate(value, math.tanh(centre - half), math.tanh(centre + half), n)
