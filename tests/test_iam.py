"""Do the policies in docs/iam allow what Understudy asks of AWS, and nothing besides?"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import Loader

from actions.permissions import READS, Place, needed
from actions.steps import Call, Plan, Rehearsal

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "iam"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
PLACE = Place("aws", "eu-central-1", "111122223333")
SAGEMAKER = "arn:aws:sagemaker:eu-central-1:111122223333"

# IAM's names of actions are those of the API but for these
# (https://docs.aws.amazon.com/service-authorization/latest/reference/)
NOT_OPERATIONS = {
    "apigateway:GET",
    "apigateway:PATCH",
    "apigateway:POST",
    "iam:PassRole",
    "s3:BypassGovernanceRetention",
    "s3:GetBucketObjectLockConfiguration",
    "s3:DeleteObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "sts:SetSourceIdentity",
    "sts:TagSession",
}
SERVICES = {
    "application-autoscaling": ("application-autoscaling",),
    "athena": ("athena",),
    "cloudwatch": ("cloudwatch",),
    "glue": ("glue",),
    "lambda": ("lambda",),
    "s3": ("s3",),
    "sagemaker": ("sagemaker", "sagemaker-runtime"),
    "servicequotas": ("service-quotas",),
    "sns": ("sns",),
    "sts": ("sts",),
}
# Of whom the viewer reads, and what IAM calls whom it calls otherwise than botocore does.
READ = ("sagemaker", "cloudwatch", "application-autoscaling", "lambda", "service-quotas")
PREFIXES = {"service-quotas": "servicequotas"}
READING = re.compile(r"^(Get|List|Describe|Head)")


@cache
def operations(service: str) -> frozenset[str]:
    """The operations of a service of botocore."""
    return frozenset(Loader().load_service_model(service, "service-2")["operations"])


def policy(name: str) -> list[dict[str, Any]]:
    """The statements of a policy."""
    document = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    assert document.keys() == {"Version", "Statement"}
    assert document["Version"] == "2012-10-17"
    return document["Statement"]


def allowed_actions(name: str) -> set[str]:
    return {a for each in policy(name) if each["Effect"] == "Allow" for a in each["Action"]}


def allows(name: str, action: str, resource: str) -> bool:
    """Whether a policy allows this, as IAM decides: a denial wins, and nothing is no."""
    effects = {
        each["Effect"]
        for each in policy(name)
        if action in each["Action"]
        and (
            any(fnmatchcase(resource, one) for one in each["Resource"])
            if "Resource" in each
            else not any(fnmatchcase(resource, one) for one in each["NotResource"])
        )
    }
    return effects == {"Allow"}


def asked_by(*rooms: str) -> Iterator[ast.AST]:
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield from ast.walk(ast.parse(path.read_text("utf-8")))


def planned() -> set[tuple[str, str]]:
    """Service and operation of every ``Call`` of a plan; acting.json has that which publishes."""
    return {
        (ast.literal_eval(node.args[0]), ast.literal_eval(node.args[1]))
        for node in asked_by("actions")
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Call", "steps.Call")
    } - {("cloudwatch", "PutMetricData")}


ASKED = {
    # whatever an operation names; roles and tags, for they need permissions of their own
    "EndpointName": "fraud-scores",
    "EndpointConfigName": "fraud-scores-2",
    "Name": "fraud-test",
    "TrainingJobName": "fraud-job",
    "AlarmName": "understudy-abort-fraud-scores-fraud-scores-2",
    "FunctionName": "fraud-score",
    "restApiId": "a1b2c3d4e5",
    "stageName": "prod",
    "ExecutionRoleArn": "arn:aws:iam::111122223333:role/fraud-models",
    "Tags": [{"Key": "team", "Value": "fraud"}],
}
GREEN = {**ASKED, "EndpointName": "fraud-scores-green-1a2b3c4d"}
ON_GREEN = {"CreateEndpoint", "DeleteEndpoint"}


def everything() -> Plan:
    """A plan with every call that the product makes, and a rehearsal."""
    calls = (
        Call(service, operation, GREEN if operation in ON_GREEN else _known(operation), "")
        for service, operation in sorted(planned())
    )
    steps = (*calls, Rehearsal(GREEN["EndpointName"], 1, 1.0))
    return Plan("promote", "fraud-scores", "", steps, {}, {})


def _known(operation: str) -> dict[str, Any]:
    # only what is created is tagged or given a role
    left_out = () if operation.startswith("Create") else ("ExecutionRoleArn", "Tags")
    return {key: value for key, value in ASKED.items() if key not in left_out}


@pytest.mark.parametrize("name", NAMES)
def test_each_policy_is_one_by_iams_grammar(name: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html."""
    statements = policy(name)
    assert len({each["Sid"] for each in statements}) == len(statements)
    for each in statements:
        assert re.fullmatch(r"[A-Za-z0-9]+", each["Sid"])
        assert each["Effect"] in ("Allow", "Deny")
        about = each.keys() & {"Resource", "NotResource"}
        assert about == set() if "Principal" in each else len(about) == 1
        assert each.keys() <= {"Sid", "Effect", "Action", "Principal", "Condition", *about}
        assert each["Action"] == sorted(set(each["Action"]))
        for resource in (*each.get("Resource", ()), *each.get("NotResource", ())):
            assert resource == "*" or re.fullmatch(
                r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:\S+", resource
            )
        for operator, keys in each.get("Condition", {}).items():
            assert operator in ("StringEquals", "StringLike")
            assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", key) for key in keys)
    size = len(json.dumps(statements, separators=(",", ":")))
    assert size <= 6144, "a managed policy has at most 6,144 characters"


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_one_and_named_in_full(name: str) -> None:
    """No action has a wildcard, and each is an operation of the service, or stated above."""
    for each in policy(name):
        for action in each["Action"]:
            assert "*" not in action
            if action not in NOT_OPERATIONS:
                service, _, operation = action.partition(":")
                assert any(operation in operations(one) for one in SERVICES[service]), action


