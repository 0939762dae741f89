"""Precision, recall and F1: by hand, as scikit-learn documents them, and by their laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.classes import macro, of_class
from analysis.correctness import Outcomes, outcomes

NAMES = ("precision", "recall", "f1")
TRIPLES = st.lists(
    st.tuples(*[st.sampled_from("abc")] * 3, st.integers(1, 40)), min_size=1, max_size=12
)


def table(triples) -> Outcomes:
    truth, production, shadow, counts = zip(*triples, strict=True)
    return outcomes(truth, production, shadow, counts)


def test_one_class_by_hand() -> None:
    """Of 10 frauds production finds 8 with 2 false alarms; the shadow 6 with none."""
    found = of_class(
        table([("1", "1", "1", 6), ("1", "1", "0", 2), ("1", "0", "0", 2),
               ("0", "1", "0", 2), ("0", "0", "0", 88)]),
        "1",
        confidence=0.95,
    )  # fmt: skip
    assert (found.support, found.production_given, found.shadow_given) == (10, 10, 6)
    assert (found.precision.production.value, found.precision.shadow.value) == (0.8, 1.0)
    assert (found.recall.production.value, found.recall.shadow.value) == (0.8, 0.6)
    assert found.f1.production.value == pytest.approx(0.8)
    assert found.f1.shadow.value == pytest.approx(0.75)
    assert found.recall.state == "unclear"


def test_means_as_scikit_learn_documents_them() -> None:
    """Its example of three classes: precision 0.222…, recall 0.333…, F1 0.266… (macro)."""
    # https://scikit-learn.org/stable/modules/generated/sklearn.metrics.precision_recall_fscore_support.html
    truth, given_ = ["0", "1", "2", "0", "1", "2"], ["0", "2", "1", "0", "0", "1"]
    found = outcomes(truth, given_, truth, [1] * 6)
    means = {name: macro(found, name, confidence=0.95) for name in NAMES}
    found_means = [means[name].production.value for name in NAMES]
    assert found_means == pytest.approx([0.2222, 0.3333, 0.2667], abs=5e-5)
    # the other side is the truth itself
    assert [each.shadow.value for each in means.values()] == [1, 1, 1]
    assert all(each.difference.value > 0 for each in means.values())


@given(TRIPLES, st.sampled_from("abc"))
def test_swapping_the_models_flips_the_sign(triples, label: str) -> None:
    """Values exchange, differences and their ends change sign; every share stays one."""
    found = table(triples)
    here = of_class(found, label, confidence=0.95)
    there = of_class(found.swapped(), label, confidence=0.95)
    for name in NAMES:
        mine, other = getattr(here, name), getattr(there, name)
        for side in (mine.production, mine.shadow):
            if side.known:
                assert 0 <= side.low <= side.value + 1e-12
                assert side.value - 1e-12 <= side.high <= 1
        if mine.difference.known:
            assert other.difference.value == pytest.approx(-mine.difference.value)
            assert (other.difference.low, other.difference.high) == pytest.approx(
                (-mine.difference.high, -mine.difference.low), abs=1e-9, nan_ok=True
            )
            assert mine.difference.low - 1e-9 <= mine.difference.value
            assert mine.difference.value <= mine.difference.high + 1e-9


@given(TRIPLES)
def test_f1_is_the_harmonic_mean(triples) -> None:
    """Of precision and recall, where both are known; 0 where nothing is hit."""
    found = of_class(table(triples), "a", confidence=0.95)
    for side in ("production", "shadow"):
        p, r, f = (getattr(getattr(found, name), side) for name in NAMES)
        if p.known and r.known:
            total = p.value + r.value
            expected = 2 * p.value * r.value / total if total else 0.0
            assert f.value == pytest.approx(expected, abs=1e-12)


@given(TRIPLES)
def test_means_swap_too(triples) -> None:
    """The mean over the classes of either side, and a difference that changes sign."""
    found = table(triples)
    for name in NAMES:
        here, there = (macro(t, name, confidence=0.95) for t in (found, found.swapped()))
        # in words, for an end that is not known equals no other
        assert str(here.production) == str(there.shadow)
        if here.difference.known:
            assert here.difference.value == pytest.approx(-there.difference.value)


@given(TRIPLES)
def test_more_of_the_same_never_widens(triples) -> None:
    """Nine times the data: the same values, an interval no wider."""
    often = table([(*labels, 9 * n) for *labels, n in triples])
    for name in NAMES:
        once = getattr(of_class(table(triples), "a", confidence=0.95), name)
        more = getattr(of_class(often, "a", confidence=0.95), name)
        for a, b in zip(
            (once.production, once.shadow), (more.production, more.shadow), strict=True
        ):
            assert a.known == b.known
            if a.known:
                assert b.value == pytest.approx(a.value)
                assert b.high - b.low <= a.high - a.low + 1e-12


def test_what_never_occurred_is_no_data() -> None:
    """No class, no recall; never named, no precision; nothing at all, nothing known."""
    never = of_class(table([("a", "a", "a", 5)]), "z", confidence=0.95)
    assert [getattr(never, name).state for name in NAMES] == ["no_data"] * 3
    nothing = outcomes([], [], [], [])
    assert of_class(nothing, "a", confidence=0.95).support == 0
    assert [macro(nothing, name, confidence=0.95).state for name in NAMES] == ["no_data"] * 3
    named_by_one = of_class(table([("a", "b", "a", 5)]), "a", confidence=0.95)
    assert not named_by_one.precision.production.known
    assert named_by_one.precision.difference.n == 0
    assert math.isnan(named_by_one.precision.difference.value)


# Two correlated models of a class of a tenth of the pairs: shares of (truth, production, shadow).
CELLS = [
    ("1", "1", "1", 0.06), ("1", "1", "0", 0.012), ("1", "0", "1", 0.018), ("1", "0", "0", 0.01),
    ("0", "1", "1", 0.015), ("0", "1", "0", 0.01), ("0", "0", "1", 0.005), ("0", "0", "0", 0.87),
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_differences_cover_as_often_as_they_say(name: str) -> None:
    """Simulated: of 700 tests with 800 pairs about 95 % of the intervals hold the truth."""
    truth, production, shadow, shares = zip(*CELLS, strict=True)
    whole = of_class(
        outcomes(truth, production, shadow, [round(1000 * s) for s in shares]), "1", confidence=0.95
    )
    expected = getattr(whole, name).difference.value
    held = 0
    draws = np.random.default_rng(11).multinomial(800, shares, 700)
    for counts in draws.tolist():
        found = getattr(
            of_class(outcomes(truth, production, shadow, counts), "1", confidence=0.95), name
        ).difference
        held += found.low <= expected <= found.high
    assert 0.925 <= held / len(draws) <= 0.985


@pytest.mark.parametrize("name", NAMES)
def test_the_means_cover_as_often_as_they_say(name: str) -> None:
    """The same of the means over classes, whose intervals are the delta method's."""
    truth, production, shadow, shares = zip(*CELLS, strict=True)
    whole = outcomes(truth, production, shadow, [round(1000 * s) for s in shares])
    expected = macro(whole, name, confidence=0.95).difference.value
    held = 0
    draws = np.random.default_rng(12).multinomial(800, shares, 700)
    for counts in draws.tolist():
        found = macro(outcomes(truth, production, shadow, counts), name, confidence=0.95).difference
        held += found.low <= expected <= found.high
    assert 0.92 <= held / len(draws) <= 0.98
