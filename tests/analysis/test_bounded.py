"""Does the interval of a bounded mean hold at every look, and say no more than it may?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln

from analysis.bounded import PARTS, bounded_mean_sequence

UNIT = (0.0, 1.0)
VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=60)
ON_THE_GRID = st.lists(st.integers(0, PARTS).map(lambda k: k / PARTS), min_size=1, max_size=30)


def log_wealth(values: list[float], m: float) -> float:
    """Cover's portfolio of x/m and (1−x)/(1−m) as it is written, by adaptive quadrature."""
    x = np.array(values)

    def won(angle: float) -> float:
        bet = math.sin(angle) ** 2
        return float(np.log(bet * x / m + (1 - bet) * (1 - x) / (1 - m)).sum())

    angles = np.linspace(0, np.pi / 2, 402)[1:-1]
    gains = [won(angle) for angle in angles]
    best, where = max(gains), angles[int(np.argmax(gains))]
    whole, _ = quad(
        lambda angle: math.exp(won(angle) - best), 0, np.pi / 2, points=[where], limit=500
    )
    return best + math.log(whole / (np.pi / 2))


@given(ON_THE_GRID, st.sampled_from([0.01, 0.05]))
@settings(max_examples=60, deadline=None)
def test_at_its_ends_the_wealth_is_one_over_alpha(values: list[float], alpha: float) -> None:
    """Of values that need no rounding, by another quadrature of the wealth as it is defined."""
    for end in bounded_mean_sequence(values, span=UNIT, alpha=alpha):
        if 1e-6 < end < 1 - 1e-6:
            assert log_wealth(values, end) == pytest.approx(math.log(1 / alpha), abs=2e-2)


@pytest.mark.parametrize(
    ("ones", "n"), [(3, 20), (999, 1_000), (1_000, 1_000), (5_000, 10_000), (999_000, 10**6)]
)
def test_of_shares_it_is_jeffreys_mixture(ones: int, n: int) -> None:
    """Of zeros and ones the wealth is B(½ + k, ½ + n − k)/π over the likelihood: a closed form."""
    zeros, mixed = n - ones, betaln(0.5 + ones, 0.5 + n - ones) - math.log(math.pi)
    values = np.repeat([1.0, 0.0], [ones, zeros])
    for end in bounded_mean_sequence(values, span=UNIT, alpha=0.05):
        if 0 < end < 1:
            found = mixed - ones * math.log(end) - zeros * math.log1p(-end)
            assert found == pytest.approx(math.log(20), abs=5e-3)


@given(VALUES)
def test_rounding_never_narrows_it(values: list[float]) -> None:
    """At the ends as they are the wealth of the values themselves has come to 1/alpha at least."""
    for end in bounded_mean_sequence(values, span=UNIT, alpha=0.05):
        if 1e-6 < end < 1 - 1e-6:
            assert log_wealth(values, end) > math.log(20) - 2e-2


@given(ON_THE_GRID)
@settings(max_examples=40, deadline=None)
def test_all_beyond_its_ends_is_refuted(values: list[float]) -> None:
    """What is not refuted is one interval, and the mean of the values lies in it."""
    low, high = bounded_mean_sequence(values, span=UNIT, alpha=0.05)
    assert low - 1e-9 <= np.mean(values) <= high + 1e-9
    for m in np.linspace(0.01, 0.99, 23):
        refuted = log_wealth(values, m) >= math.log(20)
        if abs(m - low) > 0.005 and abs(m - high) > 0.005:
            assert refuted == (m < low or m > high)


@given(VALUES)
def test_turned_round_it_is_its_mirror(values: list[float]) -> None:
    """Neither end is favoured."""
    low, high = bounded_mean_sequence(values, span=UNIT, alpha=0.05)
    turned = bounded_mean_sequence([1 - x for x in values], span=UNIT, alpha=0.05)
    assert turned == pytest.approx((1 - high, 1 - low), abs=1e-6)


@given(VALUES)
def test_another_scale_is_the_same_interval(values: list[float]) -> None:
    """Of values between −1 and 1, as a correlation of ranks has, the ends are as far along."""
    low, high = bounded_mean_sequence(values, span=UNIT, alpha=0.05)
    wide = bounded_mean_sequence([2 * x - 1 for x in values], span=(-1.0, 1.0), alpha=0.05)
    assert wide == pytest.approx((2 * low - 1, 2 * high - 1), abs=1e-6)


@given(VALUES)
def test_their_order_does_not_matter(values: list[float]) -> None:
    """Sorted or as they came, the interval is one."""
    came = bounded_mean_sequence(values, span=UNIT, alpha=0.05)
    assert bounded_mean_sequence(sorted(values), span=UNIT, alpha=0.05) == pytest.approx(
        came, abs=1e-6
    )


@given(VALUES, VALUES)
def test_looks_at_one_mean_meet(first: list[float], more: list[float]) -> None:
    """Seen twice as often and with more of the same mean, the interval is inside the earlier."""
    low, high = bounded_mean_sequence(first, span=UNIT, alpha=0.05)
    later = bounded_mean_sequence(first * 20, span=UNIT, alpha=0.05)
    assert low - 1e-6 <= later[0] <= later[1] <= high + 1e-6
    surer = bounded_mean_sequence(more, span=UNIT, alpha=0.001)
    less = bounded_mean_sequence(more, span=UNIT, alpha=0.05)
    assert surer[0] - 1e-6 <= less[0] <= less[1] <= surer[1] + 1e-6


def test_it_narrows_around_the_mean() -> None:
    """Wider than one look's normal interval, by half to twice: at the sizes of a test, docs say."""
    values = np.random.default_rng(7).beta(30, 10, 1_000_000)
    for n, most in ((300, 1.9), (1_000, 1.8), (10_000, 1.9), (1_000_000, 2.2)):
        low, high = bounded_mean_sequence(values[:n], span=UNIT, alpha=0.05)
        normal = 2 * 1.96 * float(values[:n].std()) / math.sqrt(n)
        assert low < 0.75 < high
        assert 1.3 < (high - low) / normal < most


def test_without_values_there_is_none() -> None:
    """No data is nan, never the whole range."""
    assert all(map(math.isnan, bounded_mean_sequence([], span=UNIT, alpha=0.05)))


def test_it_holds_however_often_one_looks() -> None:
    """Of 200 streams of rare low likenesses, looked at 40 times, few are ever missed."""
    rng = np.random.default_rng(20_251)
    looks = np.unique(np.geomspace(10, 2_000, 40).astype(int))
    missed = 0
    for _ in range(200):
        values = np.where(rng.random(2_000) < 0.01, rng.random(2_000), 1.0)
        ends = (bounded_mean_sequence(values[:n], span=UNIT, alpha=0.05) for n in looks)
        missed += any(not low <= 1 - 0.005 <= high for low, high in ends)
    assert missed <= 17  # 5 % of 200 and two standard errors