def test_the_deployer_may_what_plans_do_and_no_more() -> None:
    """The calls in actions/, what they need beside, and what is looked at before: exactly."""
    assert len(planned()) >= 12
    acting = {each.action for each in needed(everything(), PLACE)}
    # stopping a training is asked for without a plan
    acting.add("sagemaker:StopTrainingJob")
    assert allowed_actions("deployer") == acting | {
        each for reads in READS.values() for each in reads
    }


def test_the_deployer_may_it_on_what_plans_name() -> None:
    """Each call of each plan passes, for an endpoint and functions of the policy's names."""
    for permission in needed(everything(), PLACE):
        for resource in permission.resources:
            assert allows("deployer", permission.action, resource), (permission.action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sagemaker:UpdateEndpoint", f"{SAGEMAKER}:endpoint/other"),
        ("sagemaker:DeleteEndpoint", f"{SAGEMAKER}:endpoint/fraud-scores"),
        ("sagemaker:DeleteEndpoint", f"{SAGEMAKER}:endpoint/fraud-green"),
        ("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/fraud-scores"),
        ("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:endpoint/fraud-scores"),
        ("sagemaker:DeleteEndpointConfig", f"{SAGEMAKER}:endpoint-config/fraud-scores-1"),
        ("sagemaker:DeleteModel", f"{SAGEMAKER}:model/fraud-1"),
        ("cloudwatch:DeleteAlarms", "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:pager"),
        ("cloudwatch:SetAlarmState", "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:pager"),
        ("s3:DeleteObject", "arn:aws:s3:::my-audit/understudy/1.json"),
        ("s3:PutObject", "arn:aws:s3:::my-audit/understudy/1.json"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/admin"),
    ],
)
def test_the_deployer_may_not(action: str, resource: str) -> None:
    """Delete what serves or what a rollback needs, nor touch what is not Understudy's."""
    assert not allows("deployer", action, resource)


def test_deleting_is_denied_in_words() -> None:
    """Also where another policy of the role allows it: all but a green endpoint of ours."""
    denied = {a for each in policy("deployer") if each["Effect"] == "Deny" for a in each["Action"]}
    assert {
        "sagemaker:DeleteEndpoint",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:DeleteModel",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
    } <= denied
    (but,) = [each for each in policy("deployer") if "NotResource" in each]
    assert but["Action"] == ["sagemaker:DeleteEndpoint"]
    assert but["NotResource"] == [f"{SAGEMAKER}:endpoint/*-green-*"]


def test_the_viewer_only_reads() -> None:
    """By the names of its actions, of which each gets, lists or describes."""
    for action in allowed_actions("viewer"):
        assert READING.match(action.partition(":")[2]) or action == "apigateway:GET", action


def test_the_viewer_may_what_is_read_and_no_more() -> None:
    """Every method of a client that reads, named in queries/ or actions/, and no other."""
    # of a method that two services have, the first
    reads: dict[str, str] = {}
    for service in (*READ, "apigateway"):
        for operation in sorted(operations(service)):
            if READING.match(operation):
                prefix = PREFIXES.get(service, service)
                action = "apigateway:GET" if service == "apigateway" else f"{prefix}:{operation}"
                reads.setdefault(xform_name(operation), action)
    reads |= {
        "list_objects_v2": "s3:ListBucket",
        "get_object": "s3:GetObject",
        "head_object": "s3:GetObject",
    }
    found = set()
    for node in asked_by("queries", "actions"):
        if isinstance(node, ast.Attribute):
            found.add(reads.get(node.attr))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(reads.get(node.value))
    assert allowed_actions("viewer") == found - {None}


