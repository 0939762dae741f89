"""Is dependence over time found where it is, and not where it is not?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.agreement import AgreementSeries, agreement_series
from analysis.independence import EXPECTED, FEWEST, over_time

BLOCKS = st.lists(
    st.integers(0, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), max_size=60
)


def series(n: list[int], agreed: list[int]) -> AgreementSeries:
    start = np.datetime64("2026-03-02T00", "h") + np.arange(len(n))
    return agreement_series(start, agreed, n, confidence=0.95)


def test_the_dispersion_is_the_chi_square_of_the_stretches():
    """Ten blocks of 100 with 10 disagreements on average: Σ(a − 90)²/9, worked out by hand."""
    agreed = [90, 93, 87, 90, 96, 84, 90, 90, 93, 87]
    found = over_time(series([100] * 10, agreed))
    assert found.dispersion.statistic == pytest.approx((4 * 9 + 2 * 36) / 9)
    assert (found.dispersion.df, found.dispersion.n) == (9, 10)
    # neighbours: 0·3 + 3·−3 + −3·0 + 0·6 + 6·−6 + −6·0 + 0 + 0·3 + 3·−3 = −54, over 108
    assert found.correlation.statistic == pytest.approx(-0.5)
    # chi-square of 12 on 9 degrees of freedom: P = 0.2133 (Pearson & Hartley 1976, table 7)
    assert found.dispersion.p == pytest.approx(0.2133, abs=5e-5)
    assert not found.contradicted


def test_a_shadow_that_fails_for_a_day_contradicts_independence():
    """One bad day of fourteen: more variation than chance, and hours that follow each other."""
    n = [200] * 24 * 14
    agreed = [170 if 48 <= at < 72 else 194 for at in range(len(n))]
    found = over_time(series(n, agreed))
    assert found.contradicted
    assert found.dispersion.p < 1e-6
    assert found.correlation.p < 1e-6
    assert found.correlation.statistic > 0.5


def test_independent_pairs_seldom_contradict_themselves():
    """Of 300 seeded tests of independent pairs with a daily rhythm, hardly any rings."""
    rng = np.random.default_rng(20261125)
    hours = np.arange(24 * 14)
    rhythm = (60 + 50 * np.sin(hours / 24 * 2 * np.pi)).astype(int)
    rings = sum(
        over_time(series(rhythm.tolist(), rng.binomial(rhythm, 0.96).tolist())).contradicted
        for _ in range(300)
    )
    assert rings <= 3


def test_known_clusters_within_a_block_are_allowed_for():
    """Batches of ten that agree wholly or not at all ring, unless their design effect is known."""
    rng = np.random.default_rng(5)
    agreed = (10 * rng.binomial(30, 0.9, 200)).tolist()
    found = series([300] * 200, agreed)
    assert over_time(found).contradicted
    assert not over_time(found, effect=10).contradicted


@given(BLOCKS)
def test_differing_is_as_dependent_as_agreeing(blocks):
    """The series of the pairs that differ has the same two statistics."""
    n, agreed = [n for n, _ in blocks], [a for _, a in blocks]
    one = over_time(series(n, agreed))
    other = over_time(series(n, [of - a for of, a in blocks]))
    for mine, theirs in ((one.dispersion, other.dispersion), (one.correlation, other.correlation)):
        assert mine.n == theirs.n
        assert (mine.statistic, mine.p) == pytest.approx(
            (theirs.statistic, theirs.p), abs=1e-6, nan_ok=True
        )


@given(BLOCKS)
def test_every_stretch_is_long_enough_or_nothing_is_said(blocks):
    """There are no more stretches than the rarer answer fills with five each, or none."""
    found = over_time(series([n for n, _ in blocks], [a for _, a in blocks]))
    agreed, total = sum(a for _, a in blocks), sum(n for n, _ in blocks)
    assert found.dispersion.n <= min(agreed, total - agreed) / EXPECTED
    assert found.dispersion.n == 0 or found.dispersion.n >= FEWEST
    assert not (found.dispersion.n == 0 and found.contradicted)


def test_no_disagreement_says_nothing():
    """All agree, or there are no pairs: no test, and no contradiction."""
    for found in (over_time(series([50] * 30, [50] * 30)), over_time(series([], []))):
        assert math.isnan(found.dispersion.p)
        assert math.isnan(found.correlation.p)
        assert not found.contradicted
