"""What would promote the shadow: which new config, and how does the endpoint come to it?

Nothing is asked of AWS. The shadow's model takes production's place under production's name: the
guardrails of an update ask for equal names of variants, and autoscaling, metrics, captures and
callers with a TargetVariant go by them
(https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from actions.plans.alarms import Guard
from actions.plans.differences import changes
from actions.plans.names import config_name
from actions.plans.strategies import Strategy
from actions.plans.updating import accepted, second_fleet, serving, update, written
from actions.steps import Call, Change, Plan
from queries.errors import NotDone
from queries.live import Live

MACHINE = (
    "InstanceType",
    "InstancePools",
    "InitialInstanceCount",
    "ServerlessConfig",
    "AcceleratorType",
    "AcceleratorPartitionLayouts",
    "CapacityReservationConfig",
    "InferenceAmiVersion",
    "VolumeSizeInGB",
)
"""What of a variant says on what it runs, and goes along when it runs on the shadow's."""


@dataclass(frozen=True, slots=True)
class Custom:
    """Instances of one's own choice."""

    instance_type: str
    count: int


Instances = Literal["production", "shadow"] | Custom
"""On what the promoted model runs: AWS's console offers the same three
(https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-complete.html)."""


def promote(
    live: Live,
    strategy: Strategy,
    *,
    instances: Instances = "production",
    guard: Guard | None = None,
    extra: tuple[Call, ...] = (),
    at: datetime,
) -> Plan:
    """The plan that puts the shadow's model in production's place.

    Where the strategy waits, the alarms of ``guard`` and the alarm to abort by are made first and
    named in the update beside the strategy's own. ``extra`` calls come before all. ``at`` is the
    time in the new config's name.

    Raises
    ------
    NotDone
        When there is no shadow to promote, or AWS would not move the traffic so.
    """
    after = new_config(live, instances=instances, at=at)
    name = after["EndpointConfigName"]
    shadow = _shadow(live)
    create = Call(
        "sagemaker",
        "CreateEndpointConfig",
        after,
        f"Writes down what is to run: {shadow['ModelName']} as {live.production.name}.",
    )
    purpose = f"Moves the traffic of {live.endpoint} to {shadow['ModelName']}."
    # the config names the instances that run now, so nothing has to be retained
    alarms, move, settled = update(
        live, after, strategy, guard=guard, retain=False, purpose=purpose
    )
    now = _now(live)
    return Plan(
        action="promote",
        target=live.endpoint,
        fingerprint=live.fingerprint,
        steps=accepted((*extra, *alarms, create, move, settled)),
        now=now,
        after=after,
        changes=(*changes(now, after), *_of_the_model(live, shadow["ModelName"])),
        config_name=name,
        previous=live.config_name,
        notes=(*_notes(live, strategy, after), *_left(alarms)),
    )


def new_config(
    live: Live, *, instances: Instances = "production", at: datetime
) -> Mapping[str, Any]:
    """The parameters of CreateEndpointConfig: production's config with the shadow's model.

    All else is kept. Counts, weights and serverless settings are the live ones, which autoscaling
    or a person may have changed since the config was written; tags of AWS's own are left out,
    because nobody else may set them.

    Raises
    ------
    NotDone
        When there is no shadow, or its model cannot be told or take that place.
    """
    shadow = _shadow(live)
    now = _now(live)
    variants = [_as_it_runs(live, each) for each in now["ProductionVariants"]]
    at_first = next(i for i, v in enumerate(variants) if v["VariantName"] == live.production.name)
    variants[at_first] = _promoted(live, variants[at_first], shadow, instances)
    after = {name: value for name, value in now.items() if name != "ShadowProductionVariants"}
    after["ProductionVariants"] = variants
    allowed = [tag for tag in after.pop("Tags", ()) if not tag["Key"].lower().startswith("aws:")]
    if allowed:
        after["Tags"] = allowed
    return after | {"EndpointConfigName": config_name(live.endpoint, after, at)}


def _now(live: Live) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in live.tags]
    return written(live.config) | ({"Tags": tags} if tags else {})


def _shadow(live: Live) -> Mapping[str, Any]:
    """The shadow's part of the config.

    Raises
    ------
    NotDone
    """
    shadows = live.config.get("ShadowProductionVariants") or ()
    if not shadows or live.shadow is None:
        raise NotDone(
            f"{live.endpoint} runs no shadow variant under {live.config_name}, so there is nothing "
            "to promote. A shadow test may have ended by itself."
        )
    named: Mapping[str, Any] = next(
        (each for each in shadows if each["VariantName"] == live.shadow.name), shadows[0]
    )
    if not named.get("ModelName") or not live.production.model:
        raise NotDone(
            f"{live.endpoint} serves inference components: its variants name no model that could "
            "be exchanged. UpdateInferenceComponent is AWS's way there."
        )
    return named


