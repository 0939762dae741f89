"""Is AWS asked in the name of who clicked, for one click, and for what the plan says alone?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.acting import LASTS_S, THE_READER, Acting, session_name
from actions.people import NOBODY, Person
from actions.permissions import MOST_CHARACTERS, Place, needed, session_policy
from actions.records import Intent
from actions.standings import Standing
from actions.steps import Call, Plan, Rehearsal
from queries.config import Actions, Aws, Config
from queries.errors import AwsError, NotDone
from tests.queries import bucket

ROLE = "arn:aws:iam::123456789012:role/deployer"
ANN = Person("ann@example.com", "operator", "sign-in")
BOB = Person("bob@example.com", "operator", "sign-in")
PLACE = Place("aws", "eu-central-1", "123456789012")
SAGEMAKER = "arn:aws:sagemaker:eu-central-1:123456789012"


def plan(*steps: Call | Rehearsal) -> Plan:
    return Plan("promote", "Fraud", "0" * 64, steps, {}, {})


def call(operation: str, service: str = "sagemaker", **parameters: object) -> Call:
    return Call(service, operation, parameters, "")


UPDATE = call("UpdateEndpoint", EndpointName="Fraud", EndpointConfigName="fraud-2")
CREATE = call(
    "CreateEndpointConfig",
    EndpointConfigName="fraud-2",
    ExecutionRoleArn="arn:aws:iam::123456789012:role/models",
    Tags=[{"Key": "a", "Value": "b"}],
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[bucket.StandIn]:
    """STS, and an S3 that says as whom it was asked."""
    (tmp_path / bucket.BUCKET).mkdir()
    served = bucket.StandIn(tmp_path)
    yield served
    served.stop()


def config(server: bucket.StandIn, **actions: object) -> Config:
    aws = Aws(region="eu-central-1", endpoint_url=server.url, external_id="word")
    return Config(tests=(), aws=aws, actions=replace(Actions(role_arn=ROLE), **actions))


def ask(acting: Acting) -> None:
    acting.client("s3").list_objects_v2(Bucket=bucket.BUCKET)


def test_the_role_is_taken_on_in_the_persons_name(server: bucket.StandIn) -> None:
    """For 15 minutes, with SourceIdentity, the plan's policy, and tags that lead to the audit."""
    server.role = lambda form: LASTS_S
    acting = Acting(config(server), ANN, plan(UPDATE), change="0a1b")
    assert server.requests == []
    ask(acting)
    (taken_on,) = server.taken_on
    sent = {key: value[0] for key, value in taken_on.form.items()}
    assert sent["RoleArn"] == acting.role == ROLE
    assert sent["SourceIdentity"] == sent["RoleSessionName"] == "ann@example.com"
    assert sent["DurationSeconds"] == "900"
    assert sent["ExternalId"] == "word"
    assert sent["Policy"] == session_policy(plan(UPDATE), PLACE)
    tags = {sent[f"Tags.member.{n}.Key"]: sent[f"Tags.member.{n}.Value"] for n in (1, 2)}
    assert tags == {"understudy-target": "Fraud", "understudy-change": "0a1b"}
    assert server.requests[-1].signed_as == "ROLE1"


def test_one_click_is_one_session_and_never_anothers(server: bucket.StandIn) -> None:
    """Within a click the role is taken on once; the next click, of anybody, does so anew."""
    server.role = lambda form: LASTS_S
    first = Acting(config(server), ANN, plan(UPDATE))
    ask(first)
    ask(first)
    ask(Acting(config(server), BOB, plan(UPDATE)))
    ask(Acting(config(server), ANN, plan(UPDATE)))
    people = [each.form["SourceIdentity"][0] for each in server.taken_on]
    assert people == ["ann@example.com", "bob@example.com", "ann@example.com"]
    signed = [each.signed_as for each in server.requests if each not in server.taken_on]
    assert signed == ["ROLE1", "ROLE1", "ROLE2", "ROLE3"]


def test_another_change_at_the_target_has_a_session_of_its_own(server: bucket.StandIn) -> None:
    """An abort that goes on beside an update may what it says, and not what the update does."""
    server.role = lambda form: LASTS_S
    acting = Acting(config(server), ANN, plan(UPDATE))
    own, abort = (
        Standing(change, Intent("", "", "", "", "", planned), ())
        for change, planned in (("1", plan(UPDATE)), ("2", plan(CREATE)))
    )
    acting.of(own)("s3").list_objects_v2(Bucket=bucket.BUCKET)
    acting.of(abort)("s3").list_objects_v2(Bucket=bucket.BUCKET)
    policies = [each.form["Policy"][0] for each in server.taken_on]
    assert policies == [session_policy(each.plan, PLACE) for each in (own, abort)]


def test_a_session_that_runs_out_is_begun_anew(server: bucket.StandIn) -> None:
    """A plan that waits longer than 15 minutes goes on in the same name."""
    server.role = lambda form: 30
    acting = Acting(config(server), ANN, plan(UPDATE))
    ask(acting)
    ask(acting)
    assert [each.form["SourceIdentity"][0] for each in server.taken_on] == 2 * ["ann@example.com"]


def test_without_a_role_the_reader_acts_and_that_is_said(server: bucket.StandIn) -> None:
    """No role is taken on that nobody named."""
    acting = Acting(config(server, role_arn=None), ANN, plan(UPDATE))
    assert acting.role == THE_READER
    ask(acting)
    assert server.taken_on == []


def test_a_refused_role_is_a_sentence(server: bucket.StandIn) -> None:
    """It names the role, AWS's answer and the three permissions that are needed."""
    server.role = lambda form: ("AccessDenied", "not authorized to perform sts:SetSourceIdentity")
    with pytest.raises(AwsError, match="cannot be taken on to act") as caught:
        Acting(config(server), ANN, plan(UPDATE)).client("sagemaker")
    for word in (ROLE, "sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"):
        assert word in str(caught.value)


