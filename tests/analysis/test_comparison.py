"""Is what pairs say one by one summed up with the right uncertainty?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.bounded import bounded_mean_sequence
from analysis.comparison import (
    DeltaSums,
    field_difference,
    measured,
    most_different_first,
)
from analysis.intervals import wilson
from analysis.sequences import bernoulli_sequence

UNIT = (0.0, 1.0)
FREE = (-math.inf, math.inf)


def test_the_bound_covers_where_the_normal_interval_does_not() -> None:
    """Likenesses that are 1 but for one in two hundred: what is promised is kept."""
    rng = np.random.default_rng(20_241)
    truth = 1 - 0.005 * 0.5
    missed = 0
    for _ in range(400):
        values = np.where(rng.random(300) < 0.005, 0.5, 1.0)
        found = measured("x", np.r_[values], span=UNIT, confidence=0.95, planned=1_000).mean
        missed += not found.low <= truth <= found.high
    assert missed <= 20


def test_what_bounds_the_values_bounds_the_mean_at_every_look() -> None:
    """A share has the sequence of shares, a likeness that of bounded values; a length has none."""
    flags, likenesses = [1.0, 1.0, 0.0, 1.0], [1.0, 0.25, 1.0, 0.5]
    shares = measured("exact", flags, span=UNIT, confidence=0.95, planned=1_000)
    assert shares.watched == bernoulli_sequence(3, 4, alpha=0.05, planned=1_000)
    some = measured("x", [*likenesses, math.nan], span=UNIT, confidence=0.95, planned=1_000)
    expected = bounded_mean_sequence(likenesses, span=UNIT, alpha=0.05)
    assert some.watched == pytest.approx(expected, abs=1e-12)
    assert (some.mean.low, some.mean.high) == some.watched
    free = measured("length_change", likenesses, span=FREE, confidence=0.95, planned=1_000)
    assert math.isnan(free.watched[0])
    assert math.isnan(free.watched[1])


def test_shares_keep_wilsons_interval() -> None:
    """A measure that is 0 or 1 everywhere is a share, also where it is 1 everywhere."""
    found = measured("exact", [1.0] * 50, span=UNIT, confidence=0.95, planned=1_000)
    assert (found.mean.low, found.mean.high) == wilson(50, 50, confidence=0.95)
    assert found.mean.low < 1


def test_what_does_not_apply_is_counted_apart() -> None:
    """nan is no zero: it enters neither mean nor picture, and its number is told."""
    found = measured("tau", [0.5, math.nan, 1.0], span=(-1, 1), confidence=0.95, planned=1_000)
    assert (found.mean.value, found.mean.n, found.missing) == (0.75, 2, 1)
    assert found.counts.sum() == 2
    nothing = measured("tau", [math.nan], span=(-1, 1), confidence=0.95, planned=1_000)
    assert (nothing.mean.known, nothing.mean.n, nothing.missing) == (False, 0, 1)


def test_one_far_value_does_not_press_the_others_together() -> None:
    """The picture of a measure without range shows where most values lie, and counts all."""
    values = np.r_[np.linspace(-10, 10, 5_000), 1e9]
    found = measured("length_change", values, span=FREE, confidence=0.95, planned=1_000)
    assert found.edges[-1] < 11
    assert found.counts.sum() == 5_001


@pytest.mark.parametrize("span", [FREE, (0.0, math.inf)])
def test_a_measure_without_range_has_students_interval(span: tuple[float, float]) -> None:
    """1, 2 and 3: mean 2, sd 1, t with two degrees of freedom 4.3027, on both sides."""
    found = measured("x", [1.0, 2.0, 3.0], span=span, confidence=0.95, planned=1_000).mean
    half = 4.30265 / math.sqrt(3)
    assert (found.low, found.high) == pytest.approx((2 - half, 2 + half), abs=1e-4)


def test_values_that_are_all_alike_still_have_a_picture() -> None:
    """One value is one bar in the middle of a range of one."""
    found = measured("length_change", [7.0] * 5, span=FREE, confidence=0.95, planned=1_000)
    assert (found.edges[0], found.edges[-1]) == (6.5, 7.5)
    assert found.counts.max() == found.counts.sum() == 5


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_a_mean_lies_in_its_interval_and_every_value_in_the_picture(values: list[float]) -> None:
    """The interval never leaves the range, and doubling the data never widens it."""
    found = measured("x", values, span=UNIT, confidence=0.95, planned=1_000)
    assert found.counts.sum() == len(values)
    if len(values) > 1:
        assert 0 <= found.mean.low <= found.mean.value + 1e-12
        assert found.mean.value - 1e-12 <= found.mean.high <= 1
        twice = measured("x", values * 2, span=UNIT, confidence=0.95, planned=1_000)
        assert twice.mean.high - twice.mean.low <= found.mean.high - found.mean.low + 1e-12
    assert [value for _, value in found.quantiles] == sorted(v for _, v in found.quantiles)


def test_a_field_by_hand() -> None:
    """Of ten pairs one differs and two lack it on a side; differences 1, 2, 3 have sd 1."""
    found = field_difference("$.a", 10, 1, (1, 1), DeltaSums(3, 6.0, 14.0, 3.0), confidence=0.95)
    assert (found.differs.value, found.differs.n) == (pytest.approx(0.3), 10)
    assert (found.bias.value, found.sd, found.largest) == (2.0, 1.0, 3.0)
    lacking = field_difference("$.a", 10, 0, (2, 1), DeltaSums(0, 0, 0, 0), confidence=0.95)
    assert (lacking.only_production, lacking.only_shadow) == (2, 1)
    # Student's t with two degrees of freedom: 4.3027/√3
    assert found.bias.high - 2.0 == pytest.approx(4.30265 / math.sqrt(3), abs=1e-4)


def test_a_field_without_numbers_has_no_bias() -> None:
    """No difference is not a difference of nothing."""
    found = field_difference("x", 4, 0, (0, 0), DeltaSums(0, 0, 0, 0), confidence=0.95)
    assert (found.bias.known, found.bias.n) == (False, 0)
    assert math.isnan(found.largest)
    one = field_difference("x", 4, 0, (0, 0), DeltaSums(1, 2.0, 4.0, 2.0), confidence=0.95)
    assert (one.bias.value, math.isnan(one.bias.low)) == (2.0, True)


def test_the_most_different_comes_first() -> None:
    """Equal shares are ordered by what they rest on, then by name."""
    none = DeltaSums(0, 0, 0, 0)
    fields = [
        field_difference(name, n, changed, (0, 0), none, confidence=0.95)
        for name, n, changed in (("b", 10, 1), ("a", 10, 1), ("c", 100, 10), ("d", 10, 9))
    ]
    assert [each.name for each in most_different_first(fields)] == ["d", "c", "a", "b"]
