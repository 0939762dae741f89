"""Is a feature's drift judged by its size, with its uncertainty?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.chance import cramer_von_mises_p, dkw_margin, smirnov_p
from analysis.drift import adjust, categorical_drift, numeric_drift


def numeric(a, b, *, name="x", tolerance=0.1, alpha=0.05):
    return numeric_drift(name, a, b, tolerance=tolerance, alpha=alpha)


def categorical(a, b, *, name="c", tolerance=0.1, alpha=0.05, **missing):
    labels = [f"label{i}" for i in range(len(a))]
    return categorical_drift(name, labels, a, b, tolerance=tolerance, alpha=alpha, **missing)


def normal(shift, n, seed=0):
    return np.random.default_rng(seed).normal(shift, 1, size=n)


@pytest.mark.parametrize(
    ("shift", "n", "state"),
    [
        (1.0, 5000, "drift"),
        (0.0, 5000, "none"),
        (0.01, 50_000, "none"),
        (0.0, 100, "cannot_tell"),
        (0.2, 5000, "cannot_tell"),
    ],
)
def test_three_states(shift, n, state):
    """Large is drift, surely small is none; an interval across the limit cannot tell."""
    assert numeric(normal(0, n), normal(shift, n, 1)).state == state


def test_a_significant_trifle_is_no_drift():
    """With a million rows a shift of 0.01 sd is significant and harmless."""
    found = numeric(normal(0, 10**6), normal(0.01, 10**6, 1))
    assert found.p < 0.001
    assert found.state == "none"


@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 100))
def test_intervals_contain_their_effect(n, m, seed):
    """0 ≤ low ≤ D ≤ high ≤ 1 at any size."""
    rng = np.random.default_rng(seed)
    found = numeric(rng.normal(size=n), rng.normal(0.5, 2, size=m)).effect
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.n == min(n, m)


def test_the_interval_of_d_covers():
    """The true distance of two known distributions lies inside in at least 95 % of runs."""
    norm = pytest.importorskip("scipy.stats").norm
    truth = norm.cdf(0.25) - norm.cdf(-0.25)
    found = [numeric(normal(0, 300, s), normal(0.5, 300, s + 10_000)).effect for s in range(100)]
    assert np.mean([f.low <= truth <= f.high for f in found]) >= 0.95


def test_missing_values_are_a_change_of_their_own():
    """Values that go missing show in PSI and the Jensen–Shannon distance, not in D."""
    a = normal(0, 4000)
    b = a.copy()
    b[::4] = math.nan
    found = numeric(a, b)
    assert (found.missing_reference, found.missing_current) == (0, 1000)
    assert (found.n_reference, found.n_current) == (4000, 3000)
    assert found.psi > 0.25
    assert found.js > 0.2
    assert found.effect.value < 0.02


def test_moving_a_feature_by_its_sd_moves_it_one_sd():
    """The scaled Wasserstein distance of a shift by δ sd is δ, whatever the unit."""
    for factor in (1e-6, 1.0, 1e6):
        found = numeric(factor * normal(0, 20_000), factor * normal(1, 20_000, 1))
        assert found.wasserstein_scaled == pytest.approx(1, abs=0.03)
        assert found.wasserstein == pytest.approx(factor, rel=0.05)


@pytest.mark.parametrize(
    ("a", "b"),
    [([], []), ([], [1.0]), ([1.0], []), ([math.nan] * 3, [1.0, 2.0])],
)
def test_no_data_are_their_own_state(a, b):
    """An empty side, or one with only missing values, is neither drift nor none."""
    found = numeric(a, b)
    assert found.state == "no_data"
    assert not found.effect.known
    assert math.isnan(found.psi)
    assert found.missing_reference == sum(math.isnan(x) for x in a)


@pytest.mark.parametrize(
    ("a", "b", "effect"),
    [
        ([1.0], [1.0], 0.0),
        ([1.0], [2.0], 1.0),
        ([3.0] * 50, [3.0] * 70, 0.0),
        ([3.0] * 50, [4.0] * 70, 1.0),
        ([math.inf, 1.0], [1.0, 1.0], 0.5),
    ],
)
def test_edges(a, b, effect):
    """Single values, constants and infinities have an effect and raise nothing."""
    found = numeric(a, b)
    assert found.effect.value == effect
    assert found.state != "no_data"


def test_a_constant_that_moved_is_infinitely_many_of_its_sds_away():
    """Without spread in the reference there is no scale; no movement is still none."""
    assert numeric([3.0] * 50, [4.0] * 50).wasserstein_scaled == math.inf
    assert numeric([3.0] * 50, [3.0] * 50).wasserstein_scaled == 0
    assert math.isnan(numeric([3.0], [4.0]).wasserstein_scaled)


def test_p_values_of_no_change_are_uniform():
    """Both tests reject at 5 % in about 5 % of samples from one distribution."""
    rng = np.random.default_rng(6)
    found = [numeric(rng.normal(size=200), rng.normal(size=300)) for _ in range(300)]
    assert np.mean([f.p < 0.05 for f in found]) == pytest.approx(0.05, abs=0.035)
    assert np.mean([f.cvm_p < 0.05 for f in found]) == pytest.approx(0.05, abs=0.035)


def test_asymptotic_p_values_are_scipys():
    """Smirnov's and Cramér–von Mises' p against scipy's, where its sizes are large."""
    stats = pytest.importorskip("scipy.stats")
    a, b = normal(0, 2000), normal(0.05, 3000, 1)
    ks = stats.ks_2samp(a, b, method="asymp")
    cvm = stats.cramervonmises_2samp(a, b, method="asymptotic")
    assert smirnov_p(ks.statistic, 2000, 3000) == pytest.approx(ks.pvalue, rel=0.02)
    assert cramer_von_mises_p(cvm.statistic, 2000, 3000) == pytest.approx(cvm.pvalue, rel=1e-6)
    assert dkw_margin(1000, alpha=0.05) == pytest.approx(0.04295, abs=1e-5)


