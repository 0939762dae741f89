"""How far apart are two sets of counts over the same categories?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate, TestResult, no_estimate, no_test
from analysis.intervals import newcombe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

MIN_EXPECTED = 5.0
"""Expected count below which a category is put together with others before a chi-square test."""


@dataclass(frozen=True, slots=True)
class Stability:
    """Population stability index: ``psi``, its mean under no change, and p of so large a value."""

    psi: float
    expected: float
    p: float


def two_rows(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Stack two rows of counts (k,) to (2, k), without categories that neither has."""
    table = np.array([reference, current], dtype=np.float64)
    return table[:, table.sum(axis=0) > 0]


def population_stability(reference: ArrayLike, current: ArrayLike) -> Stability:
    """PSI = Σ (q − p) ln(q/p) over the bins, with what it would be if nothing had changed.

    An empty bin counts as half an observation, else one would make PSI infinite. Without change
    PSI/(1/n + 1/m) is chi-square with B − 1 degrees of freedom (Yurdakul 2018), so its mean is
    (B − 1)(1/n + 1/m): the folklore limits 0.1 and 0.25 know nothing of n. Everything is nan
    without data on either side.

    >>> round(population_stability([100, 100], [110, 90]).psi, 4)
    0.01
    """
    table = two_rows(reference, current)
    n, m = table.sum(axis=1)
    if n <= 0 or m <= 0:
        return Stability(math.nan, math.nan, math.nan)
    bins = table.shape[1]
    if bins < 2:
        return Stability(0.0, 0.0, 1.0)
    from scipy.special import chdtrc

    filled = np.where(table > 0, table, 0.5)
    p, q = filled / filled.sum(axis=1, keepdims=True)
    psi = float(((q - p) * np.log(q / p)).sum())
    scale = 1 / n + 1 / m
    return Stability(psi, (bins - 1) * scale, float(chdtrc(bins - 1, psi / scale)))


def jensen_shannon(reference: ArrayLike, current: ArrayLike) -> float:
    """Jensen–Shannon distance, base 2: the root of the divergence (Lin 1991), 0 to 1.

    nan without data on either side.

    >>> jensen_shannon([1, 0], [0, 1])
    1.0
    """
    table = two_rows(reference, current)
    sums = table.sum(axis=1, keepdims=True)
    if not (sums > 0).all():
        return math.nan
    shares = table / sums
    ratio = np.where(shares > 0, shares / shares.mean(axis=0), 1.0)
    return math.sqrt(max(0.0, float((shares * np.log2(ratio)).sum()) / 2))


def pooled(table: Floats, smallest: float = MIN_EXPECTED) -> Floats:
    """Put together the categories of a table (2, k) whose expected count is too small for χ².

    They become one category; if that is still too small, it takes in the next smallest.
    """
    columns = table.sum(axis=0)
    rows = table.sum(axis=1)
    order = np.argsort(columns, kind="stable")
    expected = columns[order] * rows.min() / rows.sum()
    small = int(np.count_nonzero(expected < smallest))
    if small == 0:
        return table
    while small < len(order) and expected[:small].sum() < smallest:
        small += 1
    rest = table[:, order[:small]].sum(axis=1, keepdims=True)
    return np.hstack([table[:, np.sort(order[small:])], rest])


def chi_square(reference: ArrayLike, current: ArrayLike) -> TestResult:
    """Two-sample chi-square test of the same shares, both rows random (Pearson 1900).

    Categories expected fewer than five times are put together first. With one category left there
    is nothing to compare: df 0, p 1. nan without data on either side.

    >>> round(chi_square([762, 327, 468], [484, 239, 477]).statistic, 2)
    30.07
    """
    table = two_rows(reference, current)
    rows = table.sum(axis=1)
    if not (rows > 0).all():
        return no_test()
    table = pooled(table)
    n = float(rows.sum())
    expected = np.outer(rows, table.sum(axis=0)) / n
    statistic, df = float(((table - expected) ** 2 / expected).sum()), table.shape[1] - 1
    if df == 0:
        return TestResult(0.0, 0, 1.0, int(n))
    from scipy.special import chdtrc

    return TestResult(statistic, df, float(chdtrc(df, statistic)), int(n))


def cramer_v(chi2: TestResult, *, alpha: float) -> Estimate:
    """Cramér's V of a 2 × k table, corrected for bias, with the interval of its noncentrality.

    Bergsma 2013: φ² is reduced by its mean under no association, k likewise. The interval takes
    every noncentrality λ that does not refute the statistic at alpha/2 on either side (Smithson
    2003) as V = √(λ/N). A statistic below its mean under no change would give an absurdly short
    interval, so the upper end never rests on less than that mean.
    """
    if chi2.n == 0:
        return no_estimate()
    n, df = chi2.n, chi2.df
    if df == 0 or n < 2:
        return Estimate(0.0, 0.0, 1.0 if n < 2 else 0.0, n)
    from scipy.special import chndtr, chndtrinc

    value = corrected_v(chi2.statistic, df, n)
    low = 0.0
    if chndtr(chi2.statistic, df, 0.0) > 1 - alpha / 2:
        low = math.sqrt(float(chndtrinc(chi2.statistic, df, 1 - alpha / 2)) / n)
    high = math.sqrt(float(chndtrinc(max(chi2.statistic, df), df, alpha / 2)) / n)
    return Estimate(value, min(low, value), min(1.0, max(high, value)), n)


def corrected_v(statistic: float, df: float, n: int) -> float:
    """Cramér's V of a 2 × k table with this chi-square, corrected for bias (Bergsma 2013)."""
    corrected = max(0.0, statistic / n - df / (n - 1))
    categories = (df + 1) - df * df / (n - 1)
    smaller = min(categories - 1, 1 - 1 / (n - 1))
    return min(1.0, math.sqrt(corrected / smaller)) if smaller > 0 else 0.0


@dataclass(frozen=True, slots=True)
class CategoryShift:
    """How much more often one category comes now than in the reference."""

    label: str
    reference: float
    current: float
    difference: Estimate


def largest_shift(
    labels: Sequence[str], reference: ArrayLike, current: ArrayLike, *, alpha: float
) -> CategoryShift | None:
    """Find the category whose share changed most, current − reference, Newcombe's interval.

    The interval allows for the choice among all categories (Bonferroni). None without data.
    """
    table = np.array([reference, current], dtype=np.float64)
    n, m = (int(total) for total in table.sum(axis=1))
    if n == 0 or m == 0:
        return None
    shares = table / table.sum(axis=1, keepdims=True)
    change = shares[1] - shares[0]
    i = int(np.argmax(np.abs(change)))
    before, now = (int(count) for count in table[:, i])
    ends = newcombe(now, m, before, n, confidence=1 - alpha / len(labels))
    difference = Estimate(float(change[i]), *ends, min(n, m), "share")
    return CategoryShift(labels[i], float(shares[0, i]), float(shares[1, i]), difference)