def test_a_session_may_what_the_plan_says_and_no_more() -> None:
    """The calls on what they name, roles that are passed, tags that are set; besides, reading."""
    steps = (CREATE, UPDATE, Rehearsal("fraud-green-1", 5, 0.9))
    policy = json.loads(session_policy(plan(*steps), PLACE))
    may = {
        (action, resource)
        for each in policy["Statement"]
        for action in each["Action"]
        for resource in each["Resource"]
    }
    writes = {(a, r) for a, r in may if not re.search(":(Describe|List|Get)", a)}
    assert writes == {
        ("sagemaker:CreateEndpointConfig", f"{SAGEMAKER}:endpoint-config/fraud-2"),
        ("sagemaker:AddTags", f"{SAGEMAKER}:endpoint-config/fraud-2"),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/models"),
        # SageMaker's ARNs are small, IAM tells capitals apart: both spellings
        ("sagemaker:UpdateEndpoint", f"{SAGEMAKER}:endpoint/Fraud"),
        ("sagemaker:UpdateEndpoint", f"{SAGEMAKER}:endpoint/fraud"),
        ("sagemaker:UpdateEndpoint", f"{SAGEMAKER}:endpoint-config/fraud-2"),
        ("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:endpoint/fraud-green-1"),
    }
    assert {each["Effect"] for each in policy["Statement"]} == {"Allow"}


@pytest.mark.parametrize(
    ("asked", "action", "resources"),
    [
        (
            call("SetAlarmState", "cloudwatch", AlarmName="understudy-abort-x"),
            "cloudwatch:SetAlarmState",
            ("arn:aws:cloudwatch:eu-central-1:123456789012:alarm:understudy-abort-x",),
        ),
        (
            call("DeleteAlarms", "cloudwatch", AlarmNames=["a", "b"]),
            "cloudwatch:DeleteAlarms",
            (
                "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a",
                "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:b",
            ),
        ),
        (
            call("UpdateAlias", "lambda", FunctionName="score", Name="live"),
            "lambda:UpdateAlias",
            (
                "arn:aws:lambda:eu-central-1:123456789012:function:score",
                "arn:aws:lambda:eu-central-1:123456789012:function:score:live",
            ),
        ),
        (
            call("UpdateStage", "apigateway", restApiId="a1", stageName="prod"),
            "apigateway:PATCH",
            ("arn:aws:apigateway:eu-central-1::/restapis/a1/stages/prod",),
        ),
        (
            call("CreateDeployment", "apigateway", restApiId="a1", stageName="prod"),
            "apigateway:POST",
            ("arn:aws:apigateway:eu-central-1::/restapis/a1/deployments",),
        ),
        (
            call("StopTrainingJob", TrainingJobName="job-1"),
            "sagemaker:StopTrainingJob",
            (f"{SAGEMAKER}:training-job/job-1",),
        ),
    ],
)
def test_each_call_is_permitted_on_what_it_names(
    asked: Call, action: str, resources: tuple[str, ...]
) -> None:
    """ARNs are those of the Service Authorization Reference, and none is wider than the call."""
    (found,) = needed(plan(asked), PLACE)
    assert (found.action, found.resources) == (action, resources)


def test_a_call_that_is_not_known_is_not_permitted() -> None:
    """What no plan of ours makes cannot be slipped into one."""
    for stranger in (
        call("DeleteModel", ModelName="m"),
        call("PutObject", "s3", Bucket="b"),
        call("DeleteFunction", "lambda", FunctionName="f"),
    ):
        with pytest.raises(NotDone, match="not among the calls that Understudy makes"):
            session_policy(plan(stranger), PLACE)


def test_a_policy_that_aws_would_not_take_is_told() -> None:
    """More than 2,048 characters: nothing is asked."""
    many = [f"understudy-{n:040}" for n in range(100)]
    with pytest.raises(NotDone, match="do it in two steps"):
        session_policy(plan(call("DeleteAlarms", "cloudwatch", AlarmNames=many)), PLACE)


@given(st.text(), st.text())
def test_a_name_is_one_that_sts_takes_and_two_stay_two(one: str, other: str) -> None:
    """2 to 64 of its characters, whatever a provider calls a person; different people differ."""
    for name in (one, other):
        assert re.fullmatch(r"[A-Za-z0-9_=,.@-]{2,64}", session_name(name))
    assert (session_name(one) == session_name(other)) == (one == other)


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("ann@example.com", "ann@example.com"),
        (NOBODY.name, "not-signed-in-"),
        ("Zoë Müller", "Zo--M-ller-"),
        ("aws:root", "aws-root-"),
        ("x", "x-"),
        ("a" * 80, "a" * 55 + "-"),
    ],
)
def test_a_name_is_still_read_in_cloudtrail(name: str, begins: str) -> None:
    """What can be kept of it is kept."""
    assert session_name(name).startswith(begins)


def test_policies_fit_into_a_session() -> None:
    """The longest names that AWS allows, in every call of a promotion with alarms: it fits."""
    name, alarm = "e" * 63, "understudy-abort-" + "e" * 63 + "-" + "c" * 63
    longest = plan(
        *(call("PutMetricAlarm", "cloudwatch", AlarmName=f"{alarm}-{n}") for n in range(3)),
        replace(CREATE, parameters={**CREATE.parameters, "EndpointConfigName": "c" * 63}),
        call("UpdateEndpoint", EndpointName=name, EndpointConfigName="c" * 63),
    )
    assert len(session_policy(longest, PLACE)) <= MOST_CHARACTERS
