"""Is agreement told the same whichever way one looks at it?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.agreement import (
    Confusion,
    agreement_bounds,
    agreement_sequence,
    agreement_series,
    assess,
    bowker,
    confusion,
    kappa,
    label_agreement,
    label_shift,
    stuart_maxwell,
)

EMPTY = Confusion((), np.zeros((0, 0), dtype=np.int64))


@st.composite
def tables(draw: st.DrawFn, most: int = 400) -> Confusion:
    k = draw(st.integers(1, 5))
    cells = draw(st.lists(st.integers(0, most), min_size=k * k, max_size=k * k))
    cells[0] += 1
    return Confusion(tuple("abcde"[:k]), np.array(cells, dtype=np.int64).reshape(k, k))


@given(tables())
def test_swapping_the_variants_transposes_the_table(table):
    """Production's rows become shadow's columns; the agreement stays."""
    swapped = table.swapped()
    assert (swapped.counts == table.counts.T).all()
    assert (swapped.n, swapped.agreed) == (table.n, table.agreed)


@given(tables())
def test_swapping_the_variants_keeps_kappa_and_both_tests(table):
    """Neither chance agreement nor a test of symmetry knows which variant came first."""
    swapped = table.swapped()
    ours, theirs = kappa(table, confidence=0.95), kappa(swapped, confidence=0.95)
    assert (ours.value, ours.low) == pytest.approx((theirs.value, theirs.low), nan_ok=True)
    assert bowker(table).statistic == pytest.approx(bowker(swapped).statistic)
    assert stuart_maxwell(table).statistic == pytest.approx(
        stuart_maxwell(swapped).statistic, rel=1e-6, abs=1e-9
    )


@given(tables())
def test_swapping_the_variants_flips_the_label_shifts(table):
    """What shadow gives more often, production gives less often."""
    ours = {shift.label: shift for shift in label_shift(table, alpha=0.05)}
    theirs = {shift.label: shift for shift in label_shift(table.swapped(), alpha=0.05)}
    for label, shift in ours.items():
        other = theirs[label]
        assert (shift.production, shift.shadow) == (other.shadow, other.production)
        for mine, flipped in (
            (shift.difference, other.difference),
            (shift.sequence, other.sequence),
        ):
            assert (mine.value, mine.low, mine.high) == pytest.approx(
                (-flipped.value, -flipped.high, -flipped.low), abs=1e-12
            )


@given(tables())
def test_label_shifts_sum_to_nothing_and_lie_in_their_intervals(table):
    """Shares gained by some labels are lost by others; sequences are wider than one look's."""
    shifts = label_shift(table, alpha=0.05, confidence=0.95)
    assert sum(shift.difference.value for shift in shifts) == pytest.approx(0, abs=1e-12)
    for shift in shifts:
        assert shift.difference.low <= shift.difference.value + 1e-12
        assert shift.difference.value <= shift.difference.high + 1e-12
        assert shift.sequence.low <= shift.sequence.value <= shift.sequence.high
    sizes = [abs(shift.difference.value) for shift in shifts]
    assert sizes == sorted(sizes, reverse=True)


@given(tables(), st.integers(2, 20))
def test_repeating_the_data_narrows_kappa(table, times):
    """The same table from more pairs gives the same kappa, more surely."""
    once = kappa(table, confidence=0.95)
    more = kappa(Confusion(table.labels, table.counts * times), confidence=0.95)
    assert more.value == pytest.approx(once.value, nan_ok=True)
    assert more.bounded == once.bounded
    if once.bounded:
        assert once.low <= once.value <= once.high
        assert more.high - more.low <= once.high - once.low + 1e-12


def test_kappa_matches_sas():
    """PROC FREQ's printout quoted by statsmodels (test_inter_rater.py, table10)."""
    table = Confusion(("1", "2", "3"), np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]]))
    found = kappa(table, confidence=0.95)
    assert (found.value, found.low, found.high) == pytest.approx(
        (0.4842, 0.2137, 0.7547), abs=5.1e-5
    )


def test_kappa_matches_its_standard_error_s_paper():
    """Fleiss, Cohen & Everitt 1969, two psychiatrists' diagnoses of 200 patients: κ = 0.429."""
    shares = np.array([[0.53, 0.05, 0.02], [0.11, 0.14, 0.05], [0.01, 0.06, 0.03]])
    table = Confusion(("1", "2", "3"), np.rint(200 * shares).astype(np.int64))
    assert kappa(table, confidence=0.95).value == pytest.approx(0.429, abs=5e-4)


