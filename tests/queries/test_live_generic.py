"""An alias and a stage are read as AWS has them, and plans made of that do what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.plans import aliases, stages
from actions.steps import Plan
from demo import functions
from demo import stages as gateway
from demo.held import Held
from demo.standin import StandIn
from demo.wire import application
from queries.aws import client
from queries.config import Aws
from queries.errors import AwsError
from queries.live_generic import LiveAlias, LiveStage, read_alias, read_stage


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Aws]:
    """Lambda and API Gateway, with a function of versions 6 to 8 and a stage of two deployments."""
    server = StandIn(
        application(
            [
                *functions.operations(Held(functions.seed, tmp_path / "functions.json")),
                *gateway.operations(Held(gateway.seed, tmp_path / "stages.json")),
            ]
        )
    )
    try:
        yield Aws(region="eu-central-1", endpoint_url=server.url)
    finally:
        server.stop()


def alias(aws: Aws) -> LiveAlias:
    return read_alias(client(aws, "lambda"), functions.FUNCTION, functions.ALIAS)


def stage(aws: Aws) -> LiveStage:
    return read_stage(client(aws, "apigateway"), gateway.API, gateway.STAGE)


def do(aws: Aws, plan: Plan) -> None:
    """Carry out every call of a plan."""
    from botocore import xform_name

    for call in plan.calls:
        getattr(client(aws, call.service), xform_name(call.operation))(**call.parameters)


def document(live: LiveStage) -> dict[str, Any]:
    found: dict[str, Any] = {"deploymentId": live.deployment, "variables": dict(live.variables)}
    if live.canary is not None:
        found["canarySettings"] = {
            "percentTraffic": live.canary.percent,
            "deploymentId": live.canary.deployment,
            "stageVariableOverrides": dict(live.canary.variables),
        }
    return found


def test_an_alias_is_read_with_what_it_may_go_to(aws: Aws) -> None:
    """The newest version first; the revision changes when the alias does."""
    found = alias(aws)
    assert (found.version, found.weights) == ("7", ())
    assert found.versions == ("8", "7", "6")
    assert found.fingerprint == alias(aws).fingerprint


def test_an_alias_moves_as_planned_and_back(aws: Aws) -> None:
    """A share, everything, and back to the letter."""
    first = alias(aws)
    do(aws, aliases.promote(first, "8", percent=10))
    assert alias(aws).weights == (("8", 0.1),)
    do(aws, aliases.promote(alias(aws), "8"))
    assert (alias(aws).version, alias(aws).weights) == ("8", ())
    do(aws, aliases.rollback(alias(aws), "7"))
    back = alias(aws)
    assert (back.version, back.weights) == (first.version, first.weights)


def test_a_plan_from_an_older_reading_is_refused_by_lambda(aws: Aws) -> None:
    """Of two who looked at the same alias, the second changes nothing."""
    from botocore.exceptions import ClientError

    seen = alias(aws)
    do(aws, aliases.promote(seen, "8"))
    with pytest.raises(ClientError, match="PreconditionFailed"):
        do(aws, aliases.promote(seen, "6"))
    assert alias(aws).version == "8"


def test_a_canary_is_started_promoted_and_undone(aws: Aws) -> None:
    """At each step the stage is what the plan said, and at the end what it was."""
    first = stage(aws)
    assert [each.id for each in first.deployments] == ["e7m4y9", "d6k2x1"]
    do(aws, stages.start_canary(first, 10, variables={"version": "8"}))
    begun = stage(aws)
    assert begun.fingerprint != first.fingerprint
    assert begun.canary is not None
    assert (begun.canary.percent, dict(begun.canary.variables)) == (10.0, {"version": "8"})
    assert begun.deployment == first.deployment
    more = stages.resample(begun, 50)
    do(aws, more)
    assert document(stage(aws)) == more.after
    promoted = stages.promote(stage(aws))
    do(aws, promoted)
    assert document(stage(aws)) == promoted.after
    back = stages.rollback(stage(aws), promoted.previous, variables=first.variables)
    do(aws, back)
    assert document(stage(aws)) == back.after == document(first)


def test_two_readings_of_one_state_are_the_same(aws: Aws) -> None:
    """Nothing changed between them, so that a plan of the first still holds."""
    assert stage(aws).fingerprint == stage(aws).fingerprint


def test_what_is_not_there_is_said(aws: Aws) -> None:
    """With AWS's call and words."""
    with pytest.raises(AwsError, match="GetAlias"):
        read_alias(client(aws, "lambda"), functions.FUNCTION, "nobody")
    with pytest.raises(AwsError, match="GetStage"):
        read_stage(client(aws, "apigateway"), gateway.API, "nowhere")
