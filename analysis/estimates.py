"""What a number looks like here: a value, the interval around it, and what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, the interval around it, and how many observations it rests on.

    Attributes
    ----------
    value : float
        The estimate; nan when there is nothing to estimate from.
    low, high : float
        Ends of the interval. nan beside a known value says that an interval cannot be given
        yet; an infinite end says that this side is not bounded by the data.
    n : int
        Observations behind the value; 0 means no data.
    unit : str
        ``share`` (fraction of 1), ``ratio`` (relative change as a fraction), ``ms``, ``sd`` or
        nothing.
    """

    value: float
    low: float
    high: float
    n: int
    unit: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a value at all."""
        return self.n > 0 and not math.isnan(self.value)

    @property
    def bounded(self) -> bool:
        """Whether there is a value and an interval to judge."""
        return self.known and not (math.isnan(self.low) or math.isnan(self.high))


def no_estimate(unit: str = "") -> Estimate:
    """Return the answer where there are no data: nan with ``n=0``, never zero.

    >>> no_estimate("ms").known
    False
    """
    return Estimate(math.nan, math.nan, math.nan, 0, unit)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, half-open, both ends aware and in UTC."""

    start: datetime
    end: datetime

    @property
    def hours(self) -> float:
        """Length in hours."""
        return (self.end - self.start).total_seconds() / 3600

    @property
    def days(self) -> float:
        """Length in days of 24 hours."""
        return self.hours / 24

    @property
    def text(self) -> str:
        """Both ends as ISO 8601, divided by a slash as that standard writes an interval."""
        return f"{self.start.isoformat()}/{self.end.isoformat()}"


@dataclass(frozen=True, slots=True)
class TestResult:
    """A test statistic, its degrees of freedom, its p-value and what it rests on.

    ``df`` is nan for tests that have none; everything is nan with ``n=0`` where there are no data.
    """

    __test__ = False  # the name begins with "Test", which pytest would otherwise collect

    statistic: float
    df: float
    p: float
    n: int


def no_test() -> TestResult:
    """Return the result of a test on no data."""
    return TestResult(math.nan, math.nan, math.nan, 0)
