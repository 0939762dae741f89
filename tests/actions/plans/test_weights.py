"""Requests are shared among production variants in parts that add up, and back again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.plans.weights import shift
from queries.errors import NotDone
from queries.live import Live
from tests.actions.plans.living import PRODUCTION, assert_accepted, live, operations, variant


def three(*percents: float) -> Live:
    names = ("A", "B", "C")
    weighed = zip(names, percents, strict=True)
    return live(production=[variant(n, f"m-{n}", weight=p) for n, p in weighed], shadow=())


@given(a=st.integers(0, 100), b=st.integers(0, 100))
def test_weights_add_up_and_go_back(a: int, b: int) -> None:
    """They sum to 1, name every variant and no count; sharing back is where it was."""
    if a + b > 100:
        a, b = 100 - a, 100 - b
    wanted = {"A": a, "B": b, "C": 100 - a - b}
    plan = shift(three(50, 30, 20), wanted)
    (call,) = plan.calls
    assert_accepted(call)
    assert operations(plan) == ["UpdateEndpointWeightsAndCapacities", "Wait"]
    asked = call.parameters["DesiredWeightsAndCapacities"]
    assert sum(each["DesiredWeight"] for each in asked) == pytest.approx(1)
    assert [set(each) for each in asked] == [{"VariantName", "DesiredWeight"}] * 3
    back = shift(three(*wanted.values()), {"A": 50, "B": 30, "C": 20})
    assert back.after == plan.now
    assert back.now == plan.after


@pytest.mark.parametrize(
    ("percents", "words"),
    [
        ({"A": 50, "B": 50}, "how much C is to have"),
        ({"A": 50, "B": 50, "C": 0, "Candidate": 0}, "Candidate: no production variant"),
        ({"A": 50, "B": 50, "C": 1}, "add up to 101 %"),
        ({"A": 150, "B": -50, "C": 0}, "between 0 and 100"),
    ],
)
def test_shares_that_are_none_are_refused(percents: dict[str, float], words: str) -> None:
    """In a sentence that names what is wrong."""
    with pytest.raises(NotDone, match=words):
        shift(three(1, 1, 1), percents)


def test_one_variant_has_nothing_to_share() -> None:
    """A shadow is no production variant: it answers nobody."""
    with pytest.raises(NotDone, match="one production variant"):
        shift(live(production=[PRODUCTION]), {"AllTraffic": 100})
