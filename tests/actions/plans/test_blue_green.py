"""A green endpoint is tried before production changes, and is gone at the end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.plans.alarms import Guard
from actions.plans.blue_green import MARK, blue_green, green_name, retire
from actions.plans.promote import promote
from actions.plans.strategies import Strategy
from actions.steps import Call, Plan, Rehearsal, Wait
from queries.errors import NotDone
from queries.live import Live
from tests.actions.plans.living import NOW, assert_accepted, live, operations

LIVE = live()
PRICES = {"ml.m5.large": 0.12}


def promotion(found: Live = LIVE) -> Plan:
    return promote(found, Strategy("canary", size=50), guard=Guard(bake_s=600), at=NOW)


def rehearsed(plan: Plan | None = None, **more: Any) -> Plan:
    given = {"requests": 50, "least": 0.95, "prices": PRICES, "currency": "USD"}
    return blue_green(plan or promotion(), LIVE, **{**given, **more})


def test_production_changes_after_the_rehearsal_alone() -> None:
    """Config, green, rehearsal; then all of the promotion as it was; then green goes."""
    before = promotion()
    plan = rehearsed(before)
    assert_accepted(*plan.calls)
    assert operations(plan)[:4] == ["CreateEndpointConfig", "CreateEndpoint", "Wait", "Rehearsal"]
    assert operations(plan)[-4:] == ["UpdateEndpoint", "Wait", "DeleteEndpoint", "Wait"]
    rest = [step for step in before.steps if step is not before.steps[0]]
    assert all(step in plan.steps for step in rest)
    at = operations(plan).index("Rehearsal")
    for step in plan.steps[:at]:
        named = step.parameters.get("EndpointName") if isinstance(step, Call) else step.target
        assert named != "fraud"
    assert (plan.action, plan.target) == ("blue_green", "fraud")
    assert (plan.config_name, plan.previous) == (before.config_name, "fraud-config")
    assert plan.changes == before.changes


def test_only_the_green_endpoint_is_tried_and_deleted() -> None:
    """Created, waited for, rehearsed and deleted under one name, that no other endpoint has."""
    plan = rehearsed()
    (trial,) = (step for step in plan.steps if isinstance(step, Rehearsal))
    named = {
        call.operation: call.parameters["EndpointName"]
        for call in plan.calls
        if call.operation in ("CreateEndpoint", "DeleteEndpoint")
    }
    assert set(named.values()) == {trial.target}
    assert MARK in trial.target
    gone = plan.steps[-1]
    assert isinstance(gone, Wait)
    assert (gone.until, gone.target) == ("gone", trial.target)
    assert (trial.requests, trial.least) == (50, 0.95)


def test_what_it_costs_is_said_or_that_it_is_not_known() -> None:
    """Two instances at 0.12 are 0.24 an hour; without a price no number is made up."""
    assert any("2 × ml.m5.large" in n and "0.24 USD an hour" in n for n in rehearsed().notes)
    unpriced = rehearsed(prices={}).notes
    assert any("is not known here" in note for note in unpriced)
    assert not any("USD" in note for note in unpriced)


def test_a_failed_rehearsal_leaves_green_to_be_removed() -> None:
    """The plan that removes it deletes that endpoint and touches no other, nor waits for one."""
    plan = rehearsed()
    removal = retire(plan)
    assert_accepted(*removal.calls)
    assert removal.steps == plan.steps[-2:]
    assert (removal.action, removal.target) == ("remove_green", plan.target)
    assert not removal.fingerprint
    assert {change.after for change in removal.changes} == {""}
    with pytest.raises(NotDone, match="started no green endpoint"):
        retire(promotion())


@given(
    endpoint=st.from_regex(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", fullmatch=True).filter(
        lambda name: len(name) <= 63
    )
)
def test_the_green_name_fits_and_follows_from_the_config(endpoint: str) -> None:
    """Within AWS's pattern, the same for the same config, and never production's."""
    name = green_name(endpoint, "config")
    assert name == green_name(endpoint, "config")
    assert name not in (endpoint, green_name(endpoint, "another"))
    call = Call("sagemaker", "DeleteEndpoint", {"EndpointName": name}, "Deletes it.")
    assert_accepted(call)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"requests": 0}, "1 to 1,000 requests, not 0"),
        ({"requests": 1001}, "not 1,001"),
        ({"least": 1.1}, "between 0 and 1"),
    ],
)
def test_a_rehearsal_of_nothing_is_refused(more: dict[str, Any], words: str) -> None:
    """In a sentence, and no plan is made."""
    with pytest.raises(NotDone, match=words):
        rehearsed(**more)
