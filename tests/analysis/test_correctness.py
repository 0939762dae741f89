"""Who is right more often: published values, laws, and how often the interval misses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.correctness import (
    accuracy,
    mcnemar,
    outcomes,
    paired_share,
    watched,
    who_was_right,
)

CELLS = st.tuples(*[st.integers(0, 500)] * 4)
EVERY_LOOK = {"confidence": 0.95, "alpha": 0.05, "planned": 1_000}


@pytest.mark.parametrize(
    ("cells", "exact", "mid"),
    [
        # Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91, tables 1 and 2.
        ((1, 7, 1, 12), 0.0703, 0.0391),
        ((59, 6, 16, 80), 0.0525, 0.0347),
    ],
)
def test_mcnemar_reproduces_published_values(cells, exact: float, mid: float) -> None:
    """The exact test is the binomial test of the pairs of which one model is right."""
    found = mcnemar(*cells)
    assert found.exact_p == pytest.approx(exact, rel=2e-3)
    assert found.mid_p == pytest.approx(mid, rel=2e-2)


@given(CELLS)
def test_p_values_are_symmetric_and_ordered(cells) -> None:
    """Exchanging the models changes no p; the mid-p lies below the exact one, both in [0, 1]."""
    both, production, shadow, neither = cells
    found, swapped = mcnemar(*cells), mcnemar(both, shadow, production, neither)
    assert found.n == sum(cells)
    if not found.n:
        assert math.isnan(found.exact_p)
        assert math.isnan(found.mid_p)
        return
    assert (found.exact_p, found.mid_p) == (swapped.exact_p, swapped.mid_p)
    assert 0 <= found.mid_p <= found.exact_p <= 1


@given(CELLS, st.integers(0, 1_000_000))
def test_pairs_on_which_both_are_right_decide_nothing(cells, more: int) -> None:
    """McNemar's test looks only at pairs of which one model is right."""
    both, production, shadow, neither = cells
    if production + shadow:
        found = mcnemar(both + more, production, shadow, neither)
        assert found.exact_p == mcnemar(*cells).exact_p


def test_a_million_pairs_do_not_overflow() -> None:
    """Logarithms of factorials, so a p of a large test is a number."""
    found = mcnemar(10**6, 300_000, 301_000, 10**6)
    assert 0 < found.mid_p < found.exact_p < 1
    assert mcnemar(0, 0, 10**6, 0).mid_p == 0.0


@given(CELLS.filter(lambda cells: sum(cells) > 0))
def test_an_accuracy_swaps_and_holds_its_difference(cells) -> None:
    """Exchange the models and the sign flips; every interval holds its value, within −1 and 1."""
    both, production, shadow, neither = cells
    found = accuracy(mcnemar(*cells), **EVERY_LOOK)
    other = accuracy(mcnemar(both, shadow, production, neither), **EVERY_LOOK)
    assert (other.production, other.shadow) == (found.shadow, found.production)
    for mine, theirs in ((found.difference, other.difference), (found.sequence, other.sequence)):
        assert mine is not None
        assert theirs is not None
        assert mine.value == -theirs.value
        assert (mine.low, mine.high) == pytest.approx((-theirs.high, -theirs.low), abs=1e-9)
        assert -1 - 1e-9 <= mine.low <= mine.value + 1e-9
        assert mine.value - 1e-9 <= mine.high <= 1 + 1e-9


@given(CELLS.filter(lambda cells: cells[1] + cells[2] > 0 and cells[0] + cells[3] > 0))
def test_more_of_the_same_narrows_the_interval(cells) -> None:
    """Four times the data, a narrower interval about the same value."""
    once = paired_share(*cells, confidence=0.95)
    often = paired_share(*(4 * cell for cell in cells), confidence=0.95)
    assert often.value == pytest.approx(once.value)
    assert often.high - often.low < once.high - once.low