def test_every_method_of_a_store_or_a_service_beside_is_allowed_somewhere() -> None:
    """S3, roles and messages: of each method named in queries/ or actions/, who may call it."""
    methods = {
        "s3": {
            "list_objects_v2": ("viewer", "acting"),
            "get_object": ("viewer", "acting"),
            "head_object": ("viewer",),
            "put_object": ("acting",),
            "get_object_lock_configuration": ("acting",),
        },
        "sts": {"assume_role": ("acting",)},
        "sns": {"publish": ("acting",)},
        "sagemaker-runtime": {"invoke_endpoint": ("deployer",)},
    }
    actions = {
        "list_objects_v2": "s3:ListBucket",
        "head_object": "s3:GetObject",
        "get_object_lock_configuration": "s3:GetBucketObjectLockConfiguration",
        "invoke_endpoint": "sagemaker:InvokeEndpoint",
    }
    # Athena's rooms have a policy of their own
    nodes = [
        node
        for room in ("queries", "actions")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "athena" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    ]
    # as calls of a client: the words themselves stand for other things as well
    called = {each.attr for each in nodes if isinstance(each, ast.Attribute)}
    named = {
        each.value
        for each in nodes
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }
    for service, known in methods.items():
        mine = {xform_name(each) for each in operations(service)}
        assert mine & called <= known.keys(), service
        for method, files in known.items():
            assert method in called | named | {xform_name(c) for _, c in planned()}, method
            operation = method.title().replace("_", "")
            action = actions.get(method, f"{service}:{operation}")
            for file in files:
                assert action in allowed_actions(file), (action, file)


def test_who_asks_athena_writes_answers_alone() -> None:
    """Beside reading it starts and stops queries; tables and captures it cannot touch."""
    more = {each for each in allowed_actions("athena") if not READING.match(each.split(":")[1])}
    assert more == {
        *("athena:StartQueryExecution", "athena:StopQueryExecution", "glue:BatchGetPartition"),
        *("s3:PutObject", "s3:AbortMultipartUpload"),
    }
    reads = {
        xform_name(operation): f"{service}:{operation}"
        for service in ("athena", "glue")
        for operation in operations(service)
        if READING.match(operation)
    }
    named = {
        node.attr if isinstance(node, ast.Attribute) else node.value
        for node in asked_by("queries/athena")
        if isinstance(node, ast.Attribute)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    }
    found = {reads[name] for name in named & reads.keys()}
    assert {"athena:GetWorkGroup", "glue:GetPartitions"} <= found <= allowed_actions("athena")
    assert allows("athena", "s3:PutObject", "arn:aws:s3:::my-answers/1.csv")
    for bucket in ("my-captures", "my-tables"):
        assert allows("athena", "s3:GetObject", f"arn:aws:s3:::{bucket}/1")
        assert not allows("athena", "s3:PutObject", f"arn:aws:s3:::{bucket}/1")


def test_who_writes_athenas_tables_leaves_captures_alone() -> None:
    """What actions/athena calls is allowed, with the policy of who asks; no capture is written."""
    both = allowed_actions("athena") | allowed_actions("athena-tables")
    known = {
        xform_name(operation): f"{service}:{operation}"
        for service in ("athena", "glue", "s3")
        for operation in operations(service)
    }
    named = {
        node.attr if isinstance(node, ast.Attribute) else node.value
        for node in asked_by("actions/athena")
        if isinstance(node, ast.Attribute)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    }
    called = {known[name] for name in named & known.keys()}
    # IAM's names for what S3 calls otherwise
    renamed = {"s3:DeleteObjects": "s3:DeleteObject", "s3:ListObjectsV2": "s3:ListBucket"}
    called = {renamed.get(each, each) for each in called}
    assert {"glue:BatchCreatePartition", "glue:DeleteTable", "s3:DeleteObject"} <= called <= both
    # what Athena does in the writer's name for DDL and CTAS
    assert {"glue:CreateDatabase", "glue:CreateTable", "glue:UpdateTable", "s3:PutObject"} <= both
    for action in allowed_actions("athena-tables"):
        if action.startswith("s3:"):
            assert allows("athena-tables", action, "arn:aws:s3:::my-tables/work/1")
            assert not allows("athena-tables", action, "arn:aws:s3:::my-captures/1")
            assert not allows("athena-tables", action, "arn:aws:s3:::my-answers/1.csv")


def test_acting_is_to_record_to_tell_and_to_take_on() -> None:
    """What Understudy's own role may beside reading changes no endpoint, and no record twice."""
    assert allowed_actions("acting") == {
        *("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"),
        *("s3:ListBucket", "s3:GetObject", "s3:PutObject"),
        "s3:GetBucketObjectLockConfiguration",
        *("sns:Publish", "cloudwatch:PutMetricData"),
    }
    assert not allows("acting", "s3:DeleteObject", "arn:aws:s3:::my-audit/understudy/1.json")


def test_nobody_takes_the_deployer_on_without_a_name() -> None:
    """Its trust policy asks for a SourceIdentity, and lets it and the tags be set."""
    (trust,) = policy("deployer-trust")
    assert trust["Action"] == ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    assert trust["Condition"] == {"StringLike": {"sts:SourceIdentity": "*"}}
    assert trust["Principal"].keys() == {"AWS"}
