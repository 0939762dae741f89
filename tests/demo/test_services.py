"""What stands around an endpoint does and refuses what AWS does: roles, topics, aliases, stages."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from demo import functions, stages
from demo.topics import TOPIC
from tests.actions.cloud import Cloud

ROLE = "arn:aws:iam::111122223333:role/understudy-deployer"
ALIAS = {"FunctionName": functions.FUNCTION, "Name": functions.ALIAS}
STAGE = {"restApiId": stages.API, "stageName": stages.STAGE}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sagemaker:*"}]}


def refused(call: Any, code: str, **asked: Any) -> str:
    """The message with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**asked)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])


def signed(cloud: Cloud, answer: dict[str, Any], service: str = "sts") -> Any:
    """A client that signs with what AssumeRole gave."""
    given = answer["Credentials"]
    return boto3.client(
        service,
        region_name="eu-central-1",
        endpoint_url=cloud.url,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def test_a_role_is_taken_on_in_somebody_s_name(cloud: Cloud) -> None:
    """For as long as asked; the account knows the session, and from whose key it came."""
    sts = cloud.client("sts")
    assert sts.get_caller_identity()["Arn"].endswith(":user/understudy")
    resources = POLICY | {"Statement": [POLICY["Statement"][0] | {"Resource": "*"}]}  # type: ignore[index, operator]
    answer = sts.assume_role(
        RoleArn=ROLE,
        RoleSessionName="ann@example.com",
        SourceIdentity="ann@example.com",
        DurationSeconds=900,
        Policy=json.dumps(resources),
    )
    expires = answer["Credentials"]["Expiration"].timestamp()
    assert expires == pytest.approx(cloud.clock() + 900, abs=1)
    (begun,) = cloud.identity.assumed
    assert (begun.role, begun.source_identity, begun.seconds) == (ROLE, "ann@example.com", 900)
    assert begun.policy == resources
    arn = "arn:aws:sts::111122223333:assumed-role/understudy-deployer/ann@example.com"
    assert signed(cloud, answer).get_caller_identity()["Arn"] == arn
    cloud.clock.skip(901)
    refused(signed(cloud, answer).get_caller_identity, "ExpiredToken")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"DurationSeconds": 43_201}, "ValidationError"),
        ({"SourceIdentity": "ann smith"}, "ValidationError"),
        ({"SourceIdentity": "aws:ann"}, "ValidationError"),
        ({"RoleArn": "arn:aws:iam::999999999999:role/other"}, "AccessDenied"),
        ({"Policy": "{not json"}, "MalformedPolicyDocument"),
        ({"Policy": "[]"}, "MalformedPolicyDocument"),
        ({"Policy": '{"Statement": [{"Effect": "Perhaps"}]}'}, "MalformedPolicyDocument"),
        ({"Policy": json.dumps(POLICY)}, "MalformedPolicyDocument"),  # no resource
        ({"Policy": json.dumps(POLICY | {"Id": "x" * 2_048})}, "PackedPolicyTooLarge"),
    ],
)
def test_a_role_is_refused_as_sts_refuses_it(
    cloud: Cloud, asked: dict[str, Any], code: str
) -> None:
    """Nothing is taken on then."""
    asked = {"RoleArn": ROLE, "RoleSessionName": "ann", **asked}
    refused(cloud.client("sts").assume_role, code, **asked)
    assert cloud.identity.assumed == []


def test_a_chain_keeps_its_source_and_lasts_an_hour(cloud: Cloud) -> None:
    """SourceIdentity cannot be changed by taking on a second role from the first."""
    first = cloud.client("sts").assume_role(
        RoleArn=ROLE, RoleSessionName="ann", SourceIdentity="ann"
    )
    second = signed(cloud, first).assume_role
    again = {"RoleArn": ROLE, "RoleSessionName": "ann"}
    refused(second, "AccessDenied", **again, SourceIdentity="bob")
    refused(second, "ValidationError", **again, DurationSeconds=3_601)
    second(**again, SourceIdentity="ann")


