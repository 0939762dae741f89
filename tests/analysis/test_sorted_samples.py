"""Are the shortcuts over sorted samples exact?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis import sorted_samples
from analysis.sorted_samples import (
    decile_counts,
    ks_distance,
    overlay,
    sort_sample,
    thin_curve,
    wasserstein,
    winsorised_sd,
)
from analysis.squared_distance import cramer_von_mises

# Few distinct values make ties, many make none; both shapes must come out right.
TIED = st.integers(-4, 4).map(float)
LOOSE = st.floats(-1e6, 1e6).map(lambda x: round(x, 4))


def samples(values, least=1, most=80):
    return st.integers(least, most).flatmap(lambda n: arrays(np.float64, n, elements=values))


SAMPLES = st.one_of(samples(TIED), samples(LOOSE))


def curves(a, b):
    """Both cumulative curves at every value of either sample, by brute force."""
    x = np.unique(np.concatenate([a, b]))
    below = [np.searchsorted(np.sort(part), x, "right") / len(part) for part in (a, b)]
    return x, below[0] - below[1]


@pytest.fixture(params=[2, 5, 6144], ids=lambda grid: f"grid{grid}")
def grid(request, monkeypatch):
    """A coarse grid leaves work inside the cells, the product's own leaves none to small data."""
    monkeypatch.setattr(sorted_samples, "GRID", request.param)


def pair(a, b):
    return overlay(np.sort(np.asarray(a, float)), np.sort(np.asarray(b, float)))


@pytest.mark.usefixtures("grid")
@given(SAMPLES, SAMPLES)
def test_distances_are_those_of_the_definition(a, b):
    """KS, Wasserstein and Cramér–von Mises equal a plain evaluation at every value."""
    x, gap = curves(a, b)
    both = pair(a, b)
    assert ks_distance(both) == pytest.approx(np.abs(gap).max(), abs=1e-12)
    area = (np.abs(gap[:-1]) * np.diff(x)).sum()
    assert wasserstein(both)[0] == pytest.approx(area, rel=1e-9, abs=1e-9)
    n, m = len(a), len(b)
    gaps = gap[np.searchsorted(x, np.concatenate([a, b]))]
    assert cramer_von_mises(both) == pytest.approx(n * m / (n + m) ** 2 * (gaps**2).sum())


@pytest.mark.parametrize("seed", range(6))
def test_large_samples_agree_with_scipy(seed):
    """On samples larger than the grid, with ties and without, equal sizes and not."""
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(seed)
    a, b = rng.lognormal(0, 1.5, 30_000), rng.lognormal(0.01 * seed, 1.5, 30_000 - 7 * seed)
    if seed % 2:
        a, b = a.round(2), b.round(2)
    both = pair(a, b)
    assert ks_distance(both) == pytest.approx(stats.ks_2samp(a, b, method="asymp").statistic)
    assert wasserstein(both)[0] == pytest.approx(stats.wasserstein_distance(a, b))
    if not seed % 2:
        found = stats.cramervonmises_2samp(a, b, method="asymptotic").statistic
        assert cramer_von_mises(both) == pytest.approx(found)


@pytest.mark.usefixtures("grid")
@given(SAMPLES, SAMPLES)
def test_order_of_the_samples_does_not_matter(a, b):
    """A distance has no direction."""
    ours, theirs = pair(a, b), pair(b, a)
    assert ks_distance(ours) == pytest.approx(ks_distance(theirs))
    assert wasserstein(ours) == pytest.approx(wasserstein(theirs), rel=1e-9, abs=1e-9)
    assert cramer_von_mises(ours) == pytest.approx(cramer_von_mises(theirs))


@given(SAMPLES, SAMPLES, st.integers(-1000, 1000), st.sampled_from([0.5, 2.0, 1024.0]))
def test_shifting_and_scaling_both_samples(a, b, shift, factor):
    """KS, CvM and the decile counts see only order; Wasserstein scales and ignores a shift."""
    plain, moved = pair(a, b), pair(factor * (a + shift), factor * (b + shift))
    if not all(
        len(np.unique(part)) == len(np.unique(other))
        for part, other in ((plain.reference, moved.reference), (plain.current, moved.current))
    ):
        return  # rounding made ties of neighbours
    assert ks_distance(moved) == pytest.approx(ks_distance(plain))
    assert cramer_von_mises(moved) == pytest.approx(cramer_von_mises(plain))
    scaled = [factor * distance for distance in wasserstein(plain)]
    assert wasserstein(moved) == pytest.approx(scaled, rel=1e-6, abs=1e-6)
    for ours, theirs in zip(decile_counts(plain), decile_counts(moved), strict=True):
        assert (ours == theirs).all()


