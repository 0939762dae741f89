"""Are counts over categories compared as two samples?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.categories import (
    chi_square,
    cramer_v,
    jensen_shannon,
    largest_shift,
    pooled,
    population_stability,
    two_rows,
)
from analysis.estimates import TestResult
from analysis.multiplicity import benjamini_hochberg


@st.composite
def counts(draw: st.DrawFn, most: int = 3000):
    k = draw(st.integers(1, 8))
    rows = [draw(st.lists(st.integers(0, most), min_size=k, max_size=k)) for _ in range(2)]
    for row in rows:
        row[0] += 1
    return rows


@given(counts())
def test_exchanging_the_samples_changes_no_distance(rows):
    """PSI, Jensen–Shannon and chi-square have no direction."""
    a, b = rows
    assert population_stability(a, b).psi == pytest.approx(population_stability(b, a).psi)
    assert jensen_shannon(a, b) == pytest.approx(jensen_shannon(b, a), abs=1e-9)
    assert chi_square(a, b).statistic == pytest.approx(chi_square(b, a).statistic)


@given(counts())
def test_the_order_of_categories_does_not_matter(rows):
    """Categories have no order."""
    a, b = rows
    assert population_stability(a, b).psi == pytest.approx(
        population_stability(a[::-1], b[::-1]).psi
    )
    assert jensen_shannon(a, b) == pytest.approx(jensen_shannon(a[::-1], b[::-1]), abs=1e-9)


@given(counts())
def test_ranges(rows):
    """Distances are at least 0, those with an upper end stay below it, p is a chance."""
    stability, js, test = population_stability(*rows), jensen_shannon(*rows), chi_square(*rows)
    assert stability.psi >= 0
    assert 0 <= stability.p <= 1
    assert 0 <= js <= 1 + 1e-12
    assert 0 <= test.p <= 1
    v = cramer_v(test, alpha=0.05)
    assert 0 <= v.low <= v.value <= v.high <= 1


@given(counts())
def test_equal_samples_are_at_no_distance(rows):
    """A sample compared with itself gives zero everywhere, and never a short interval for it."""
    a = rows[0]
    assert population_stability(a, a).psi == 0
    assert jensen_shannon(a, a) == pytest.approx(0, abs=1e-7)
    test = chi_square(a, a)
    assert test.statistic == pytest.approx(0)
    if test.df > 0:
        assert cramer_v(test, alpha=0.05).high > math.sqrt(1 / test.n)


def test_jensen_shannon_is_scipys():
    """scipy.spatial.distance.jensenshannon with base 2; apart entirely is 1."""
    distance = pytest.importorskip("scipy.spatial.distance")
    a, b = [10, 20, 0, 70], [5, 40, 5, 50]
    assert jensen_shannon(a, b) == pytest.approx(distance.jensenshannon(a, b, base=2))
    assert jensen_shannon([3, 0], [0, 9]) == 1


def test_chi_square_is_the_two_sample_test():
    """Party by gender (Agresti 2007, Table 2.5): X² = 30.1 with 2 degrees of freedom."""
    found = chi_square([762, 327, 468], [484, 239, 477])
    assert found.statistic == pytest.approx(30.1, abs=0.05)
    assert found.df == 2
    stats = pytest.importorskip("scipy.stats")
    expected = stats.chi2_contingency([[762, 327, 468], [484, 239, 477]], correction=False)
    assert found.p == pytest.approx(expected.pvalue)


def test_the_reference_is_not_taken_for_the_truth():
    """Both rows are random: under no change p is below 5 % in about 5 % of runs, not in half."""
    rng = np.random.default_rng(8)
    draws = rng.multinomial(1000, np.full(10, 0.1), size=(400, 2))
    p = np.array([chi_square(*rows).p for rows in draws])
    assert 0.02 < (p < 0.05).mean() < 0.09


def test_psi_under_no_change_is_what_it_says():
    """Its mean is (B − 1)(1/n + 1/m) and its p is uniform: no fixed limit can be right."""
    rng = np.random.default_rng(9)
    n, m = 1000, 500
    found = [
        population_stability(
            rng.multinomial(n, np.full(10, 0.1)), rng.multinomial(m, np.full(10, 0.1))
        )
        for _ in range(400)
    ]
    assert np.mean([f.psi for f in found]) == pytest.approx(found[0].expected, rel=0.1)
    assert found[0].expected == pytest.approx(9 * (1 / n + 1 / m))
    assert 0.02 < np.mean([f.p < 0.05 for f in found]) < 0.1


def test_psi_of_a_shift_is_about_its_square():
    """A shift of δ standard deviations gives δ², so 0.1 stands for a third of one."""
    norm = pytest.importorskip("scipy.stats").norm
    edges = norm.ppf(np.arange(1, 10) / 10)
    shifted = np.diff(np.concatenate([[0], norm.cdf(edges - 0.1), [1]]))
    found = population_stability(np.full(10, 10**6), shifted * 10**7)
    assert found.psi == pytest.approx(0.01, rel=0.06)


def test_an_empty_bin_does_not_make_psi_infinite():
    """It counts as half an observation."""
    found = population_stability([50, 50], [100, 0])
    assert math.isfinite(found.psi)
    p, q = np.array([0.5, 0.5]), np.array([100, 0.5]) / 100.5
    assert found.psi == pytest.approx(((q - p) * np.log(q / p)).sum())


@given(counts(60))
def test_pooling_loses_nobody(rows):
    """Small categories are put together until all are large enough, or one is left."""
    table = two_rows(*rows)
    found = pooled(table)
    assert (found.sum(axis=1) == table.sum(axis=1)).all()
    expected = np.outer(found.sum(axis=1), found.sum(axis=0)) / found.sum()
    assert found.shape[1] == 1 or expected.min() >= 5 - 1e-9


def test_v_of_independent_samples_is_near_nothing():
    """Correcting for bias, no change gives V = 0 more often than not; 0.07 without."""
    rng = np.random.default_rng(10)
    values = [
        cramer_v(chi_square(*rng.multinomial(1000, np.full(10, 0.1), size=2)), alpha=0.05)
        for _ in range(100)
    ]
    assert np.median([v.value for v in values]) < 0.02
    assert np.mean([v.low == 0 for v in values]) > 0.9


def test_the_interval_of_v_covers():
    """A known association lies inside its 95 % interval in about 95 % of runs."""
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.35, 0.25])
    mean = (p + q) / 2
    truth = math.sqrt((((p - mean) ** 2 + (q - mean) ** 2) / mean).sum() / 2)
    rng = np.random.default_rng(12)
    found = [
        cramer_v(chi_square(rng.multinomial(800, p), rng.multinomial(800, q)), alpha=0.05)
        for _ in range(300)
    ]
    assert np.mean([v.low <= truth <= v.high for v in found]) == pytest.approx(0.95, abs=0.03)


def test_the_largest_shift_is_found_with_its_direction():
    """Current − reference, of the category that moved most."""
    found = largest_shift(["a", "b", "c"], [50, 30, 20], [30, 35, 35], alpha=0.05)
    assert found.label == "a"
    assert found.difference.value == pytest.approx(-0.2)
    assert found.difference.low < -0.2 < found.difference.high < 0


def test_nothing_is_known_without_data():
    """An empty side is no estimate, never "no drift"."""
    assert math.isnan(population_stability([0, 0], [1, 2]).psi)
    assert math.isnan(jensen_shannon([1, 2], [0, 0]))
    assert chi_square([], []).n == 0
    assert math.isnan(chi_square([0, 0], [1, 2]).p)
    assert not cramer_v(TestResult(math.nan, math.nan, math.nan, 0), alpha=0.05).known
    assert largest_shift(["a"], [0], [3], alpha=0.05) is None


def test_one_category_has_nothing_to_compare():
    """Everything in one category: no distance, no test."""
    assert population_stability([7], [9]).psi == 0
    found = chi_square([7], [9])
    assert (found.df, found.p) == (0, 1.0)
    assert cramer_v(found, alpha=0.05).value == 0


@given(st.lists(st.floats(0, 1), max_size=30))
def test_benjamini_hochberg_never_reverses_an_order(p):
    """q is at least p, at most 1, and a larger p never has a smaller q."""
    q = benjamini_hochberg(p)
    assert (q >= np.array(p) - 1e-15).all()
    assert (q <= 1).all()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= 0).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(1, 5))
def test_questions_without_data_do_not_count(p, unknown):
    """nan stays nan and leaves the others as they are."""
    q = benjamini_hochberg([*p, *[math.nan] * unknown])
    assert np.isnan(q[len(p) :]).all()
    assert q[: len(p)] == pytest.approx(benjamini_hochberg(p))
