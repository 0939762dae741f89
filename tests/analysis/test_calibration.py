"""Are scores held against what came true: values by hand, laws, and how often intervals miss."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.calibration import MOST_BINS, Reliability, calibration, reliability
from analysis.intervals import wilson

SCORED = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=400).map(
    lambda drawn: tuple(np.array(column) for column in zip(*drawn, strict=True))
)


def test_two_bins_by_hand():
    """60 pairs: 30 scored 0.2 of which 9 are positive, 30 scored 0.8 of which 21 are.

    Both bins are off by 0.1. v = (11/34)(23/34)/30 in either, so Σ w²v = v/2; the 95 % quantile
    of chi-square with two degrees of freedom is −2 ln 0.05 = 5.991.
    """
    positive = np.repeat([True, False, True, False], (9, 21, 21, 9))
    found = reliability(positive, np.repeat([0.2, 0.8], 30), confidence=0.95)
    assert found.score.tolist() == pytest.approx([0.2, 0.8])
    assert found.observed.tolist() == pytest.approx([0.3, 0.7])
    assert found.n.tolist() == [30, 30]
    assert (found.low[0], found.high[0]) == pytest.approx(wilson(9, 30, confidence=0.95))
    half = math.sqrt(-2 * math.log(0.05) * (11 * 23 / 34**2 / 30) / 2)
    assert found.error.value == pytest.approx(0.1)
    assert (found.error.low, found.error.high) == pytest.approx((0.0, 0.1 + half))
    # a mean distance is √(2/π) of a standard deviation, √(0.16/30) in either bin
    assert found.by_chance == pytest.approx(math.sqrt(2 / math.pi * 0.16 / 30))


def test_no_pairs_have_no_error():
    """Nothing labelled is no error of 0."""
    measure, found = calibration([], [], [], confidence=0.95)
    assert measure.state == "no_data"
    assert not found.production.error.known
    assert math.isnan(found.shadow.by_chance)


@given(SCORED)
def test_bins_hold_every_pair_in_order(scored):
    """Counts add up, scores rise, and there are thirty pairs in each of ten bins on average.

    The error is no more than 1 and lies in its interval.
    """
    positive, score = scored
    found = reliability(positive, score, confidence=0.95)
    assert found.n.sum() == len(score)
    assert 1 <= len(found.n) <= max(1, min(MOST_BINS, len(score) // 30))
    assert np.all(np.diff(found.score) > 0)
    assert (found.observed * found.n).sum() == pytest.approx(positive.sum())
    assert (found.score * found.n).sum() == pytest.approx(score.sum())
    assert 0 <= found.error.low <= found.error.value <= found.error.high <= 1


@given(SCORED, st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_is_nothing(scored, random):
    """Equal scores are in one bin, whichever comes first."""
    positive, score = scored
    order = random.sample(range(len(score)), len(score))
    here = reliability(positive, score, confidence=0.95)
    there = reliability(positive[order], score[order], confidence=0.95)
    assert there.observed.tolist() == here.observed.tolist()
    assert there.error == here.error


@given(SCORED)
def test_a_difference_changes_sign_with_the_variants(scored):
    """Exchange the variants and the ends exchange; the interval holds the value."""
    positive, score = scored
    here, _ = calibration(positive, score, score**2, confidence=0.95)
    there, _ = calibration(positive, score**2, score, confidence=0.95)
    assert here.difference.value == pytest.approx(here.shadow.value - here.production.value)
    assert (there.difference.low, there.difference.high) == pytest.approx(
        (-here.difference.high, -here.difference.low)
    )
    assert here.difference.low <= here.difference.value <= here.difference.high


def drawn(rng: np.random.Generator, n: int, slope: float) -> Reliability:
    """Scores off by a slope around a half; slope 1 is a perfect probability."""
    score = rng.random(n)
    return reliability(rng.random(n) < 0.5 + slope * (score - 0.5), score, confidence=0.95)


def test_chance_alone_is_told_from_error():
    """Of perfect probabilities the error is about that of chance, and is not called one."""
    rng = np.random.default_rng(5)
    perfect = [drawn(rng, 2_000, 1.0) for _ in range(200)]
    assert np.mean([each.error.value for each in perfect]) == pytest.approx(
        np.mean([each.by_chance for each in perfect]), rel=0.1
    )
    assert sum(each.error.low > 0 for each in perfect) <= 10
    # scores twice as extreme as they should be are off by a quarter of their distance from a half
    worse = [drawn(rng, 2_000, 0.5) for _ in range(50)]
    assert all(each.error.low > 0 for each in worse)
    assert np.mean([each.error.value for each in worse]) == pytest.approx(0.125, abs=0.01)
