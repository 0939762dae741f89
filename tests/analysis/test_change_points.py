"""Are changes found where they are, and where there are none, seldom?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.change_points import SMALLEST_PART, change_points, strata

WEEK = np.datetime64("2026-03-02T00", "h") + np.arange(168)
ONE_KIND = np.zeros(60, dtype=np.int64)


def counts(rng: np.random.Generator, shares: np.ndarray, n: int = 200) -> np.ndarray:
    """A block of counts for each row of shares (t, k)."""
    return np.array([rng.multinomial(n, each) for each in shares])


def stepped(*parts: tuple[int, float]) -> np.ndarray:
    """Shares of two bins: so many blocks with this share of the first, and so on."""
    share = np.concatenate([np.full(blocks, each) for blocks, each in parts])
    return np.column_stack([share, 1 - share])


def test_steps_are_found_where_they_are():
    """Two steps far beyond chance are marked at their first block after, and nothing else."""
    series = counts(np.random.default_rng(3), stepped((20, 0.5), (25, 0.8), (15, 0.3)))
    (found,) = change_points([series], ONE_KIND, alpha=0.01)
    assert [change.at for change in found] == [20, 45]
    assert all(change.p <= 0.01 for change in found)


@settings(max_examples=25, deadline=None)
@given(at=st.integers(SMALLEST_PART, 20 - SMALLEST_PART), seed=st.integers(0, 1000))
def test_the_same_backwards(at: int, seed: int):
    """Time reversed moves a change to its mirror image."""
    series = counts(np.random.default_rng(seed), stepped((at, 0.2), (20 - at, 0.8)))
    (there,) = change_points([series], ONE_KIND[:20], alpha=0.05)
    (back,) = change_points([series[::-1]], ONE_KIND[:20], alpha=0.05)
    assert {20 - change.at for change in back} >= {at} or not there
    assert not there or at in {change.at for change in there}


def test_the_statistic_is_the_chi_square_of_both_parts():
    """With blocks of one kind the cut is where scipy's two-sample chi-square is largest."""
    series = counts(np.random.default_rng(8), stepped((6, 0.4), (6, 0.7)), n=80)
    places = range(SMALLEST_PART, 12 - SMALLEST_PART + 1)
    chi = [
        stats.chi2_contingency(
            [series[:at].sum(axis=0), series[at:].sum(axis=0)], correction=False
        ).statistic
        for at in places
    ]
    (found,) = change_points([series], ONE_KIND[:12], alpha=0.05)
    assert found[0].at == places[int(np.argmax(chi))]


def test_a_rhythm_is_no_change_and_a_change_in_it_is_one():
    """What comes again every day at its hour is taken out; a step on top of it is found."""
    rng = np.random.default_rng(5)
    share = 0.5 + 0.3 * np.sin(np.arange(168) / 24 * 2 * np.pi)
    kinds = strata(WEEK, 3600)
    daily = counts(rng, np.column_stack([share, 1 - share]))
    assert change_points([daily], kinds, alpha=0.05) == ((),)
    share[100:] += 0.15
    moved = counts(rng, np.column_stack([share, 1 - share]))
    (found,) = change_points([moved], kinds, alpha=0.01)
    assert [change.at for change in found] == [100]
    # without their kinds the hours of one day would be steps
    assert len(change_points([daily], np.zeros(168, dtype=np.int64), alpha=0.05)[0]) > 2


def test_many_series_ask_for_more():
    """A p that is enough for one series is not for one of forty that are all chance."""
    rng = np.random.default_rng(11)
    still = [counts(rng, stepped((30, 0.5)), n=50) for _ in range(40)]
    found = change_points(still, ONE_KIND[:30], alpha=0.2)
    alone = [change_points([each], ONE_KIND[:30], alpha=0.2)[0] for each in still]
    assert sum(map(bool, alone)) > sum(map(bool, found)) == 0


def test_few_blocks_and_gaps():
    """Seven blocks are too few; blocks without values are no blocks, and a place skips them."""
    series = counts(np.random.default_rng(2), stepped((10, 0.2), (10, 0.8)))
    assert change_points([series[7:14]], ONE_KIND[:7], alpha=0.05) == ((),)
    gapped = np.zeros((30, 2), dtype=np.int64)
    gapped[:10], gapped[20:] = series[:10], series[10:]
    (found,) = change_points([gapped], ONE_KIND[:30], alpha=0.05)
    assert [change.at for change in found] == [20]
    assert change_points([np.zeros((30, 2), dtype=np.int64)], ONE_KIND[:30], alpha=0.05) == ((),)
    assert change_points([], ONE_KIND[:30], alpha=0.05) == ()


@pytest.mark.parametrize(
    ("hours", "block_s", "kinds"),
    [(48, 3600, 1), (72, 3600, 24), (168, 6 * 3600, 4), (14 * 24, 86_400, 1), (21 * 24, 86_400, 7)],
)
def test_a_rhythm_needs_three_of_its_turns(hours: int, block_s: int, kinds: int):
    """Hours have kinds from the third day on, days from the third week on."""
    start = np.arange(0, hours, block_s // 3600).astype("datetime64[h]")
    assert len(np.unique(strata(start, block_s))) == kinds
