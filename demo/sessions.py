"""May a session of a role do what it asks for?

By its own policy and its time: what the role itself may is not known here.
Which action a call needs, and on which resources, follows the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from demo.identity import ACCOUNT, Identity
from demo.wire import Operation, Refusal, caller

_HERE = "eu-central-1"
# Of SageMaker's parameters, those that name what a call is about.
_KINDS = {
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
    "TrainingJobName": "training-job",
    "Name": "inference-experiment",
}
_RUNTIME = "sagemaker-runtime"


def guarded(
    operations: Iterable[Operation], identity: Identity, clock: Callable[[], float]
) -> list[Operation]:
    """The same operations, for sessions as far as their policies reach; others are not held up."""
    return [
        each if each.service == "sts" else _guarded(each, identity, clock) for each in operations
    ]


def _guarded(operation: Operation, identity: Identity, clock: Callable[[], float]) -> Operation:
    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        session = identity.of(caller.get())
        if session is not None and session.expires <= clock():
            said = "The security token included in the request is expired"
            raise Refusal(said, code="ExpiredTokenException")
        if session is not None and session.policy is not None:
            for action, resource in needed(operation.service, operation.name, asked):
                if not allows(session.policy, action, resource):
                    raise Refusal(
                        f"User: {session.arn} is not authorized to perform: {action} on resource: "
                        f"{resource} because no session policy allows the {action} action",
                        code="AccessDeniedException",
                    )
        return operation.answer(asked)

    return replace(operation, answer=answer)


def needed(service: str, name: str, asked: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each action of IAM that a call needs, with a resource that it needs it on."""
    if service == "apigateway":
        yield _of_api_gateway(name, asked)
    elif service == "lambda":
        function = f"arn:aws:lambda:{_HERE}:{ACCOUNT}:function:{asked['FunctionName']}"
        yield f"lambda:{name}", function
    elif service == "cloudwatch":
        names = asked.get("AlarmNames") or [asked[key] for key in ("AlarmName",) if key in asked]
        narrow = name in ("PutMetricAlarm", "SetAlarmState", "DeleteAlarms")
        for alarm in names if narrow else ["*"]:
            resource = f"arn:aws:cloudwatch:{_HERE}:{ACCOUNT}:alarm:{alarm}" if narrow else "*"
            yield f"cloudwatch:{name}", resource
    elif service in ("sagemaker", _RUNTIME):
        yield from _of_sagemaker(name, asked)
    else:
        yield f"{service}:{name}", "*"


def _of_sagemaker(name: str, asked: dict[str, Any]) -> Iterator[tuple[str, str]]:
    # in SageMaker's ARNs names are small
    resources = [
        f"arn:aws:sagemaker:{_HERE}:{ACCOUNT}:{kind}/{asked[key].lower()}"
        for key, kind in _KINDS.items()
        if key in asked and not name.startswith("List")
    ] or ["*"]
    if name == "CreateInferenceExperiment":
        # about the experiment alone: work on the endpoint is its role's
        resources = [each for each in resources if ":inference-experiment/" in each]
    for resource in resources:
        yield f"sagemaker:{name}", resource
        if asked.get("Tags"):
            yield "sagemaker:AddTags", resource
    for key in ("ExecutionRoleArn", "RoleArn"):
        if key in asked:
            yield "iam:PassRole", asked[key]


def _of_api_gateway(name: str, asked: dict[str, Any]) -> tuple[str, str]:
    above = f"arn:aws:apigateway:{_HERE}::/restapis/{asked['restApiId']}"
    verb = {"UpdateStage": "PATCH", "CreateDeployment": "POST"}.get(name, "GET")
    under = f"stages/{asked['stageName']}" if name.endswith("Stage") else "deployments"
    return f"apigateway:{verb}", f"{above}/{under}"


def allows(policy: dict[str, Any], action: str, resource: str) -> bool:
    """Whether a policy allows an action on a resource, and does not deny it. No conditions."""
    found = {
        statement["Effect"]
        for statement in _listed(policy["Statement"])
        if any(fnmatchcase(action, each) for each in _listed(statement.get("Action", ())))
        and any(fnmatchcase(resource, each) for each in _listed(statement.get("Resource", ())))
    }
    return found == {"Allow"}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
