"""Do the data contradict that pairs are independent of each other?

Intervals of agreement take pairs for independent, or the clusters they are in. Where that is not
so, agreement varies from one stretch of time to the next by more than chance, or what is low stays
low for a while: users come and go, a job sends its requests at once, a model drifts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import TestResult, no_test

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.agreement import AgreementSeries

ALARM = 0.001
"""A p below this contradicts: it is asked on every look, and nobody waits for it."""
EXPECTED = 5
"""The rarer answer is expected so often in each stretch, as chi-square needs it (Cochran 1954)."""
FEWEST = 10
"""Stretches, below which nothing is said."""


@dataclass(frozen=True, slots=True)
class Independence:
    """What agreement over time says of pairs, or clusters, that are taken to be independent.

    Attributes
    ----------
    dispersion : TestResult
        Chi-square of the stretches' agreements against that of all; ``n`` counts the stretches.
    correlation : TestResult
        Of each stretch with the next one.
    """

    dispersion: TestResult
    correlation: TestResult

    @property
    def contradicted(self) -> bool:
        """Whether one of the two is beyond chance."""
        return any(each.p < ALARM for each in (self.dispersion, self.correlation))


def over_time(series: AgreementSeries, *, effect: float = 1.0) -> Independence:
    """Compare the agreement of stretches of time with each other.

    Blocks are joined until each stretch may be expected to hold five pairs of the rarer answer. The
    dispersion is Σ(a − pn)²/(p(1−p)n) on stretches − 1 degrees of freedom, the correlation that of
    neighbouring standardised residuals, of which √k·r is standard normal (Bartlett 1946) and only
    high values count: what follows itself makes intervals too narrow.

    Parameters
    ----------
    series : AgreementSeries
    effect : float
        Design effect of clusters that are known and lie within a block, as records do.
    """
    n, agreed = _stretches(series)
    if len(n) < FEWEST:
        return Independence(no_test(), no_test())
    from scipy.special import chdtrc, ndtr

    share = agreed.sum() / n.sum()
    residuals = (agreed - share * n) / np.sqrt(share * (1 - share) * n * effect)
    squares, df = float((residuals**2).sum()), len(n) - 1
    r = float((residuals[1:] * residuals[:-1]).sum()) / squares if squares > 0 else 0.0
    return Independence(
        TestResult(squares, df, float(chdtrc(df, squares)), len(n)),
        TestResult(r, math.nan, float(ndtr(-r * math.sqrt(len(n)))), len(n)),
    )


def _stretches(series: AgreementSeries) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs, and those that agree, of neighbouring blocks joined until each has enough."""
    total, agreed = int(series.n.sum()), int(series.agreed.sum())
    rarer = min(agreed, total - agreed) / total if total else 0.0
    if rarer == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    full = np.floor(np.cumsum(series.n) * rarer / EXPECTED)
    # a stretch ends with the block that fills it; what is left at the end belongs to the last
    ends = np.flatnonzero(np.diff(full, prepend=0.0) > 0)
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else np.zeros(1, dtype=np.int64)
    return np.add.reduceat(series.n, starts), np.add.reduceat(series.agreed, starts)
