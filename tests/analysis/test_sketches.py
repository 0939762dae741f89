"""Does a sketch say what its rows say, within the error it states?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.drift import numeric_drift, numeric_drift_sorted
from analysis.sketches import kll, rank_error, replay
from analysis.sorted_samples import ks_distance, overlay, sort_sample
from demo.kll import levels_of


def sketched(values, *, size=64):
    """The levels of a sketch of these values."""
    return levels_of(np.asarray(values), np.random.default_rng(0), size=size)


def sketch_drift(levels, current, *, size=64, tolerance=0.1, alpha=0.05):
    sketch = kll(levels, size=size)
    return numeric_drift_sorted(
        *("x", replay(sketch), sort_sample(current)),
        tolerance=tolerance,
        alpha=alpha,
        reference_error=sketch.error,
    )


@pytest.mark.parametrize("kind", ["normal", "sorted", "ties", "falling"])
def test_the_curve_stays_within_the_stated_error(kind):
    """Whatever the data and their order, no share is off by more than the bound."""
    values = np.random.default_rng(3).normal(size=20_000)
    values = {
        "normal": values,
        "sorted": np.sort(values),
        "ties": np.round(values),
        "falling": -np.sort(-values),
    }[kind]
    sketch = kll(sketched(values, size=256), size=256)
    assert sketch.n == len(values)
    off = ks_distance(overlay(replay(sketch).values, np.sort(values)))
    assert 0 < off <= sketch.error < 0.25


def test_a_larger_sketch_errs_less():
    """k buys accuracy: the bound falls about as k rises."""
    values = np.random.default_rng(5).normal(size=30_000)
    errors = [kll(sketched(values, size=k), size=k).error for k in (64, 256, 1024)]
    assert errors == sorted(errors, reverse=True)
    assert errors[2] < errors[0] / 8


def test_one_level_is_exact():
    """What never was compacted is the sample itself: no error, and every number as of the rows."""
    values = np.random.default_rng(1).normal(size=300)
    current = np.random.default_rng(2).normal(0.4, 1, size=500)
    found = sketch_drift([values], current, size=2048)
    exact = numeric_drift("x", values, current, tolerance=0.1, alpha=0.05)
    assert found.reference_error == 0
    assert (found.effect, found.p, found.psi, found.cvm) == (
        exact.effect,
        exact.p,
        exact.psi,
        exact.cvm,
    )


def test_the_error_worked_out_by_hand():
    """k = 100, ratio ½: the levels take 102 and 52 values before they are compacted.

    Above level 0 lie 20·2 + 30·4 = 160 rows, above level 1 120 rows, of 170 in all.
    """
    assert rank_error([10, 20, 30], size=100, shrinking=0.5) == pytest.approx(
        (160 / 102 + 120 / 52) / 170
    )


@pytest.mark.parametrize(
    ("rows", "counts"),
    # ScottReidux__statistics.json and oxayavongsa__statistics.json of the corpus
    [(23_432, [266, 1093, 2127, 1, 779]), (68_385, [177, 1134, 1127, 1, 1, 1919])],
)
def test_levels_fill_as_in_real_files(rows, counts):
    """Deequ's rule of capacities gives the very lengths of levels that Model Monitor wrote."""
    found = sketched(np.random.default_rng(0).random(rows), size=2048)
    assert [len(level) for level in found] == counts


@given(
    st.lists(st.lists(st.floats(-1e6, 1e6), max_size=20), max_size=6),
    st.sampled_from([8, 200, 2048]),
)
def test_weights_add_up_and_the_curve_rises(levels, size):
    """Each value of level h is 2^h rows; the order rises; the error is a share."""
    sketch = kll(levels, size=size)
    assert sketch.n == sum(len(level) << height for height, level in enumerate(levels))
    assert (np.diff(sketch.values) >= 0).all()
    assert 0 <= sketch.error <= 1
    assert len(replay(sketch).values) == sketch.n


def test_a_sketch_of_itself_has_not_drifted():
    """The rows against their own sketch: the distance is within the error, the state is none."""
    values = np.random.default_rng(7).normal(size=60_000)
    found = sketch_drift(sketched(values, size=2048), values, size=2048)
    assert found.effect.value <= found.reference_error < 0.05
    assert found.effect.low == 0
    assert found.state == "none"
    assert found.p == 1


def test_the_interval_holds_the_distance_of_the_rows():
    """The exact interval of the rows lies inside the one of the sketch, drift or not."""
    rng = np.random.default_rng(11)
    for shift in (0.0, 0.1, 0.5, 2.0):
        before, now = rng.normal(size=20_000), rng.normal(shift, 1, size=5_000)
        exact = numeric_drift("x", before, now, tolerance=0.1, alpha=0.05)
        found = sketch_drift(sketched(before, size=256), now, size=256)
        assert found.effect.low <= exact.effect.low
        assert abs(found.effect.value - exact.effect.value) <= found.reference_error
        assert exact.effect.value <= found.effect.high
        assert found.p >= exact.p
        assert math.isnan(found.cvm)
        assert math.isnan(found.psi_p)


def test_swapping_the_samples_keeps_the_distance():
    """KS D has no direction: a sketch as reference or as current is as far away."""
    rng = np.random.default_rng(13)
    levels, now = sketched(rng.normal(size=9_000)), rng.normal(0.3, 1, size=2_000)
    held = replay(kll(levels, size=64)).values
    assert ks_distance(overlay(held, np.sort(now))) == ks_distance(overlay(np.sort(now), held))


def test_a_long_sketch_is_thinned_without_moving():
    """Of very many rows evenly spaced ranks are taken: half a rank is all the curve moves."""
    sketch = kll(sketched(np.random.default_rng(17).normal(size=20_000)), size=64)
    whole, thin = replay(sketch, missing=500), replay(sketch, missing=500, most=1_000)
    assert (thin.n, thin.missing) == (1_000, 25)
    assert ks_distance(overlay(whole.values, thin.values)) <= 1 / 1_000
