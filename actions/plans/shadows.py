"""How does a model become the shadow of an endpoint?

Two ways: an inference experiment, which AWS ends by itself after 30 days at most, or a new endpoint
config with a ShadowProductionVariants entry, which stays. Both keep the answers of both variants,
without which nothing could be compared
(https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from actions.plans.differences import changes
from actions.plans.experiment_settings import LONGEST
from actions.plans.names import config_name
from actions.plans.strategies import Strategy
from actions.plans.updating import accepted, update, written
from actions.steps import Call, Plan, Wait
from queries.errors import NotDone
from queries.live import Document, Live

AT_ONCE = Strategy("all_at_once", wait_s=0, final_wait_s=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """The shadow that is wanted: ``model`` is DescribeModel's answer for what it runs.

    ``percent`` of production's requests are copied to it; ``capture_percent`` of the requests of
    each variant are kept under ``destination``, None where captures go already.
    """

    model: Document
    variant: str
    instance_type: str
    count: int
    percent: int = 100
    capture_percent: int = 100
    destination: str | None = None

    @property
    def name(self) -> str:
        """The name of its model."""
        return str(self.model["ModelName"])


def exclusions(live: Live, shadow: Shadow) -> tuple[str, ...]:
    """Why AWS runs no shadow test here, a sentence for each reason.

    https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html
    """
    return tuple(dict.fromkeys(_exclusions(live, shadow)))


def as_experiment(
    live: Live, shadow: Shadow, *, name: str, role_arn: str, end: datetime, now: datetime
) -> Plan:
    """The plan of an inference experiment that begins at once and ends by itself at ``end``.

    ``role_arn`` is the role that AWS runs the experiment as.

    Raises
    ------
    NotDone
        When AWS runs no shadow test here, or the end is past or too far.
    """
    _hold_to(live, shadow)
    if not now < end <= now + LONGEST:
        raise NotDone("An experiment ends within 30 days from now, and not before.")
    production = live.production
    parameters = {
        "Name": name,
        "Type": "ShadowMode",
        "Schedule": {"EndTime": int(end.timestamp())},
        "RoleArn": role_arn,
        "EndpointName": live.endpoint,
        "ModelVariants": [
            _deployed(
                production.name,
                production.model,
                production.instance_type,
                production.desired_instances,
            ),
            _deployed(shadow.variant, shadow.name, shadow.instance_type, shadow.count),
        ],
        "DataStorageConfig": _storage(live, shadow),
        "ShadowModeConfig": {
            "SourceModelVariantName": production.name,
            "ShadowModelVariants": [
                {"ShadowModelVariantName": shadow.variant, "SamplingPercentage": shadow.percent}
            ],
        },
    }
    call = Call(
        "sagemaker",
        "CreateInferenceExperiment",
        parameters,
        f"Copies {shadow.percent} % of the requests of {live.endpoint} to {shadow.name}.",
    )
    after = {**written(live.config), "ShadowProductionVariants": [_variant(live, shadow)]}
    return Plan(
        action="start_shadow",
        target=live.endpoint,
        fingerprint=live.fingerprint,
        steps=accepted(
            (
                call,
                Wait(
                    "settled",
                    live.endpoint,
                    purpose=f"Until {live.endpoint} is in service again.",
                ),
            )
        ),
        now=written(live.config),
        after=after,
        changes=changes(written(live.config), after),
        previous=live.config_name,
        notes=(
            f"The experiment ends by itself on {end:%Y-%m-%d %H:%M} UTC; the endpoint then returns "
            "to what it is now.",
            "AWS chooses the name of the endpoint config it runs under.",
            _priced(shadow),
        ),
    )


def as_variant(live: Live, shadow: Shadow, *, at: datetime, strategy: Strategy = AT_ONCE) -> Plan:
    """The plan of a new endpoint config, production's with a shadow beside it and data capture.

    ``at`` is the time in the config's name.

    Raises
    ------
    NotDone
        When AWS runs no shadow test here, or would not move the traffic so.
    """
    _hold_to(live, shadow)
    now = written(live.config)
    after: dict[str, Any] = {**now, "ShadowProductionVariants": [_variant(live, shadow)]}
    after["DataCaptureConfig"] = {
        **now.get("DataCaptureConfig", {}),
        "EnableCapture": True,
        "InitialSamplingPercentage": shadow.capture_percent,
        "DestinationS3Uri": _destination(live, shadow),
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }
    # tags of AWS's own may be set by nobody else
    tags = [{"Key": k, "Value": v} for k, v in live.tags if not k.lower().startswith("aws:")]
    if tags:
        after["Tags"] = tags
    name = config_name(live.endpoint, after, at)
    after["EndpointConfigName"] = name
    alarms, move, settled = update(
        live,
        after,
        strategy,
        guard=None,
        retain=True,
        purpose=f"Starts {shadow.name} beside production and copies requests to it.",
    )
    create = Call(
        "sagemaker",
        "CreateEndpointConfig",
        after,
        f"Writes down what is to run: production as it is, and {shadow.name} as its shadow.",
    )
    return Plan(
        action="start_shadow",
        target=live.endpoint,
        fingerprint=live.fingerprint,
        steps=accepted((*alarms, create, move, settled)),
        now=now,
        after=after,
        changes=changes(now, after),
        config_name=name,
        previous=live.config_name,
        notes=(
            "Production's instances are exchanged for new ones as well, as at every update of an "
            "endpoint.",
            "The shadow stays until another endpoint config takes it out.",
            _priced(shadow),
        ),
    )


def _hold_to(live: Live, shadow: Shadow) -> None:
    found = list(exclusions(live, shadow))
    if live.experiment is not None:
        found.append(f"The experiment {live.experiment['Name']} runs on {live.endpoint} already.")
    elif live.shadow is not None:
        found.append(f"{live.endpoint} has the shadow {live.shadow.name} already.")
    if live.status != "InService":
        found.append(f"{live.endpoint} is {live.status}; it must be InService.")
    if any(variant.name == shadow.variant for variant in live.variants):
        found.append(f"{live.endpoint} has a variant {shadow.variant} already; name it otherwise.")
    for name, percent in (
        ("shadow is sent", shadow.percent),
        ("capture keeps", shadow.capture_percent),
    ):
        if not 1 <= percent <= 100:
            found.append(f"The {name} 1 to 100 % of the requests, not {percent} %.")
    if not _destination(live, shadow):
        found.append(
            f"{live.endpoint} keeps no captures; say where in S3 they are to lie, for without them "
            "nothing can be compared."
        )
    if found:
        raise NotDone(" ".join(found))


def _exclusions(live: Live, shadow: Shadow) -> Iterator[str]:
    variants = live.config["ProductionVariants"]
    if len(variants) > 1:
        yield f"{live.endpoint} has {len(variants)} production variants; a shadow takes just one."
    if any("ServerlessConfig" in variant for variant in variants):
        yield f"{live.endpoint} is serverless; a shadow needs instances."
    if "AsyncInferenceConfig" in live.config:
        yield f"{live.endpoint} answers asynchronously; a shadow needs a real-time endpoint."
    if any("ModelName" not in variant for variant in variants):
        yield f"{live.endpoint} hosts inference components; a shadow needs a model of its own."
    if any(variant.get("AcceleratorType") for variant in variants):
        yield f"{live.endpoint} uses Elastic Inference, which shadow tests do not know."
    machines = [variant.get("InstanceType", "") for variant in variants]
    for machine in (*machines, shadow.instance_type):
        if machine.startswith("ml.inf1."):
            yield f"{machine} is of the family Inf1, which shadow tests do not know."
    account = live.arn.split(":")[4]
    for model in (*(live.models.get(v.get("ModelName", "")) for v in variants), shadow.model):
        if model is not None:
            yield from _unfit(model, account)


def _unfit(model: Document, account: str) -> Iterator[str]:
    name = model["ModelName"]
    containers = model.get("Containers") or [model.get("PrimaryContainer") or {}]
    if len(containers) > 1:
        yield f"{name} has {len(containers)} containers; a shadow test takes models with one."
    if any(each.get("Mode") == "MultiModel" for each in containers):
        yield f"{name} hosts many models in one container, which shadow tests do not know."
    for each in containers:
        package = str(each.get("ModelPackageName") or "")
        owner = package.split(":")[4] if package.startswith("arn:") else account
        if owner != account:
            # what is from Marketplace is a package of another account; so is one shared by a team
            yield (
                f"{name} is made of a model package of the account {owner}; if that is one of AWS "
                "Marketplace, shadow tests do not know it."
            )


def _destination(live: Live, shadow: Shadow) -> str:
    kept = (live.config.get("DataCaptureConfig") or {}).get("DestinationS3Uri", "")
    return shadow.destination or kept


def _storage(live: Live, shadow: Shadow) -> dict[str, str]:
    kept = live.config.get("DataCaptureConfig") or {}
    storage = {"Destination": _destination(live, shadow)}
    if kept.get("KmsKeyId") and storage["Destination"] == kept["DestinationS3Uri"]:
        storage["KmsKey"] = kept["KmsKeyId"]
    return storage


def _variant(live: Live, shadow: Shadow) -> dict[str, Any]:
    """The entry of the config; its weight beside production's is the share that is copied."""
    weight = live.config["ProductionVariants"][0].get("InitialVariantWeight", 1.0)
    return {
        "VariantName": shadow.variant,
        "ModelName": shadow.name,
        "InstanceType": shadow.instance_type,
        "InitialInstanceCount": shadow.count,
        "InitialVariantWeight": weight * shadow.percent / 100,
    }


def _deployed(variant: str, model: str, instance_type: str, count: int) -> Mapping[str, Any]:
    return {
        "ModelName": model,
        "VariantName": variant,
        "InfrastructureConfig": {
            "InfrastructureType": "RealTimeInference",
            "RealTimeInferenceConfig": {"InstanceType": instance_type, "InstanceCount": count},
        },
    }


def _priced(shadow: Shadow) -> str:
    return f"{shadow.count} × {shadow.instance_type} run in addition, for as long as the test does."
