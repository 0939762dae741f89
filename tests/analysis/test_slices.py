"""Is the slice that does most harm found, and does only what the search never saw confirm it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.fisher import excess_p
from analysis.intervals import newcombe, wilson
from analysis.slice_search import MIN_PAIRS, MOST_CROSSED, Counts, Screen, screen
from analysis.slices import Named, Search, judge

Cells = Sequence[tuple[int, int]]
CELL = st.integers(0, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


def half(
    cells: Cells,
    within: Mapping[int, tuple[int, int]],
    whole: tuple[int, int],
    of: Sequence[str],
) -> Counts:
    """Counts of slices, of pairs and how many agree; ``within`` by their places."""
    rows = np.array([whole, *cells], dtype=np.int64)
    inside = np.zeros(rows.shape, dtype=np.int64)
    for at, both in within.items():
        inside[at + 1] = [each + 1 for each in both]
    cut = [0, *(1 + list(of).index(name) for name in of)]
    return Counts(rows[:, 0], rows[:, 1], inside, np.array(cut))


def searched(
    first: Cells,
    second: Cells | None = None,
    *,
    of: Sequence[str] = (),
    within: Mapping[int, tuple[int, int]] | None = None,
    whole: tuple[int, int] | None = None,
) -> Search:
    """Both halves, of one dimension unless ``of`` names them; the second is as the first."""
    second = first if second is None else second
    within = within or {}
    of = of or ["d"] * len(first)
    totals = []
    for cells in (first, second):
        alone = [cell for at, cell in enumerate(cells) if of[at] == of[0] and at not in within]
        totals.append(whole or (sum(n for n, _ in alone), sum(k for _, k in alone)))
    found = screen(half(first, within, totals[0], of), confidence=0.95)
    rows = found.to_judge()
    held = half(second, within, totals[1], of)
    held = Counts(held.n[rows], held.agreed[rows], held.within[rows], held.cut[rows])
    named = [
        Named(
            tuple(of[part] for part in within.get(row - 1, (row - 1,))),
            f"s{row - 1}",
            f"w{row - 1}",
        )
        for row in rows[1:].tolist()
    ]
    n, agreed = (sum(each) for each in zip(*totals, strict=True))
    return judge(found, named, held, n=n, agreed=agreed, confidence=0.95)


def by_name(found: Search) -> dict[str, object]:
    return {each.name: each for each in found.slices}


def test_a_slice_beside_the_rest_by_hand() -> None:
    """In the half searched 80 of 100 agree against 882 of 900, in the other 85 against 880.

    The two disagreement rates of the half, 20 and 2 %, are drawn towards 3.8 %. Harm is that of
    200 pairs at the excess over the rest's 2 %.
    """
    found = searched([(100, 80), (900, 882)], [(100, 85), (900, 880)])
    worst = found.slices[0]
    assert (worst.name, worst.n, worst.agreed) == ("s0", 200, 165)
    assert (worst.searched.agreement.value, worst.searched.rest.value) == (0.8, 0.98)
    assert worst.searched.p == pytest.approx(excess_p(20, 100, 38, 1000)[0])
    assert worst.searched.q == pytest.approx(2 * worst.searched.p)  # of two slices
    held = worst.held
    assert (held.agreement.low, held.agreement.high) == wilson(85, 100, confidence=0.95)
    assert (held.rest.value, held.rest.n) == (880 / 900, 900)
    assert (held.difference.low, held.difference.high) == newcombe(
        *(85, 100, 880, 900), confidence=0.95
    )
    assert held.p == pytest.approx(excess_p(15, 100, 35, 1000)[0])
    assert held.q == held.p  # the only one that was found
    assert 0.8 < worst.shrunken < 0.962
    assert worst.harm == pytest.approx(200 * (0.98 - worst.shrunken))
    assert (worst.found, worst.confirmed) == (True, True)
    other = found.slices[1]
    assert (other.harm, other.found, np.isnan(other.held.q)) == (0, False, True)
    assert (found.n, found.agreed, found.searched, found.held) == (2000, 1927, 1000, 1000)


def test_only_the_other_half_confirms() -> None:
    """What is bad in the half searched and as the rest in the other is found, and no more."""
    found = searched([(100, 80), (900, 882)], [(100, 98), (900, 880)])
    assert [each.name for each in found.found] == ["s0"]
    assert found.confirmed == ()
    # nor does a slice count that is bad in the other half alone: nobody looked for it there
    assert searched([(100, 98), (900, 880)], [(100, 80), (900, 882)]).found == ()


def test_harm_is_size_times_excess() -> None:
    """A large slice a little worse comes before a tiny one much worse."""
    cells = [(10_000, 9_700), (40_000, 39_600), (100, 50), (49_900, 49_250)]
    found = searched(cells, of=["large", "large", "tiny", "tiny"])
    assert [each.name for each in found.confirmed] == ["s0", "s2"]
    # with so many pairs hardly drawn anywhere: a hundredth of them would be 3 of 200
    assert found.slices[0].harm == pytest.approx(20_000 * (0.99 - 0.97), rel=0.05)


def crossing(agreed_where_they_meet: int) -> Search:
    """Two dimensions of halves that meet in a quarter, which agrees so often of a thousand."""
    cells = [
        (2_000, agreed_where_they_meet + 980),
        (2_000, 1_960),
        (2_000, agreed_where_they_meet + 980),
        (2_000, 1_960),
        *((1_000, agreed_where_they_meet), (1_000, 980), (1_000, 980), (1_000, 980)),
    ]
    within = {4: (0, 2), 5: (0, 3), 6: (1, 2), 7: (1, 3)}
    return searched(cells, of=["a", "a", "b", "b", *"----"], within=within)


def test_where_two_conditions_meet() -> None:
    """Only where both hold is it bad: that is named first, before either by itself."""
    found = crossing(800)
    first, *others = found.confirmed
    assert (first.name, first.dimensions) == ("s4", ("a", "b"))
    assert {each.name for each in others} == {"s0", "s2"}
    for each in others:
        assert each.harm > 300
        assert each.beyond == pytest.approx(max(0.0, each.harm - first.harm))
    assert found.tested == 8


def test_what_one_condition_does_is_not_told_of_two() -> None:
    """Where one slice is bad throughout, its meetings with another dimension are no finding."""
    cells = [
        *((2_000, 1_600), (2_000, 1_960), (2_000, 1_780), (2_000, 1_780)),
        *((1_000, 800), (1_000, 800), (1_000, 980), (1_000, 980)),
    ]
    within = {4: (0, 2), 5: (0, 3), 6: (1, 2), 7: (1, 3)}
    found = searched(cells, of=["a", "a", "b", "b", *"----"], within=within)
    assert [each.name for each in found.found] == ["s0"]


def test_no_more_than_so_many_are_judged() -> None:
    """Of hundreds of meetings that stand out the most harmful; every single slice."""
    k = 2 * MOST_CROSSED
    n = np.array([1_000_000, 500_000, 500_000, *[1_000] * k], dtype=np.int64)
    bad = np.array([20_000, 10_000, 10_000, *range(100, 100 + k)], dtype=np.int64)
    within = np.array([[0, 0]] * 3 + [[1, 2]] * k, dtype=np.int64)
    found: Screen = screen(Counts(n, n - bad, within, within[:, 0]), confidence=0.95)
    assert found.found[3:].all()
    assert found.to_judge().tolist() == [0, 1, 2, *range(3 + k - MOST_CROSSED, 3 + k)]


def test_small_slices_and_undivided_dimensions_are_told() -> None:
    """Too few pairs in or out, in either half, are left out and counted."""
    first = [
        *((MIN_PAIRS - 1, 0), (MIN_PAIRS, 15), (941, 900)),
        *((1000 - MIN_PAIRS + 1, 930), (MIN_PAIRS - 1, 0), (1000, 930), (0, 0)),
    ]
    second = [*first[:1], (MIN_PAIRS - 1, 14), *first[2:]]
    of = [*["hour"] * 3, *["zone"] * 2, *["type"] * 2]
    found = searched(first, of=of, whole=(1000, 930))
    assert set(by_name(found)) == {"s1", "s2"}
    assert (found.small, found.undivided, found.tested) == (3, ("type",), 2)
    assert found.dimensions == ("hour", "zone", "type")
    later = searched(first, second, of=of, whole=(1000, 930))
    assert set(by_name(later)) == {"s2"}
    assert later.small == 4


def test_no_pairs_and_no_slices_are_no_failure() -> None:
    """Nothing to cut gives nothing, and nothing stands out."""
    found = searched([(0, 0)])
    assert (found.slices, found.found, found.confirmed, found.small) == ((), (), (), 0)


def test_equal_slices_do_not_stand_out() -> None:
    """Where every slice agrees alike, none does harm and none is beyond chance."""
    found = searched([(200, 190)] * 10)
    assert len(found.slices) == 10
    assert found.found == ()
    assert all(each.harm == pytest.approx(0) for each in found.slices)


@given(st.lists(CELL, min_size=2, max_size=8), st.lists(CELL, min_size=8, max_size=8))
def test_the_laws_of_a_partition(first: list[tuple[int, int]], more: list[tuple[int, int]]) -> None:
    """Slice and rest make the whole of each half; confirmed is found; q is never below p."""
    second = more[: len(first)]
    found = searched(first, second)
    assert found.n == found.searched + found.held
    kept = found.undivided or len(found.slices) + found.small == sum(
        a[0] + b[0] > 0 for a, b in zip(first, second, strict=True)
    )
    assert kept
    for each in found.slices:
        for side, whole in ((each.searched, found.searched), (each.held, found.held)):
            assert side.agreement.n + side.rest.n == whole
            assert side.difference.low <= side.difference.value <= side.difference.high
            assert np.isnan(side.q) or side.p <= side.q + 1e-12
        assert each.agreed <= each.n == each.searched.agreement.n + each.held.agreement.n
        assert 0 <= each.beyond <= each.harm
        assert each.found or not each.confirmed
        assert np.isnan(each.held.q) != each.found
    order = [(not each.confirmed, -each.beyond) for each in found.slices]
    assert order == sorted(order)


@given(st.lists(CELL, min_size=2, max_size=6))
def test_more_of_the_same_only_makes_surer(cells: list[tuple[int, int]]) -> None:
    """The same data ten times over: the same shares, narrower intervals."""
    once = {s.name: s for s in searched([(n + 40, k) for n, k in cells]).slices}
    often = {s.name: s for s in searched([(10 * (n + 40), 10 * k) for n, k in cells]).slices}
    assert once.keys() <= often.keys()
    for name, each in once.items():
        more = often[name].held.agreement
        assert more.value == pytest.approx(each.held.agreement.value)
        width = each.held.agreement.high - each.held.agreement.low
        assert more.high - more.low <= width + 1e-12
