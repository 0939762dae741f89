"""Is each block held against the reference rightly, and against chance at its own size?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from analysis.categories import jensen_shannon, population_stability
from analysis.chance import smirnov_limit, smirnov_p
from analysis.drift_over_time import Bins, DriftOverTime, edges, over_time, searched

VALUES = arrays.arrays(
    np.float64, st.integers(1, 300), elements=st.floats(-9, 9, width=16, allow_nan=False)
)


def starts(blocks: int) -> np.ndarray:
    return np.datetime64("2026-03-02T00", "s") + np.arange(blocks) * np.timedelta64(3600, "s")


def judged(*bins: Bins, tolerance: float = 0.1) -> DriftOverTime:
    rows = np.array([each.counts.sum(axis=1) + each.missing for each in bins]).max(axis=0)
    return over_time(bins, starts(len(rows)), rows, block_s=3600, tolerance=tolerance, alpha=0.05)


def numbers(name: str, reference: np.ndarray, blocks: list[np.ndarray]) -> Bins:
    """A feature whose blocks are these values."""
    fine, coarse = edges(np.sort(reference))
    return Bins(
        name,
        "numeric",
        np.array([searched(np.sort(each), fine) for each in blocks]),
        searched(np.sort(reference), fine),
        coarse,
        np.zeros(len(blocks), dtype=np.int64),
        0,
    )


@settings(deadline=None)
@given(reference=VALUES, current=VALUES)
def test_bins_hold_every_value_once(reference: np.ndarray, current: np.ndarray):
    """Every value is in one bin; tenths are made of whole twentieths, whatever the ties."""
    fine, coarse = edges(np.sort(reference))
    counts = searched(np.sort(current), fine)
    assert counts.sum() == len(current)
    assert len(counts) == len(fine) + 1
    assert np.all(np.diff(fine) > 0)
    assert coarse[0] == 0
    assert np.all(np.diff(coarse) > 0)
    assert coarse[-1] < len(counts)
    tenths = np.unique(np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf"))
    upto = [np.count_nonzero(current <= edge) for edge in tenths]
    expected = np.diff([0, *upto, len(current)])
    np.testing.assert_array_equal(np.add.reduceat(counts, coarse), expected)


@settings(max_examples=30, deadline=None)
@given(shift=st.floats(-3, 3), seed=st.integers(0, 100))
def test_d_is_at_most_a_twentieth_below_the_exact_one(shift: float, seed: int):
    """Looking at the reference's twentieths only can miss a twentieth of D, and never adds."""
    rng = np.random.default_rng(seed)
    reference, current = rng.normal(size=400), rng.normal(shift, 1, 200)
    (feature,) = judged(numbers("f", reference, [current])).features
    exact = stats.ks_2samp(reference, current).statistic
    assert exact - 0.05 - 1e-9 <= feature.effect.value[0] <= exact + 1e-9


def test_measures_are_those_of_the_page():
    """PSI and Jensen–Shannon of a block are those of its counts; V is the corrected one."""
    reference, current = np.array([400, 300, 300]), np.array([30, 60, 110])
    given = Bins("f", "categorical", current[None], reference, np.arange(3), np.array([40]), 10)
    (feature,) = judged(given).features
    of = {course.name: course.value[0] for course in feature.courses}
    with_missing = np.append(reference, 10), np.append(current, 40)
    assert of["PSI"] == pytest.approx(population_stability(*with_missing).psi)
    assert of["Jensen–Shannon"] == pytest.approx(jensen_shannon(*with_missing))
    # scipy's bias-corrected V for 2 x 3
    table = np.array([reference, current])
    chi2 = stats.chi2_contingency(table, correction=False).statistic
    phi2 = max(0.0, chi2 / 1200 - 2 / 1199)
    expected = np.sqrt(phi2 / min(3 - 4 / 1199 - 1, 2 - 1 / 1199 - 1))
    assert of["Cramér V"] == pytest.approx(expected)


@pytest.mark.parametrize(("n", "m"), [(100, 100), (6000, 150), (50_000, 20_000)])
def test_the_limit_of_d_is_where_its_p_is_alpha(n: int, m: int):
    """Smirnov's limit and p are each other's inverse."""
    assert smirnov_p(smirnov_limit(n, m, alpha=0.05), n, m) == pytest.approx(0.05)


def test_a_small_block_says_nothing_and_no_block_is_a_gap():
    """Fewer than 100 values have no measure; an hour without rows is a gap; neither is 0."""
    rng = np.random.default_rng(4)
    sizes = [300, 99, 0, 300]
    blocks = [rng.normal(size=size) for size in sizes]
    found = judged(numbers("f", rng.normal(size=5000), blocks))
    (feature,) = found.features
    assert np.isnan(feature.effect.value).tolist() == [False, True, True, False]
    assert np.isnan(feature.effect.chance).tolist() == [False, True, True, False]
    assert found.gaps.tolist() == [False, False, True, False]
    assert feature.n.tolist() == sizes


def test_a_reference_of_few_values_judges_nothing():
    """What is itself chance is no reference."""
    rng = np.random.default_rng(4)
    (feature,) = judged(numbers("f", rng.normal(size=60), [rng.normal(size=500)])).features
    assert np.isnan(feature.effect.value).all()


def test_a_sketch_widens_the_limit_of_d_and_leaves_the_others_without():
    """By as much as its curve may be off; PSI's chance knows no such error."""
    rng = np.random.default_rng(4)
    exact = numbers("f", rng.normal(size=5000), [rng.normal(size=500)])
    sketch = Bins(**{n: getattr(exact, n) for n in exact.__slots__} | {"reference_error": 0.02})
    (one,), (other,) = judged(exact).features, judged(sketch).features
    assert other.effect.chance - one.effect.chance == pytest.approx(0.02)
    assert other.p > one.p
    assert all(np.isnan(course.chance).all() for course in other.courses[1:])
    assert not any(np.isnan(course.chance).any() for course in one.courses)


def test_the_moved_feature_comes_first_with_its_hour_and_change():
    """What moved far and beyond chance leads; its hours are those that moved, and no others."""
    rng = np.random.default_rng(6)
    reference = rng.normal(size=5000)
    still = numbers("still", reference, [rng.normal(size=200) for _ in range(40)])
    blocks = [rng.normal(1.5 if at >= 25 else 0, 1, 200) for at in range(40)]
    found = judged(still, numbers("moved", reference, blocks))
    first, second = found.features
    assert (first.name, second.name) == ("moved", "still")
    assert np.flatnonzero(first.moved(0.1, 0.05)).tolist() == list(range(25, 40))
    assert not second.moved(0.1, 0.05).any()
    assert [change.at for change in first.changes] == [25]
    assert second.changes == ()
    assert np.all(first.q >= first.p)


def test_missing_values_that_begin_are_a_change():
    """A feature that is no longer filled in changes, though its values keep their shape."""
    rng = np.random.default_rng(6)
    given = numbers("f", rng.normal(size=5000), [rng.normal(size=200) for _ in range(30)])
    given.missing[20:] = 60
    (feature,) = judged(given).features
    assert [change.at for change in feature.changes] == [20]


def test_nothing_to_compare_is_nothing():
    """Without features there is no row and no change."""
    found = over_time([], starts(5), np.full(5, 9), block_s=3600, tolerance=0.1, alpha=0.05)
    assert found.features == ()
