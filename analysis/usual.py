"""Which part of the usual traffic has a test met, and which hours of the week does it lack?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.coverage import PARTS, hour_of_week, part_of_week

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from analysis.coverage import HoursOfWeek


Source = Literal["earlier", "window", "captured"]


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """Requests of production in an hour of the week, on average.

    Attributes
    ----------
    grid : ndarray (7, 24) of float64
        Requests by weekday (Monday first) and hour (UTC); nan where no such hour was measured.
    hours : int
        Hours that were measured; ``hours / 168`` weeks.
    requests : float
        Requests in all of them; 0 is no data.
    source : str
        ``earlier``: the requests of the weeks before the window. ``window``: those of the window
        and of what lies before it, less than a week. ``captured``: the window's captured rows.
    problem : str or None
        Why the requests of earlier weeks are not known.
    """

    grid: NDArray[np.float64]
    hours: int
    requests: float
    source: Source
    problem: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the week: its pairs, and its shares of all pairs and of the usual requests."""

    name: str
    pairs: int
    share: float
    usual: float


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """What a test has met of the usual traffic.

    Attributes
    ----------
    share : float
        Share of the usual requests that come in hours of the week with pairs; nan without any.
    known : int
        Hours of the week, of 168, whose usual traffic is known.
    relative : ndarray (7, 24) of float64
        Share of the pairs ÷ share of the usual requests: 1 is as usual, 0 an hour without pairs;
        nan where there usually are no requests, or where that is not known.
    parts : tuple of Part
    """

    share: float
    known: int
    relative: NDArray[np.float64]
    parts: tuple[Part, ...]


def usual(
    start: ArrayLike, requests: ArrayLike, *, source: Source, problem: str | None = None
) -> Usual:
    """Average hourly counts of requests over the weeks they were measured in.

    Parameters
    ----------
    start : array (t,) of datetime64
        Start of each hour, UTC. Hours between the first and the last that are not named had no
        request: CloudWatch has no point for them.
    requests : array (t,) of float
    source, problem
        As :class:`Usual`.
    """
    hours = np.asarray(start, dtype="datetime64[h]").astype(np.int64)
    counts = np.asarray(requests, dtype=np.float64)
    if not counts.sum() > 0:
        return Usual(np.full((7, 24), math.nan), 0, 0.0, source, problem)
    measured = np.arange(hours.min(), hours.max() + 1)
    total, times = np.zeros(168), np.zeros(168)
    np.add.at(total, hour_of_week(hours), counts)
    np.add.at(times, hour_of_week(measured), 1.0)
    mean = np.divide(total, times, out=np.full(168, math.nan), where=times > 0)
    return Usual(mean.reshape(7, 24), len(measured), float(counts.sum()), source, problem)


def met(hours: HoursOfWeek, found: Usual, *, night: tuple[int, int]) -> Met:
    """Hold the pairs of each hour of the week against its usual requests.

    Parameters
    ----------
    night : tuple of int
        As :func:`analysis.coverage.part_of_week`.
    """
    expected = np.nan_to_num(found.grid)
    whole, pairs = expected.sum(), hours.grid.sum()
    parts = tuple(
        Part(
            name,
            int(hours.grid[marked].sum()),
            float(hours.grid[marked].sum() / pairs) if pairs else math.nan,
            float(expected[marked].sum() / whole) if whole else math.nan,
        )
        for name in PARTS
        for marked in [part_of_week(name, night)]
    )
    known = int(np.isfinite(found.grid).sum())
    if not whole or not pairs:
        return Met(math.nan, known, np.full((7, 24), math.nan), parts)
    relative = np.divide(
        hours.grid / pairs,
        expected / whole,
        out=np.full((7, 24), math.nan),
        where=expected > 0,
    )
    return Met(float(expected[hours.grid > 0].sum() / whole), known, relative, parts)
