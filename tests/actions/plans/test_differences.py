"""A difference is shown where it is, once, with both values, and no secret with it."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actions.plans.differences import MASK, changes, mask
from actions.steps import Change
from tests.actions.plans.drawn import drawn, shape

DOCUMENTS = drawn(shape())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text("ab", max_size=2), of),
    max_leaves=8,
)


def variant(name: str, model: str = "fraud-1") -> dict[str, Any]:
    return {"VariantName": name, "ModelName": model}


def test_a_variant_is_known_by_its_name():
    """Put in another order, variants are the same; a change says which variant it is of."""
    now = {"ProductionVariants": [variant("A"), variant("B")]}
    assert changes(now, {"ProductionVariants": [variant("B"), variant("A")]}) == ()
    after = {"ProductionVariants": [variant("B", "fraud-2"), variant("A")]}
    assert changes(now, after) == (Change("ProductionVariants[B].ModelName", "fraud-1", "fraud-2"),)


def test_alarms_tags_and_lists_of_words_are_compared():
    """An alarm or tag by its name, words as one value, and what is empty is not what is absent."""
    now = {
        "Alarms": [{"AlarmName": "a"}],
        "Tags": [{"Key": "team", "Value": "risk"}],
        "Subnets": ["subnet-1"],
        "Note": "",
    }
    after = {
        "Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}],
        "Tags": [{"Key": "team", "Value": "fraud"}],
        "Subnets": ["subnet-1", "subnet-2"],
    }
    assert changes(now, after) == (
        Change("Tags[team].Value", "risk", "fraud"),
        Change("Subnets", '["subnet-1"]', '["subnet-1", "subnet-2"]'),
        Change("Note", '""', ""),
        Change("Alarms[b].AlarmName", "", "b"),
    )


@given(now=DOCUMENTS, after=DOCUMENTS)
def test_looked_at_from_the_other_side_before_is_after(now: Any, after: Any):
    """Swapping the documents swaps both values of every difference, and finds the same ones."""
    ours = {each.path: (each.before, each.after) for each in changes(now, after)}
    theirs = {each.path: (each.after, each.before) for each in changes(after, now)}
    assert ours == theirs
    assert all(before != after for before, after in ours.values())


@given(document=DOCUMENTS, other=JSON)
def test_what_is_the_same_has_no_difference(document: Any, other: Any):
    """A copy has none, and anything else that is added has at least one."""
    assert changes(document, copy.deepcopy(document)) == ()
    assert changes(document, {**document, "Added": other})


@given(values=st.lists(st.integers(10**9, 10**10).map(str), min_size=2, max_size=4, unique=True))
def test_no_value_of_an_environment_is_shown(values: list[str]):
    """Wherever a container's environment stands, its names are shown and its values are not."""
    names = [f"NAME_{at}" for at in range(len(values))]

    def model(shift: int) -> dict[str, Any]:
        turned = values[shift:] + values[:shift]
        container = {"Image": "serve:1", "Environment": dict(zip(names, turned, strict=True))}
        return {"PrimaryContainer": container, "Containers": [container, {"Image": "b"}]}

    found = changes(model(0), model(1))
    assert len(found) == 2 * len(names)
    assert all(each.before != each.after for each in found)
    shown = repr(found) + repr(mask(model(0))) + repr(changes({}, model(0)))
    assert not [value for value in values if value in shown]
    assert all(name in shown for name in names)


@given(document=DOCUMENTS)
def test_a_mask_leaves_all_else(document: Any):
    """What holds no environment is the same; masking twice is masking once."""
    assert mask(document) == document
    hidden = mask({"Environment": {"TOKEN": "x"}, "Environments": {"TOKEN": "x"}})
    assert hidden == {"Environment": {"TOKEN": MASK}, "Environments": {"TOKEN": "x"}}
    assert mask(hidden) == hidden
