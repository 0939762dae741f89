"""Is what was met of the usual traffic counted as it came?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.coverage import hours_of_week
from analysis.usual import met, usual

NIGHT = (22, 6)
WEEK = np.datetime64("2026-03-02T00", "h") + np.arange(168)
COUNTS = st.lists(st.integers(0, 50), min_size=168, max_size=168)


def test_the_usual_hour_is_the_mean_of_its_kind():
    """Two Mondays at 9 with 10 and 30 requests; a third without a point had none."""
    found = usual(
        ["2026-03-02T09", "2026-03-09T09", "2026-03-16T10"], [10.0, 30.0, 4.0], source="earlier"
    )
    assert found.grid[0, 9] == pytest.approx(40 / 3)
    assert found.grid[0, 10] == pytest.approx(4 / 3)  # the hours at 10 of two weeks had none
    assert found.grid[3, 4] == 0
    assert (found.hours, found.requests) == (2 * 168 + 2, 44)


def test_hours_outside_what_was_measured_are_unknown_and_not_zero():
    """Three hours of one Monday say nothing of a Tuesday."""
    found = usual(["2026-03-02T09", "2026-03-02T11"], [5.0, 5.0], source="captured")
    assert found.grid[0, 9:12].tolist() == [5, 0, 5]
    assert np.isnan(found.grid).sum() == 165


def test_nothing_measured_is_no_traffic_to_compare_with():
    """Neither a share nor a ratio is made up."""
    nothing = usual([], [], source="captured", problem="none")
    found = met(hours_of_week(WEEK, np.ones(168, dtype=int)), nothing, night=NIGHT)
    assert nothing.requests == 0
    assert math.isnan(found.share)
    assert found.known == 0
    assert np.isnan(found.relative).all()


@given(COUNTS)
def test_pairs_that_come_as_usual_are_as_usual(counts):
    """Then every hour with requests has its share, all of the traffic is met, and parts agree."""
    if not sum(counts):
        return
    found = met(
        hours_of_week(WEEK, counts),
        usual(WEEK, 7.0 * np.array(counts), source="earlier"),
        night=NIGHT,
    )
    there = np.array(counts).reshape(7, 24) > 0
    assert found.share == pytest.approx(1)
    assert found.relative[there] == pytest.approx(np.ones(there.sum()))
    assert np.isnan(found.relative[~there]).all()
    for part in found.parts:
        assert part.share == pytest.approx(part.usual)


@given(COUNTS, COUNTS)
def test_the_share_met_is_that_of_hours_with_pairs(pairs, requests):
    """It is counted hour by hour, and the pairs of two parts that share the week are all pairs."""
    if not sum(pairs) or not sum(requests):
        return
    found = met(hours_of_week(WEEK, pairs), usual(WEEK, requests, source="earlier"), night=NIGHT)
    seen = sum(n for n, k in zip(requests, pairs, strict=True) if k)
    assert found.share == pytest.approx(seen / sum(requests))
    by = {part.name: part for part in found.parts}
    assert by["weekday"].pairs + by["weekend"].pairs == sum(pairs)
    assert by["day"].usual + by["night"].usual == pytest.approx(1)
    assert (found.relative == 0).sum() == sum(
        n > 0 and not k for n, k in zip(requests, pairs, strict=True)
    )
