"""A session may what its policy says while it lasts; and the product's own policies suffice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from actions.acting import Acting
from actions.plans.aliases import promote as move_alias
from actions.plans.stages import promote as move_stage
from actions.steps import Plan
from demo import functions, stages
from demo.deployments import LAUNCH_S, TERMINATE_S
from demo.sessions import allows
from queries.live_generic import read_alias, read_stage
from tests.actions.acting_on import ANN, Desk, desk
from tests.actions.cloud import CONFIG, ENDPOINT, Cloud

ROLE = "arn:aws:iam::111122223333:role/understudy-deployer"


@pytest.fixture
def at(cloud: Cloud, tmp_path: Path) -> Desk:
    """The account, in which a role is taken on to act."""
    made = desk(cloud, tmp_path)
    actions = replace(made.config.actions, role_arn=ROLE)
    return replace(made, config=replace(made.config, actions=actions))


def acting(at: Desk, plan: Plan) -> Acting:
    return Acting(at.config, replace(ANN, signed_in_at=datetime.now(UTC)), plan)


def once(cloud: Cloud, policy: dict[str, Any] | None, service: str = "sagemaker") -> Any:
    """A client of a session with this policy, that asks once."""
    from botocore.config import Config

    asked: dict[str, Any] = {} if policy is None else {"Policy": json.dumps(policy)}
    given = cloud.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="ann", **asked)
    return boto3.client(
        service,
        region_name="eu-central-1",
        endpoint_url=cloud.url,
        aws_access_key_id=given["Credentials"]["AccessKeyId"],
        aws_secret_access_key=given["Credentials"]["SecretAccessKey"],
        aws_session_token=given["Credentials"]["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}),
    )


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def test_a_promotion_needs_no_more_than_its_session_may(at: Desk) -> None:
    """Every call and every look between, signed as the role, by the policy made of the plan."""
    plan = at.plan()
    at.execute(plan, client_of=acting(at, plan).client)
    at.cloud.clock.skip(LAUNCH_S + TERMINATE_S + 60)
    done = at.advance(acting=lambda _: acting(at, plan).client)
    assert done.state == "done", done.sentence
    assert {each.role for each in at.cloud.identity.assumed} == {ROLE}
    assert {each.source_identity for each in at.cloud.identity.assumed} == {ANN.name}


def test_an_alias_and_a_stage_move_by_their_sessions(at: Desk) -> None:
    """The policies made of these plans name what AWS would ask for."""
    alias = read_alias(at.client("lambda"), functions.FUNCTION, functions.ALIAS)
    plan = move_alias(alias, "8")
    at.execute(plan, client_of=acting(at, plan).client, typed=plan.target)
    assert (
        at.client("lambda").get_alias(FunctionName=functions.FUNCTION, Name=functions.ALIAS)[
            "FunctionVersion"
        ]
        == "8"
    )
    at.client("apigateway").create_deployment(
        restApiId=stages.API, stageName=stages.STAGE, canarySettings={"percentTraffic": 10.0}
    )
    stage = read_stage(at.client("apigateway"), stages.API, stages.STAGE)
    plan = move_stage(stage)
    at.execute(plan, client_of=acting(at, plan).client, typed=plan.target)
    moved = read_stage(at.client("apigateway"), stages.API, stages.STAGE)
    assert stage.canary is not None
    assert moved.deployment == stage.canary.deployment


def test_a_session_of_one_plan_may_nothing_else(at: Desk) -> None:
    """Another config, another endpoint, or an end to the one it may update."""
    sm = acting(at, at.plan()).client("sagemaker")
    for method, asked in (
        ("update_endpoint", {"EndpointName": ENDPOINT, "EndpointConfigName": CONFIG}),
        ("delete_endpoint", {"EndpointName": ENDPOINT}),
        ("delete_endpoint_config", {"EndpointConfigName": CONFIG}),
    ):
        with pytest.raises(ClientError, match="no session policy allows") as caught:
            getattr(sm, method)(**asked)
        assert code(caught) == "AccessDeniedException"
    assert at.live().pending is None


def test_a_session_ends(cloud: Cloud) -> None:
    """After its time each of its calls is refused; without a policy it may what the role may."""
    sm = once(cloud, None)
    assert sm.describe_endpoint(EndpointName=ENDPOINT)
    cloud.clock.skip(3_601)
    with pytest.raises(ClientError) as caught:
        sm.describe_endpoint(EndpointName=ENDPOINT)
    assert code(caught) == "ExpiredTokenException"


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([("Allow", "sagemaker:*", "*")], True),
        ([("Allow", "sagemaker:Describe*", "arn:aws:sagemaker:*:*:endpoint/fraud-*")], True),
        ([("Allow", "sagemaker:DescribeEndpoint", "arn:aws:sagemaker:*:*:model/*")], False),
        ([("Allow", "sagemaker:UpdateEndpoint", "*")], False),
        ([("Allow", "*", "*"), ("Deny", "sagemaker:Describe*", "*")], False),
        ([("Deny", "*", "*")], False),
        ([("Allow", "*", "*"), ("Deny", "sagemaker:Delete*", "*")], True),
    ],
)
def test_a_policy_is_read_as_iam_reads_it(
    cloud: Cloud, statements: list[tuple[str, str, str]], allowed: bool
) -> None:
    """What is not allowed is denied, and what is denied is not allowed by another statement."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": effect, "Action": action, "Resource": resource}
            for effect, action, resource in statements
        ],
    }
    arn = "arn:aws:sagemaker:eu-central-1:111122223333:endpoint/fraud-scores"
    assert allows(policy, "sagemaker:DescribeEndpoint", arn) == allowed
    sm = once(cloud, policy)
    if allowed:
        assert sm.describe_endpoint(EndpointName=ENDPOINT)
    else:
        with pytest.raises(ClientError) as caught:
            sm.describe_endpoint(EndpointName=ENDPOINT)
        assert code(caught) == "AccessDeniedException"