def test_what_is_published_is_kept(cloud: Cloud) -> None:
    """Topic, subject, message and attributes; what SNS refuses is not kept."""
    sns = cloud.client("sns")
    sns.publish(
        TopicArn=TOPIC,
        Subject="s",
        Message="ü",
        MessageAttributes={"stage": {"DataType": "String", "StringValue": "done"}},
    )
    (kept,) = cloud.topics.published
    assert (kept.topic, kept.subject, kept.message) == (TOPIC, "s", "ü")
    assert kept.attributes == {"stage": "done"}
    refused(sns.publish, "NotFound", TopicArn=f"{TOPIC}-2", Message="m")
    for wrong in ({"Subject": "ü"}, {"Subject": "x" * 101}, {"Subject": "a\nb"}, {"Message": ""}):
        refused(sns.publish, "InvalidParameter", **{"TopicArn": TOPIC, "Message": "m", **wrong})
    refused(sns.publish, "InvalidParameter", TopicArn=TOPIC, Message="x" * 262_145)
    assert len(cloud.topics.published) == 1


def test_an_alias_is_moved_by_who_saw_it_last(cloud: Cloud) -> None:
    """Each update has a new revision; one that names an older one changes nothing."""
    lam = cloud.client("lambda")
    seen = lam.get_alias(**ALIAS)
    weights = {"AdditionalVersionWeights": {"8": 0.1}}
    moved = lam.update_alias(**ALIAS, RoutingConfig=weights, RevisionId=seen["RevisionId"])
    assert moved["RoutingConfig"] == weights
    assert moved["FunctionVersion"] == "7"
    said = refused(
        lam.update_alias,
        "PreconditionFailedException",
        **ALIAS,
        FunctionVersion="8",
        RevisionId=seen["RevisionId"],
    )
    assert "does not match the latest Revision Id" in said
    over = lam.update_alias(
        **ALIAS,
        FunctionVersion="8",
        RoutingConfig={"AdditionalVersionWeights": {}},
        RevisionId=moved["RevisionId"],
    )
    assert "RoutingConfig" not in over
    assert lam.get_alias(**ALIAS)["FunctionVersion"] == "8"


def test_of_eight_who_move_an_alias_one_does(cloud: Cloud) -> None:
    """The lock is the service's own: of as many as saw the same revision."""
    lam = cloud.once("lambda")
    seen = lam.get_alias(**ALIAS)["RevisionId"]

    def move(version: str) -> bool:
        try:
            lam.update_alias(**ALIAS, FunctionVersion=version, RevisionId=seen)
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(move, ["6", "8"] * 4)) == 1


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"FunctionVersion": "99"}, "ResourceNotFoundException"),
        ({"Name": "other"}, "ResourceNotFoundException"),
        ({"FunctionName": "other"}, "ResourceNotFoundException"),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"6": 0.1, "8": 0.1}}},
            "InvalidParameterValueException",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"7": 0.1}}},
            "InvalidParameterValueException",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"8": 1.1}}},
            "InvalidParameterValueException",
        ),
        (
            {
                "FunctionVersion": "$LATEST",
                "RoutingConfig": {"AdditionalVersionWeights": {"8": 0.1}},
            },
            "InvalidParameterValueException",
        ),
    ],
)
def test_an_alias_refuses_as_lambda_does(cloud: Cloud, asked: dict[str, Any], code: str) -> None:
    """And stays as it was, revision and all."""
    lam = cloud.client("lambda")
    before = lam.get_alias(**ALIAS)
    refused(lam.update_alias, code, **{**ALIAS, **asked})
    after = lam.get_alias(**ALIAS)
    assert before["RevisionId"] == after["RevisionId"]
    assert before["FunctionVersion"] == after["FunctionVersion"] == "7"


