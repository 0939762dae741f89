"""How much of the traffic was compared, and over which hours of the week?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import TestResult, no_test

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class MethodCount:
    """Pairs found by one rung of the pairing ladder."""

    method: str
    pairs: int


@dataclass(frozen=True, slots=True, eq=False)
class PairingSeries:
    """Rows and pairs in equal blocks of time.

    All arrays have shape (t,); ``expected`` is nan where the sampling rates are not known.
    """

    start: NDArray[np.datetime64]
    production: NDArray[np.int64]
    shadow: NDArray[np.int64]
    paired: NDArray[np.int64]
    expected: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """Which rows of the two variants found each other.

    Attributes
    ----------
    production, shadow, paired : int
        Rows (single answers, so a batch of ten counts ten).
    by_method : tuple of MethodCount
    production_only, shadow_only : int
        Rows without a partner: unpaired, never counted as disagreement.
    ambiguous, collisions, different_input : int
        Rows left out because several partners were possible, because an identifier came twice,
        or because the two inputs differ.
    expected : float or None
        Pairs the sampling rates lead one to expect; None where they are not configured.
    capture_share, shadow_share : float or None
        Fraction of requests captured, and fraction of them copied to the shadow.
    sample_ratio : TestResult or None
        Shadow rows against their expected share of all rows; None without sampling rates.
    series : PairingSeries
    """

    production: int
    shadow: int
    paired: int
    by_method: tuple[MethodCount, ...]
    production_only: int
    shadow_only: int
    ambiguous: int
    collisions: int
    different_input: int
    expected: float | None
    capture_share: float | None
    shadow_share: float | None
    sample_ratio: TestResult | None
    series: PairingSeries

    @property
    def base(self) -> float:
        """Pairs there should be.

        Those expected or, where the sampling rates are not configured, the rows of the variant
        that has more of them.
        """
        if self.expected is not None:
            return self.expected
        return max(self.production, self.shadow)

    @property
    def share(self) -> float:
        """Pairs as a share of ``base``; nan where there should be none."""
        return self.paired / self.base if self.base > 0 else math.nan


@dataclass(frozen=True, slots=True, eq=False)
class HoursOfWeek:
    """Pairs in each hour of the week (UTC).

    Attributes
    ----------
    seen : int
        Hours of the 168 that have at least one pair.
    grid : ndarray (7, 24) of int64
        Pairs by weekday (Monday first) and hour.
    """

    seen: int
    grid: NDArray[np.int64]


def hours_of_week(start: ArrayLike, n: ArrayLike) -> HoursOfWeek:
    """Fold hourly counts of pairs onto the 168 hours of a week.

    Parameters
    ----------
    start : array (t,) of datetime64
        Start of each block, UTC; blocks finer than an hour are added up.
    n : array (t,) of int
        Pairs in each block.

    >>> hours_of_week(["2026-03-02T09:00", "2026-03-09T09:30"], [5, 7]).grid[0, 9]
    np.int64(12)
    """
    place = hour_of_week(np.asarray(start, dtype="datetime64[h]").astype(np.int64))
    grid = np.zeros(7 * 24, dtype=np.int64)
    np.add.at(grid, place, np.asarray(n, dtype=np.int64))
    return HoursOfWeek(int(np.count_nonzero(grid)), grid.reshape(7, 24))


def hour_of_week(hours: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place hours since 1970 (UTC) among the 168 of a week, Monday's first being 0."""
    # 1 January 1970, hour 0 of the count, was a Thursday: three days into a week from Monday.
    return (hours + 3 * 24) % (7 * 24)


PARTS = ("weekday", "weekend", "day", "night")
"""Parts of a week of which a policy may ask for pairs."""


def part_of_week(part: str, night: tuple[int, int]) -> NDArray[np.bool_]:
    """Mark the hours of the week, weekday (Monday first) by hour (UTC), that are in a part of it.

    Parameters
    ----------
    part : str
        One of ``PARTS``: weekdays are Monday to Friday, and day is what is not night.
    night : tuple of int
        First hour of the night, and the first that is none any more; 22 and 6 go over midnight.
        Equal ones leave no night.

    >>> int(part_of_week("night", (22, 6)).sum()), int(part_of_week("weekend", (22, 6)).sum())
    (56, 48)
    """
    marked = np.zeros((7, 24), dtype=np.bool_)
    if part in ("weekday", "weekend"):
        marked[5:] = True
    else:
        hours, (first, end) = np.arange(24), night
        marked[:, (hours - first) % 24 < (end - first) % 24] = True
    return marked if part in ("weekend", "night") else ~marked


def sample_ratio(observed: int, expected_share: float, n: int) -> TestResult:
    """Test whether ``observed`` of ``n`` rows is the share that the sampling rates promise.

    Pearson's chi-square with one degree of freedom, as in the sample-ratio check of experiment
    platforms (Fabijan et al., KDD 2019); p below 0.001 is the usual alarm. Shadow requests are
    copies of production requests, so the two counts vary less than the test assumes: it errs on
    the quiet side.

    Parameters
    ----------
    observed : int
        Rows of the shadow.
    expected_share : float
        Share of all rows that should be the shadow's, 0 to 1.
    n : int
        Rows of both variants.

    >>> round(sample_ratio(400, 0.5, 1000).p, 12)
    2.54e-10
    """
    if n <= 0:
        return no_test()
    expected = n * expected_share
    variance = expected * (1 - expected_share)
    if variance <= 0:
        # A share of exactly 0 or 1 leaves no room for chance: any deviation refutes it.
        same = observed == expected
        return TestResult(0.0 if same else math.inf, 1, 1.0 if same else 0.0, n)
    statistic = (observed - expected) ** 2 / variance
    return TestResult(statistic, 1, math.erfc(math.sqrt(statistic / 2)), n)
