"""Is a difference over time as sure as its interval says, though minutes hang together?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.block_means import half_width, mean_difference, ratio_difference
from analysis.estimates import Estimate

Side = tuple[np.ndarray, np.ndarray]
T_23 = 2.0686576104190406  # Student's t, 23 degrees of freedom, 97.5 % (any table)
BLOCKS = st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=40)


def noisy(seed: int, base: float = 40.0, k: int = 24) -> np.ndarray:
    return base + np.random.default_rng(seed).normal(size=k)


def mean(production: np.ndarray, shadow: np.ndarray) -> Estimate:
    apart = float(np.nanmean(shadow) - np.nanmean(production))
    return mean_difference(apart, production, shadow, confidence=0.95, unit="share")


def ratio(production: Side, shadow: Side) -> Estimate:
    return ratio_difference(production, shadow, confidence=0.95, unit="ms")


def test_it_is_the_t_interval_of_the_differences():
    """Half width t(k−1)·sd/√k of the blocks' differences, around the difference of the window."""
    a, b = noisy(1), noisy(2, 44)
    found = mean(a, b)
    half = T_23 * (b - a).std(ddof=1) / math.sqrt(24)
    assert found.value == pytest.approx(b.mean() - a.mean())
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))
    assert (found.n, found.unit) == (24, "share")


@given(BLOCKS, st.integers(0, 1000))
def test_swapping_the_variants_flips_the_difference(values: list[float], seed: int):
    """The interval of production − shadow is the mirror image; n stays."""
    a = np.array(values)
    b = a + noisy(seed, 3.0, len(a))
    counts = np.random.default_rng(seed).integers(1, 100, (2, len(a))).astype(float)
    there, back = mean(a, b), mean(b, a)
    assert (there.value, there.low, there.high) == pytest.approx(
        (-back.value, -back.high, -back.low)
    )
    assert there.n == back.n
    one, other = (a, counts[0]), (b, counts[1])
    there, back = ratio(one, other), ratio(other, one)
    assert (there.value, there.low, there.high) == pytest.approx(
        (-back.value, -back.high, -back.low)
    )
    assert there.n == back.n


def test_blocks_of_one_variant_only_are_left_out():
    """A block counts only where both have data, and n says how many did."""
    a, b = noisy(3), noisy(4)
    a[2], b[7] = math.nan, math.nan
    keep = np.setdiff1d(np.arange(24), [2, 7])
    found = mean_difference(5.0, a, b, confidence=0.95, unit="")
    expected = mean_difference(5.0, a[keep], b[keep], confidence=0.95, unit="")
    assert found == expected
    assert found.n == 22


@pytest.mark.parametrize("k", [1, 2, 9])
def test_few_blocks_give_a_value_without_an_interval(k: int):
    """Below ten blocks the difference is known, how sure it is is not."""
    assert math.isnan(half_width(noisy(1, k=k), confidence=0.95))
    side = noisy(1, k=k), np.ones(k)
    for found in (mean(noisy(1, k=k), noisy(2, k=k)), ratio(side, side)):
        assert found.known
        assert not found.bounded
        assert found.n == k


def test_no_data_are_no_difference():
    """No common block, no value or no requests: unknown with n = 0, never a difference of 0."""
    nothing = np.full(24, math.nan)
    assert not mean_difference(1.0, noisy(1), nothing, confidence=0.95, unit="").n
    assert not mean_difference(math.nan, noisy(1), noisy(2), confidence=0.95, unit="").n
    assert not mean_difference(1.0, np.empty(0), np.empty(0), confidence=0.95, unit="").n
    idle = (noisy(1), np.zeros(24))
    busy = (noisy(1), np.ones(24))
    empty = (np.empty(0), np.empty(0))
    for found in (ratio(idle, busy), ratio(busy, idle), ratio(empty, empty)):
        assert not found.known
        assert found.n == 0


def test_a_ratio_is_one_of_sums():
    """(1 + 9) ÷ (1 + 3) = 2.5, which is not the mean of 1 and 3."""
    production = np.array([1.0, 9.0]), np.array([1.0, 3.0])
    shadow = np.array([2.0, 18.0]), np.array([1.0, 3.0])
    found = ratio(production, shadow)
    assert found.value == pytest.approx(5.0 - 2.5)
    assert found.n == 2


def test_amounts_in_step_with_requests_leave_no_doubt():
    """An amount that is always 3 a request, or 5, gives a difference of 2 and no width."""
    requests = np.random.default_rng(5).integers(10, 1000, 24).astype(float)
    found = ratio((3 * requests, requests), (5 * requests, requests))
    assert (found.low, found.value, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_a_rhythm_both_share_does_not_widen_the_interval():
    """Busy afternoons of both variants are no doubt about which uses more, in all or a request."""
    day = 40 * (1 + 0.5 * np.sin(np.arange(24) / 12 * np.pi))
    found = mean(day, day + 3)
    assert (found.low, found.high) == pytest.approx((3, 3))
    requests = np.random.default_rng(6).integers(90, 110, 24).astype(float)
    found = ratio((day, requests), (day + 3 * requests, requests))
    assert (found.low, found.high) == pytest.approx((3, 3))


def minutes(rng: np.random.Generator, runs: int, n: int, phi: float) -> np.ndarray:
    """AR(1) with variance 1 in each row (runs, n)."""
    noise = rng.normal(size=(n, runs)) * math.sqrt(1 - phi**2)
    found = np.empty((n, runs))
    found[0] = rng.normal(size=runs)
    for at in range(1, n):
        found[at] = phi * found[at - 1] + noise[at]
    return found.T


def test_the_interval_holds_what_it_promises_where_minutes_hang_together():
    """About 95 % of intervals cover the true difference; a formula for free minutes does not."""
    rng, runs, k, length = np.random.default_rng(7), 600, 24, 60
    shared = 3 * minutes(rng, runs, k * length, 0.95)
    production = 40 + shared + minutes(rng, runs, k * length, 0.8)
    shadow = 42 + shared + minutes(rng, runs, k * length, 0.8)
    covered = naive = 0
    for a, b in zip(production, shadow, strict=True):
        blocks = (side.reshape(k, length).mean(axis=1) for side in (a, b))
        found = mean_difference(b.mean() - a.mean(), *blocks, confidence=0.95, unit="")
        covered += found.low <= 2 <= found.high
        naive += abs((b - a).mean() - 2) <= 1.96 * (b - a).std(ddof=1) / math.sqrt(k * length)
    # 3 standard errors of a share of 0.95 among 600 are 0.027
    assert covered / runs == pytest.approx(0.95, abs=0.03)
    assert naive / runs < 0.7


def test_the_interval_of_a_ratio_holds_what_it_promises():
    """About 95 % cover the true difference of CPU a request, with a load that both share."""
    rng, runs, k, length = np.random.default_rng(8), 600, 24, 60
    load = np.exp(0.4 * minutes(rng, runs, k * length, 0.95))
    covered = 0
    own_use = minutes(rng, 2 * runs, k * length, 0.8).reshape(2, runs, -1)
    for row, one, other in zip(load, *own_use, strict=True):
        requests = rng.poisson(20 * row).astype(float)
        production, shadow, counts = (
            side.reshape(k, length).sum(axis=1)
            for side in (3 * requests + 10 * one, 5 * requests + 10 * other, requests)
        )
        found = ratio((production, counts), (shadow, counts))
        covered += found.low <= 2 <= found.high
    assert covered / runs == pytest.approx(0.95, abs=0.03)
