"""Did a request take effect whose answer was never heard?

Looked at before it is sent again, so that nothing happens twice. What is asked here only reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from actions.fingerprints import Clients
from queries.aws import code_of, explain, message_of

if TYPE_CHECKING:
    from actions.steps import Call

Effect = Literal["took effect", "did not", "cannot be told"]

_GONE = ("could not find", "does not exist", "not found", "cannot find")
_LEAVING = ("Deleting", "Stopping", "Stopped", "Completed", "Cancelled")


def effect(call: Call, client_of: Clients, *, untouched: bool) -> Effect:
    """Whether the live state is what the call asked for.

    ``untouched`` says that the target is still as it was just before the call was sent: what is not
    as asked for then did not take effect. Otherwise it may have, and have been undone since.

    Raises
    ------
    AwsError
        When AWS refuses to say.
    """
    look = _LOOKS.get((call.service, call.operation))
    # any update shows in the target, also one to the config that is in force
    if look is None or (untouched and call.operation == "UpdateEndpoint"):
        return "did not" if untouched else "cannot be told"
    if look(call.parameters, client_of(call.service)):
        return "took effect"
    return "did not" if untouched or call.operation in _LASTING else "cannot be told"


def holds(found: Any, wanted: Any) -> bool:
    """Whether an answer holds all that was asked for; what AWS fills in beside it does not matter.

    >>> holds({"Size": 2.0, "Kind": "x", "Arn": "a"}, {"Size": 2, "Kind": "x"})
    True
    """
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            name in found and holds(found[name], value)
            for name, value in wanted.items()
            if name != "Tags"  # no description names them
        )
    if isinstance(wanted, list | tuple):
        return (
            isinstance(found, list | tuple)
            and len(found) == len(wanted)
            and all(map(holds, found, wanted))
        )
    if isinstance(found, datetime) and isinstance(wanted, int | float):
        return int(found.timestamp()) == int(wanted)  # AWS keeps whole seconds
    if isinstance(wanted, float) and isinstance(found, int | float):
        return math.isclose(found, wanted, rel_tol=1e-6)
    return bool(found == wanted)


def endpoint_answer(name: str, client: Any) -> Mapping[str, Any] | None:
    """DescribeEndpoint's answer, None where there is no endpoint of that name.

    Raises
    ------
    AwsError
        When AWS refuses to say.
    """
    return _described(lambda: client.describe_endpoint(EndpointName=name), "DescribeEndpoint")


def endpoint_status(name: str, client: Any) -> str | None:
    """The status of an endpoint, None where there is none of that name.

    Raises
    ------
    AwsError
        When AWS refuses to say.
    """
    found = endpoint_answer(name, client)
    return None if found is None else str(found["EndpointStatus"])


def _described(ask: Callable[[], Any], call: str) -> Mapping[str, Any] | None:
    """AWS's answer, None where what it is about does not exist."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer: Mapping[str, Any] = ask()
    except (BotoCoreError, ClientError) as error:
        gone = any(words in message_of(error).lower() for words in _GONE)
        if gone or "NotFound" in code_of(error):
            return None
        raise explain(error, call=call) from error
    return answer


def _config(asked: Mapping[str, Any], client: Any) -> bool:
    found = _described(
        lambda: client.describe_endpoint_config(EndpointConfigName=asked["EndpointConfigName"]),
        "DescribeEndpointConfig",
    )
    return found is not None and holds(found, asked)


def _created(asked: Mapping[str, Any], client: Any) -> bool:
    found = endpoint_answer(asked["EndpointName"], client)
    return found is not None and found["EndpointConfigName"] == asked["EndpointConfigName"]


def _updated(asked: Mapping[str, Any], client: Any) -> bool:
    found = endpoint_answer(asked["EndpointName"], client) or {}
    pending = found.get("PendingDeploymentSummary") or found
    return bool(pending.get("EndpointConfigName") == asked["EndpointConfigName"])


def _weighted(asked: Mapping[str, Any], client: Any) -> bool:
    found = endpoint_answer(asked["EndpointName"], client) or {}
    live = {each["VariantName"]: each for each in found.get("ProductionVariants") or ()}
    return all(
        holds(live.get(each["VariantName"]), each) for each in asked["DesiredWeightsAndCapacities"]
    )


def _deleted(asked: Mapping[str, Any], client: Any) -> bool:
    return endpoint_status(asked["EndpointName"], client) in (None, *_LEAVING)


def _experiment(asked: Mapping[str, Any], client: Any) -> Mapping[str, Any] | None:
    name = asked["Name"]
    return _described(
        lambda: client.describe_inference_experiment(Name=name), "DescribeInferenceExperiment"
    )


