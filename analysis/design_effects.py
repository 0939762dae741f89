"""How much more does a mean vary where pairs hang together than if each stood for itself?

Asked of a share, of a difference of shares or of a mean of scores alike: all that counts is what a
pair adds to it beyond the mean, its residual, and how much the pairs of a cluster add together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.intervals import normal_quantile, student_quantile


@dataclass(frozen=True, slots=True)
class Spread:
    """Residuals of pairs, and of whole clusters of them, about one mean.

    Attributes
    ----------
    clusters, pairs, largest : int
        Number of clusters, Σn and the largest n.
    size_squares : float
        Σn².
    between : float
        Σr² over clusters, r the sum of the residuals of its pairs.
    among : float
        Σr² over pairs.
    most : float
        The largest square of a pair's residual that there can be, or was.
    """

    clusters: int
    pairs: int
    largest: int
    size_squares: float
    between: float
    among: float
    most: float

    @property
    def worst(self) -> float:
        """Design effect if the pairs of a cluster were all alike: Σn²/Σn (Kish 1965, §5.4)."""
        return self.size_squares / self.pairs


def design_effect(spread: Spread) -> float:
    """Variance of the mean, over that of as many independent pairs; 1 to the largest n.

    Of a ratio, linearised: m/(m−1) · Σ over clusters of r², over Σ over pairs of r² (Cochran 1977,
    §6; Rao & Scott 1992). As if all pairs of a cluster were alike where nothing tells it: no pair
    differs from the mean, or there is one cluster only.
    """
    return _effect(spread, unseen=0.0, times=1.0)


def watched_effect(spread: Spread, *, alpha: float, times: float = 1.0) -> float:
    """A limit of the design effect that few clusters cannot hide from.

    Few clusters may have hidden how alike their pairs are. So the limit adds, to the squares that
    were seen, ln(1/alpha) clusters of the usual size that differ as much as pairs can: so many may
    be missing by chance (the rule of three, Hanley & Lippman-Hand 1983). What is added never makes
    it more than if all pairs of a cluster were alike.

    Parameters
    ----------
    times : float
        Asks for the limit after so many times the clusters there are, all alike.
    """
    usual = spread.size_squares / spread.clusters
    unseen = math.log(1 / alpha) * spread.most * usual / times
    return _effect(spread, unseen=unseen, times=times)


def worth_foreseen(
    n: float, variance: float, size: float, effect: float, *, most: float, alpha: float
) -> float:
    """Independent pairs that one pair of n will be worth at least, in clusters of one size.

    One over :func:`watched_effect`, where the design effect ``effect``, the variance of a pair's
    residual and the largest square of one, ``most``, are expected to be found as they are.
    """
    if variance <= 0:
        return 1 / size
    unseen = math.log(1 / alpha) * most * size * size / (variance * n)
    return 1 / min(size, max(1.0, effect + unseen))


def worth(spread: Spread, *, confidence: float) -> float:
    """Independent pairs that one pair is worth at one look; nan for one cluster.

    One over the design effect, less for few clusters: by the square of the normal quantile over
    Student's t with m − 1 degrees of freedom (Korn & Graubard 1998; Dean & Pagano 2015).
    """
    freedom = normal_quantile(confidence) / student_quantile(confidence, spread.clusters - 1)
    return freedom**2 / design_effect(spread)


def _effect(spread: Spread, *, unseen: float, times: float) -> float:
    """Design effect of the squares seen and, up to the worst, of those unseen."""
    if spread.clusters < 2 or spread.among <= 0:
        return spread.worst
    m = max(2.0, times * spread.clusters)
    squares = spread.between * m / (m - 1)
    seen, feared = squares / spread.among, (squares + unseen) / spread.among
    # m/(m − 1) and rounding must not say that clusters vary more than their largest can
    return min(float(spread.largest), max(1.0, seen, min(spread.worst, feared)))
