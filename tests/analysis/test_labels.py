"""Labels: how late, of which part, and whether that part is like the rest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intervals import newcombe
from analysis.labels import DELAYS, LabelCoverage, LabelSeries, delay_of, selection
from analysis.quality import accuracy_series, error_series

DELAYED = st.lists(st.tuples(st.integers(-100, 10_000), st.integers(1, 50)), max_size=20)


@given(DELAYED)
def test_delays_are_the_nearest_ranks(counted) -> None:
    """The smallest minute that at least this share of the labels had come by."""
    at, n = zip(*counted, strict=True) if counted else ((), ())
    found = delay_of(at, n)
    every = np.sort(np.repeat(np.array(at, int), np.array(n, int)))
    assert found.n == len(every)
    assert found.quantiles == DELAYS
    if not len(every):
        assert all(math.isnan(each) for each in found.seconds)
        return
    for share, seconds in zip(found.quantiles, found.seconds, strict=True):
        assert (every * 60 <= seconds).mean() >= share - 1e-12
        assert (every * 60 < seconds).mean() < share
    assert list(found.seconds) == sorted(found.seconds)


def test_selection_is_the_difference_of_two_shares() -> None:
    """Newcombe's interval of independent shares: labelled less the rest."""
    labelled, rest, difference = selection(56, 70, 48, 80, confidence=0.95)
    assert (labelled.value, rest.value) == (0.8, 0.6)
    assert difference.value == pytest.approx(0.2)
    # Newcombe 1998, Statistics in Medicine 17:873–890, Table II, method 10
    assert (round(difference.low, 4), round(difference.high, 4)) == (0.0524, 0.3339)
    assert newcombe(56, 70, 48, 80, confidence=0.95) == (difference.low, difference.high)
    assert difference.n == 150


@pytest.mark.parametrize("counts", [(0, 0, 5, 10), (5, 10, 0, 0), (0, 0, 0, 0)])
def test_nothing_to_compare_is_no_difference(counts) -> None:
    """All pairs labelled, or none: there is no rest to be unlike."""
    _, _, difference = selection(*counts, confidence=0.95)
    assert not difference.known
    assert difference.n == 0


def coverage(counts, pairs: int, labelled: int) -> LabelCoverage:
    series = LabelSeries(np.array([], "datetime64[s]"), np.array([]), np.array([]))
    shares = selection(*counts, confidence=0.95)
    return LabelCoverage(pairs, labelled, (), delay_of([], []), *shares, series)


def test_selected_is_told_only_where_it_is_sure() -> None:
    """An interval that holds 0 accuses nobody; no data does not either."""
    assert coverage((990, 1000, 900, 1000), 2000, 1000).selected
    assert not coverage((95, 100, 94, 100), 200, 100).selected
    assert not coverage((0, 0, 0, 0), 0, 0).selected
    assert coverage((95, 100, 94, 100), 200, 100).share == 0.5
    assert math.isnan(coverage((0, 0, 0, 0), 0, 0).share)


def test_a_series_of_accuracies() -> None:
    """A share with Wilson's interval a block; a block without pairs has none."""
    start = np.datetime64("2026-03-02") + np.arange(3) * np.timedelta64(1, "h")
    found = accuracy_series(start, [10, 0, 4], [8, 0, 4], [9, 0, 2], confidence=0.95)
    assert found.measure == "accuracy"
    assert found.production.value.tolist()[::2] == [0.8, 1.0]
    assert found.shadow.value.tolist()[::2] == [0.9, 0.5]
    for side in (found.production, found.shadow):
        assert np.isnan([side.value[1], side.low[1], side.high[1]]).all()
        assert (side.low[[0, 2]] <= side.value[[0, 2]]).all()
        assert (side.value[[0, 2]] <= side.high[[0, 2]]).all()


def test_a_series_of_errors() -> None:
    """Student's t of each block: 1, 2, 3 has mean 2 and a half width of 4.303/√3 (t with 2 df)."""
    start = np.datetime64("2026-03-02") + np.arange(4) * np.timedelta64(1, "h")
    sums = ([6.0, 5.0, 0.0, 4.0], [14.0, 25.0, 0.0, 8.0])
    found = error_series(start, [3, 1, 0, 2], sums, sums, confidence=0.95)
    assert found.measure == "mae"
    assert found.production.value[[0, 1, 3]].tolist() == [2, 5, 2]
    half = 4.302653 / math.sqrt(3)
    assert found.production.high[0] == pytest.approx(2 + half, abs=1e-5)
    # an absolute error is never below 0
    assert found.production.low[0] == 0.0
    # one pair, no pairs, and two errors that are alike: no interval
    assert np.isnan(found.production.low[1:]).all()
    assert np.isnan(found.production.value[2])
