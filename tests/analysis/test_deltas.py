"""Do sums tell what the scores themselves would?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.deltas import (
    DeltaSums,
    bias_sequence,
    bland_altman,
    quantile_limit,
    scores,
)
from analysis.intervals import order_statistic_ranks

# Bland & Altman 1986 (Lancet 327:307–310), Table 1: peak flow of 17 people by two meters, l/min.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]

VALUES = st.floats(-1000, 1000).map(lambda x: round(x, 3))
PAIRS = st.integers(3, 60).flatmap(lambda n: arrays(np.float64, (2, n), elements=VALUES))


def sums(production, shadow) -> DeltaSums:
    p, s = np.asarray(production, float), np.asarray(shadow, float)
    return DeltaSums(len(p), *(float(x.sum()) for x in (p, s, p * p, s * s, p * s)))


def test_limits_of_agreement_match_the_paper():
    """Mean −2.1 and sd 38.8 l/min (mini − Wright there, so the sign is ours here)."""
    found = bland_altman(sums(MINI, WRIGHT), confidence=0.95)
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert found.sd == pytest.approx(38.8, abs=0.05)
    assert found.upper.value - found.lower.value == pytest.approx(2 * 1.96 * 38.8, abs=0.3)
    # 1999, §2.2: se of a limit is about √(3/n) sd, so ±t(16)·√(3/17)·38.8 = ±34.5
    assert (found.upper.high - found.upper.low) / 2 == pytest.approx(34.5, abs=0.5)


def test_slope_and_concordance_match_a_calculation_from_the_scores():
    """Least squares on the raw differences, and Lin's definition with moments over n."""
    linregress = pytest.importorskip("scipy.stats").linregress
    p, s = np.array(MINI, float), np.array(WRIGHT, float)
    line = linregress((p + s) / 2, s - p)
    found = bland_altman(sums(p, s), confidence=0.95)
    t = 2.131449545559323  # Student's t, 15 degrees of freedom, 97.5 %
    assert found.slope.value == pytest.approx(line.slope)
    assert (found.slope.high - found.slope.low) / 2 == pytest.approx(t * line.stderr)
    ccc = 2 * np.cov(p, s, ddof=0)[0, 1] / (p.var() + s.var() + (p.mean() - s.mean()) ** 2)
    assert found.ccc.value == pytest.approx(ccc)
    assert found.ccc.low < ccc < found.ccc.high


@given(PAIRS)
def test_swapping_the_variants_flips_the_bias_and_exchanges_the_limits(pairs):
    """shadow − production becomes production − shadow; the concordance stays."""
    ours = bland_altman(sums(*pairs), confidence=0.95)
    theirs = bland_altman(sums(*pairs[::-1]), confidence=0.95)
    near = {"abs": 1e-6, "nan_ok": True}
    assert ours.bias.value == pytest.approx(-theirs.bias.value, **near)
    assert ours.lower.low == pytest.approx(-theirs.upper.high, **near)
    assert ours.ccc.value == pytest.approx(theirs.ccc.value, **near)
    assert ours.sd == pytest.approx(theirs.sd, **near)


@given(PAIRS, st.integers(1, 2))
def test_sums_of_parts_are_the_sums_of_the_whole(pairs, at):
    """Days can be added up: nothing has to be read twice."""
    parts = sums(*pairs[:, :at]) + sums(*pairs[:, at:])
    whole = sums(*pairs)
    assert parts.n == whole.n
    assert (parts.sum_p, parts.sum_s, parts.sum_pp, parts.sum_ss, parts.sum_ps) == pytest.approx(
        (whole.sum_p, whole.sum_s, whole.sum_pp, whole.sum_ss, whole.sum_ps), abs=1e-6
    )


@given(PAIRS, st.floats(0.01, 100).map(lambda x: round(x, 2)))
def test_the_unit_of_the_score_does_not_matter(pairs, factor):
    """Scores in another unit scale the bias and leave concordance and standardised bias alone."""
    spread = pairs.std(axis=1).min()
    if spread < 1:
        return
    ours = bland_altman(sums(*pairs), confidence=0.95)
    scaled = bland_altman(sums(*(factor * pairs)), confidence=0.95)
    assert scaled.bias.value == pytest.approx(factor * ours.bias.value, rel=1e-6, abs=1e-6)
    assert scaled.ccc.value == pytest.approx(ours.ccc.value, abs=1e-6)
    mine = bias_sequence(sums(*pairs), alpha=0.05, planned=1000)
    theirs = bias_sequence(sums(*(factor * pairs)), alpha=0.05, planned=1000)
    assert mine.value == pytest.approx(theirs.value, abs=1e-6)


