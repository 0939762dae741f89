"""What of an endpoint config does DescribeEndpoint tell, once it is in force?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

_OF_CONFIG = ("AsyncInferenceConfig", "ExplainerConfig")


def models(config: Mapping[str, Any]) -> dict[str, str]:
    """The model of every variant, by the variant's name."""
    return {
        each["VariantName"]: each.get("ModelName", "")
        for key in ("ProductionVariants", "ShadowProductionVariants")
        for each in config.get(key, ())
    }


def put_in_force(
    endpoint: dict[str, Any],
    config: dict[str, Any],
    production: list[dict[str, Any]],
    shadow: list[dict[str, Any]],
) -> None:
    """Tell of the endpoint what ``config`` says, with these variants."""
    endpoint["EndpointConfigName"] = config["EndpointConfigName"]
    endpoint["ProductionVariants"] = production
    told = {name: config.get(name) for name in _OF_CONFIG}
    told |= {"ShadowProductionVariants": shadow, "DataCaptureConfig": _capture(config)}
    for name, value in told.items():
        endpoint.pop(name, None)
        if value:
            endpoint[name] = value


def _capture(config: dict[str, Any]) -> dict[str, Any] | None:
    capture = config.get("DataCaptureConfig")
    if capture is None:
        return None
    enabled = capture.get("EnableCapture", False)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }


def variants(
    config: dict[str, Any], endpoint: Mapping[str, Any], kept: Collection[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Production and shadow variants of a config in service, with ``kept`` of the endpoint."""
    production, shadow = (
        [_variant(each, endpoint.get(key, ()), kept) for each in config.get(key, ())]
        for key in ("ProductionVariants", "ShadowProductionVariants")
    )
    return production, shadow


def _variant(
    variant: dict[str, Any], before: Collection[dict[str, Any]], kept: Collection[str]
) -> dict[str, Any]:
    name = variant["VariantName"]
    old = next((each for each in before if each["VariantName"] == name), {})
    retained = {key: old[key] for key in kept if key in old}
    weight = retained.get("DesiredWeight", variant.get("InitialVariantWeight", 1.0))
    told = {"VariantName": name, "CurrentWeight": weight, "DesiredWeight": weight}
    told |= {
        key: variant[key] for key in ("ManagedInstanceScaling", "RoutingConfig") if key in variant
    }
    if "ServerlessConfig" in variant:
        serverless = variant["ServerlessConfig"]
        return told | {
            "CurrentServerlessConfig": serverless,
            "DesiredServerlessConfig": serverless,
        }
    count = retained.get("DesiredInstanceCount", variant.get("InitialInstanceCount", 1))
    return told | {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
