"""What does SageMaker of the demo account hold at first, and what can be asked of it and done?

Limits and shapes follow
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Service.html.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from demo import configs, endpoints, experiments, moment, training_jobs
from demo.fleets import FLEETS
from demo.held import Held
from demo.moment import Surroundings
from demo.resources import arn
from demo.traffic import HOUR_MS, ShadowTest
from demo.trials import OF_A_TEST
from demo.wire import Operation

FILE, CHANGED = "sagemaker.json", "sagemaker_changed.json"
"""What is held at first, and what is held since something was changed."""

MODELS = {
    "fraud-scores": ("fraud-2026-10", "fraud-2026-11"),
    "ticket-routing": ("routing-7", "routing-8-distilled"),
    "delivery-minutes": ("eta-2026-10", "eta-2026-11"),
    "fraud-compact": ("fraud-2026-10", "fraud-compact-1"),
}
_TAGS = [{"Key": "team", "Value": "scoring"}]
# Hours until the experiment ends by itself and takes the shadow away: more than an account is used.
# The tests without one are plain endpoints.
_HOURS_LEFT = {"fraud-scores": 7 * 24 + 20, "delivery-minutes": 13 * 24}


def write(folder: Path, tests: Sequence[ShadowTest], *, end_ms: int) -> None:
    """Write what the API answers about the tests, and one experiment more that was cancelled."""
    tests = [test for test in tests if not test.logged]
    end = end_ms / 1_000
    tried = [test for test in tests if test.name in _HOURS_LEFT]
    configs = {f"{test.name}-config": _config(test) for test in tests}
    document = {
        "endpoints": {test.name: _endpoint(test, end) for test in tests}
        | {"loan-limits": _loan_endpoint(end)},
        "configs": configs
        | {f"{test.name}-before": _before(test) for test in tests}
        | {"loan-limits-config": _loan_config()},
        "experiments": {f"{test.name}-shadow": _experiment(test, end) for test in tried}
        | {"loan-limits-trial": _cancelled(end)},
        "models": _models(),
        "tags": {each["EndpointConfigArn"]: _TAGS for each in configs.values()},
        "deployments": {},
        "traffic": {},
        "runs": {f"{test.name}-shadow": _run(test) for test in tried},
    }
    (folder / FILE).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def state(folder: Path) -> Held:
    """All that SageMaker holds of the account in ``folder``."""

    def seed() -> dict[str, Any]:
        held: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return held

    return Held(seed, folder / CHANGED)


def operations(folder: Path, around: Surroundings | None = None) -> list[Operation]:
    """The operations on endpoints, configs, models, tags and inference experiments."""
    answers = {**endpoints.answers(), **configs.answers(), **experiments.answers()}
    return moment.operations(state(folder), around or Surroundings(), answers, experiments.settle)


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
        "EndpointArn": arn("endpoint", name),
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
        "EndpointConfigArn": arn("endpoint-config", f"{test.name}-config"),
        "ProductionVariants": fleets[:1],
        "ShadowProductionVariants": fleets[1:],
        "DataCaptureConfig": {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://demo-captures/{test.name}",
            "CaptureOptions": [{"CaptureMode": mode} for mode in ("Input", "Output")],
        },
        "CreationTime": int(test.time_ms[0]) / 1_000,
    }


def _before(test: ShadowTest) -> dict[str, Any]:
    """The config of before the test: the same without the shadow."""
    name = f"{test.name}-before"
    config = _config(test) | {
        "EndpointConfigName": name,
        "EndpointConfigArn": arn("endpoint-config", name),
        "CreationTime": int(test.time_ms[0]) / 1_000 - 40 * 86_400,
    }
    del config["ShadowProductionVariants"]
    return config


def _run(test: ShadowTest) -> dict[str, Any]:
    """Where the experiment's endpoint came from and where it is."""
    return {
        "before": f"{test.name}-before",
        "wanted": f"{test.name}-config",
        "then": "Running",
        "stay": [test.production, test.shadow],
    }


def _models() -> dict[str, dict[str, Any]]:
    """Every model; those without a training job were brought along, not trained here."""
    made = {
        model: job
        for test, jobs in OF_A_TEST.items()
        for model, job in zip(MODELS[test], jobs, strict=True)
    }
    names = [*(name for names in MODELS.values() for name in names), "limits-4"]
    return {name: _model(name, made.get(name)) for name in names}


def _model(name: str, job: str | None) -> dict[str, Any]:
    data = f"s3://demo-models/{name}/model.tar.gz"
    return {
        "ModelName": name,
        "ModelArn": arn("model", name),
        "CreationTime": 1_700_000_000,
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/models",
        "PrimaryContainer": {
            "Image": "763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch-inference:2.6.0",
            "Mode": "SingleModel",
            "ModelDataUrl": data if job is None else training_jobs.artifact(job),
        },
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
        "Arn": arn("inference-experiment", name),
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
    live = {
        "VariantName": "AllTraffic",
        "CurrentWeight": 1.0,
        "DesiredWeight": 1.0,
        "CurrentInstanceCount": 1,
        "DesiredInstanceCount": 1,
    }
    return {
        **_about_endpoint("loan-limits", begun=end - 9 * 86_400),
        "ProductionVariants": [live],
        "DataCaptureConfig": _capture("loan-limits", enabled=False),
    }


def _loan_config() -> dict[str, Any]:
    return {
        "EndpointConfigName": "loan-limits-config",
        "EndpointConfigArn": arn("endpoint-config", "loan-limits-config"),
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