def test_versions_come_in_pages(cloud: Cloud) -> None:
    """Each once; an alias's qualifier leads to the version it calls."""
    lam = cloud.client("lambda")
    pages = lam.get_paginator("list_versions_by_function").paginate(
        FunctionName=functions.FUNCTION, PaginationConfig={"PageSize": 3}
    )
    found = [each["Version"] for page in pages for each in page["Versions"]]
    assert found == ["$LATEST", "6", "7", "8"]
    told = lam.get_function_configuration(FunctionName=functions.FUNCTION, Qualifier="live")
    assert told["Version"] == "7"


def patch(**operation: str) -> dict[str, Any]:
    return {**STAGE, "patchOperations": [operation]}


def test_a_canary_takes_its_share_and_is_promoted(cloud: Cloud) -> None:
    """The stage serves what it served until it is told otherwise; promoting ends no canary."""
    api = cloud.client("apigateway")
    before = api.get_stage(**STAGE)
    made = api.create_deployment(
        **STAGE,
        description="version 8",
        canarySettings={"percentTraffic": 10.0, "stageVariableOverrides": {"version": "8"}},
    )
    stage = api.get_stage(**STAGE)
    assert stage["deploymentId"] == before["deploymentId"]
    assert stage["canarySettings"]["percentTraffic"] == 10.0
    assert stage["canarySettings"]["deploymentId"] == made["id"]
    api.update_stage(**patch(op="replace", path="/canarySettings/percentTraffic", value="50"))
    promoted = api.update_stage(
        **STAGE,
        patchOperations=[
            {
                "op": "copy",
                "from": "/canarySettings/stageVariableOverrides",
                "path": "/variables",
            },
            {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
            {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
        ],
    )
    assert promoted["deploymentId"] == made["id"]
    assert promoted["variables"] == {"version": "8"}
    assert promoted["canarySettings"]["percentTraffic"] == 0.0
    over = api.update_stage(**patch(op="remove", path="/canarySettings"))
    assert "canarySettings" not in over
    back = api.update_stage(
        **patch(op="replace", path="/deploymentId", value=before["deploymentId"])
    )
    assert back["deploymentId"] == before["deploymentId"]
    ids = [each["id"] for each in api.get_deployments(restApiId=stages.API)["items"]]
    assert made["id"] in ids
    assert before["deploymentId"] in ids


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/deploymentId", "value": "nobody"},
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "101"},
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "much"},
        {"op": "remove", "path": "/canarySettings"},
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        {"op": "replace", "path": "/colour", "value": "red"},
        {"op": "remove", "path": "/deploymentId"},
    ],
)
def test_a_stage_refuses_as_api_gateway_does(cloud: Cloud, operation: dict[str, str]) -> None:
    """And stays as it was, also where an earlier operation of the same request was sound."""
    api = cloud.client("apigateway")
    before = api.get_stage(**STAGE)
    sound = {"op": "replace", "path": "/variables/version", "value": "9"}
    refused(api.update_stage, "BadRequestException", **STAGE, patchOperations=[sound, operation])
    after = api.get_stage(**STAGE)
    assert {**before, "ResponseMetadata": 0} == {**after, "ResponseMetadata": 0}


def test_what_is_not_there_is_not_found(cloud: Cloud) -> None:
    """A stage or an API of another name."""
    api = cloud.client("apigateway")
    refused(api.get_stage, "NotFoundException", restApiId="x", stageName=stages.STAGE)
    refused(api.get_stage, "NotFoundException", restApiId=stages.API, stageName="x")


def test_one_variant_of_the_demo_scales_by_itself(cloud: Cloud) -> None:
    """The target and its policy name the same resource; another one has neither."""
    scaling = cloud.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert target["ResourceId"] == policy["ResourceId"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    none = scaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=["endpoint/fraud-scores/variant/AllTraffic"]
    )
    assert none["ScalableTargets"] == []
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
