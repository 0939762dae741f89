"""Is what came of production's answers told by agreement, and no difference of models made up?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.consequences import Cell, Consequence, consequence
from analysis.intervals import newcombe, wilson


def of(*cells: Cell, pairs: int = 1_000, most: int = 10) -> Consequence:
    return consequence("conversion", cells, pairs, confidence=0.95, most=most)


def cell(values: object, *, agreed: bool, production: str = "1", shadow: str = "") -> Cell:
    """The sums of some values."""
    found = np.asarray(values, float)
    ones = int(np.isin(found, [0, 1]).sum())
    shadow = shadow or (production if agreed else "other")
    total, squares = float(found.sum()), float((found**2).sum())
    return Cell(agreed, production, shadow, len(found), total, squares, ones)


def test_shares_by_hand():
    """90 agree, of which 30 converted; 10 differ, of which 4 did.

    Had each other answer of the shadow failed, 4 of 100 would be lost; succeeded, 6 gained.
    """
    found = of(
        cell([1] * 30 + [0] * 60, agreed=True),
        cell([1] * 3 + [0] * 3, agreed=False, shadow="0"),
        cell([1] + [0] * 3, agreed=False, production="0", shadow="1"),
    )
    assert found.share
    values = (found.every, found.agreed, found.differed, found.at_risk, found.to_gain)
    assert [round(each.value, 12) for each in values] == [0.34, round(1 / 3, 12), 0.4, 0.04, 0.06]
    assert (found.at_risk.low, found.at_risk.high) == wilson(4, 100, confidence=0.95)
    assert (found.to_gain.low, found.to_gain.high) == wilson(6, 100, confidence=0.95)
    ends = newcombe(4, 10, 30, 90, confidence=0.95)
    assert (found.apart.low, found.apart.high) == ends
    assert [(each.production, each.shadow, each.mean.n) for each in found.answers] == [
        ("1", "1", 90),
        ("1", "0", 6),
        ("0", "1", 4),
    ]


def test_means_as_welch_gives_them():
    """Numbers: Student's interval of a mean, Welch's of a difference, as SciPy computes them."""
    from scipy.stats import ttest_1samp, ttest_ind

    rng = np.random.default_rng(8)
    agree, differ = rng.gamma(2, 10, 200), rng.gamma(2, 14, 40)
    found = of(cell(agree, agreed=True), cell(differ, agreed=False))
    assert not found.share
    assert not found.to_gain.known
    for mean, values in ((found.agreed, agree), (found.differed, differ)):
        expected = ttest_1samp(values, 0).confidence_interval(0.95)
        assert (mean.low, mean.high) == pytest.approx(tuple(expected))
    welch = ttest_ind(differ, agree, equal_var=False).confidence_interval(0.95)
    assert (found.apart.low, found.apart.high) == pytest.approx(tuple(welch))
    stake = np.concatenate([differ, np.zeros(200)])
    expected = ttest_1samp(stake, 0).confidence_interval(0.95)
    assert (found.at_risk.low, found.at_risk.high) == pytest.approx(tuple(expected))


CELLS = st.lists(
    st.builds(
        cell,
        st.lists(st.integers(0, 3), min_size=1, max_size=12),
        agreed=st.booleans(),
        production=st.sampled_from("ab"),
    ),
    max_size=8,
)


@given(CELLS)
def test_the_groups_add_up(cells: list[Cell]):
    """All = agree + differ, in pairs and in sums; what is at risk is what the second brought."""
    found = of(*cells)
    assert found.every.n == found.agreed.n + found.differed.n == sum(each.n for each in cells)
    parts = [each.value * each.n for each in (found.agreed, found.differed) if each.known]
    if found.every.known:
        assert math.fsum(parts) == pytest.approx(found.every.value * found.every.n)
        brought = found.differed.value * found.differed.n if found.differed.known else 0.0
        assert found.at_risk.value * found.every.n == pytest.approx(brought, abs=1e-9)
    if found.share and found.every.known:
        stake = found.at_risk.value + found.to_gain.value
        assert stake == pytest.approx(found.differed.n / found.every.n)


def test_without_outcomes_nothing_is_known():
    """No pair with an outcome is no mean of 0, and nothing is at stake that is known."""
    found = of()
    for each in (found.every, found.agreed, found.differed, found.apart, found.at_risk):
        assert not each.known
    assert found.answers == ()


def test_one_value_or_all_alike_have_no_interval():
    """A single revenue, or all the same, is no certainty."""
    found = of(cell([5.0], agreed=True), cell([7.0, 7.0, 7.0], agreed=False))
    assert (found.agreed.value, found.differed.value) == (5.0, 7.0)
    assert not found.agreed.bounded
    assert not found.differed.bounded
    assert not found.apart.bounded


def test_answers_told_one_by_one_are_few():
    """The most frequent combinations first, and no more than are wanted."""
    cells = [cell([1] * n, agreed=True, production=f"label {n}") for n in range(1, 9)]
    found = of(*cells, most=3)
    assert [each.mean.n for each in found.answers] == [8, 7, 6]
    assert found.every.n == sum(range(1, 9))
