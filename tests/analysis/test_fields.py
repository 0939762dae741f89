"""Are two documents compared field by field, as a person would go through them?"""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import fields
from analysis.fields import NOTHING, Ignore, ignoring

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from([1, 1.0, "1", True, 0, False, "", 10**400])
)
DOCUMENTS = st.recursive(
    VALUES,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c d", "e.f", ""]), inside, max_size=3)
    ),
    max_leaves=8,
)


def states(
    production: Any, shadow: Any, tolerance: float = 0.0, ignore: Ignore = NOTHING
) -> dict[str, str]:
    """The state of every field by name."""
    found, _ = fields.compare(production, shadow, tolerance=tolerance, ignore=ignore)
    assert len({each.name for each in found}) == len(found)
    return {each.name: each.state for each in found}


def test_a_worked_example() -> None:
    """Equal, different, missing and added fields, by their paths."""
    before = {"id": 7, "ok": True, "items": [{"price": 10.0}, {"price": 20.0}], "old": None}
    after = {"id": 7, "ok": 1, "items": [{"price": 10.1}, {"price": 30.0}], "new": {"x": 1}}
    assert states(before, after, tolerance=0.05) == {
        "$.id": "same",
        "$.ok": "differs",
        "$.items[*].price": "differs",
        "$.old": "only_production",
        "$.new.x": "only_shadow",
    }


@pytest.mark.parametrize(
    ("production", "shadow", "tolerance", "same"),
    [
        (1, 1.0, 0.0, True),
        (1, "1", 0.0, False),
        (1, True, 0.0, False),
        (0, False, 0.0, False),
        (None, None, 0.0, True),
        (math.nan, math.nan, 0.0, True),
        (math.nan, 1.0, 9.0, False),
        (math.inf, math.inf, 0.0, True),
        (math.inf, 1e300, 0.5, False),
        (100, 105, 0.05, True),
        (100, 105.1, 0.05, False),
        (-100, -95, 0.05, True),
        # relative to production's: nothing but zero is near zero
        (0, 1e-9, 0.05, False),
        (10**400, 10**400, 0.0, True),
        ("a", "a", 0.0, True),
        ([], {}, 0.0, False),
        ([], [], 0.0, True),
    ],
)
def test_when_two_values_are_the_same(
    production: Any, shadow: Any, tolerance: float, same: bool
) -> None:
    """Numbers within the tolerance of production's; everything else only where equal in kind."""
    assert states(production, shadow, tolerance) == {"$": "same" if same else "differs"}


def test_what_is_missing_is_not_different() -> None:
    """A longer list has more; an empty one lacks them, and is no field of its own beside them."""
    assert states({"a": [1, 2]}, {"a": [1]}) == {"$.a[*]": "only_production"}
    assert states({"a": []}, {"a": [1]}) == {"$.a[*]": "only_shadow"}
    assert states({}, {"a": {"b": 1}}) == {"$.a.b": "only_shadow"}
    assert states([{"x": 1}, {"y": 1}], [{"y": 1}, {"x": 1}]) == {
        "$[*].x": "differs",
        "$[*].y": "differs",
    }


def test_a_container_against_a_value_differs() -> None:
    """Where one side has an object and the other a number, that place differs as a whole."""
    assert states({"a": {"b": 1}}, {"a": 1}) == {"$.a": "differs"}
    assert states({"a": [1]}, {"a": {"0": 1}}) == {"$.a": "differs"}


def test_ignored_fields_are_left_out() -> None:
    """A path takes along what is below; [*] is every item, a number that one, .. any depth."""
    before = {"id": 1, "m": {"ts": 1, "n": 1}, "i": [{"ts": 1, "v": 1}, {"ts": 1, "v": 1}]}
    after = {"id": 2, "m": {"ts": 2, "n": 2}, "i": [{"ts": 2, "v": 2}, {"ts": 2, "v": 1}]}

    def left(*paths: str) -> set[str]:
        return set(states(before, after, ignore=ignoring(paths)))

    every = {"$.id", "$.m.ts", "$.m.n", "$.i[*].ts", "$.i[*].v"}
    assert left() == every
    assert left("$.id") == every - {"$.id"}
    assert left("$.i") == every - {"$.i[*].ts", "$.i[*].v"}
    assert left("$.i[*].ts", '$["m"]') == {"$.id", "$.i[*].v"}
    assert left("$..ts") == every - {"$.m.ts", "$.i[*].ts"}
    assert left("$") == set()
    first = ignoring(["$.i[0].v"])
    assert states(before, after, ignore=first)["$.i[*].v"] == "same"
    # a longer name that begins alike is another field
    assert left("$.i[*].t", "$.idx") == every


def test_names_that_look_like_paths_are_quoted() -> None:
    """A member called "a.b" is not the member b of a."""
    assert set(states({"a.b": 1, "a": {"b": 1}}, {})) == {'$["a.b"]', "$.a.b"}
    assert states({"a.b": 1}, {"a.b": 2}, ignore=ignoring(['$["a.b"]'])) == {}


def test_the_value_that_differs_most_speaks_for_its_place() -> None:
    """Of all items the delta is the largest, with its sign: shadow − production."""
    (found,), _ = fields.compare([1, 5, 9], [1, 2, 10], tolerance=0)
    assert (found.name, found.state, found.delta) == ("$[*]", "differs", -3.0)


def test_deep_and_wide_documents_end() -> None:
    """A document nests deeper than Python calls, or has more names than anybody reads."""
    deep = json.loads("[" * 500 + "]" * 500)
    for _ in range(10):
        deep = [deep] * 1
    assert set(states(deep, deep).values()) == {"same"}
    wide = {f"k{at}": at for at in range(2_000)}
    found, cut = fields.compare(wide, {**wide, "k1999": 0}, tolerance=0)
    assert (len(found), cut) == (fields.MOST_FIELDS + 1, False)
    assert found[-1] == fields.FieldState(fields.OTHER_FIELDS, "differs", -1999.0)
    assert fields.compare(list(range(9_000)), [], tolerance=0)[1]


@given(DOCUMENTS)
def test_a_document_is_like_itself(document: Any) -> None:
    """Whatever it holds, no field of it differs from itself."""
    assert set(states(document, document).values()) <= {"same"}


@given(DOCUMENTS, DOCUMENTS)
def test_exchanging_the_variants_turns_the_states_round(one: Any, other: Any) -> None:
    """What only production has, only the shadow has then; deltas change their sign."""
    there, _ = fields.compare(one, other, tolerance=0)
    back = {each.name: each for each in fields.compare(other, one, tolerance=0)[0]}
    turned = {"only_production": "only_shadow", "only_shadow": "only_production"}
    assert {each.name: turned.get(each.state, each.state) for each in there} == {
        name: each.state for name, each in back.items()
    }
    for each in there:
        assert abs(each.delta) == pytest.approx(abs(back[each.name].delta), nan_ok=True)
        assert math.isnan(each.delta) or math.isfinite(each.delta)


@given(DOCUMENTS, DOCUMENTS, st.floats(0, 2))
def test_a_tolerance_only_forgives(one: Any, other: Any, tolerance: float) -> None:
    """What is the same exactly is the same within any tolerance, and missing stays missing."""
    exact, forgiving = states(one, other), states(one, other, tolerance)
    assert exact.keys() == forgiving.keys()
    for name, state in exact.items():
        assert state == forgiving[name] or (state == "differs" and forgiving[name] != "differs")
