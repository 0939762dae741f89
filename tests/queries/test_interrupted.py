"""Are rows, CloudWatch's requests and its disks laid side by side on one axis of time?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from analysis.errors import Errors, ErrorSeries
from analysis.estimates import Window
from queries.cloudwatch import DiskSeries
from queries.interrupted import interrupted
from queries.metrics import Metrics

HOUR = 3600
WINDOW = Window(datetime(2026, 3, 2, 0, 20, tzinfo=UTC), datetime(2026, 3, 2, 5, 40, tzinfo=UTC))
FIRST = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) // HOUR
NOTHING = Metrics(None, None, None, None, None)


def rows(production: dict[int, int], shadow: dict[int, int]) -> dict[str, np.ndarray]:
    """The answer of ``rows_by_block``: only blocks with rows are in it."""
    given = [
        (FIRST + hour, name, n)
        for name, counts in (("production", production), ("shadow", shadow))
        for hour, n in counts.items()
    ]
    block, variant, n = zip(*given, strict=True)
    return {"block": np.array(block), "variant": np.array(variant), "n": np.array(n)}


def counted(step_s: int, production: list[float], shadow: list[float]) -> Metrics:
    start = np.datetime64("2026-03-02T00:00", "s") + np.arange(len(production)) * np.timedelta64(
        step_s, "s"
    )
    asked, copied = np.array(production), np.array(shadow)
    series = ErrorSeries("5xx_errors", start, asked * 0, asked, copied * 0, copied)
    return Metrics(None, None, None, Errors((), (series,), 0, 0), None)


def hours(found) -> list[tuple[str, str, float, float]]:
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    hour = timedelta(hours=1)
    return [
        (each.kind, each.variant, (each.start - midnight) / hour, (each.end - midnight) / hour)
        for each in found
    ]


def test_blocks_that_no_row_names_are_looked_at_too():
    """The shadow has no block for two hours; the window's first and last begun hour count."""
    every = dict.fromkeys(range(6), 50)
    found = interrupted(WINDOW, rows(every, {0: 50, 1: 50, 4: 50, 5: 50}), NOTHING)
    assert hours(found) == [("gap", "shadow", 2, 4)]
    assert found[0].missing == 100


def test_requests_in_finer_steps_are_added_up_to_blocks():
    """Six steps of ten minutes are an hour; nan is no request. Both variants stopped at once."""
    steps = [5.0] * 12 + [10.0, np.nan, 10.0, np.nan, 10.0, np.nan] + [5.0] * 18
    some = dict.fromkeys((0, 1, 3, 4, 5), 60)
    found = interrupted(WINDOW, rows(some, some), counted(600, steps, steps))
    assert hours(found) == [("gap", "production", 2, 3), ("gap", "shadow", 2, 3)]
    assert [each.missing for each in found] == pytest.approx([60, 60])


def test_requests_in_coarser_steps_tell_nothing_of_an_hour():
    """A count of a day cannot say which of its hours had requests."""
    some = dict.fromkeys((0, 1, 3, 4, 5), 60)
    assert interrupted(WINDOW, rows(some, some), counted(86_400, [9e5] * 2, [9e5] * 2)) == ()


def test_full_disks_are_on_the_same_axis():
    """CloudWatch's periods keep their own length."""
    start = np.datetime64("2026-03-02T00:00", "s") + np.arange(12) * np.timedelta64(1800, "s")
    full = np.where(np.arange(12) >= 9, 0.8, 0.4)
    disks = DiskSeries(start, 1800, full, full * 0 + 0.4)
    every = dict.fromkeys(range(6), 50)
    found = interrupted(WINDOW, rows(every, every), Metrics(None, None, None, None, None, disks))
    assert hours(found) == [("disk", "production", 4.5, 6)]