def test_ties_do_not_invent_a_difference():
    """Integers of one distribution: scipy's midrank form of CvM gives p near 0 at unequal sizes."""
    rng = np.random.default_rng(3)
    found = numeric(rng.integers(0, 4, 3000), rng.integers(0, 4, 2000))
    assert found.cvm_p > 0.05
    assert found.state == "none"


def test_categories_are_told_by_share():
    """Effect V, the category that moved most, and the reference's most frequent first."""
    found = categorical([500, 300, 200], [300, 350, 350])
    assert found.effect_name == "Cramér V"
    assert found.effect.value == pytest.approx(0.22, abs=0.01)
    assert found.state == "drift"
    assert found.largest_shift.label == "label0"
    assert found.labels == ("label0", "label1", "label2")
    assert found.reference_shares.sum() == pytest.approx(1)
    assert math.isnan(found.wasserstein)
    swapped = categorical([300, 350, 350], [500, 300, 200])
    assert swapped.effect.value == pytest.approx(found.effect.value)
    assert swapped.largest_shift.difference.value == pytest.approx(
        -found.largest_shift.difference.value
    )


def test_small_categorical_samples_cannot_tell():
    """Ten identical rows are no evidence that nothing moved."""
    assert categorical([5, 5], [5, 5]).state == "cannot_tell"
    assert categorical([50_000, 50_000], [50_000, 50_000]).state == "none"
    assert categorical([0, 0], [5, 5]).state == "no_data"
    missing = categorical([500, 500], [250, 250], missing_current=500)
    assert missing.effect.value == 0
    assert missing.psi > 0.5


def test_adjusting_puts_the_worst_first_and_raises_p():
    """Twenty features without drift and one with it: q ≥ p, worst effect first, no data last."""
    features = [numeric(normal(0, 400, i), normal(0, 400, i + 50), name=f"f{i}") for i in range(20)]
    features += [
        numeric([], [1.0], name="empty"),
        numeric(normal(0, 400), normal(2, 400, 1), name="moved"),
    ]
    found = adjust(features, alpha=0.05)
    assert found[0].name == "moved"
    assert found[0].state == "drift"
    assert found[-1].name == "empty"
    assert math.isnan(found[-1].q)
    assert found[-1].state == "no_data"
    assert all(feature.q >= feature.p for feature in found[:-1])
    effects = [feature.effect.value for feature in found[:-1]]
    assert effects == sorted(effects, reverse=True)
    assert adjust([], alpha=0.05) == ()
