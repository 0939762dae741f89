"""Endpoints drawn at random, from the shape of CreateEndpointConfig in botocore's own model."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import botocore.session
from hypothesis import strategies as st

from queries.live import Live, LiveVariant

ARN = "arn:aws:sagemaker:eu-central-1:111122223333"
AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

NAMES = st.from_regex(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,20}", fullmatch=True)
TAGGED = st.text("abcXYZ019é _.:/=+-@", min_size=1, max_size=20)
# patterns that are slow or impossible to draw from: a plain value of each
PLAIN: dict[str, st.SearchStrategy[str]] = {
    "VariantName": NAMES,
    "ModelName": NAMES,
    "EndpointConfigName": NAMES,
    "TagKey": TAGGED,
    "TagValue": TAGGED,
    "DestinationS3Uri": st.just("s3://captures/fraud"),
    "Url": st.just("s3://captures/baseline.csv"),
    "KmsKeyId": st.sampled_from(["alias/captures", "1234abcd-12ab-34cd-56ef-1234567890ab"]),
    "RoleArn": st.just("arn:aws:iam::111122223333:role/serving"),
    "SnsTopicArn": st.just("arn:aws:sns:eu-central-1:111122223333:answers"),
    "MlReservationArn": st.just(f"{ARN}:training-plan/p"),
    "CsvContentTypes": st.just("text/csv"),
}


@lru_cache
def shape(operation: str = "CreateEndpointConfig") -> Any:
    model = botocore.session.get_session().get_service_model("sagemaker")
    return model.operation_model(operation).input_shape


@lru_cache
def drawn(of: Any, *, leave: frozenset[str] = frozenset()) -> st.SearchStrategy[Any]:
    """Documents of a shape: what is required is there, what is optional sometimes."""
    limits = of.metadata
    if of.type_name == "structure":
        kept = {name: drawn(each) for name, each in of.members.items() if name not in leave}
        required = {name: kept.pop(name) for name in limits.get("required", ()) if name in kept}
        return st.fixed_dictionaries(required, optional=kept)
    if of.type_name == "list":
        least = limits.get("min", 0)
        most = min(limits.get("max", least + 2), least + 2)
        return st.lists(drawn(of.member), min_size=least, max_size=most)
    if of.type_name == "boolean":
        return st.booleans()
    if of.type_name == "integer":
        return st.integers(limits.get("min", 0), limits.get("max", 10_000))
    if of.type_name == "float":
        return st.floats(limits.get("min", 0), 100, width=32)
    assert of.type_name == "string", of
    if of.enum:
        return st.sampled_from(of.enum)
    if of.name in PLAIN:
        return PLAIN[of.name]
    longest = limits.get("max", 50)
    text = st.from_regex(limits.get("pattern", ".*").replace(r"[\s\S]", "[a-z,]"), fullmatch=True)
    return text.filter(lambda drawn: limits.get("min", 0) <= len(drawn) <= longest)


@st.composite
def variants(draw: st.DrawFn, machine: str) -> dict[str, Any]:
    """A variant on instances of one type, on pools of several, or serverless."""
    member = shape().members["ProductionVariants"].member
    machines = {"InstanceType", "InstancePools", "ServerlessConfig", "InitialInstanceCount"}
    variant = draw(drawn(member, leave=frozenset(machines)))
    variant["ModelName"] = draw(NAMES)
    if machine == "serverless":
        return {**variant, "ServerlessConfig": draw(drawn(member.members["ServerlessConfig"]))}
    variant["InitialInstanceCount"] = draw(st.integers(1, 60))
    if machine == "pools":
        pools = draw(drawn(member.members["InstancePools"]))
        plain = [{k: v for k, v in pool.items() if k != "ModelNameOverride"} for pool in pools]
        return {**variant, "InstancePools": plain}
    return {**variant, "InstanceType": draw(drawn(member.members["InstanceType"]))}


@st.composite
def lives(draw: st.DrawFn, machine: str | None = None) -> Live:
    """An endpoint with a shadow, whose counts and weights have changed since its config.

    Beside the first production variant, which the shadow would take the place of, there may be
    others of other names.
    """
    machine = machine or draw(st.sampled_from(["instances", "pools", "serverless"]))
    sides = ("ProductionVariants", "ShadowProductionVariants")
    config = draw(drawn(shape(), leave=frozenset({*sides, "Tags"})))
    production = st.lists(
        variants(machine), min_size=1, max_size=3, unique_by=lambda drawn: drawn["VariantName"]
    )
    config[sides[0]], config[sides[1]] = draw(production), [draw(variants(machine))]
    found, answers = [], {}
    for side in sides:
        answers[side] = []
        for variant in config[side]:
            count = 0 if machine == "serverless" else draw(st.integers(0, 60))
            weight = draw(st.floats(0, 100, width=32))
            answers[side].append({"VariantName": variant["VariantName"], "DesiredWeight": weight})
            found.append(
                LiveVariant(
                    name=variant["VariantName"],
                    model=variant["ModelName"],
                    instance_type=variant.get("InstanceType", ""),
                    instances=count,
                    desired_instances=count,
                    weight=1.0,
                    shadow=side.startswith("Shadow"),
                )
            )
    tags = draw(st.dictionaries(TAGGED, TAGGED, max_size=3))
    name = draw(st.from_regex(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}", fullmatch=True))
    arn = f"{ARN}:endpoint-config/{config['EndpointConfigName']}"
    return Live(
        endpoint=name,
        arn=f"{ARN}:endpoint/{name}",
        status="InService",
        config_name=config["EndpointConfigName"],
        modified=AT,
        at=AT,
        variants=tuple(found),
        endpoint_answer=answers,
        config={**config, "EndpointConfigArn": arn, "CreationTime": AT},
        models={},
        tags=tuple(sorted(tags.items())),
        pending=None,
        experiment=None,
        fingerprint="0" * 64,
    )
