"""What does SageMaker say of the demo's endpoints and experiments? Reads only, from a file.

Limits and shapes follow
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Service.html.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from demo.fleets import FLEETS
from demo.traffic import HOUR_MS, ShadowTest
from demo.wire import Operation, Refusal

TARGET = "SageMaker"
FILE = "sagemaker.json"
ARN = "arn:aws:sagemaker:eu-central-1:111122223333"
MODELS = {
    "fraud-scores": ("fraud-2026-10", "fraud-2026-11"),
    "ticket-routing": ("routing-7", "routing-8-distilled"),
    "delivery-minutes": ("eta-2026-10", "eta-2026-11"),
}
# Hours until the experiment ends by itself; the test without one is a plain endpoint.
_HOURS_LEFT = {"fraud-scores": 20, "delivery-minutes": 138}


def write(folder: Path, tests: Sequence[ShadowTest], *, end_ms: int) -> None:
    """Write what the API answers about the tests, and one experiment more that was cancelled."""
    tests = [test for test in tests if not test.logged]
    end = end_ms / 1_000
    document = {
        "endpoints": {test.name: _endpoint(test, end) for test in tests}
        | {"loan-limits": _loan_endpoint(end)},
        "configs": {f"{test.name}-config": _config(test) for test in tests}
        | {"loan-limits-config": _loan_config()},
        "experiments": {
            f"{test.name}-shadow": _experiment(test, end)
            for test in tests
            if test.name in _HOURS_LEFT
        }
        | {"loan-limits-trial": _cancelled(end)},
    }
    (folder / FILE).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def operations(folder: Path) -> list[Operation]:
    """The operations of SageMaker that the demo account has."""
    held = json.loads((folder / FILE).read_text(encoding="utf-8"))

    def describe(kind: str, key: str, what: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        def answer(asked: dict[str, Any]) -> dict[str, Any]:
            found: dict[str, Any] | None = held[kind].get(asked[key])
            if found is None:
                raise Refusal(
                    f'Could not find {what} "{ARN}:{what.replace(" ", "-")}/{asked[key]}".',
                    code="ValidationException",
                )
            return found

        return answer

    def experiments(asked: dict[str, Any]) -> dict[str, Any]:
        names = ("Name", "Type", "Status", "CreationTime", "LastModifiedTime", "RoleArn")
        summaries = [
            {name: each[name] for name in names}
            | {"Schedule": each["Schedule"], "CompletionTime": each.get("CompletionTime")}
            for each in held["experiments"].values()
        ]
        kept = [
            {name: value for name, value in each.items() if value is not None}
            for each in summaries
            if asked.get("StatusEquals") in (None, each["Status"])
        ]
        return page(kept, asked, "InferenceExperiments")

    def endpoints(asked: dict[str, Any]) -> dict[str, Any]:
        names = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime")
        summaries = [
            {name: each[name] for name in (*names, "EndpointStatus")}
            for each in held["endpoints"].values()
        ]
        return page(summaries, asked, "Endpoints")

    answers = {
        "ListInferenceExperiments": experiments,
        "ListEndpoints": endpoints,
        "DescribeInferenceExperiment": describe("experiments", "Name", "inference experiment"),
        "DescribeEndpoint": describe("endpoints", "EndpointName", "endpoint"),
        "DescribeEndpointConfig": describe("configs", "EndpointConfigName", "endpoint config"),
    }
    return [Operation("sagemaker", TARGET, name, answer) for name, answer in answers.items()]


def page(found: list[dict[str, Any]], asked: dict[str, Any], key: str) -> dict[str, Any]:
    """At most ``MaxResults`` (10 where not asked); ``NextToken`` says where to go on."""
    first = 0
    if "NextToken" in asked:
        try:
            first = int(base64.b64decode(asked["NextToken"], validate=True))
        except (binascii.Error, ValueError):
            raise Refusal("The next token is invalid.", code="ValidationException") from None
    last = first + asked.get("MaxResults", 10)
    answer: dict[str, Any] = {key: found[first:last]}
    if last < len(found):
        answer["NextToken"] = base64.b64encode(str(last).encode()).decode()
    return answer


def _variants(test: ShadowTest) -> list[tuple[str, str, str, int]]:
    """Name, model, instance type and count of production and of the shadow."""
    names = (test.production, test.shadow)
    both = zip(names, MODELS[test.name], FLEETS[test.name], strict=True)
    return [(name, model, fleet.instance_type, fleet.count) for name, model, fleet in both]


def _endpoint(test: ShadowTest, end: float) -> dict[str, Any]:
    live = [
        {
            "VariantName": name,
            "CurrentWeight": 1.0,
            "DesiredWeight": 1.0,
            "CurrentInstanceCount": count,
            "DesiredInstanceCount": count,
        }
        for name, _, _, count in _variants(test)
    ]
    return {
        **_about_endpoint(test.name, begun=int(test.time_ms[0]) / 1_000),
        "ProductionVariants": live[:1],
        "ShadowProductionVariants": live[1:],
        "DataCaptureConfig": _capture(test.name, enabled=True),
    }


def _about_endpoint(name: str, *, begun: float) -> dict[str, Any]:
    return {
        "EndpointName": name,
        "EndpointArn": f"{ARN}:endpoint/{name}",
        "EndpointConfigName": f"{name}-config",
        "EndpointStatus": "InService",
        "CreationTime": begun - 40 * 86_400,
        "LastModifiedTime": begun,
    }


def _capture(name: str, *, enabled: bool) -> dict[str, Any]:
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://demo-captures/{name}",
        "KmsKeyId": "",
    }


def _config(test: ShadowTest) -> dict[str, Any]:
    fleets = [
        {
            "VariantName": name,
            "ModelName": model,
            "InstanceType": instance,
            "InitialInstanceCount": count,
            "InitialVariantWeight": 1.0,
        }
        for name, model, instance, count in _variants(test)
    ]
    return {
        "EndpointConfigName": f"{test.name}-config",
        "EndpointConfigArn": f"{ARN}:endpoint-config/{test.name}-config",
        "ProductionVariants": fleets[:1],
        "ShadowProductionVariants": fleets[1:],
        "CreationTime": int(test.time_ms[0]) / 1_000,
    }


def _experiment(test: ShadowTest, end: float) -> dict[str, Any]:
    begun = int(test.time_ms[0]) // HOUR_MS * HOUR_MS / 1_000
    return {
        **_about_experiment(f"{test.name}-shadow", test.name, "Running", begun),
        "Schedule": {"StartTime": begun, "EndTime": end + 3_600 * _HOURS_LEFT[test.name]},
        "ModelVariants": [
            _model_variant(name, model, instance, count, "InService")
            for name, model, instance, count in _variants(test)
        ],
        "DataStorageConfig": {"Destination": f"s3://demo-captures/{test.name}/"},
        "ShadowModeConfig": _mode(test.production, test.shadow, 100),
    }


def _about_experiment(name: str, endpoint: str, status: str, begun: float) -> dict[str, Any]:
    return {
        "Arn": f"{ARN}:inference-experiment/{name}",
        "Name": name,
        "Type": "ShadowMode",
        "Status": status,
        "CreationTime": begun - 600,
        "LastModifiedTime": begun,
        "RoleArn": "arn:aws:iam::111122223333:role/shadow-tests",
        "EndpointMetadata": {"EndpointName": endpoint, "EndpointStatus": "InService"},
    }


def _model_variant(name: str, model: str, instance: str, count: int, status: str) -> dict[str, Any]:
    fleet = {"InstanceType": instance, "InstanceCount": count}
    return {
        "VariantName": name,
        "ModelName": model,
        "InfrastructureConfig": {
            "InfrastructureType": "RealTimeInference",
            "RealTimeInferenceConfig": fleet,
        },
        "Status": status,
    }


def _mode(production: str, shadow: str, percent: int) -> dict[str, Any]:
    return {
        "SourceModelVariantName": production,
        "ShadowModelVariants": [{"ShadowModelVariantName": shadow, "SamplingPercentage": percent}],
    }


def _loan_endpoint(end: float) -> dict[str, Any]:
    live = {"VariantName": "AllTraffic", "CurrentWeight": 1.0, "CurrentInstanceCount": 1}
    return {
        **_about_endpoint("loan-limits", begun=end - 9 * 86_400),
        "ProductionVariants": [live],
        "DataCaptureConfig": _capture("loan-limits", enabled=False),
    }


def _loan_config() -> dict[str, Any]:
    return {
        "EndpointConfigName": "loan-limits-config",
        "EndpointConfigArn": f"{ARN}:endpoint-config/loan-limits-config",
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": "limits-4",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": 1.0,
            }
        ],
        "CreationTime": 1_700_000_000,
    }


def _cancelled(end: float) -> dict[str, Any]:
    """An experiment that failed; SageMaker has no word for that but Cancelled."""
    begun = end - 8 * 86_400
    return {
        **_about_experiment("loan-limits-trial", "loan-limits", "Cancelled", begun),
        "StatusReason": "The shadow variant could not be created: insufficient capacity",
        "CompletionTime": begun + 1_900,
        "Schedule": {"StartTime": begun, "EndTime": begun + 7 * 86_400},
        "ModelVariants": [
            _model_variant("AllTraffic", "limits-4", "ml.m5.large", 1, "InService"),
            _model_variant("Shadow-01", "limits-5", "ml.p4d.24xlarge", 1, "Deleted"),
        ],
        "ShadowModeConfig": _mode("AllTraffic", "Shadow-01", 10),
    }
