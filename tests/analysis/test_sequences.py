"""Do sequences hold at every look?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intervals import wilson
from analysis.sequences import (
    bernoulli_sequence,
    difference_sequence,
    distribution_half_width,
    log_evidence,
    mean_half_width,
    prior_strength,
    quantile_rank_sequence,
    share_sequence,
)

ALPHAS = st.sampled_from([0.2, 0.05, 0.0055, 0.0005])
PLANS = st.sampled_from([10, 1000, 10_000, 1_000_000])


@st.composite
def successes(draw: st.DrawFn, most: int = 50_000) -> tuple[int, int]:
    n = draw(st.integers(1, most))
    return draw(st.one_of(st.integers(0, n), st.sampled_from([0, min(1, n), n]))), n


@given(successes(), ALPHAS, PLANS)
def test_a_sequence_holds_exactly_the_shares_that_are_not_refuted(counts, alpha, planned):
    """Every p inside has evidence below 1/alpha and every p outside has at least that."""
    k, n = counts
    low, high = bernoulli_sequence(k, n, alpha=alpha, planned=planned)
    assert 0 <= low <= k / n <= high <= 1
    strength = prior_strength(planned / 10, alpha)
    for p in np.concatenate([np.logspace(-8, -0.5, 40), 1 - np.logspace(-8, -0.5, 40)]):
        refuted = log_evidence(k, n, float(p), strength) >= math.log(1 / alpha)
        if low * (1 + 1e-6) < p < high - 1e-9:
            assert not refuted
        elif p < low * (1 - 1e-6) or 1 - p < (1 - high) * (1 - 1e-6):
            assert refuted


@given(successes(), ALPHAS, PLANS)
def test_failures_mirror_successes(counts, alpha, planned):
    """The sequence of the failures' share is one minus that of the successes'."""
    k, n = counts
    low, high = bernoulli_sequence(k, n, alpha=alpha, planned=planned)
    mirrored = bernoulli_sequence(n - k, n, alpha=alpha, planned=planned)
    assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-9)


@given(st.floats(0.01, 0.99), st.sampled_from([100, 1000, 10_000, 100_000]), PLANS)
def test_a_sequence_is_wider_than_an_interval_for_one_look(rate, n, planned):
    """Being right at every look costs width."""
    low, high = bernoulli_sequence(rate * n, n, alpha=0.05, planned=planned)
    once = wilson(rate * n, n, confidence=0.95)
    assert high - low > once[1] - once[0]


@given(st.floats(0.0, 1.0), st.sampled_from([20, 500, 20_000]), ALPHAS)
def test_more_of_the_same_narrows_a_sequence(rate, n, alpha):
    """The same share from ten times the data has a shorter sequence."""
    low, high = bernoulli_sequence(rate * n, n, alpha=alpha, planned=10_000)
    closer = bernoulli_sequence(10 * rate * n, 10 * n, alpha=alpha, planned=10_000)
    assert closer[1] - closer[0] < high - low


@given(successes(), successes(), ALPHAS)
def test_exchanging_the_two_sides_flips_the_sign(first, base, alpha):
    """A difference has a direction; nothing else may depend on the order."""
    low, high = difference_sequence(*first, *base, alpha=alpha, planned=10_000)
    swapped = difference_sequence(*base, *first, alpha=alpha, planned=10_000)
    assert (low, high) == pytest.approx((-swapped[1], -swapped[0]), abs=1e-12)


@pytest.mark.parametrize(("rate", "most"), [(0.95, 0.05), (0.999, 0.05)])
def test_watching_every_request_does_not_fool_the_sequence(rate, most):
    """Looked at after every one of 2,000 requests, 95 % sequences miss in fewer than 5 % of runs.

    Wilson's interval, looked at only a hundred times, misses several times as often.
    """
    runs, n, alpha = 400, 2000, 0.05
    hits = np.cumsum(np.random.default_rng(7).random((runs, n)) < rate, axis=1)
    looks = np.unique(np.geomspace(1, n, 100).astype(int))
    strength = prior_strength(1000, alpha)
    evidence = np.vectorize(log_evidence)
    t = np.arange(1, n + 1)
    missed = np.array(
        [(evidence(row, t, rate, strength) >= math.log(1 / alpha)).any() for row in hits[:200]]
    )
    fooled = np.array(
        [
            any(
                not low <= rate <= high
                for low, high in (wilson(row[look - 1], look, confidence=0.95) for look in looks)
            )
            for row in hits
        ]
    )
    assert missed.mean() <= most
    assert fooled.mean() > 3 * most


def test_mean_sequence_has_the_width_of_the_normal_mixture():
    """confseq's two-sided normal mixture, v = v_opt = 100: 30.35209 (its test, from R)."""
    assert 100 * mean_half_width(100, 1.0, alpha=0.05, tuned_at=100) == pytest.approx(30.35209)


def test_watching_a_mean_does_not_fool_its_sequence():
    """From a hundred observations on, fewer than 5 % of runs ever miss."""
    x = np.random.default_rng(5).normal(size=(1000, 3000))
    t = np.arange(1, 3001)
    mean, square = np.cumsum(x, axis=1) / t, np.cumsum(x * x, axis=1)
    sd = np.sqrt((square - t * mean**2) / np.maximum(t - 1, 1))
    unit = np.array([mean_half_width(n, 1.0, alpha=0.05, tuned_at=1000) for n in t])
    assert (np.abs(mean) > unit * sd)[:, 99:].any(axis=1).mean() < 0.05


@pytest.mark.parametrize("p", [0.5, 0.95, 0.99])
def test_ranks_watched_enclose_those_for_one_look(p):
    """Rank sequences contain the quantile and are wider than order-statistic intervals."""
    from analysis.intervals import order_statistic_ranks

    for n in (1, 10, 1000, 100_000):
        low, high = quantile_rank_sequence(n, p, alpha=0.05, planned=10_000)
        once = order_statistic_ranks(n, p, confidence=0.95)
        assert 0 <= low <= once[0] <= once[1] <= high <= n + 1


def test_a_whole_distribution_stays_inside_its_band():
    """The band of the cumulative curve is missed in fewer than 5 % of runs, watched throughout."""
    rng = np.random.default_rng(3)
    looks = [5, 20, 100, 500, 2000]
    bands = {n: distribution_half_width(n, alpha=0.05) for n in looks}
    missed = 0
    for _ in range(200):
        x = rng.random(2000)
        for n in looks:
            ordered = np.sort(x[:n])
            grid = np.arange(1, n + 1) / n
            away = max(np.max(grid - ordered), np.max(ordered - grid + 1 / n))
            if away > bands[n]:
                missed += 1
                break
    assert missed / 200 < 0.05
    assert list(bands.values()) == sorted(bands.values(), reverse=True)


def test_no_data_give_nan():
    """Without observations there is nothing to bound."""
    assert all(math.isnan(end) for end in bernoulli_sequence(0, 0, alpha=0.05, planned=1000))
    assert math.isnan(mean_half_width(0, 1.0, alpha=0.05, tuned_at=10))
    assert math.isnan(distribution_half_width(0, alpha=0.05))
    assert not share_sequence(0, 0, alpha=0.05, planned=1000).known
    assert quantile_rank_sequence(0, 0.5, alpha=0.05, planned=1000) == (0, 1)
