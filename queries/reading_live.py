"""How is what runs at an endpoint read, so that all parts of it are of one moment?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from queries.errors import SourceError
from queries.live import Document, Live, LiveVariant
from queries.sagemaker import asked

OVER = ("Completed", "Cancelled")
"""States in which an inference experiment holds nothing of an endpoint any more."""

_ATTEMPTS = 3


def read_live(client: Any, endpoint: str) -> Live:
    """Read an endpoint, its config, its models, its tags and its inference experiment.

    The endpoint is described again at the end: where it has changed in between, all is read anew.

    Parameters
    ----------
    client
        A boto3 client of SageMaker.

    Raises
    ------
    AwsError
        When there is no such endpoint, or AWS refuses one of the calls.
    SourceError
        When the endpoint changes faster than it can be read.
    """
    for _ in range(_ATTEMPTS):
        before = _endpoint(client, endpoint)
        live = _around(client, before)
        if _state(_endpoint(client, endpoint)) == _state(before):
            return live
    raise SourceError(
        f"{endpoint} changed {_ATTEMPTS} times while it was read, so nothing certain can be said "
        "of it; try again in a minute."
    )


def fingerprint(endpoint: Document, config: Document) -> str:
    """SHA-256 of status, config's name and content and time of the last change, as hex digits."""
    return _sum([*_state(endpoint), _plain(config)])


def _endpoint(client: Any, name: str) -> Document:
    return _bare(asked("DescribeEndpoint", lambda: client.describe_endpoint(EndpointName=name)))


def _around(client: Any, endpoint: Document) -> Live:
    """All else, of the state that ``endpoint`` describes."""
    config_name = endpoint["EndpointConfigName"]
    config = _bare(
        asked(
            "DescribeEndpointConfig",
            lambda: client.describe_endpoint_config(EndpointConfigName=config_name),
        )
    )
    experiment = _experiment(client, endpoint["EndpointName"])
    return Live(
        endpoint=endpoint["EndpointName"],
        arn=endpoint["EndpointArn"],
        status=endpoint["EndpointStatus"],
        config_name=config_name,
        modified=endpoint["LastModifiedTime"].astimezone(UTC),
        at=datetime.now(UTC),
        variants=(
            *_variants(endpoint, config, "ProductionVariants"),
            *_variants(endpoint, config, "ShadowProductionVariants", experiment),
        ),
        endpoint_answer=endpoint,
        config=config,
        models=_models(client, config),
        tags=tags_of(client, config["EndpointConfigArn"]),
        pending=endpoint.get("PendingDeploymentSummary"),
        experiment=experiment,
        fingerprint=fingerprint(endpoint, config),
    )


def tags_of(client: Any, arn: str) -> tuple[tuple[str, str], ...]:
    """The tags of a resource, key and value, in the order of the keys.

    Raises
    ------
    AwsError
    """
    pages = asked(
        "ListTags", lambda: list(client.get_paginator("list_tags").paginate(ResourceArn=arn))
    )
    return tuple(sorted((each["Key"], each["Value"]) for page in pages for each in page["Tags"]))


def model(client: Any, name: str) -> Document | None:
    """DescribeModel's answer; None where there is no such model any more.

    Raises
    ------
    AwsError
    """
    return _unless_gone(lambda: client.describe_model(ModelName=name), "DescribeModel")


def endpoint_config(client: Any, name: str) -> Document | None:
    """DescribeEndpointConfig's answer; None where there is no such config any more.

    Raises
    ------
    AwsError
    """
    return _unless_gone(
        lambda: client.describe_endpoint_config(EndpointConfigName=name), "DescribeEndpointConfig"
    )


def configured_variants(config: Document) -> tuple[LiveVariant, ...]:
    """The variants as a config would start them, production's first."""
    return (
        *_variants({}, config, "ProductionVariants"),
        *_variants({}, config, "ShadowProductionVariants"),
    )


def _unless_gone(ask: Any, call: str) -> Document | None:
    from botocore.exceptions import ClientError

    from queries.aws import message_of

    def described() -> Document | None:
        try:
            return _bare(ask())
        except ClientError as error:
            # SageMaker has no code of its own for what does not exist
            if "could not find" in message_of(error).lower():
                return None
            raise

    return asked(call, described)


def _models(client: Any, config: Document) -> Mapping[str, Document]:
    names = dict.fromkeys(
        variant["ModelName"]
        for key in ("ProductionVariants", "ShadowProductionVariants")
        for variant in config.get(key) or ()
        # a variant of inference components has no model of its own
        if "ModelName" in variant
    )
    described = {name: model(client, name) for name in names}
    return {name: found for name, found in described.items() if found is not None}


def _experiment(client: Any, endpoint: str) -> Document | None:
    """The one that has begun and not ended. A summary names no endpoint: each is described."""
    pages = asked(
        "ListInferenceExperiments",
        lambda: list(
            client.get_paginator("list_inference_experiments").paginate(Type="ShadowMode")
        ),
    )
    for page in pages:
        for each in page["InferenceExperiments"]:
            if each["Status"] in (*OVER, "Created"):
                continue
            describe = partial(client.describe_inference_experiment, Name=each["Name"])
            found = _bare(asked("DescribeInferenceExperiment", describe))
            if found["EndpointMetadata"]["EndpointName"] == endpoint:
                return found
    return None


def _variants(
    endpoint: Document, config: Document, key: str, experiment: Document | None = None
) -> tuple[LiveVariant, ...]:
    """Production or shadow variants: the config names model and type, the endpoint what runs."""
    live = {each["VariantName"]: each for each in endpoint.get(key) or ()}
    shadow = key.startswith("Shadow")
    total = sum(
        _weight(each, endpoint.get("ProductionVariants") or ())
        for each in config.get("ProductionVariants") or ()
    )
    found = []
    for each in config.get(key) or ():
        runs = live.get(each["VariantName"], {})
        weight = _weight(each, live.values())
        found.append(
            LiveVariant(
                name=each["VariantName"],
                model=each.get("ModelName", ""),
                instance_type=each.get("InstanceType", ""),
                instances=_count(runs, each, "CurrentInstanceCount"),
                desired_instances=_count(runs, each, "DesiredInstanceCount"),
                weight=_mirrored(weight, total, experiment) if shadow else _share(weight, total),
                shadow=shadow,
            )
        )
    return tuple(found)


def _count(live: Document, configured: Document, key: str) -> int:
    return int(live.get(key, configured.get("InitialInstanceCount", 0)))


def _weight(configured: Document, live: Iterable[Document]) -> float:
    """The weight in force, else the one it would start with."""
    for each in live:
        if each["VariantName"] == configured["VariantName"] and "CurrentWeight" in each:
            return float(each["CurrentWeight"])
    return float(configured.get("InitialVariantWeight", 1.0))


def _share(weight: float, total: float) -> float:
    return weight / total if total else 0.0


def _mirrored(weight: float, total: float, experiment: Document | None) -> float:
    """The percentage of requests that is copied: the experiment's word, else the weights' ratio."""
    for each in ((experiment or {}).get("ShadowModeConfig") or {}).get("ShadowModelVariants") or ():
        return float(each["SamplingPercentage"])
    return min(100.0, 100 * _share(weight, total))


def _state(endpoint: Document) -> tuple[str, str, str]:
    return (
        endpoint["EndpointStatus"],
        endpoint["EndpointConfigName"],
        endpoint["LastModifiedTime"].astimezone(UTC).isoformat(),
    )


def _bare(answer: Document) -> Document:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def _plain(document: Document) -> str:
    return json.dumps(document, sort_keys=True, default=_written)


def _written(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _sum(parts: list[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
