"""Which permissions of AWS does a plan need, and on what?

Each call's, by the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/), and what is read on the way.
An operation that is not known here cannot be permitted, and so is never called.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from actions.steps import Call, Plan, Rehearsal
from queries.errors import NotDone

MOST_CHARACTERS = 2048
"""Of a session policy: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html."""

READS: dict[str, tuple[str, ...]] = {
    "sagemaker": (
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeInferenceExperiment",
        "sagemaker:DescribeModel",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:ListInferenceExperiments",
        "sagemaker:ListTags",
    ),
    "cloudwatch": ("cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"),
    "lambda": ("lambda:GetAlias", "lambda:ListVersionsByFunction"),
    "apigateway": ("apigateway:GET",),
}
"""What is looked at anew before and between the calls of a service, as whoever acts."""

_NAMED: dict[str, tuple[str, ...]] = {
    # operation: the resources it is about, each "kind/PARAMETER"
    "UpdateEndpoint": ("endpoint/EndpointName", "endpoint-config/EndpointConfigName"),
    "CreateEndpoint": ("endpoint/EndpointName", "endpoint-config/EndpointConfigName"),
    "DeleteEndpoint": ("endpoint/EndpointName",),
    "UpdateEndpointWeightsAndCapacities": ("endpoint/EndpointName",),
    "CreateEndpointConfig": ("endpoint-config/EndpointConfigName",),
    "CreateInferenceExperiment": ("inference-experiment/Name",),
    "UpdateInferenceExperiment": ("inference-experiment/Name",),
    "StopInferenceExperiment": ("inference-experiment/Name",),
    "StopTrainingJob": ("training-job/TrainingJobName",),
}
_ROLES = ("ExecutionRoleArn", "RoleArn")


@dataclass(frozen=True, slots=True)
class Permission:
    """An action of IAM, such as ``sagemaker:UpdateEndpoint``, and the ARNs it is needed on."""

    action: str
    resources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the resources lie; a segment that is not known is ``*``."""

    partition: str = "*"
    region: str = "*"
    account: str = "*"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this place."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


def needed(plan: Plan, place: Place) -> tuple[Permission, ...]:
    """Each permission that the calls of a plan need, on the resources that they name.

    Raises
    ------
    NotDone
        When a call is none that is known here.
    """
    found: dict[str, dict[str, None]] = {}
    for permission in _all(plan, place):
        found.setdefault(permission.action, {}).update(dict.fromkeys(permission.resources))
    return tuple(Permission(action, tuple(resources)) for action, resources in found.items())


def session_policy(plan: Plan, place: Place) -> str:
    """What a session may that carries out one plan, and nothing besides, as JSON.

    What the role itself may not, it may not either. Reading is not narrowed by resource: it is by
    the role, and the policy has room for few names.

    Raises
    ------
    NotDone
        When a call is not known here, or the plan names too much for one session.
    """
    by_resources: dict[tuple[str, ...], list[str]] = {}
    for permission in needed(plan, place):
        by_resources.setdefault(permission.resources, []).append(permission.action)
    # every plan is made from what SageMaker and CloudWatch say
    services = dict.fromkeys(("sagemaker", "cloudwatch", *(call.service for call in plan.calls)))
    by_resources[("*",)] = [each for name in services for each in READS[name]]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": list(resources)}
            for resources, actions in by_resources.items()
            if actions
        ],
    }
    text = json.dumps(policy, separators=(",", ":"))
    if len(text) > MOST_CHARACTERS:
        raise NotDone(
            f"The plan names so much that its permissions take {len(text):,} characters, and AWS "
            f"lets a session have {MOST_CHARACTERS:,}; do it in two steps."
        )
    return text


def _all(plan: Plan, place: Place) -> Iterator[Permission]:
    for step in plan.steps:
        if isinstance(step, Call):
            yield from _of_call(step, place)
        elif isinstance(step, Rehearsal):
            where = _cased(place, "endpoint", step.target)
            yield Permission("sagemaker:InvokeEndpoint", where)


def _of_call(call: Call, place: Place) -> Iterator[Permission]:
    asked = call.parameters
    match call.service:
        case "sagemaker" if call.operation in _NAMED:
            yield from _of_sagemaker(call, place)
        case "cloudwatch" if call.operation in ("PutMetricAlarm", "SetAlarmState", "DeleteAlarms"):
            names = asked.get("AlarmNames") or [asked["AlarmName"]]
            alarms = tuple(place.arn("cloudwatch", f"alarm:{name}") for name in names)
            yield Permission(f"cloudwatch:{call.operation}", alarms)
        case "lambda" if call.operation == "UpdateAlias":
            function = asked["FunctionName"].rpartition("function:")[2]
            whole = place.arn("lambda", f"function:{function}")
            yield Permission("lambda:UpdateAlias", (whole, f"{whole}:{asked['Name']}"))
        case "apigateway" if call.operation in ("UpdateStage", "CreateDeployment"):
            yield _of_a_stage(call, place)
        case _:
            raise NotDone(
                f"{call.service}:{call.operation} is not among the calls that Understudy makes."
            )


def _of_sagemaker(call: Call, place: Place) -> Iterator[Permission]:
    resources: list[str] = []
    for named in _NAMED[call.operation]:
        kind, parameter = named.split("/")
        resources += _cased(place, kind, call.parameters[parameter])
    yield Permission(f"sagemaker:{call.operation}", tuple(resources))
    if call.parameters.get("Tags"):
        yield Permission("sagemaker:AddTags", tuple(resources))
    passed = tuple(call.parameters[key] for key in _ROLES if call.parameters.get(key))
    if passed:
        yield Permission("iam:PassRole", passed)


def _of_a_stage(call: Call, place: Place) -> Permission:
    api, stage = call.parameters["restApiId"], call.parameters["stageName"]
    # API Gateway's ARNs have no account, and its actions are the verbs of HTTP
    above = f"arn:{place.partition}:apigateway:{place.region}::/restapis/{api}"
    if call.operation == "UpdateStage":
        return Permission("apigateway:PATCH", (f"{above}/stages/{stage}",))
    return Permission("apigateway:POST", (f"{above}/deployments",))


def _cased(place: Place, kind: str, name: str) -> tuple[str, ...]:
    # SageMaker writes names small in its ARNs, and IAM tells capitals apart
    spellings: Iterable[str] = dict.fromkeys((name, name.lower()))
    return tuple(place.arn("sagemaker", f"{kind}/{spelling}") for spelling in spellings)


def place_of(role_arn: str, region: str | None) -> Place:
    """Where whatever a role may act on lies: in its account."""
    _, partition, _, _, account, _ = role_arn.split(":", 5)
    return Place(partition, region or "*", account)