def test_repeating_the_data_narrows_every_interval():
    """Same scores, more of them: same values, more surely."""
    rng = np.random.default_rng(1)
    p = rng.normal(size=500)
    s = p + 0.1 * rng.normal(size=500)
    once, more = sums(p, s), sums(np.tile(p, 4), np.tile(s, 4))
    few, many = (bland_altman(part, confidence=0.95) for part in (once, more))
    for name in ("bias", "lower", "upper", "slope", "ccc"):
        wide, narrow = getattr(few, name), getattr(many, name)
        assert wide.low <= wide.value <= wide.high
        assert narrow.high - narrow.low < wide.high - wide.low
    watched = [bias_sequence(part, alpha=0.05, planned=1000) for part in (once, more)]
    assert watched[1].high - watched[1].low < watched[0].high - watched[0].low


def test_a_bias_is_no_surer_than_the_scale_it_is_told_in():
    """Scores all moved by the same: the bias is certain, its number of standard deviations not.

    Of 1,000 normal samples watched at ten looks, no more miss than the 5 % allowed. With the
    scale taken for known all of them would: the interval would have no width at all.
    """
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(1000):
        p = rng.normal(size=1000)
        watched = [
            bias_sequence(sums(p[:n], p[:n] + 0.1), alpha=0.05, planned=1000)
            for n in range(100, 1001, 100)
        ]
        missed += any(not each.low <= 0.1 <= each.high for each in watched)
    assert 0 < missed <= 65  # 50 and two standard errors


@pytest.mark.parametrize(
    ("production", "shadow", "bias", "sd"),
    [
        ([], [], math.nan, math.nan),
        ([1.0], [3.0], 2.0, math.nan),
        ([1.0, 1.0], [3.0, 3.0], 2.0, 0.0),
        ([5.0] * 200, [5.0] * 200, 0.0, 0.0),
    ],
)
def test_edges(production, shadow, bias, sd):
    """No pair, one pair and scores that never vary give what can be said and nan for the rest."""
    given_sums = sums(production, shadow)
    found = bland_altman(given_sums, confidence=0.95)
    assert found.bias.value == pytest.approx(bias, nan_ok=True)
    assert found.sd == pytest.approx(sd, nan_ok=True)
    assert math.isnan(found.ccc.value)
    assert not bias_sequence(given_sums, alpha=0.05, planned=1000).bounded


def test_too_few_pairs_have_no_sequence():
    """An asymptotic sequence says nothing about a few dozen pairs."""
    rng = np.random.default_rng(2)
    p, s = rng.normal(size=(2, 99))
    found = bias_sequence(sums(p, s), alpha=0.05, planned=1000)
    assert found.known
    assert not found.bounded


def test_quantile_limits_are_order_statistics():
    """With every value given as a quantile, the ends are exactly the order statistics' values."""
    n = 1000
    deltas = np.sort(np.random.default_rng(4).normal(size=n))
    shares = np.arange(n) / (n - 1)
    ranks = order_statistic_ranks(n, 0.025, confidence=0.95)
    found = quantile_limit(shares, deltas, n, 0.025, ranks)
    stats = pytest.importorskip("scipy.stats")
    ends = stats.quantile_test(deltas, p=0.025).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert found.low <= found.value <= found.high
    few = quantile_limit([0, 0.5, 1], [-1, 0, 1], 10, 0.025, (0, 3))
    assert few.low == -math.inf
    assert not quantile_limit([], [], 0, 0.5, (0, 1)).known


def put_together(step: int):
    p = np.linspace(0, 1, 400)
    s = p + 0.01 * np.sin(40 * p)
    q = np.linspace(0, 1, 201)
    return scores(
        sums(p, s),
        q,
        np.quantile(s - p, q),
        [0, 1],
        [-1, 1],
        [[400]],
        confidence=0.95,
        alpha=0.05,
        planned=1000,
        drawn=400,
        step=step,
    )


def test_scores_are_put_together_from_the_same_pairs():
    """The summary's parts rest on the same number of pairs."""
    found = put_together(1)
    assert found.bland_altman.bias.n == found.quantile_lower.n == found.standardised_bias.n == 400
    assert found.quantile_lower.value < found.bland_altman.bias.value < found.quantile_upper.value


def test_limits_that_may_be_watched_enclose_those_for_one_look():
    """They are of every pair: of a sample, which is another one at each look, there are none."""
    found, sampled = put_together(1), put_together(2)
    for once, watched in (
        (found.quantile_lower, found.lower_watched),
        (found.quantile_upper, found.upper_watched),
    ):
        assert once.value == watched.value
        assert watched.low <= once.low <= once.high <= watched.high
    assert sampled.quantile_lower.known
    assert not sampled.lower_watched.known
    assert not sampled.upper_watched.known
