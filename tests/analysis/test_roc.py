"""Areas under ROC curves: against their definition, by their laws, and how often they cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intervals import normal_quantile
from analysis.roc import roc_areas

ROWS = st.lists(
    st.tuples(st.booleans(), st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=30
)


def areas(rows, **given_):
    truth, production, shadow = zip(*rows, strict=True)
    return roc_areas(truth, production, shadow, confidence=given_.get("confidence", 0.95))


def test_the_area_as_scikit_learn_documents_it() -> None:
    """Its example of four scores: 0.75."""
    # https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html
    found, _, _ = roc_areas([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [1, 2, 3, 4], confidence=0.95)
    assert found.value == 0.75


def by_definition(truth, scores) -> tuple[float, np.ndarray, np.ndarray]:
    """The area and DeLong's structural components, pair by pair (their equations 4 and 5)."""
    above, below = scores[truth], scores[~truth]
    wins = (above[:, None] > below) + 0.5 * (above[:, None] == below)
    return float(wins.mean()), wins.mean(axis=1), wins.mean(axis=0)


@given(ROWS)
def test_areas_and_intervals_are_delongs(rows) -> None:
    """DeLong, DeLong & Clarke-Pearson 1988: V = S10/m + S01/n, from all pairs, ties half."""
    truth = np.array([positive for positive, _, _ in rows])
    found = areas(rows)
    if truth.all() or not truth.any():
        assert not any(each.known for each in found)
        return
    sides = [np.array(side, float) for side in list(zip(*rows, strict=True))[1:]]
    exact = [by_definition(truth, side) for side in sides]
    assert [found[0].value, found[1].value] == pytest.approx([each[0] for each in exact])
    assert found[2].value == pytest.approx(exact[1][0] - exact[0][0], abs=1e-12)
    if min(truth.sum(), (~truth).sum()) < 2:
        assert not any(each.bounded for each in found)
        return
    variance = sum(np.cov(exact[0][part], exact[1][part]) / len(exact[0][part]) for part in (1, 2))
    se = math.sqrt(max(0.0, variance[0, 0] + variance[1, 1] - 2 * variance[0, 1]))
    if found[2].bounded and found[2].low > -1 and found[2].high < 1:
        half = normal_quantile(0.95) * se
        assert found[2].high - found[2].value == pytest.approx(half, abs=1e-9)


@given(ROWS)
def test_swapping_the_models_flips_the_sign(rows) -> None:
    """Values exchange; the difference and its ends change sign."""
    here = areas(rows)
    there = areas([(positive, s, p) for positive, p, s in rows])
    pairs = [(here[0], there[1]), (here[1], there[0])]
    for mine, other in pairs:
        assert (mine.value, mine.low) == pytest.approx((other.value, other.low), nan_ok=True)
    if here[2].known:
        assert here[2].value == -there[2].value
        assert (here[2].low, here[2].high) == pytest.approx(
            (-there[2].high, -there[2].low), abs=1e-9, nan_ok=True
        )


@given(ROWS)
def test_only_the_order_counts(rows) -> None:
    """Any rising function of a score leaves the area; turning the score round gives 1 − area."""
    found = areas(rows)
    bent = areas([(positive, math.exp(p) - 3, s**3) for positive, p, s in rows])
    turned = areas([(positive, -p, -s) for positive, p, s in rows])
    for each, same, other in zip(found[:2], bent[:2], turned[:2], strict=True):
        assert (each.value, each.low) == pytest.approx((same.value, same.low), nan_ok=True)
        if each.known:
            assert other.value == pytest.approx(1 - each.value)
            assert 0 <= each.value <= 1


def test_one_class_is_no_data_and_perfection_no_certainty() -> None:
    """Without positives there is nothing to order; an area of 1 has a value and no interval."""
    assert not any(each.known for each in areas([(False, 1, 2)] * 5))
    assert not any(each.known for each in roc_areas([], [], [], confidence=0.95))
    perfect = areas([(n > 4, n, n) for n in range(10)])
    assert [each.value for each in perfect] == [1.0, 1.0, 0.0]
    assert not any(each.bounded for each in perfect)


def test_a_score_that_says_nothing_is_half() -> None:
    """All scores alike: every pair is a tie."""
    assert [each.value for each in areas([(n > 4, 1, 1) for n in range(10)])] == [0.5, 0.5, 0.0]


def test_more_of_the_same_narrows() -> None:
    """Nine times the data: a third of the width."""
    rng = np.random.default_rng(2)
    truth = rng.random(300) < 0.3
    scores = truth + rng.normal(0, 1, (2, 300))
    once = roc_areas(truth, *scores, confidence=0.95)
    often = roc_areas(np.tile(truth, 9), *np.tile(scores, 9), confidence=0.95)
    for a, b in zip(once, often, strict=True):
        assert a.value == pytest.approx(b.value)
        assert (a.high - a.low) / (b.high - b.low) == pytest.approx(3, rel=0.02)


def test_the_difference_covers_as_often_as_it_says() -> None:
    """Simulated: 800 tests of 200 pairs, two scores of one signal and noise that is half common."""
    rng = np.random.default_rng(9)
    held = 0
    for _ in range(800):
        truth = np.arange(200) < 60
        common, mine, theirs = rng.normal(0, math.sqrt(0.5), (3, 200))
        found = roc_areas(
            truth, 1.0 * truth + common + mine, 1.2 * truth + common + theirs, confidence=0.95
        )[2]
        # noise of variance 1 on both sides: the area is Φ(shift / √2)
        expected = _phi(1.2 / math.sqrt(2)) - _phi(1.0 / math.sqrt(2))
        held += found.low <= expected <= found.high
    assert 0.925 <= held / 800 <= 0.975


def _phi(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))
