"""Endpoints as they may run, and whether AWS's own model takes what is planned for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from actions.steps import Call, Plan
from actions.strict import faults
from queries.live import Live, LiveVariant

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BEGUN = NOW - timedelta(days=3)
ARN = "arn:aws:sagemaker:eu-central-1:111122223333"
ROLE = "arn:aws:iam::111122223333:role/shadow-tests"


def variant(name: str, model: str, *, weight: float = 1.0, **more: Any) -> dict[str, Any]:
    fleet = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
    about = {"VariantName": name, "ModelName": model, "InitialVariantWeight": weight}
    return {**about, **fleet, **more}


PRODUCTION = variant("AllTraffic", "fraud-1")
SHADOW = variant("Candidate", "fraud-2", InstanceType="ml.c6i.large", InitialInstanceCount=1)
CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://captures/fraud",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}


def live(
    *,
    production: Iterable[Mapping[str, Any]] = (PRODUCTION,),
    shadow: Iterable[Mapping[str, Any]] = (SHADOW,),
    capture: Mapping[str, Any] | None = CAPTURE,
    experiment: Mapping[str, Any] | None = None,
    status: str = "InService",
    models: Mapping[str, Any] | None = None,
    pending: Mapping[str, Any] | None = None,
    **of_config: Any,
) -> Live:
    """An endpoint with a shadow, with what is given changed; "fraud" runs "fraud-config"."""
    sides = [(list(production), False), (list(shadow), True)]
    config: dict[str, Any] = {
        "EndpointConfigName": "fraud-config",
        "EndpointConfigArn": f"{ARN}:endpoint-config/fraud-config",
        "ProductionVariants": sides[0][0],
        "CreationTime": BEGUN,
        **of_config,
    }
    if sides[1][0]:
        config["ShadowProductionVariants"] = sides[1][0]
    if capture is not None:
        config["DataCaptureConfig"] = dict(capture)
    variants = tuple(
        LiveVariant(
            name=each["VariantName"],
            model=each.get("ModelName", ""),
            instance_type=each.get("InstanceType", ""),
            instances=each.get("InitialInstanceCount", 0),
            desired_instances=each.get("InitialInstanceCount", 0),
            weight=each["InitialVariantWeight"] * (100 if is_shadow else 1),
            shadow=is_shadow,
        )
        for side, is_shadow in sides
        for each in side
    )
    names = [each.model for each in variants]
    return Live(
        endpoint="fraud",
        arn=f"{ARN}:endpoint/fraud",
        status=status,
        config_name="fraud-config",
        modified=BEGUN,
        at=NOW,
        variants=variants,
        endpoint_answer={
            "ProductionVariants": [_answered(each) for each in sides[0][0]],
            "ShadowProductionVariants": [_answered(each) for each in sides[1][0]],
        },
        config=config,
        models=models if models is not None else {name: model(name) for name in names},
        tags=(("team", "risk"),),
        pending=pending,
        experiment=experiment,
        fingerprint=hashlib.sha256(json.dumps(config, default=str).encode()).hexdigest(),
    )


def _answered(variant: Mapping[str, Any]) -> dict[str, Any]:
    count = variant.get("InitialInstanceCount", 0)
    return {
        "VariantName": variant["VariantName"],
        "CurrentWeight": variant["InitialVariantWeight"],
        "DesiredWeight": variant["InitialVariantWeight"],
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
    }


def model(name: str, **container: Any) -> dict[str, Any]:
    image = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/serve:1"
    return {"ModelName": name, "PrimaryContainer": {"Image": image, **container}}


def experiment(*, status: str = "Running", percent: int = 100, **more: Any) -> dict[str, Any]:
    """As DescribeInferenceExperiment answers for one that copies requests to "Candidate"."""
    return {
        "Arn": f"{ARN}:inference-experiment/fraud-shadow",
        "Name": "fraud-shadow",
        "Type": "ShadowMode",
        "Status": status,
        "Schedule": {"StartTime": BEGUN, "EndTime": NOW + timedelta(days=4)},
        "CreationTime": BEGUN - timedelta(minutes=10),
        "RoleArn": ROLE,
        "EndpointMetadata": {"EndpointName": "fraud", "EndpointStatus": "InService"},
        "ModelVariants": [
            _experiment_variant("AllTraffic", "fraud-1", "ml.m5.large", 2),
            _experiment_variant("Candidate", "fraud-2", "ml.c6i.large", 1),
        ],
        "ShadowModeConfig": {
            "SourceModelVariantName": "AllTraffic",
            "ShadowModelVariants": [
                {"ShadowModelVariantName": "Candidate", "SamplingPercentage": percent}
            ],
        },
        **more,
    }


def _experiment_variant(name: str, model: str, instance: str, count: int) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InfrastructureConfig": {
            "InfrastructureType": "RealTimeInference",
            "RealTimeInferenceConfig": {"InstanceType": instance, "InstanceCount": count},
        },
        "Status": "InService",
    }


def assert_accepted(*calls: Call) -> None:
    """AWS's own model takes every call, and all of it can be written down as JSON."""
    for call in calls:
        assert faults(call.service, call.operation, call.parameters) == ()
        json.dumps(call.parameters)
        assert call.purpose.endswith(".")


def operations(plan: Plan) -> list[str]:
    """The steps of a plan by name: an operation, or what is waited for, or a rehearsal."""
    return [
        step.operation if isinstance(step, Call) else type(step).__name__ for step in plan.steps
    ]