def _as_it_runs(live: Live, variant: Mapping[str, Any], *, shadow: bool = False) -> dict[str, Any]:
    """A variant of the config with what was changed in service since."""
    name, kept = variant["VariantName"], dict(variant)
    side = "ShadowProductionVariants" if shadow else "ProductionVariants"
    answers = live.endpoint_answer.get(side) or ()
    answer: Mapping[str, Any] = next((a for a in answers if a["VariantName"] == name), {})
    for each in live.variants:
        if (each.name, each.shadow) == (name, shadow) and "InitialInstanceCount" in kept:
            # a variant scaled to zero starts with one: a config cannot say none
            kept["InitialInstanceCount"] = max(1, each.desired_instances)
    if "DesiredWeight" in answer:
        kept["InitialVariantWeight"] = answer["DesiredWeight"]
    if "DesiredServerlessConfig" in answer:
        kept["ServerlessConfig"] = answer["DesiredServerlessConfig"]
    return kept


def _promoted(
    live: Live, variant: Mapping[str, Any], shadow: Mapping[str, Any], instances: Instances
) -> dict[str, Any]:
    promoted = {**variant, "ModelName": shadow["ModelName"]}
    if instances == "shadow":
        machine = _as_it_runs(live, shadow, shadow=True)
        promoted = {name: value for name, value in promoted.items() if name not in MACHINE}
        return promoted | {name: machine[name] for name in MACHINE if name in machine}
    if isinstance(instances, Custom):
        if "InstanceType" not in promoted:
            raise NotDone(
                f"{variant['VariantName']} runs on no single type of instance, so none can be "
                "chosen for it: keep production's, or take the shadow's."
            )
        promoted["InstanceType"] = instances.instance_type
        promoted["InitialInstanceCount"] = instances.count
    if any("ModelNameOverride" in pool for pool in promoted.get("InstancePools") or ()):
        raise NotDone(
            f"{variant['VariantName']} names another model for some of its instance pools, which "
            "would go on to serve: take the shadow's instances."
        )
    return promoted


def _of_the_model(live: Live, promoted: str) -> Iterator[Change]:
    """How the two models differ, where both can still be described."""
    now, after = live.models.get(live.production.model), live.models.get(promoted)
    if now is None or after is None:
        return
    names = ("ModelArn", "ModelName", "CreationTime", "ResponseMetadata")
    left, right = ({k: v for k, v in each.items() if k not in names} for each in (now, after))
    for each in changes(left, right):
        yield Change(f"Model of {live.production.name}: {each.path}", each.before, each.after)


def _notes(live: Live, strategy: Strategy, after: Mapping[str, Any]) -> Iterator[str]:
    count = serving(after)
    if count and strategy.kind != "rolling":
        yield second_fleet(count, live)
    written_down = {v["VariantName"]: v for v in live.config["ProductionVariants"]}
    (variant,) = (
        v for v in after["ProductionVariants"] if v["VariantName"] == live.production.name
    )
    asked = written_down[live.production.name].get("InitialInstanceCount")
    if asked is not None and asked != live.production.desired_instances:
        yield (
            f"{live.config_name} was written for {asked} instances; {live.production.name} has "
            f"{live.production.desired_instances} now."
        )
    shadow = _shadow(live)
    own = ("VariantName", "ModelName", "InitialInstanceCount", "InitialVariantWeight")
    for name in sorted(({*variant, *shadow}) - set(own)):
        if variant.get(name) != shadow.get(name):
            yield (
                f"The shadow was tested with {name} {_told(shadow.get(name))}; it will run with "
                f"{_told(variant.get(name))}."
            )
    left_out = [key for key, _ in live.tags if key.lower().startswith("aws:")]
    if left_out:
        yield f"Tags of AWS's own cannot be copied: {', '.join(left_out)}."
    if any(key.lower().startswith("aws:cloudformation:") for key, _ in live.tags):
        yield (
            f"{live.config_name} belongs to a CloudFormation stack, whose next update may put it "
            "back: write the change there too."
        )


def _left(alarms: Sequence[Call]) -> Iterator[str]:
    made = [call.parameters["AlarmName"] for call in alarms if call.operation == "PutMetricAlarm"]
    if made:
        yield (
            f"{len(made)} alarm{'s are' if len(made) > 1 else ' is'} made for it and left standing "
            "when it is over, to be removed on the page Deploy."
        )


def _told(value: Any) -> str:
    return "not set" if value is None else str(value)