@given(samples(LOOSE, 2), st.integers(-50, 50).filter(bool))
def test_moving_one_sample_moves_it_by_that_much(a, shift):
    """The Wasserstein distance of a sample from itself shifted is the shift."""
    assert wasserstein(pair(a, a + shift))[0] == pytest.approx(abs(shift), rel=1e-6)


@given(SAMPLES, SAMPLES, st.integers(2, 4))
def test_repeating_both_samples_changes_no_distance(a, b, times):
    """Distances speak of distributions, not of how often they were sampled."""
    once, more = pair(a, b), pair(np.tile(a, times), np.tile(b, times))
    assert ks_distance(more) == pytest.approx(ks_distance(once), abs=1e-12)
    assert wasserstein(more)[0] == pytest.approx(wasserstein(once)[0], rel=1e-9, abs=1e-9)


def test_one_absurd_value_is_left_out_of_the_winsorised_distance():
    """One 10⁶ among 20,000 takes the raw distance from about 1 to about 51 and no other."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=20_000), rng.normal(1, 1, size=20_000)
    plain = wasserstein(pair(a, b))
    b[0] = 1e6
    spoilt = wasserstein(pair(a, b))
    assert plain[0] == pytest.approx(1, abs=0.05)
    assert spoilt[0] == pytest.approx(51, abs=1)
    assert spoilt[1] == pytest.approx(plain[1], rel=0.01)


@pytest.mark.parametrize(
    ("a", "b", "ks", "area"),
    [
        ([1.0], [1.0], 0, 0),
        ([1.0], [3.0], 1, 2),
        ([5.0] * 9, [5.0] * 4, 0, 0),
        ([1, 2, math.inf], [1, 2, math.inf], 0, 0),
        ([1, 2, math.inf], [1, 2, 3], 1 / 3, math.inf),
        ([-math.inf, 1, math.inf], [-math.inf, 2, math.inf], 1 / 3, 1 / 3),
        ([-math.inf], [math.inf], 1, math.inf),
        ([1e308, -1e308], [1e308, 1e307], 0.5, 5.5e307),
        ([0.0, 5e-324], [0.0, 0.0], 0.5, 0.0),
    ],
)
def test_edges(a, b, ks, area):
    """Single values, constants, infinities and the ends of floating point."""
    both = pair(a, b)
    assert ks_distance(both) == pytest.approx(ks)
    assert wasserstein(both)[0] == pytest.approx(area)


@given(SAMPLES, SAMPLES)
def test_every_value_falls_into_one_bin(a, b):
    """Bins lose nothing, and none of the reference's is empty."""
    reference, current = decile_counts(pair(a, b))
    assert (reference.sum(), current.sum()) == (len(a), len(b))
    assert 1 <= len(reference) <= 10
    assert (reference[:-1] > 0).all()


def test_deciles_of_distinct_values_hold_a_tenth_each():
    """A thousand distinct values fill ten bins evenly."""
    reference, _ = decile_counts(pair(np.arange(1000.0), [0.0]))
    assert reference.tolist() == [100] * 10


@given(samples(st.one_of(LOOSE, st.just(math.nan)), 0))
def test_missing_values_are_counted_and_put_aside(values):
    """Nothing is dropped silently."""
    found = sort_sample(values)
    assert found.missing == np.isnan(values).sum()
    assert found.n + found.missing == len(values)
    assert (np.diff(found.values) >= 0).all()


@given(samples(LOOSE, 2))
def test_small_samples_have_the_plain_standard_deviation(values):
    """Below a thousand values no tail is pulled in."""
    assert winsorised_sd(np.sort(values)) == pytest.approx(values.std(ddof=1), rel=1e-9, abs=1e-9)


def test_the_standard_deviation_ignores_a_thousandth_in_each_tail():
    """Absurd values are pulled in to the quantiles; unknown below two values."""
    values = np.sort(np.random.default_rng(1).normal(size=100_000))
    spoilt = values.copy()
    spoilt[-50:] = 1e9
    assert winsorised_sd(spoilt) == pytest.approx(1, abs=0.01)
    assert math.isnan(winsorised_sd(values[:1]))
    assert winsorised_sd(np.array([-1e308, 1e308])) == pytest.approx(math.sqrt(2) * 1e308)


@given(samples(LOOSE, 1, 500))
def test_a_thinned_curve_is_part_of_the_curve(values):
    """At most 200 points, the last one at the largest value with a share of 1."""
    ordered = np.sort(values)
    x, share = thin_curve(ordered)
    assert len(x) <= 200
    assert (x[-1], share[-1]) == (ordered[-1], 1.0)
    assert (np.diff(share) > 0).all()
