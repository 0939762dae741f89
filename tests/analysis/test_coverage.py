"""Is the covered part of the traffic counted honestly?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.completeness import span_days
from analysis.coverage import PairingSeries, hours_of_week, part_of_week, sample_ratio


def series(start, paired) -> PairingSeries:
    counts = np.array(paired, dtype=np.int64)
    return PairingSeries(
        np.array(start, dtype="datetime64[s]"), counts, counts, counts, counts.astype(float)
    )


def test_hours_fold_onto_the_week_from_monday():
    """2 March 2026 is a Monday; a week later falls on the same cell."""
    found = hours_of_week(
        ["2026-03-02T00", "2026-03-09T00", "2026-03-08T23", "1970-01-01T00"], [1, 2, 5, 7]
    )
    assert found.grid[0, 0] == 3
    assert found.grid[6, 23] == 5
    assert found.grid[3, 0] == 7
    assert found.seen == 3


@given(st.lists(st.integers(0, 9), min_size=168, max_size=168), st.integers(0, 10**5))
def test_every_pair_falls_into_one_hour(counts, first):
    """No pair is lost or counted twice, and an hour without pairs is not seen."""
    hours = np.arange(first, first + 168).astype("timedelta64[h]")
    start = np.datetime64("2020-01-01T00", "h") + hours
    found = hours_of_week(start, counts)
    assert found.grid.sum() == sum(counts)
    assert found.seen == sum(count > 0 for count in counts)


HOURS = st.integers(0, 23)


@given(HOURS, HOURS)
def test_every_hour_is_in_one_part_of_each_pair(first, end):
    """Weekdays and weekends share out the week, and so do day and night, whenever that is."""
    night = first, end
    for one, other in (("weekday", "weekend"), ("day", "night")):
        assert (part_of_week(one, night) ^ part_of_week(other, night)).all()
    nights = part_of_week("night", night)
    assert nights.sum() == 7 * ((end - first) % 24)
    assert first == end or (nights[:, first].all() and not nights[:, end].any())


def test_weekends_are_saturday_and_sunday():
    """7 March 2026 is a Saturday: its pairs are those of the weekend."""
    found = hours_of_week(
        ["2026-03-06T23", "2026-03-07T00", "2026-03-08T23", "2026-03-09T00"], [1, 2, 4, 8]
    )
    assert found.grid[part_of_week("weekend", (22, 6))].sum() == 6
    assert found.grid[part_of_week("night", (22, 6))].sum() == 15


def test_nothing_seen_without_pairs():
    """An empty window has seen no hour."""
    assert hours_of_week([], []).seen == 0


@given(st.integers(1, 10**6), st.floats(0.05, 0.95))
def test_the_expected_ratio_is_never_alarming(n, share):
    """Exactly the promised share gives no deviation."""
    assert sample_ratio(n * share, share, n).p == pytest.approx(1, abs=1e-6)


def test_a_share_of_all_or_none_leaves_no_room():
    """Where every row must be there, one missing row refutes the rate."""
    assert sample_ratio(100, 1.0, 100).p == 1
    assert sample_ratio(99, 1.0, 100).p == 0
    assert math.isnan(sample_ratio(0, 0.5, 0).p)


def test_the_span_runs_from_the_first_pair_to_the_last():
    """Empty blocks at either end do not count, the length of the last block does."""
    hours = np.datetime64("2026-03-02T00", "h") + np.arange(72)
    paired = np.zeros(72, dtype=int)
    paired[12:36] = 1
    assert span_days(series(hours, paired)) == pytest.approx(1.0)
    assert span_days(series(hours, np.zeros(72, dtype=int))) == 0
    assert span_days(series(hours[:1], [5])) == pytest.approx(1 / 24)
    assert span_days(series([], [])) == 0
