"""Are the places where two payloads differ found, whatever was captured?"""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts import payloads

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_payloads_can_be_compared(production: str, shadow: str):
    """Nothing captured breaks the comparison, and equal payloads never differ."""
    payloads.compare(production, shadow)
    assert not any(value.differs for value in payloads.compare(production, production))


@given(JSON, JSON)
def test_swapping_the_variants_swaps_the_values(production: object, shadow: object):
    """The comparison has no favourite: exchanged payloads give exchanged values."""
    one, two = json.dumps(production), json.dumps(shadow)
    ours = {(v.place, v.production, v.shadow) for v in payloads.compare(one, two)}
    theirs = {(v.place, v.shadow, v.production) for v in payloads.compare(two, one)}
    assert ours == theirs


@pytest.mark.parametrize(
    ("production", "shadow", "places"),
    [
        ('{"a": 1, "b": {"c": [1, 2]}}', '{"a": 1, "b": {"c": [1, 3]}}', ["$.b.c[1]"]),
        ('{"a": 1}', '{"b": 1}', ["$.a", "$.b"]),
        ("1,2,3", "1,2,4", ["column 3"]),
        ("1,2\n3,4\n", "1,2\n3,5\n", ["row 2, column 2"]),
        ("0.31", "0.55", ["payload"]),
        ("{broken", "{broken", []),
        ("[" * 100_000, "[", ["payload"]),
        ("", "x", ["payload"]),
    ],
)
def test_what_differs_is_named(production: str, shadow: str, places: list[str]):
    """JSON by path, CSV by row and column, anything else as a whole."""
    found = [value.place for value in payloads.compare(production, shadow) if value.differs]
    assert found == places


def test_a_huge_payload_is_not_taken_apart():
    """What has too many places is cut, what is too long is compared as a whole."""
    many = json.dumps(list(range(20_000)))
    assert len(payloads.flat(many)) == payloads.MOST_VALUES
    long = json.dumps(["x" * 100] * 20_000)
    assert list(payloads.flat(long)) == ["payload"]
