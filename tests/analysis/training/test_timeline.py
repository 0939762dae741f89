"""Does the picture of a node keep its peaks, its gaps and what holds its GPUs up?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.training import timeline
from analysis.training.machines import Series
from tests.analysis.training.machinery import BEGUN, events
from tests.analysis.training.machinery import machines as made


def test_no_peak_is_lost_and_no_mean_is_a_mean_of_means():
    """The highest and lowest bins hold the extremes; bins weighted by their readings, the mean."""
    rng = np.random.default_rng(4)
    value = rng.uniform(10, 20, 100_000)
    value[70_000], value[30_000] = 99.0, 1.0
    found = timeline.of_node(made({"cpu": [value]}), "algo-1")
    assert found is not None
    assert len(found.middle) == timeline.BINS
    (row,) = found.rows
    (band,) = row.bands
    assert (band.high.max(), band.low.min()) == (99, 1)
    assert (band.low <= band.mean).all()
    assert (band.mean <= band.high).all()
    edges = np.linspace(found.begin, found.end, timeline.BINS + 1)
    counts = np.histogram(BEGUN + 0.5 * np.arange(len(value)), edges)[0]
    assert (band.mean * counts).sum() / counts.sum() == pytest.approx(value.mean())
    assert found.readings == 100_000


def test_a_bin_without_a_reading_is_a_gap():
    """Nothing is drawn where nothing was read."""
    time = np.append(np.arange(100.0), np.arange(200.0, 300.0))
    series = Series("a", "memory", "", "MemoryUsedPercent", "%", time, np.full(200, 5.0))
    band = timeline.band("", [series], np.linspace(0, 300, 31))
    assert np.isnan(band.mean[10:20]).all()
    assert np.isfinite(np.delete(band.mean, np.s_[10:20])).all()


def test_readings_at_uneven_times_leave_no_gaps():
    """Bins hold two readings each, so that a reading a little late is no gap."""
    rng = np.random.default_rng(5)
    found = made({"memory": [np.full(300, 5.0)]})
    (series,) = found.series
    late = Series(
        "algo-1",
        "memory",
        "",
        series.dimension,
        "%",
        series.time + rng.uniform(0, 0.2, 300),
        series.value,
    )
    drawn = timeline.of_node(type(found)(found.nodes, (late,), found.events, 0.5, True), "algo-1")
    assert drawn is not None
    assert np.isfinite(drawn.rows[0].bands[0].mean).all()


@pytest.mark.parametrize(("gpus", "lines", "each"), [(1, 1, 0), (4, 4, 0), (5, 1, 5)])
def test_many_parts_are_one_band_and_a_row_each(gpus: int, lines: int, each: int):
    """Up to four GPUs are lines; more are one band, and a picture of each."""
    found = timeline.of_node(
        made({"gpu": [np.full(50, float(at)) for at in range(gpus)]}), "algo-1"
    )
    assert found is not None
    (row,) = found.rows
    assert len(row.bands) == lines
    assert len(row.names) == each
    assert (row.each is None) == (each == 0)
    if row.each is not None:
        assert row.each[:, 0].tolist() == list(range(gpus))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(-5, 110), st.floats(0, 40), st.sampled_from(["a", "b"])), max_size=30
    )
)
def test_a_phase_fills_no_more_than_its_bins(given: list[tuple[float, float, str]]):
    """Shares are 0 to 1, overlaps count once, and all shares make the time that was covered."""
    rows = [("algo-1", phase, "e", BEGUN + at, length) for at, length, phase in given]
    machines = made({"memory": [np.zeros(201)]}, happened=events(rows))
    found = timeline.of_node(machines, "algo-1")
    assert found is not None
    fine = BEGUN + np.linspace(0, 100, 20_001)[:-1] + 0.0025
    for phase in found.phases:
        assert (phase.share >= -1e-9).all()
        assert (phase.share <= 1 + 1e-9).all()
        inside = np.zeros(len(fine), bool)
        for _, name, _, start, length in rows:
            inside |= (name == phase.name) & (fine >= start) & (fine <= start + length)
        assert phase.share.sum() * found.bin_s == pytest.approx(100 * inside.mean(), abs=0.4)


def test_the_longest_phases_are_shown_and_the_rest_counted():
    """Six lanes, the longest, in the order of their beginnings."""
    rows = [("algo-1", f"phase {at}", "e", BEGUN + 50 - at, 1.0 + at) for at in range(9)]
    found = timeline.of_node(made({"memory": [np.zeros(201)]}, happened=events(rows)), "algo-1")
    assert found is not None
    assert found.hidden_phases == 3
    assert [phase.name for phase in found.phases] == [f"phase {at}" for at in range(8, 2, -1)]


def test_a_stretch_is_where_a_gpu_idles_and_a_core_is_full():
    """The very time is found, to a piece; a GPU at work beside a full core is none."""
    n = 1200
    inside = (np.arange(n) >= 300) & (np.arange(n) < 600)
    core = np.where(inside, 99.0, 30.0)
    card = np.where(inside, 2.0, 95.0)
    columns = {"cpu": [core, np.full(n, 20.0)], "wait": [np.zeros(n)], "gpu": [card, card * 0 + 50]}
    found = timeline.of_node(made(columns), "algo-1")
    assert found is not None
    (stretch,) = found.stretches
    assert stretch.kind == "cpu"
    assert stretch.start == pytest.approx(BEGUN + 150, abs=found.piece_s)
    assert stretch.end == pytest.approx(BEGUN + 300, abs=found.piece_s)
    waits = timeline.of_node(made({**columns, "cpu": [card * 0], "wait": [core]}), "algo-1")
    assert waits is not None
    assert [each.kind for each in waits.stretches] == ["io"]
    busy = timeline.of_node(made({**columns, "gpu": [card * 0 + 95]}), "algo-1")
    assert busy is not None
    assert busy.stretches == ()


def test_saved_steps_are_one_a_bin_and_all_counted():
    """Ten thousand steps are no ten thousand marks, and none outside the time is counted."""
    steps = BEGUN + np.linspace(-10, 110, 12_000)
    found = timeline.of_node(made({"memory": [np.zeros(201)]}), "algo-1", steps)
    assert found is not None
    assert len(found.steps) <= len(found.middle) + 1
    assert found.all_steps == ((steps >= BEGUN) & (steps <= BEGUN + 100)).sum()


def test_a_node_without_readings_is_laid_out_by_its_events():
    """Events alone have a time of their own; nothing at all has none."""
    happened = events([("algo-1", "Step:ModeKeys.TRAIN", "s", BEGUN, 10.0)])
    found = timeline.of_node(made({}, happened=happened), "algo-1")
    assert found is not None
    assert (found.rows, found.end - found.begin) == ((), 10)
    assert timeline.of_node(made({}), "algo-1") is None
