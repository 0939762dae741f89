"""Are constraints counted as Model Monitor states them?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.constraints import Constraint, broken, observe_numbers, observe_texts

FREE = Constraint("x", "Unknown", 0.0, False, None, 0.0, 0.0)


def counted(values):
    """Numbers, nan meaning missing, as SQL counts them."""
    given_values = np.asarray(values, dtype=float)
    there = given_values[~np.isnan(given_values)]
    return observe_numbers(
        len(given_values),
        present=len(there),
        whole=int((np.floor(there) == there).sum()),
        negative=int((there < 0).sum()),
    )


def checks(constraint, seen):
    return {each.check: (each.count, each.n) for each in broken(constraint, seen)}


def test_what_is_missing_breaks_completeness():
    """2 of 10 missing keep to 80 % and break 90 %."""
    seen = counted([1.0] * 8 + [math.nan] * 2)
    assert checks(replace(FREE, completeness=0.8), seen) == {}
    assert checks(replace(FREE, completeness=0.9), seen) == {"completeness_check": (2, 10)}


def test_one_negative_value_is_enough():
    """is_non_negative has no threshold; zero is not negative, and neither is missing."""
    rule = replace(FREE, non_negative=True)
    assert checks(rule, counted([0.0, 3.0, math.nan])) == {}
    assert checks(rule, counted([0.0, -0.5, 3.0])) == {"is_non_negative": (1, 3)}


@pytest.mark.parametrize(
    ("kind", "against"), [("Integral", 3), ("Fractional", 2), ("String", 0), ("Unknown", 0)]
)
def test_a_type_is_what_a_value_reads_as(kind, against):
    """A whole number is of either type of number, a text of neither; any value reads as a text."""
    seen = observe_texts({"7": 4, "7.5": 1, "seven": 2, None: 3}, None)
    found = checks(replace(FREE, kind=kind, type_share=1.0), seen)
    assert found == ({"data_type_check": (against, 7)} if against else {})


def test_unknown_categories_are_counted():
    """What is not in the domain is against it, up to the share that may be."""
    seen = observe_texts({"a": 90, "b": 5, "z": 5, None: 7}, ("a", "b"))
    rule = replace(FREE, kind="String", domain=("a", "b"))
    assert checks(replace(rule, domain_share=1.0), seen) == {"categorical_values_check": (5, 100)}
    assert checks(replace(rule, domain_share=0.95), seen) == {}


def test_without_requests_nothing_is_broken():
    """No data breaks no constraint, and keeps none: there is nothing to count."""
    rule = Constraint("x", "Integral", 1.0, True, ("1",), 1.0, 1.0)
    assert broken(rule, counted([])) == ()
    assert broken(rule, observe_texts({}, ("1",))) == ()


@given(st.lists(st.integers(-5, 5) | st.none(), max_size=40))
def test_numbers_and_their_texts_are_counted_alike(given_values):
    """The same whole numbers, as numbers or as counted texts, break the same constraints."""
    rule = Constraint("x", "Integral", 0.9, True, None, 1.0, 1.0)
    values = np.array([math.nan if v is None else v for v in given_values], dtype=float)
    counts: dict[str | None, int] = {}
    for value in given_values:
        key = None if value is None else str(value)
        counts[key] = counts.get(key, 0) + 1
    assert counted(values) == observe_texts(counts, None)
    assert broken(rule, counted(values)) == broken(rule, observe_texts(counts, None))