def test_a_sequence_is_wider_than_one_look() -> None:
    """What may be looked at for ever must promise less."""
    found = accuracy(mcnemar(800, 60, 40, 100), **EVERY_LOOK)
    assert found.sequence is not None
    assert found.sequence.low < found.difference.low
    assert found.sequence.high > found.difference.high


def test_no_pairs_no_data() -> None:
    """nan with n = 0, and no judgement."""
    found = accuracy(mcnemar(0, 0, 0, 0), **EVERY_LOOK)
    assert (found.state, found.difference.known, found.difference.n) == ("no_data", False, 0)
    assert found.sequence is None


def test_outcomes_are_counted_by_who_was_right() -> None:
    """Labels are places in one order; counts of combinations add up."""
    table = outcomes(["a", "a", "b"], ["a", "b", "a"], ["a", "a", "a"], [5, 3, 2])
    found = who_was_right(table)
    assert (found.both, found.only_production, found.only_shadow, found.neither) == (5, 0, 3, 2)
    assert table.n == 10
    swapped = who_was_right(table.swapped())
    assert (swapped.only_production, swapped.only_shadow) == (3, 0)
    assert outcomes(["10"], ["9"], ["x"], [1]).labels == ("10", "9", "x")
    assert outcomes([], [], [], []).n == 0


@pytest.mark.parametrize("shares", [(0.8, 0.06, 0.05, 0.09), (0.95, 0.02, 0.01, 0.02)])
def test_the_interval_covers_as_often_as_it_says(shares) -> None:
    """Simulated: of 1,500 tests with 300 pairs about 95 % of the intervals hold the truth."""
    drawn = np.random.default_rng(5).multinomial(300, shares, 1_500)
    truth = shares[2] - shares[1]
    held = 0
    for both, production, shadow, neither in drawn.tolist():
        found = paired_share(both, shadow, production, neither, confidence=0.95)
        held += found.low <= truth <= found.high
    assert 0.93 <= held / len(drawn) <= 0.985


LOOKS = {"alpha": 0.05, "planned": 10_000}


@given(st.integers(1, 300), st.integers(100, 100_000))
def test_evidence_is_fair_while_both_are_right_equally_often(apart: int, planned: int) -> None:
    """Over all ways in which so many discordant pairs may fall, the e-value is 1 on average.

    With Ville's inequality that makes it a test for every look.
    """
    ways = [math.comb(apart, k) / 2**apart for k in range(apart + 1)]
    found = [
        watched(mcnemar(0, apart - k, k, 0), alpha=0.05, planned=planned).evidence
        for k in range(apart + 1)
    ]
    assert math.fsum(p * e for p, e in zip(ways, found, strict=True)) == pytest.approx(1)


@given(CELLS)
def test_the_watched_p_and_its_interval_agree(cells) -> None:
    """The interval leaves out a half when p is below alpha; exchanging the models changes no p."""
    both, production, shadow, neither = cells
    found = watched(mcnemar(*cells), **LOOKS)
    other = watched(mcnemar(both, shadow, production, neither), **LOOKS)
    if not sum(cells):
        assert math.isnan(found.p)
        return
    assert found.p == pytest.approx(other.p)
    assert found.p == pytest.approx(min(1, 1 / found.evidence))
    if not production + shadow:
        assert (found.p, found.shadow_right.n) == (1, 0)
        return
    share = found.shadow_right
    assert share.value == pytest.approx(shadow / (production + shadow))
    assert (not share.low <= 0.5 <= share.high) == (found.p < 0.05)


def test_a_watched_p_is_less_sure_than_one_look() -> None:
    """Price of looking again; what no double holds is infinite, with a p of 0."""
    told = mcnemar(800, 60, 100, 40)
    assert told.exact_p < watched(told, **LOOKS).p < 0.1
    beyond = watched(mcnemar(0, 0, 10**6, 0), **LOOKS)
    assert (beyond.evidence, beyond.p) == (math.inf, 0)
