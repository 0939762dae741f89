"""Is the slice that does most harm found, and is no more claimed than was counted?"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intervals import newcombe, wilson
from analysis.slices import MIN_PAIRS, Counted, disagreement_p, search

COUNTS = st.integers(0, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


def counted(*parts: tuple[int, int], dimension: str = "d") -> list[Counted]:
    """Slices of one dimension, from their pairs and how many agree."""
    return [Counted(dimension, f"s{at}", f"w{at}", n, k) for at, (n, k) in enumerate(parts)]


def totals(parts: list[Counted]) -> tuple[int, int]:
    return sum(part.n for part in parts), sum(part.agreed for part in parts)


def test_a_slice_beside_the_rest_by_hand() -> None:
    """80 of 100 agree inside, 882 of 900 outside: 98 % there, so 18 more disagree than would."""
    parts = counted((100, 80), (900, 882))
    found = search(parts, *totals(parts), confidence=0.95)
    worst = found.slices[0]
    assert (worst.name, worst.n, worst.agreed) == ("s0", 100, 80)
    assert worst.agreement.value == 0.8
    assert (worst.agreement.low, worst.agreement.high) == wilson(80, 100, confidence=0.95)
    assert (worst.rest.value, worst.rest.n) == (0.98, 900)
    assert worst.difference.value == pytest.approx(-0.18)
    assert (worst.difference.low, worst.difference.high) == newcombe(
        80, 100, 882, 900, confidence=0.95
    )
    assert worst.harm == pytest.approx(18)
    assert found.standing_out == (worst,)
    other = found.slices[1]
    assert (other.harm, other.difference.value) == (0, pytest.approx(0.18))


def test_harm_is_size_times_excess() -> None:
    """A large slice a little worse comes before a tiny one much worse."""
    large = counted((10_000, 9_700), (40_000, 39_600), dimension="large")
    tiny = counted((40, 20), (49_960, 49_280), dimension="tiny")
    found = search([*large, *tiny], 50_000, 49_300, confidence=0.95)
    assert [(each.dimension, each.name) for each in found.slices[:2]] == [
        ("large", "s0"),
        ("tiny", "s0"),
    ]
    assert found.slices[0].harm == pytest.approx(10_000 * (0.99 - 0.97))


def test_small_slices_and_undivided_dimensions_are_told() -> None:
    """Fewer than thirty pairs in or out are left out and counted; one value cuts nothing."""
    parts = [
        *counted((MIN_PAIRS - 1, 0), (MIN_PAIRS, 30), (941, 900), dimension="hour"),
        *counted((1000 - MIN_PAIRS + 1, 930), (MIN_PAIRS - 1, 0), dimension="zone"),
        *counted((1000, 930), (0, 0), dimension="type"),
    ]
    found = search(parts, 1000, 930, confidence=0.95)
    assert {(each.dimension, each.name) for each in found.slices} == {
        ("hour", "s1"),
        ("hour", "s2"),
    }
    assert (found.small, found.undivided) == (3, ("type",))
    assert found.dimensions == ("hour", "zone", "type")


def test_no_pairs_and_no_slices_are_no_failure() -> None:
    """Nothing to cut gives nothing, and nothing stands out."""
    found = search([], 0, 0, confidence=0.95)
    assert (found.slices, found.standing_out, found.small) == ((), (), 0)


def test_equal_slices_do_not_stand_out() -> None:
    """Where every slice agrees alike, none does harm and none is beyond chance."""
    parts = counted(*[(200, 190)] * 10)
    found = search(parts, *totals(parts), confidence=0.95)
    assert len(found.slices) == 10
    assert found.standing_out == ()
    assert all(each.harm == pytest.approx(0) and each.q == 1 for each in found.slices)


@given(st.lists(COUNTS, min_size=2, max_size=8))
def test_the_laws_of_a_partition(parts: list[tuple[int, int]]) -> None:
    """Slice and rest make the whole; harm is never negative; q is never below p."""
    given_parts = counted(*parts)
    n, agreed = totals(given_parts)
    found = search(given_parts, n, agreed, confidence=0.95)
    assert len(found.slices) + found.small == (
        sum(part.n > 0 for part in given_parts) if not found.undivided else 0
    )
    for each in found.slices:
        assert each.n + each.rest.n == n
        assert each.agreed + round(each.rest.value * each.rest.n) == agreed
        assert each.harm >= 0
        assert each.harm == pytest.approx(max(0.0, -each.difference.value * each.n))
        assert each.difference.low <= each.difference.value <= each.difference.high
        assert each.p <= each.q + 1e-12
    harms = [each.harm for each in found.slices]
    assert harms == sorted(harms, reverse=True)


@given(st.lists(COUNTS, min_size=2, max_size=6))
def test_more_of_the_same_only_makes_surer(parts: list[tuple[int, int]]) -> None:
    """The same data ten times over: the same shares, ten times the harm, narrower intervals."""
    once = counted(*[(n + 40, k) for n, k in parts])
    often = counted(*[(10 * (n + 40), 10 * k) for n, k in parts])
    first = {s.name: s for s in search(once, *totals(once), confidence=0.95).slices}
    more = {s.name: s for s in search(often, *totals(often), confidence=0.95).slices}
    assert first.keys() <= more.keys()
    for name, each in first.items():
        assert more[name].agreement.value == pytest.approx(each.agreement.value)
        assert more[name].harm == pytest.approx(10 * each.harm)
        width = each.agreement.high - each.agreement.low
        assert more[name].agreement.high - more[name].agreement.low <= width + 1e-12


@pytest.mark.parametrize(
    ("found", "drawn", "marked", "n", "p"),
    [
        # Fisher's tea: 4 cups right by chance once in 70; twice the smaller tail
        (4, 4, 4, 8, 2 / 70),
        (3, 4, 4, 8, 34 / 70),
        # R: 2*min(phyper(k, m, n-m, d), 1-phyper(k-1, m, n-m, d)), worked out with exact integers
        (0, 10, 5, 100, 1.0),
        (5, 10, 5, 100, 2 * 252 / 75287520),
        (0, 0, 0, 0, 1.0),
    ],
)
def test_the_exact_test_by_hand(found: int, drawn: int, marked: int, n: int, p: float) -> None:
    """Twice the smaller tail of the hypergeometric distribution, at most 1."""
    assert disagreement_p(found, drawn, marked, n) == pytest.approx(p, rel=1e-9)


def exact_p(found: int, drawn: int, marked: int, n: int) -> float:
    """The definition, in whole numbers."""

    def mass(k: int) -> int:
        return math.comb(marked, k) * math.comb(n - marked, drawn - k)

    low, high = max(0, drawn + marked - n), min(drawn, marked)
    below = sum(mass(k) for k in range(low, found + 1))
    above = sum(mass(k) for k in range(found, high + 1))
    return min(1.0, 2 * min(below, above) / math.comb(n, drawn))


@given(st.integers(1, 300), st.data())
def test_the_exact_test_is_exact(n: int, data: st.DataObject) -> None:
    """It gives what whole numbers give, and the same for the table turned round."""
    drawn, marked = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    found = data.draw(st.integers(max(0, drawn + marked - n), min(drawn, marked)))
    p = disagreement_p(found, drawn, marked, n)
    assert p == pytest.approx(exact_p(found, drawn, marked, n), rel=1e-6)
    assert p == pytest.approx(disagreement_p(found, marked, drawn, n), rel=1e-6)
    outside = disagreement_p(marked - found, n - drawn, marked, n)
    assert p == pytest.approx(outside, rel=1e-6)


def test_counts_that_no_table_has_are_refused() -> None:
    """More disagreements than there are is a fault of the counting, not a p-value."""
    with pytest.raises(ValueError, match="cannot be among"):
        disagreement_p(5, 4, 4, 8)
