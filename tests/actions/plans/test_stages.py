"""A stage's canary is started, promoted and removed, and an earlier deployment comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from actions.plans import stages
from actions.steps import Plan
from queries.errors import NotDone
from queries.live_generic import Canary, Deployment, LiveStage
from tests.actions.plans.living import NOW, assert_accepted

CANARY = Canary(10.0, "dep2", {"model": "fraud-2"})
LIVE = LiveStage(
    api="abc123",
    stage="prod",
    deployment="dep1",
    variables={"model": "fraud-1", "log": "on"},
    canary=None,
    deployments=(Deployment("dep2", NOW, ""), Deployment("dep1", NOW, "")),
    modified=NOW,
    at=NOW,
    fingerprint="f",
)
WITH_CANARY = replace(LIVE, canary=CANARY)


def patches(plan: Plan) -> list[list[dict[str, str]]]:
    return [call.parameters["patchOperations"] for call in plan.calls]


def test_a_canary_is_a_new_deployment_beside_the_stage() -> None:
    """The stage keeps its own; asked again it would make another, which the call says."""
    plan = stages.start_canary(LIVE, 10, variables={"model": "fraud-2"})
    (call,) = plan.calls
    assert_accepted(call)
    assert call.parameters["canarySettings"] == {
        "percentTraffic": 10.0,
        "stageVariableOverrides": {"model": "fraud-2"},
    }
    assert not call.idempotent
    assert plan.after["deploymentId"] == "dep1"
    bare = stages.start_canary(LIVE, 10, variables={})
    assert_accepted(*bare.calls)
    assert "stageVariableOverrides" not in bare.calls[0].parameters["canarySettings"]


def test_promoting_copies_and_then_removes_the_canary() -> None:
    """As AWS's guide does: variables, deployment and share in one call, then the canary goes."""
    plan = stages.promote(WITH_CANARY)
    assert_accepted(*plan.calls)
    copied, removed = patches(plan)
    assert copied == [
        {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
    ]
    assert removed == [{"op": "remove", "path": "/canarySettings"}]
    assert plan.after == {
        "deploymentId": "dep2",
        "variables": {"model": "fraud-2", "log": "on"},
    }
    assert (plan.config_name, plan.previous) == ("dep2", "dep1")
    bare = stages.promote(replace(LIVE, canary=replace(CANARY, variables={})))
    assert all("stageVariableOverrides" not in each.get("from", "") for each in patches(bare)[0])


def test_back_is_where_it_was() -> None:
    """Deployment and variables; what was promoted is undone to the letter."""
    plan = stages.promote(WITH_CANARY)
    promoted = replace(LIVE, deployment="dep2", variables=plan.after["variables"])
    back = stages.rollback(promoted, plan.previous, variables=LIVE.variables)
    assert_accepted(*back.calls)
    assert back.after == {"deploymentId": "dep1", "variables": dict(LIVE.variables)}
    assert patches(back) == [
        [
            {"op": "replace", "path": "/variables/model", "value": "fraud-1"},
            {"op": "replace", "path": "/deploymentId", "value": "dep1"},
        ]
    ]
    kept = stages.rollback(promoted, "dep1")
    assert kept.after["variables"] == promoted.variables
    assert "stay as they are" in kept.notes[0]


def test_going_back_ends_the_canary() -> None:
    """To the stage's own deployment that is all there is to do."""
    assert patches(stages.rollback(WITH_CANARY, "dep1")) == [
        [{"op": "remove", "path": "/canarySettings"}]
    ]


def test_a_canary_is_given_another_share() -> None:
    """And nothing else of it changes."""
    plan = stages.resample(WITH_CANARY, 50)
    assert_accepted(*plan.calls)
    (change,) = plan.changes
    assert (change.path, change.before, change.after) == (
        "canarySettings.percentTraffic",
        "10.0",
        "50.0",
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: stages.promote(LIVE), "has no canary"),
        (lambda: stages.resample(LIVE, 5), "has no canary"),
        (lambda: stages.resample(WITH_CANARY, 0), "more than 0"),
        (lambda: stages.start_canary(WITH_CANARY, 5, variables={}), "has a canary already"),
        (lambda: stages.start_canary(LIVE, 101, variables={}), "at most 100 %"),
        (lambda: stages.rollback(LIVE, "dep9"), "no deployment dep9; there are dep2, dep1"),
        (lambda: stages.rollback(LIVE, "dep1"), "points at dep1 already"),
    ],
)
def test_what_a_stage_cannot_do_is_said(make: Callable[[], Any], words: str) -> None:
    """In a sentence, and no plan is made."""
    with pytest.raises(NotDone, match=words):
        make()
