"""Mean losses: as scikit-learn documents them, by their laws, and how often they cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.bland_altman import DeltaSums
from analysis.losses import NEVER, log_loss_sums, mean_loss, root_mean_square, squared_sums

EVERY_LOOK = {"confidence": 0.95, "alpha": 0.05, "planned": 1_000}
PAIRS = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=40).filter(
    lambda pairs: all(p == 0 or p > 1e-3 for both in pairs for p in both)
)


def sums(production, shadow) -> DeltaSums:
    p, s = np.asarray(production, float), np.asarray(shadow, float)
    return DeltaSums(len(p), *(float(x.sum()) for x in (p, s, p * p, s * s, p * s)))


def swapped(given_: DeltaSums) -> DeltaSums:
    return DeltaSums(
        given_.n, given_.sum_s, given_.sum_p, given_.sum_ss, given_.sum_pp, given_.sum_ps
    )


def mae(given_: DeltaSums):
    return mean_loss("mae", given_, better="lower", **EVERY_LOOK)


def test_errors_as_scikit_learn_documents_them() -> None:
    """Its example: the mean absolute error is 0.5, the root of the mean squared error 0.612."""
    # https://scikit-learn.org/stable/modules/generated/sklearn.metrics.root_mean_squared_error.html
    error = np.array([2.5, 0.0, 2, 8]) - np.array([3, -0.5, 2, 7])
    assert mae(sums(abs(error), abs(error))).production.value == 0.5
    found = root_mean_square(sums(error**2, error**2), confidence=0.95)
    assert found.shadow.value == pytest.approx(0.612, abs=5e-4)


def test_log_loss_as_scikit_learn_documents_it() -> None:
    """Its example of spam and ham: 0.21616."""
    # https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html
    spam = [True, False, False, True]
    found = log_loss_sums(spam, [0.9, 0.1, 0.2, 0.65], [0.9, 0.1, 0.2, 0.65])
    assert found is not None
    loss = mean_loss("log_loss", found, better="lower", **EVERY_LOOK)
    assert loss.production.value == pytest.approx(0.21616, abs=5e-6)


def test_certainty_that_is_wrong_costs_much_and_not_all() -> None:
    """A probability of 0 for what happened is taken for 1e-15, so one pair is not infinite."""
    found = log_loss_sums([True, False], [0.0, 0.0], [1.0, 1.0])
    assert found is not None
    assert found.sum_p == found.sum_s == pytest.approx(-math.log(NEVER), rel=1e-9)
    assert round(-math.log(NEVER), 1) == 34.5


@pytest.mark.parametrize("score", [-0.01, 1.01, 17.0])
def test_a_score_that_is_no_probability_has_no_loss(score: float) -> None:
    """One score outside [0, 1] of either model says that these are no probabilities."""
    assert log_loss_sums([True], [score], [0.5]) is None
    assert log_loss_sums([True], [0.5], [score]) is None
    none = log_loss_sums([], [], [])
    assert none is not None
    assert none.n == 0


@given(PAIRS)
def test_swapping_the_models_flips_the_sign(pairs) -> None:
    """Of the mean and of the root; the ends exchange and change sign."""
    given_ = sums(*zip(*pairs, strict=True))
    for make in (mae, lambda x: root_mean_square(x, confidence=0.95)):
        here, there = make(given_), make(swapped(given_))
        assert here.difference.value == pytest.approx(-there.difference.value, abs=1e-9)
        assert (here.difference.low, here.difference.high) == pytest.approx(
            (-there.difference.high, -there.difference.low), abs=1e-6, nan_ok=True
        )
        for side, again in ((here.production, there.shadow), (here.shadow, there.production)):
            assert (side.value, side.low) == pytest.approx((again.value, again.low), nan_ok=True)
            if side.bounded:
                assert 0 <= side.low <= side.value <= side.high


@given(PAIRS, PAIRS)
def test_sums_of_parts_add_up(one, two) -> None:
    """Blocks of time are judged together by adding their sums."""
    parts = sums(*zip(*one, strict=True)) + sums(*zip(*two, strict=True))
    whole = sums(*zip(*one, *two, strict=True))
    assert mae(parts).difference.value == pytest.approx(mae(whole).difference.value, abs=1e-9)


def test_more_of_the_same_narrows() -> None:
    """Duplicating the data shrinks every interval by about the root."""
    draws = np.random.default_rng(3).gamma(2.0, 1.0, (2, 200))
    once, often = sums(*draws), sums(*np.tile(draws, 9))
    for make in (mae, lambda x: root_mean_square(x, confidence=0.95)):
        a, b = make(once).difference, make(often).difference
        assert a.value == pytest.approx(b.value)
        assert (a.high - a.low) / (b.high - b.low) == pytest.approx(3, rel=0.02)


def test_nothing_that_varies_is_no_certainty() -> None:
    """One pair, or losses that are all the same, have a value and no interval; none are no data."""
    for given_ in (sums([2.0], [3.0]), sums([2.0] * 200, [3.0] * 200)):
        found = mae(given_)
        assert found.difference.value == 1.0
        assert not found.difference.bounded
        assert found.sequence is None
        assert found.state == "unclear"
    exact = root_mean_square(sums([0.0] * 3, [4.0, 4.0, 1.0]), confidence=0.95)
    assert (exact.production.value, exact.production.bounded) == (0.0, False)
    assert not exact.difference.bounded
    for found in (mae(sums([], [])), root_mean_square(sums([], []), confidence=0.95)):
        assert found.state == "no_data"
        assert found.difference.n == 0


def test_a_sequence_needs_a_hundred_pairs_and_is_wider() -> None:
    """It is asymptotic; what holds at every look promises less than one look."""
    draws = np.random.default_rng(4).gamma(2.0, 1.0, (2, 400))
    assert mae(sums(*draws[:, :99])).sequence is None
    found = mae(sums(*draws))
    assert found.sequence is not None
    assert found.sequence.low < found.difference.low < found.difference.high < found.sequence.high


def test_a_bias_has_no_better_side() -> None:
    """It is best at 0: an interval away from 0 is a difference, not an improvement."""
    draws = np.random.default_rng(6).normal([[0.0], [1.0]], 1, (2, 400))
    found = mean_loss("bias", sums(*draws), better="", **EVERY_LOOK)
    assert found.state == "different"
    assert found.production.low < 0 < found.production.high


@pytest.mark.parametrize("measure", ["mae", "rmse"])
def test_the_differences_cover_as_often_as_they_say(measure: str) -> None:
    """Simulated: 1,000 tests with 200 pairs whose errors are alike in part."""
    rng = np.random.default_rng(8)
    common, mine, theirs = rng.normal(0, 1, (3, 1_000, 200))
    p, s = common + mine, common + 1.2 * theirs
    sd_p, sd_s = math.sqrt(2), math.sqrt(1 + 1.2**2)
    held = 0
    for one, other in zip(p, s, strict=True):
        if measure == "mae":
            found, truth = mae(sums(abs(one), abs(other))), math.sqrt(2 / math.pi) * (sd_s - sd_p)
        else:
            found = root_mean_square(sums(one**2, other**2), confidence=0.95)
            truth = sd_s - sd_p
        held += found.difference.low <= truth <= found.difference.high
    assert 0.93 <= held / 1_000 <= 0.97


def test_a_brier_score_as_scikit_learn_documents_it() -> None:
    """Its example: 0.0375; a model that says the opposite is off by 1 − p each time: 0.6875."""
    # https://scikit-learn.org/stable/modules/generated/sklearn.metrics.brier_score_loss.html
    positive, given_ = [False, True, True, False], np.array([0.1, 0.9, 0.8, 0.3])
    found = mean_loss(
        "brier", squared_sums(positive, given_, 1 - given_), better="lower", **EVERY_LOOK
    )
    assert found.production.value == pytest.approx(0.0375)
    assert found.shadow.value == pytest.approx(np.mean([0.81, 0.81, 0.64, 0.49]))
    assert found.state == "worse"
