"""Does the interval of a bounded mean hold at every look, and say no more than it may?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.bounded import bounded_mean_sequence

UNIT = (0.0, 1.0)
VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=60)


def one_by_one(values: list[float], alpha: float) -> tuple[float, float]:
    """Theorem 2 of Waudby-Smith & Ramdas 2024 as it is printed, value by value.

    ψ_E(λ) = (−log(1−λ) − λ)/4, v_i = 4(X_i − μ̂_{i−1})², and the λ of their equation 15, c = ½.
    """
    mean, variance = 0.5, 0.25
    total = spread = 0.0
    staked = weighed = paid = 0.0
    for i, x in enumerate(values, start=1):
        stake = min(math.sqrt(2 * math.log(2 / alpha) / (variance * i * math.log(1 + i))), 0.5)
        staked += stake
        weighed += stake * x
        paid += 4 * (x - mean) ** 2 * (-math.log(1 - stake) - stake) / 4
        total += x
        mean = (0.5 + total) / (i + 1)
        spread += (x - mean) ** 2
        variance = (0.25 + spread) / (i + 1)
    half = (math.log(2 / alpha) + paid) / staked
    return max(0.0, weighed / staked - half), min(1.0, weighed / staked + half)


@given(VALUES, st.sampled_from([0.01, 0.05]))
def test_it_is_the_printed_one(values: list[float], alpha: float) -> None:
    """All values at once give what one after the other gives."""
    found = bounded_mean_sequence(values, span=UNIT, alpha=alpha)
    assert found == pytest.approx(one_by_one(values, alpha), abs=1e-12)


@given(VALUES)
def test_turned_round_it_is_its_mirror(values: list[float]) -> None:
    """Neither end is favoured."""
    low, high = bounded_mean_sequence(values, span=UNIT, alpha=0.05)
    turned = bounded_mean_sequence([1 - x for x in values], span=UNIT, alpha=0.05)
    assert turned == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(VALUES)
def test_another_scale_is_the_same_interval(values: list[float]) -> None:
    """Of values between −1 and 1, as a correlation of ranks has, the ends are as far along."""
    low, high = bounded_mean_sequence(values, span=UNIT, alpha=0.05)
    wide = bounded_mean_sequence([2 * x - 1 for x in values], span=(-1.0, 1.0), alpha=0.05)
    assert wide == pytest.approx((2 * low - 1, 2 * high - 1), abs=1e-9)


def test_it_narrows_around_the_mean() -> None:
    """A hundred times the values, a good eighth of the width; a smaller alpha is wider."""
    values = np.random.default_rng(7).beta(30, 10, 100_000)
    few = bounded_mean_sequence(values[:1_000], span=UNIT, alpha=0.05)
    many = bounded_mean_sequence(values, span=UNIT, alpha=0.05)
    assert few[0] < 0.75 < few[1]
    assert many[0] < 0.75 < many[1]
    assert (many[1] - many[0]) < (few[1] - few[0]) / 6
    wider = bounded_mean_sequence(values[:1_000], span=UNIT, alpha=0.001)
    assert wider[0] < few[0] < few[1] < wider[1]


def test_without_values_there_is_none() -> None:
    """No data is nan, never the whole range."""
    assert all(map(math.isnan, bounded_mean_sequence([], span=UNIT, alpha=0.05)))


def test_it_holds_however_often_one_looks() -> None:
    """Of 200 streams of rare low likenesses, looked at 40 times, none or few are ever missed."""
    rng = np.random.default_rng(20_251)
    looks = np.unique(np.geomspace(10, 2_000, 40).astype(int))
    missed = 0
    for _ in range(200):
        values = np.where(rng.random(2_000) < 0.01, rng.random(2_000), 1.0)
        ends = (bounded_mean_sequence(values[:n], span=UNIT, alpha=0.05) for n in looks)
        missed += any(not low <= 1 - 0.005 <= high for low, high in ends)
    assert missed <= 17  # 5 % of 200 and two standard errors
