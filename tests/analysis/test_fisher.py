"""Is the exact test exact, for one part and for thousands?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.fisher import excess_p


@pytest.mark.parametrize(
    ("found", "drawn", "marked", "n", "p"),
    [
        # Fisher's tea (The Design of Experiments, 1935): all 4 cups right once in 70
        (4, 4, 4, 8, 1 / 70),
        (3, 4, 4, 8, 17 / 70),
        # R: phyper(k - 1, m, n - m, d, lower.tail = FALSE), worked out with exact integers
        (0, 10, 5, 100, 1.0),
        (5, 10, 5, 100, 252 / 75287520),
        (0, 0, 0, 0, 1.0),
    ],
)
def test_the_exact_test_by_hand(found: int, drawn: int, marked: int, n: int, p: float) -> None:
    """The upper tail of the hypergeometric distribution."""
    assert excess_p(found, drawn, marked, n) == pytest.approx([p], rel=1e-9)


def exact_p(found: int, drawn: int, marked: int, n: int) -> float:
    """The definition, in whole numbers."""
    ways = sum(
        math.comb(marked, k) * math.comb(n - marked, drawn - k)
        for k in range(found, min(drawn, marked) + 1)
    )
    return ways / math.comb(n, drawn)


@given(st.integers(1, 300), st.data())
def test_the_exact_test_is_exact(n: int, data: st.DataObject) -> None:
    """It gives what whole numbers give, and the same for the table turned round."""
    drawn, marked = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    found = data.draw(st.integers(max(0, drawn + marked - n), min(drawn, marked)))
    (p,) = excess_p(found, drawn, marked, n)
    assert p == pytest.approx(exact_p(found, drawn, marked, n), rel=1e-6, abs=1e-12)
    assert p == pytest.approx(excess_p(found, marked, drawn, n)[0], rel=1e-6, abs=1e-12)


def test_many_parts_are_each_as_one_alone() -> None:
    """Parts of all sizes at once, also those whose tail is hundreds of terms long."""
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, 100_000, 200)
    found = rng.binomial(drawn, 0.03)
    p = excess_p(found, drawn, 3_000, 100_000)
    alone = [excess_p(k, d, 3_000, 100_000)[0] for k, d in zip(found, drawn, strict=True)]
    np.testing.assert_allclose(p, alone, rtol=1e-12)


def test_large_counts_keep_their_digits() -> None:
    """A part like the whole of a million pairs: about a half, and a little more for a tie."""
    (p,) = excess_p(10_000, 500_000, 20_000, 1_000_000)
    # P(X ≥ mean) is a half and half the mass at the mean, by symmetry of the two halves;
    # that mass is 1/√(2π·var) with var = 10,000 · 0.98 · 0.5, by the local limit theorem
    assert p == pytest.approx(0.5 + 0.5 / math.sqrt(2 * math.pi * 4_900), abs=1e-6)


def test_counts_that_no_table_has_are_refused() -> None:
    """More disagreements than there are is a fault of the counting, not a p-value."""
    with pytest.raises(ValueError, match="than any table could have"):
        excess_p([1, 5], 4, 4, 8)
