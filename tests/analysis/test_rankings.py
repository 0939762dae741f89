"""Are two rankings compared as the papers compare them?"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.rankings import (
    DEEPEST,
    compare,
    kendall_tau_b,
    overlap,
    rank_biased_overlap,
    ranking,
)

LISTS = st.lists(st.integers(0, 12), unique=True, max_size=10)
COLUMNS = st.integers(0, 8).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n)] * 2)
)


def test_the_example_of_the_paper() -> None:
    """Fig. 5 of Webber, Moffat & Zobel 2010: overlaps 0, 0, 2, 2, 2, 2, 2 at depths 1 to 7.

    Equation 30 by hand, for lists of one length.
    """
    seen = {3: 2, 4: 2, 5: 2, 6: 2, 7: 2}
    by_hand = 2 / 7 * 0.9**7 + 0.1 / 0.9 * sum(x / d * 0.9**d for d, x in seen.items())
    assert rank_biased_overlap("abcdefg", "zcavwxy") == pytest.approx(by_hand, abs=1e-12)


def test_a_value_of_another_implementation() -> None:
    """The value that b4ny4n/rankmeasures (Scala, after Agarwal) prints in its README."""
    assert rank_biased_overlap([1, 2, 3, 4, 5], [2, 3, 4, 1, 5]) == pytest.approx(0.828, abs=5e-4)


def by_the_letter(short: list[int], long: list[int], p: float = 0.9) -> float:
    """Equation 32, term by term."""
    s, length = len(short), len(long)
    x = [len(set(short[:d]) & set(long[:d])) for d in range(length + 1)]
    first = sum(x[d] / d * p**d for d in range(1, length + 1))
    second = sum(x[s] * (d - s) / (s * d) * p**d for d in range(s + 1, length + 1))
    rest = ((x[length] - x[s]) / length + x[s] / s) * p**length
    return (1 - p) / p * (first + second) + rest


@given(LISTS, LISTS)
def test_unequal_lengths_follow_equation_32(one: list[int], other: list[int]) -> None:
    """The one pass over the lists gives what the equation says term by term."""
    short, long = sorted((one, other), key=len)
    if short:
        assert rank_biased_overlap(one, other) == pytest.approx(
            min(1.0, by_the_letter(short, long)), abs=1e-9
        )


@given(LISTS, LISTS)
def test_likeness_does_not_ask_who_is_who(one: list[int], other: list[int]) -> None:
    """Exchanging the variants changes nothing, and every measure stays in its range."""
    there, back = (
        compare(ranking(a), ranking(b), top_k=5) for a, b in ((one, other), (other, one))
    )
    for name in ("top_1", "overlap", "rbo", "tau"):
        assert getattr(there, name) == pytest.approx(getattr(back, name), abs=1e-12, nan_ok=True)
    assert 0 <= there.overlap <= 1
    assert 0 <= there.rbo <= 1
    assert math.isnan(there.tau) or -1 <= there.tau <= 1


@given(LISTS)
def test_a_ranking_is_like_itself(items: list[int]) -> None:
    """The same order is wholly alike; its reverse has τ = −1."""
    same = compare(ranking(items), ranking(items), top_k=3)
    assert (same.top_1, same.overlap, same.rbo) == (True, 1.0, 1.0)
    if len(items) > 1:
        assert same.tau == 1.0
        assert compare(ranking(items), ranking(items[::-1]), top_k=3).tau == -1.0
    else:
        assert math.isnan(same.tau)


def test_kendalls_tau_b_of_published_data() -> None:
    """scipy.stats.kendalltau's documented example, with ties in both columns."""
    found = kendall_tau_b([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])
    assert found == pytest.approx(-0.47140452079103173, abs=1e-15)


@given(COLUMNS)
def test_one_pass_counts_as_all_pairs_do(columns: tuple[list[int], list[int]]) -> None:
    """Knight's count is that of every pair looked at, ties and all."""
    x, y = columns
    n = len(x)
    score = sum(
        ((x[i] > x[j]) - (x[i] < x[j])) * ((y[i] > y[j]) - (y[i] < y[j]))
        for i in range(n)
        for j in range(i)
    )
    free = [sum(c[i] != c[j] for i in range(n) for j in range(i)) for c in columns]
    expected = score / math.sqrt(free[0] * free[1]) if all(free) else math.nan
    assert kendall_tau_b(x, y) == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_overlap_of_lists_of_different_length() -> None:
    """What the shorter list lacks counts as not common."""
    assert overlap("ab", "abcd", 10) == 0.5
    assert overlap("abcd", "dcba", 4) == 1.0
    assert overlap("", "a", 10) == 0.0
    assert overlap("", "", 10) == 1.0


def test_repeated_and_tied_items() -> None:
    """An item counts where it stands first; equal ranks are ties; the tail is left out."""
    assert ranking(["b", "a", "b"], [2, 1, 1]).items == ("a", "b")
    assert ranking(["b", "a"], [1, 1]).items == ("b", "a")
    tied = compare(ranking("abc", [1, 1, 2]), ranking("abc"), top_k=3)
    # two of three pairs in order, one tied: 2/√(2·3)
    assert tied.tau == pytest.approx(2 / math.sqrt(6), abs=1e-12)
    assert len(ranking(range(5_000)).items) == DEEPEST
