"""In which periods is a window asked of CloudWatch, which keeps old data in coarser steps only?

Limits: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.estimates import Window

BATCHES = 20
MOST_POINTS = 1_500
_DAY_S = 86_400
_KEPT_DAYS = ((60, 15), (300, 63), (3_600, 455))  # data in steps of so many seconds, for days
_SERIES_S = (60, 300, 3_600, 6 * 3_600, _DAY_S)


@dataclass(frozen=True, slots=True)
class Blocks:
    """``count`` equal blocks of ``period`` seconds, from ``start`` (epoch seconds)."""

    start: int
    period: int
    count: int

    @property
    def end(self) -> int:
        """Epoch seconds at which the last block ends."""
        return self.start + self.period * self.count


@dataclass(frozen=True, slots=True)
class Plan:
    """A window as one period, as batches that carry an interval, and as a series to draw."""

    whole: Blocks
    batches: Blocks
    series: Blocks


def plan(window: Window, *, now: datetime | None = None) -> Plan:
    """The periods to ask for; all of them multiples of the step that CloudWatch still keeps.

    ``whole`` is the window widened to full steps. ``batches`` are the 20 or more equal blocks that
    lie inside it (fewer where it is shorter than 21 steps), each a step doubled some times; at
    most a twentieth of the window is in none of them. ``series`` has at most 1,500 points and
    covers the window. Batches and series start at a multiple of their period since 1970: whether
    CloudWatch counts periods from there or from the start of the request makes no difference.
    """
    age_s = ((now or datetime.now(UTC)) - window.start).total_seconds()
    step = next((step for step, days in _KEPT_DAYS if age_s < days * _DAY_S), _KEPT_DAYS[-1][0])
    start = _down(window.start.timestamp(), step)
    length = max(step, _up(window.end.timestamp(), step) - start)
    # doubled until some 20 to 40 fit: batches whose length grew with the window would look at the
    # same data in ever other pieces, which a sequence does not allow for
    batch = step << max(0, int(length / (BATCHES + 1) // step).bit_length() - 1)
    first = _up(start, batch)
    series = next(
        s for s in (*_SERIES_S, _up(length / MOST_POINTS, _DAY_S)) if _fits(s, step, length)
    )
    begin = _down(start, series)
    return Plan(
        whole=Blocks(start, length, 1),
        batches=Blocks(first, batch, max(0, (start + length - first) // batch)),
        series=Blocks(begin, series, (_up(start + length, series) - begin) // series),
    )


def _fits(period: int, step: int, length: int) -> bool:
    return period >= step and length / period <= MOST_POINTS - 1


def _down(value: float, step: int) -> int:
    return int(value // step * step)


def _up(value: float, step: int) -> int:
    return -_down(-value, step)
