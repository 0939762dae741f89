"""Is the latency of the same requests compared as the methods promise?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.intervals import order_statistic_ranks
from analysis.paired_latency import (
    PairedLatency,
    Throughput,
    Timeouts,
    measure,
    median,
    mover,
    percentile_change,
)

LATENCIES = st.lists(st.tuples(st.floats(0.1, 1e4), st.floats(0.1, 1e4)), min_size=1, max_size=60)


def measured(production: object, shadow: object, tolerance_ms: float = 10.0) -> PairedLatency:
    idle = Throughput(0, 0.0, 0)
    return measure(
        np.asarray(production),
        np.asarray(shadow),
        timeouts=Timeouts(0, 0, 0, 0),
        throughput=(idle, idle),
        tolerance_ms=tolerance_ms,
        confidence=0.95,
        alpha=0.05,
        planned=10_000,
    )


def paired_sample(
    rng: np.random.Generator, n: int, *, correlation: float = 0.8
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lognormal latencies of the same requests; both have the same distribution."""
    shared, own, other = rng.standard_normal((3, n))
    root = math.sqrt(1 - correlation**2)
    return np.exp(3 + 0.5 * own), np.exp(
        3 + 0.5 * (correlation * own + root * (shared + 0 * other))
    )


def test_mover_joins_limits_as_published() -> None:
    """The formula of Zou & Donner (2008), equation for the difference of two correlated parameters.

    With ρ = 0 it is the root of the sum of squares: for q = (10, 14), limits (8, 13) and (11, 18),
    L = 4 - √(3² + 3²), U = 4 + √(4² + 2²), worked by hand.
    """
    low, high = mover((8.0, 10.0, 13.0), (11.0, 14.0, 18.0), 0.0)
    assert low == pytest.approx(4 - math.sqrt(18))
    assert high == pytest.approx(4 + math.sqrt(20))


def test_correlation_narrows_and_opposition_widens() -> None:
    """Requests slow on both sides say more about the difference than unrelated ones."""
    widths = []
    for correlation in (-0.9, 0.0, 0.9):
        low, high = mover((8.0, 10.0, 13.0), (11.0, 14.0, 18.0), correlation)
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)


@given(LATENCIES)
def test_swapping_the_variants_flips_the_sign(pairs: list[tuple[float, float]]) -> None:
    """A difference has a direction; nothing else depends on the order."""
    production, shadow = (np.array(side) for side in zip(*pairs, strict=True))
    there, back = measured(production, shadow), measured(shadow, production)
    assert (there.slower.value, there.faster.value) == (back.faster.value, back.slower.value)
    for one, other in zip(there.changes, back.changes, strict=True):
        assert one.difference.value == -other.difference.value
        assert one.difference.low == pytest.approx(-other.difference.high)
        assert one.difference.high == pytest.approx(-other.difference.low)


@given(LATENCIES)
def test_intervals_hold_their_values(pairs: list[tuple[float, float]]) -> None:
    """Every interval encloses its own value, and the relative one never falls below −100 %."""
    production, shadow = (np.array(side) for side in zip(*pairs, strict=True))
    found = measured(production, shadow)
    for change in found.changes:
        assert change.difference.low <= change.difference.value <= change.difference.high
        assert -1 <= change.relative.low <= change.relative.value + 1e-12
        assert change.relative.value <= change.relative.high + 1e-12
    for middle in (found.median_delta, found.median_watched):
        assert middle.low <= middle.value <= middle.high
    assert found.median_watched.low <= found.median_delta.low
    assert found.median_watched.high >= found.median_delta.high


def test_more_requests_narrow_the_interval() -> None:
    """The same requests ten times over say the same with a narrower interval."""
    production, shadow = paired_sample(np.random.default_rng(1), 2_000)
    few = measured(production, shadow)
    many = measured(np.tile(production, 10), np.tile(shadow, 10))
    for one, more in zip(few.changes, many.changes, strict=True):
        assert one.difference.value == more.difference.value
        assert more.difference.high - more.difference.low < one.difference.high - one.difference.low


def test_pairing_is_what_narrows_the_interval() -> None:
    """The same times on the same requests leave far less doubt than shuffled ones."""
    rng = np.random.default_rng(2)
    same = rng.lognormal(3, 0.5, 5_000)
    paired, shuffled = measured(same, same), measured(same, rng.permutation(same))
    for one, other in zip(paired.changes[:3], shuffled.changes[:3], strict=True):
        assert one.difference.low <= 0 <= one.difference.high
        width = other.difference.high - other.difference.low
        assert one.difference.high - one.difference.low < 0.25 * width


@pytest.mark.parametrize("quantile", [0.5, 0.95, 0.99])
def test_mover_covers_as_promised(quantile: float) -> None:
    """Of 400 samples of 2,000 paired requests, about 95 % of the intervals hold the true zero.

    statistics.md measured 0.947 to 0.996; below 0.92 would be three standard errors too few.
    """
    rng = np.random.default_rng(20_261)
    held = 0
    for _ in range(400):
        production, shadow = paired_sample(rng, 2_000)
        found = percentile_change(production, shadow, quantile, confidence=0.95).difference
        held += found.low <= 0 <= found.high
    assert held / 400 >= 0.92


def test_few_requests_do_not_bound_a_far_percentile() -> None:
    """Twenty requests say nothing about how much worse p99 could be: that side is infinite."""
    production, shadow = paired_sample(np.random.default_rng(3), 20)
    change = percentile_change(production, shadow, 0.99, confidence=0.95)
    assert math.isinf(change.difference.high)
    assert math.isinf(change.difference.low)


def test_the_median_has_the_limits_of_the_sign_test() -> None:
    """For n = 10 the 95 % sign interval runs from the 2nd to the 9th value (Conover 1999, A3)."""
    ranks = order_statistic_ranks(10, 0.5, confidence=0.95)
    found = median(np.arange(1.0, 11.0), ranks)
    assert (found.low, found.value, found.high, found.n) == (2, 5, 9, 10)


def test_slower_means_by_more_than_the_tolerance() -> None:
    """Ten milliseconds later is not slower at a tolerance of ten; a little more is."""
    found = measured([10.0, 10.0, 10.0, 30.0], [20.0, 20.1, 10.0, 10.0])
    assert (found.slower.value, found.faster.value, found.slower.n) == (0.25, 0.25, 4)


def test_no_requests_are_no_data() -> None:
    """Without requests nothing is estimated, not even zero."""
    found = measured([], [])
    assert found.changes == ()
    assert not found.median_delta.known
    assert not found.median_watched.known
    assert not found.slower.known