@pytest.mark.parametrize("counts", [[[9, 0], [0, 3]], [[0, 7], [7, 0]]])
def test_kappa_is_not_certain_where_nothing_varied(counts: list[list[int]]):
    """Twelve pairs that all agree are no proof that all others do: a value without an interval."""
    found = kappa(Confusion(("a", "b"), np.array(counts)), confidence=0.95)
    assert abs(found.value) == pytest.approx(1)
    assert not found.bounded


def test_kappa_is_unknown_where_chance_explains_everything():
    """One label only: full agreement, and no evidence of more than chance."""
    only = Confusion(("a",), np.array([[50]]))
    assert label_agreement(only.agreed, only.n, confidence=0.95).value == 1
    assert not kappa(only, confidence=0.95).known


def test_agreement_without_exchange_is_symmetric():
    """Where no label was ever exchanged, both tests have nothing against symmetry."""
    table = Confusion(("a", "b"), np.diag([30, 20]))
    for result in (bowker(table), stuart_maxwell(table)):
        assert (result.statistic, result.df, result.p, result.n) == (0.0, 0, 1.0, 50)


def test_two_labels_give_mcnemar_for_both_tests():
    """For two labels Bowker and Stuart–Maxwell are McNemar's test: (b − c)²/(b + c)."""
    table = Confusion(("0", "1"), np.array([[101, 121], [59, 33]]))
    for result in (bowker(table), stuart_maxwell(table)):
        assert result.statistic == pytest.approx((121 - 59) ** 2 / (121 + 59))
        assert result.df == 1


def test_labels_that_never_mix_share_no_freedom():
    """Two groups of labels that only mix within themselves: one degree of freedom each."""
    counts = np.array([[9, 3, 0, 0], [1, 9, 0, 0], [0, 0, 9, 2], [0, 0, 6, 9]])
    found = stuart_maxwell(Confusion(tuple("abcd"), counts))
    assert found.df == 2
    assert found.statistic == pytest.approx((3 - 1) ** 2 / 4 + (6 - 2) ** 2 / 8)


def test_nothing_is_known_without_pairs():
    """No pairs are no estimate anywhere, never perfect agreement."""
    assert not label_agreement(0, 0, confidence=0.95).known
    assert not agreement_sequence(0, 0, alpha=0.05, planned=1000).known
    assert not kappa(EMPTY, confidence=0.95).known
    assert (bowker(EMPTY).n, stuart_maxwell(EMPTY).n) == (0, 0)
    assert math.isnan(bowker(EMPTY).p)
    assert label_shift(EMPTY, alpha=0.05) == ()
    assert all(math.isnan(bound) for bound in agreement_bounds(0, 0, 0))


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_missing_answers_widen_the_bounds_around_the_agreement(agreed, apart, missing):
    """Worst ≤ observed ≤ best, and equal only when nothing is missing."""
    n = agreed + apart
    if n == 0:
        return
    worst, best = agreement_bounds(agreed, n, missing)
    assert worst <= agreed / n <= best
    assert best - worst == pytest.approx(missing / (n + missing))


def test_long_form_becomes_a_table_in_numeric_order():
    """Labels that are all numbers sort as numbers; repeated combinations add up."""
    table = confusion(["10", "9", "9"], ["9", "9", "9"], [1, 2, 3])
    assert table.labels == ("9", "10")
    assert table.counts.tolist() == [[5, 0], [1, 0]]
    assert confusion([], [], []).n == 0


def test_an_hour_without_pairs_is_missing():
    """A block without pairs is nan, not 0 % and not 100 %."""
    start = np.array(["2026-03-02T09", "2026-03-02T10"], dtype="datetime64[h]")
    series = agreement_series(start, [9, 0], [10, 0], confidence=0.95)
    assert series.value[0] == pytest.approx(0.9)
    assert np.isnan([series.value[1], series.low[1], series.high[1]]).all()
    assert series.low[0] < 0.9 < series.high[0]


def test_all_parts_of_agreement_speak_of_the_same_pairs():
    """The summary puts the same counts into every part."""
    table = confusion(["0", "0", "1", "1"], ["0", "1", "0", "1"], [80, 3, 2, 15])
    series = agreement_series([], [], [], confidence=0.95)
    found = assess(
        table.agreed, table.n, 4, series, confidence=0.95, alpha=0.05, planned=1000, table=table
    )
    assert found.fixed.value == found.sequence.value == 0.95
    assert (found.fixed.n, found.kappa.n, found.bowker.n) == (100, 100, 100)
    assert {shift.label for shift in found.shifts} == {"0", "1"}
    regression = assess(
        95, 100, 4, series, confidence=0.95, alpha=0.05, planned=1000, tolerance=0.05
    )
    assert (regression.kappa, regression.shifts, regression.tolerance) == (None, (), 0.05)
