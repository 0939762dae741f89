"""Do intervals for one look lie where they must?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intervals import (
    clopper_pearson,
    newcombe,
    newcombe_paired,
    order_statistic_ranks,
    share,
    wilson,
    wilson_bands,
)

LEVELS = st.floats(0.5, 0.999)


@st.composite
def successes(draw: st.DrawFn, most: int = 100_000) -> tuple[int, int]:
    n = draw(st.integers(1, most))
    return draw(st.integers(0, n)), n


@given(successes(), LEVELS)
def test_an_interval_of_a_share_contains_it_and_stays_a_share(counts, confidence):
    """0 ≤ low ≤ share ≤ high ≤ 1, for Wilson and for Clopper–Pearson."""
    k, n = counts
    for method in (wilson, clopper_pearson):
        low, high = method(k, n, confidence=confidence)
        assert 0 <= low <= k / n <= high <= 1


@given(successes(10_000), LEVELS)
def test_failures_mirror_successes(counts, confidence):
    """The interval of the failures' share is one minus that of the successes'."""
    k, n = counts
    for method in (wilson, clopper_pearson):
        low, high = method(k, n, confidence=confidence)
        mirrored = method(n - k, n, confidence=confidence)
        assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-9)


@given(successes(10_000), LEVELS, st.integers(2, 50))
def test_more_of_the_same_narrows(counts, confidence, times):
    """The same share from more data has a shorter interval."""
    k, n = counts
    low, high = wilson(k, n, confidence=confidence)
    closer = wilson(times * k, times * n, confidence=confidence)
    assert closer[1] - closer[0] < high - low


@given(successes(10_000), successes(10_000), LEVELS)
def test_exchanging_the_two_sides_of_a_difference_flips_its_sign(first, base, confidence):
    """A difference has a direction; nothing else may depend on the order."""
    low, high = newcombe(*first, *base, confidence=confidence)
    swapped = newcombe(*base, *first, confidence=confidence)
    assert (low, high) == pytest.approx((-swapped[1], -swapped[0]), abs=1e-12)
    assert -1 <= low <= first[0] / first[1] - base[0] / base[1] <= high <= 1


CELLS = st.integers(0, 5000)


@given(CELLS, CELLS, CELLS, st.integers(1, 5000), LEVELS)
def test_exchanging_the_two_answers_of_pairs_flips_the_sign(both, one, other, none, confidence):
    """The paired interval is symmetric in the two answers as well, and contains the difference."""
    low, high = newcombe_paired(both, one, other, none, confidence=confidence)
    swapped = newcombe_paired(both, other, one, none, confidence=confidence)
    assert (low, high) == pytest.approx((-swapped[1], -swapped[0]), abs=1e-12)
    difference = (one - other) / (both + one + other + none)
    assert -1 <= low <= difference + 1e-12
    assert difference - 1e-12 <= high <= 1


@pytest.mark.parametrize(
    ("counts", "ends"),
    [
        # Newcombe 1998, Statistics in Medicine 17:873–890, Table II, method 10.
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((0, 10, 0, 10), (-0.2775, 0.2775)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ],
)
def test_newcombe_reproduces_its_paper(counts, ends):
    """The printed intervals of method 10, to their four places."""
    assert newcombe(*counts, confidence=0.95) == pytest.approx(ends, abs=5.1e-5)


@pytest.mark.parametrize(
    ("table", "ends"),
    [
        # Newcombe 1998, Statistics in Medicine 17:2635–2650, Table III, method 10.
        ((36, 12, 2, 0), (0.0569, 0.3404)),
    ],
)
def test_paired_newcombe_reproduces_its_paper(table, ends):
    """The printed interval of method 10 for paired data."""
    assert newcombe_paired(*table, confidence=0.95) == pytest.approx(ends, abs=5.1e-5)


def test_no_trials_give_nan():
    """Without data there is no interval, not a wide one and not a short one."""
    for ends in (
        wilson(0, 0, confidence=0.95),
        clopper_pearson(0, 0, confidence=0.95),
        newcombe(0, 0, 1, 2, confidence=0.95),
        newcombe(1, 2, 0, 0, confidence=0.95),
        newcombe_paired(0, 0, 0, 0, confidence=0.95),
    ):
        assert all(math.isnan(end) for end in ends)
    assert not share(0, 0, confidence=0.95).known


@given(st.lists(successes(1000), min_size=1, max_size=20))
def test_bands_are_the_interval_of_each_block(counts):
    """Arrays give what single counts give, and nan where a block is empty."""
    k, n = (np.array(column) for column in zip(*[*counts, (0, 0)], strict=True))
    low, high = wilson_bands(k, n, confidence=0.95)
    assert np.isnan([low[-1], high[-1]]).all()
    for i, (one, whole) in enumerate(counts):
        assert (low[i], high[i]) == pytest.approx(wilson(one, whole, confidence=0.95), abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 20, 100, 1000, 20_000])
@pytest.mark.parametrize("p", [0.03, 0.5, 0.95, 0.97])
def test_ranks_of_a_quantile_are_those_of_scipy(n, p):
    """scipy.stats.quantile_test finds the same order statistics; it writes nan for no bound."""
    stats = pytest.importorskip("scipy.stats")
    ends = stats.quantile_test(np.arange(1.0, n + 1), p=p).confidence_interval(0.95)
    low, high = order_statistic_ranks(n, p, confidence=0.95)
    assert (math.nan if low == 0 else low) == pytest.approx(ends.low, nan_ok=True)
    assert (math.nan if high == n + 1 else high) == pytest.approx(ends.high, nan_ok=True)


def test_more_successes_than_trials_are_refused():
    """A count that cannot be is a fault of the caller and is said so."""
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2, confidence=0.95)