def _begun(asked: Mapping[str, Any], client: Any) -> bool:
    # an experiment that is over keeps its name, so the name alone says nothing
    found = _experiment(asked, client)
    if found is None or found["EndpointMetadata"]["EndpointName"] != asked["EndpointName"]:
        return False
    wanted = {name: value for name, value in asked.items() if name != "EndpointName"}
    return holds(found, wanted)


def _stopped(asked: Mapping[str, Any], client: Any) -> bool:
    return (_experiment(asked, client) or {}).get("Status") in _LEAVING


def _alarm(asked: Mapping[str, Any], client: Any) -> bool:
    wanted = {
        name: value for name, value in asked.items() if name not in ("StateReason", "Metrics")
    }
    names = [asked["AlarmName"]]
    found = _described(lambda: client.describe_alarms(AlarmNames=names), "DescribeAlarms") or {}
    return any(holds(each, wanted) for each in found.get("MetricAlarms") or ())


def _no_alarms(asked: Mapping[str, Any], client: Any) -> bool:
    names = asked["AlarmNames"]
    found = _described(lambda: client.describe_alarms(AlarmNames=names), "DescribeAlarms") or {}
    return not found.get("MetricAlarms")


def _alias(asked: Mapping[str, Any], client: Any) -> bool:
    found = _described(
        lambda: client.get_alias(FunctionName=asked["FunctionName"], Name=asked["Name"]), "GetAlias"
    )
    weights = ((found or {}).get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return (
        found is not None
        and found["FunctionVersion"] == asked["FunctionVersion"]
        and weights == asked["RoutingConfig"]["AdditionalVersionWeights"]
    )


def _stage(asked: Mapping[str, Any], client: Any) -> bool:
    found = _described(
        lambda: client.get_stage(restApiId=asked["restApiId"], stageName=asked["stageName"]),
        "GetStage",
    )
    return found is not None and all(_patched(found, each) for each in asked["patchOperations"])


def _patched(stage: Mapping[str, Any], patch: Mapping[str, str]) -> bool:
    there = _at(stage, patch["path"])
    if patch["op"] == "remove":
        return there is None
    if patch["op"] == "copy":
        copied = _at(stage, patch["from"])
        return copied is not None and holds(there, copied)
    if isinstance(there, float):
        return math.isclose(there, float(patch["value"]))
    return bool(there == patch["value"])


def _at(document: Any, path: str) -> Any:
    """What stands at a path such as ``/canarySettings/deploymentId``, None where nothing does."""
    for name in path.strip("/").split("/"):
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _canary(asked: Mapping[str, Any], client: Any) -> bool:
    found = _described(
        lambda: client.get_stage(restApiId=asked["restApiId"], stageName=asked["stageName"]),
        "GetStage",
    )
    return bool((found or {}).get("canarySettings"))


def _job(asked: Mapping[str, Any], client: Any) -> bool:
    name = asked["TrainingJobName"]
    found = _described(
        lambda: client.describe_training_job(TrainingJobName=name), "DescribeTrainingJob"
    )
    return (found or {}).get("TrainingJobStatus") in _LEAVING


_LOOKS: dict[tuple[str, str], Callable[[Mapping[str, Any], Any], bool]] = {
    ("sagemaker", "CreateEndpointConfig"): _config,
    ("sagemaker", "CreateEndpoint"): _created,
    ("sagemaker", "UpdateEndpoint"): _updated,
    ("sagemaker", "UpdateEndpointWeightsAndCapacities"): _weighted,
    ("sagemaker", "DeleteEndpoint"): _deleted,
    ("sagemaker", "CreateInferenceExperiment"): _begun,
    ("sagemaker", "UpdateInferenceExperiment"): lambda asked, client: holds(
        _experiment(asked, client), asked
    ),
    ("sagemaker", "StopInferenceExperiment"): _stopped,
    ("sagemaker", "StopTrainingJob"): _job,
    ("cloudwatch", "PutMetricAlarm"): _alarm,
    ("cloudwatch", "SetAlarmState"): _alarm,
    ("cloudwatch", "DeleteAlarms"): _no_alarms,
    ("lambda", "UpdateAlias"): _alias,
    ("apigateway", "UpdateStage"): _stage,
    ("apigateway", "CreateDeployment"): _canary,
}

# What they leave stays: where it is not there, it never was.
_LASTING = {
    *("CreateEndpointConfig", "CreateEndpoint", "DeleteEndpoint", "CreateInferenceExperiment"),
    *("StopInferenceExperiment", "StopTrainingJob", "PutMetricAlarm", "DeleteAlarms"),
    "SetAlarmState",
}
