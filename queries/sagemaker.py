"""What does SageMaker say of endpoints and inference experiments?

Thin reads, each answer as a value with the names of AWS's own API
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeInferenceExperiment.html).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from queries.aws import explain

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant of an endpoint; numbers and names are None where SageMaker does not say."""

    name: str
    model: str | None
    instance_type: str | None
    instances: int | None
    weight: float | None


@dataclass(frozen=True, slots=True)
class Capture:
    """Data capture of an endpoint; ``status`` is AWS's word, Started or Stopped."""

    enabled: bool
    status: str
    percent: float | None
    destination: str
    kms_key: str | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint with its variants; ``capture`` is None where it was never configured."""

    name: str
    config: str
    status: str
    failure: str | None
    production: tuple[Variant, ...]
    shadow: tuple[Variant, ...]
    capture: Capture | None
    created: datetime | None
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Experiment:
    """An inference experiment of the type ShadowMode."""

    name: str
    status: str
    reason: str | None
    endpoint: str
    production: str | None
    shadow: str | None
    models: tuple[Variant, ...]
    sampling_percent: float | None
    start: datetime | None
    end: datetime | None
    created: datetime | None
    completed: datetime | None
    destination: str | None
    kms_key: str | None


def experiment_names(client: Any) -> list[str]:
    """The names of every inference experiment of the account and region.

    Raises
    ------
    AwsError
    """
    pages = asked(
        "ListInferenceExperiments",
        lambda: list(
            client.get_paginator("list_inference_experiments").paginate(
                Type="ShadowMode", PaginationConfig={"PageSize": 100}
            )
        ),
    )
    return [each["Name"] for page in pages for each in page["InferenceExperiments"]]


def endpoint_names(client: Any) -> list[str]:
    """The names of every endpoint of the account and region.

    Raises
    ------
    AwsError
    """
    pages = asked(
        "ListEndpoints",
        lambda: list(
            client.get_paginator("list_endpoints").paginate(PaginationConfig={"PageSize": 100})
        ),
    )
    return [each["EndpointName"] for page in pages for each in page["Endpoints"]]


def experiment(client: Any, name: str) -> Experiment:
    """One inference experiment.

    Raises
    ------
    AwsError
    """
    found = asked(
        "DescribeInferenceExperiment", lambda: client.describe_inference_experiment(Name=name)
    )
    mode = found.get("ShadowModeConfig") or {}
    shadows = mode.get("ShadowModelVariants") or [{}]
    schedule, storage = found.get("Schedule") or {}, found.get("DataStorageConfig") or {}
    return Experiment(
        name=found["Name"],
        status=found["Status"],
        reason=found.get("StatusReason") or None,
        endpoint=found["EndpointMetadata"]["EndpointName"],
        production=mode.get("SourceModelVariantName"),
        shadow=shadows[0].get("ShadowModelVariantName"),
        models=tuple(_of_experiment(each) for each in found.get("ModelVariants") or ()),
        sampling_percent=_number(shadows[0].get("SamplingPercentage")),
        start=_utc(schedule.get("StartTime")),
        end=_utc(schedule.get("EndTime")),
        created=_utc(found.get("CreationTime")),
        completed=_utc(found.get("CompletionTime")),
        destination=storage.get("Destination") or None,
        kms_key=storage.get("KmsKey") or None,
    )


def endpoint(client: Any, name: str) -> Endpoint:
    """One endpoint: its state, and from its configuration the models and instance types.

    Raises
    ------
    AwsError
    """
    found = asked("DescribeEndpoint", lambda: client.describe_endpoint(EndpointName=name))
    config = asked(
        "DescribeEndpointConfig",
        lambda: client.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"]),
    )
    capture = found.get("DataCaptureConfig")
    return Endpoint(
        name=found["EndpointName"],
        config=found["EndpointConfigName"],
        status=found["EndpointStatus"],
        failure=found.get("FailureReason") or None,
        production=_variants("ProductionVariants", found, config),
        shadow=_variants("ShadowProductionVariants", found, config),
        capture=None if capture is None else _capture(capture),
        created=_utc(found.get("CreationTime")),
        modified=_utc(found.get("LastModifiedTime")),
    )


def model_data(client: Any, name: str) -> tuple[str, ...]:
    """Where the data of a model's containers lie in S3, in their order.

    A container of a registered model package has the data of the package.

    Raises
    ------
    AwsError
    """
    return data_of(client, asked("DescribeModel", lambda: client.describe_model(ModelName=name)))


def data_of(client: Any, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Where the data of a described model lie in S3, as :func:`model_data` gives them.

    Raises
    ------
    AwsError
    """
    containers = found.get("Containers") or [found.get("PrimaryContainer") or {}]
    places: list[str] = []
    for container in containers:
        package = container.get("ModelPackageName")
        parts = [container] if package is None else _packaged(client, package)
        places += [place for part in parts for place in _data_of_part(part)]
    return tuple(dict.fromkeys(places))


def _packaged(client: Any, name: str) -> list[dict[str, Any]]:
    found = asked(
        "DescribeModelPackage", lambda: client.describe_model_package(ModelPackageName=name)
    )
    return list((found.get("InferenceSpecification") or {}).get("Containers") or ())


def _data_of_part(container: dict[str, Any]) -> list[str]:
    unpacked = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
    place = container.get("ModelDataUrl") or unpacked.get("S3Uri")
    return [place] if place else []


def _variants(key: str, found: dict[str, Any], config: dict[str, Any]) -> tuple[Variant, ...]:
    """The live variants; model and instance type stand in the configuration only."""
    about = {each["VariantName"]: each for each in config.get(key) or ()}
    live = {each["VariantName"]: each for each in found.get(key) or ()}
    return tuple(
        Variant(
            name,
            about.get(name, {}).get("ModelName"),
            about.get(name, {}).get("InstanceType"),
            live.get(name, {}).get(
                "CurrentInstanceCount", about.get(name, {}).get("InitialInstanceCount")
            ),
            _number(
                live.get(name, {}).get(
                    "CurrentWeight", about.get(name, {}).get("InitialVariantWeight")
                )
            ),
        )
        for name in dict.fromkeys((*live, *about))
    )


def _of_experiment(found: dict[str, Any]) -> Variant:
    fleet = (found.get("InfrastructureConfig") or {}).get("RealTimeInferenceConfig") or {}
    return Variant(
        found["VariantName"],
        found.get("ModelName"),
        fleet.get("InstanceType"),
        fleet.get("InstanceCount"),
        None,
    )


def _capture(found: dict[str, Any]) -> Capture:
    return Capture(
        enabled=bool(found.get("EnableCapture")),
        status=found.get("CaptureStatus", ""),
        percent=_number(found.get("CurrentSamplingPercentage")),
        destination=found.get("DestinationS3Uri", ""),
        kms_key=found.get("KmsKeyId") or None,
    )


def asked(call: str, ask: Callable[[], _Read]) -> _Read:
    """What a call answers.

    Raises
    ------
    AwsError
        When AWS refuses, in a sentence that names the call.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        raise explain(error, call=call) from error


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)
