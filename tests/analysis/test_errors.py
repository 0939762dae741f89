"""Are failures compared as rates, and are the first few seen?"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import ErrorCounts, error_rate


def rate(production_errors, production_n, shadow_errors, shadow_n):
    counts = ErrorCounts("5xx_errors", production_errors, production_n, shadow_errors, shadow_n)
    return error_rate(counts, confidence=0.95, alpha=0.05, planned=10_000)


@given(st.integers(1, 10**5), st.integers(1, 10**5), st.floats(0, 1), st.floats(0, 1))
def test_swapping_the_variants_flips_the_difference(n, m, p, s):
    """What is worse for one is better for the other by as much."""
    k, j = int(p * n), int(s * m)
    ours, theirs = rate(k, n, j, m), rate(j, m, k, n)
    for mine, flipped in (
        (ours.difference, theirs.difference),
        (ours.sequence, theirs.sequence),
    ):
        assert (mine.value, mine.low, mine.high) == pytest.approx(
            (-flipped.value, -flipped.high, -flipped.low), abs=1e-12
        )
        assert mine.low <= mine.value <= mine.high
    assert ours.difference.n == min(n, m)


def test_fewer_requests_to_the_shadow_are_compared_as_rates():
    """A tenth of the traffic with a tenth of the errors is no difference."""
    assert rate(100, 100_000, 10, 10_000).difference.value == pytest.approx(0)


def test_the_first_errors_after_none_are_seen():
    """40 errors in 20,000 requests against none lie outside a tolerance of 0.1 points."""
    found = rate(0, 20_000, 40, 20_000)
    assert found.difference.low > 0.001
    assert found.sequence.low > 0.0005


def test_no_errors_are_not_no_requests():
    """Zero errors are a rate of 0; no requests, or fewer than errors, are unknown."""
    none = rate(0, 20_000, 0, 20_000)
    assert none.difference.value == 0
    assert 0 < none.sequence.high < 0.001
    for unknown in (
        rate(0, 0, 0, 20_000),
        rate(0, 20_000, 0, 0),
        rate(0, 0, 0, 0),
        rate(0, 9, 5, 3),
    ):
        assert not unknown.difference.known
        assert not unknown.sequence.known
        assert math.isnan(unknown.difference.low)


@given(st.integers(0, 50), st.integers(2, 30))
def test_repeating_the_data_narrows_the_difference(errors, times):
    """Same rates, more requests: more surely the same difference."""
    once, more = (
        rate(errors, 1000, 5, 1000),
        rate(times * errors, times * 1000, 5 * times, times * 1000),
    )
    assert more.difference.value == pytest.approx(once.difference.value)
    for name in ("difference", "sequence"):
        wide, narrow = getattr(once, name), getattr(more, name)
        assert narrow.high - narrow.low < wide.high - wide.low
