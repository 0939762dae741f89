"""An alias moves to a version and back in one call, held by Lambda's own lock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.plans.aliases import promote, rollback
from actions.steps import Plan
from queries.errors import NotDone
from queries.live_generic import LiveAlias
from tests.actions.plans.living import NOW, assert_accepted

LIVE = LiveAlias(
    function="score",
    alias="live",
    arn="arn:aws:lambda:eu-central-1:111122223333:function:score:live",
    version="7",
    weights=(),
    versions=("8", "7", "6"),
    revision="11111111-2222-3333-4444-555555555555",
    at=NOW,
)


def done(live: LiveAlias, plan: Plan) -> LiveAlias:
    """The alias as the plan says it will be."""
    weights = plan.after["RoutingConfig"]["AdditionalVersionWeights"]
    return replace(
        live,
        version=plan.after["FunctionVersion"],
        weights=tuple(weights.items()),
        revision="another",
    )


@given(percent=st.integers(1, 100))
def test_a_version_is_given_its_share_and_back(percent: int) -> None:
    """The lock is Lambda's, the weights are shares, 100 % clears them; back is where it was."""
    plan = promote(LIVE, "8", percent=percent)
    (call,) = plan.calls
    assert_accepted(call)
    assert call.parameters["RevisionId"] == plan.fingerprint == LIVE.revision
    weights = call.parameters["RoutingConfig"]["AdditionalVersionWeights"]
    if percent == 100:
        assert (call.parameters["FunctionVersion"], weights) == ("8", {})
    else:
        assert (call.parameters["FunctionVersion"], weights) == ("7", {"8": percent / 100})
    back = rollback(done(LIVE, plan), plan.previous)
    assert_accepted(*back.calls)
    assert back.after == plan.now
    assert back.now == plan.after
    assert back.calls[0].parameters["RevisionId"] == "another"
    assert {change.path for change in plan.changes} == {change.path for change in back.changes}


@pytest.mark.parametrize(
    ("version", "percent", "words"),
    [
        ("9", 10, "no published version 9; publish it first. There are 8, 7, 6"),
        ("$LATEST", 10, "no published version"),
        ("7", 100, "to version 7 already"),
        ("8", 0, "more than 0"),
        ("8", 101, "at most 100 %"),
    ],
)
def test_what_an_alias_cannot_do_is_said(version: str, percent: float, words: str) -> None:
    """Only published versions, and a share that is one."""
    with pytest.raises(NotDone, match=words.replace("$", r"\$")):
        promote(LIVE, version, percent=percent)


def test_going_back_to_what_runs_is_refused() -> None:
    """Unless a canary is to end."""
    with pytest.raises(NotDone, match="all its requests to version 7 already"):
        rollback(LIVE, "7")
    ended = rollback(replace(LIVE, weights=(("8", 0.1),)), "7")
    assert ended.action == "rollback"
    assert ended.after["RoutingConfig"] == {"AdditionalVersionWeights": {}}
