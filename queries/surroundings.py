"""What stands around an endpoint that may hinder an update: alarms, scaling, owners, licences?

Each is asked for by itself, and what AWS refuses to say is kept as that: not known is not "none".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from queries.errors import AwsError
from queries.quotas import Quota, quotas
from queries.reading_live import tags_of
from queries.sagemaker import asked

if TYPE_CHECKING:
    from queries.config import Aws
    from queries.live import Document, Live

_Read = TypeVar("_Read")

_STACK = "aws:cloudformation:stack-name"
_MOST_NAMES = 100  # alarms of one DescribeAlarms


@dataclass(frozen=True, slots=True)
class Unknown:
    """What could not be found out; ``why`` is a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of CloudWatch; ``since`` is when it came into its state, UTC."""

    name: str
    state: Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Scaling:
    """How many instances application autoscaling lets a variant have."""

    variant: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was found around an endpoint.

    ``alarms`` are those asked for that exist, by name; ``scaling`` the variants that are scaled;
    ``owners`` who else sets the endpoint, such as "the CloudFormation stack fraud"; ``marketplace``
    the models of which a container came from AWS Marketplace; ``quotas`` those of the instance
    types asked for.
    """

    alarms: Mapping[str, Alarm] | Unknown
    scaling: tuple[Scaling, ...] | Unknown
    owners: tuple[str, ...] | Unknown
    marketplace: tuple[str, ...] | Unknown
    quotas: tuple[Quota, ...] = ()


def read_surroundings(
    aws: Aws, live: Live, alarms: Iterable[str], instance_types: Iterable[str] = ()
) -> Surroundings:
    """Look around an endpoint; ``alarms`` are the names of those that an update would watch.

    ``instance_types`` are those of the instances that it would start.

    Raises
    ------
    AwsError
        When no client can be made.
    """
    from queries.aws import client

    sagemaker = client(aws, "sagemaker")
    cloudwatch = client(aws, "cloudwatch")
    autoscaling = client(aws, "application-autoscaling")
    return Surroundings(
        alarms=_or_unknown(lambda: read_alarms(cloudwatch, tuple(dict.fromkeys(alarms)))),
        scaling=_or_unknown(lambda: _scaling(autoscaling, live)),
        owners=_or_unknown(lambda: _owners((*live.tags, *tags_of(sagemaker, live.arn)))),
        marketplace=_or_unknown(lambda: _marketplace(sagemaker, live.models)),
        quotas=quotas(aws, instance_types),
    )


def _or_unknown(ask: Callable[[], _Read]) -> _Read | Unknown:
    try:
        return ask()
    except AwsError as error:
        return Unknown(str(error))


def read_alarms(client: Any, names: tuple[str, ...]) -> dict[str, Alarm]:
    """Those of the named alarms that there are, by name.

    Raises
    ------
    AwsError
        When CloudWatch refuses to say.
    """
    found = {}
    for first in range(0, len(names), _MOST_NAMES):
        some = list(names[first : first + _MOST_NAMES])
        kinds = ["MetricAlarm", "CompositeAlarm"]
        describe = partial(client.describe_alarms, AlarmNames=some, AlarmTypes=kinds)
        answer = asked("DescribeAlarms", describe)
        for each in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())):
            since = each.get("StateTransitionedTimestamp", each["StateUpdatedTimestamp"])
            found[each["AlarmName"]] = Alarm(
                each["AlarmName"],
                each["StateValue"],
                since.astimezone(UTC),
                each.get("StateReason", ""),
            )
    return found


def _scaling(client: Any, live: Live) -> tuple[Scaling, ...]:
    resources = [
        f"endpoint/{live.endpoint}/variant/{each.name}" for each in live.variants if not each.shadow
    ]
    pages = asked(
        "DescribeScalableTargets",
        lambda: list(
            client.get_paginator("describe_scalable_targets").paginate(
                ServiceNamespace="sagemaker",
                ResourceIds=resources,
                ScalableDimension="sagemaker:variant:DesiredInstanceCount",
            )
        ),
    )
    return tuple(
        Scaling(each["ResourceId"].rpartition("/")[2], each["MinCapacity"], each["MaxCapacity"])
        for page in pages
        for each in page["ScalableTargets"]
    )


def _owners(tags: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Who says by a tag that the endpoint is theirs: CloudFormation does, Terraform if told to."""
    owners = []
    for key, value in tags:
        if key == _STACK:
            owners.append(f"the CloudFormation stack {value}")
        elif "terraform" in f"{key} {value}".lower():
            owners.append(f"Terraform (tag {key} = {value})")
    return tuple(dict.fromkeys(owners))


def _marketplace(client: Any, models: Mapping[str, Document]) -> tuple[str, ...]:
    """A model made of a package whose container carries a product id was bought."""
    bought = []
    for name, model in models.items():
        containers = model.get("Containers") or [model.get("PrimaryContainer") or {}]
        packages = [each["ModelPackageName"] for each in containers if "ModelPackageName" in each]
        for package in packages:
            describe = partial(client.describe_model_package, ModelPackageName=package)
            found = asked("DescribeModelPackage", describe)
            parts = (found.get("InferenceSpecification") or {}).get("Containers") or ()
            if any("ProductId" in part for part in parts):
                bought.append(name)
                break
    return tuple(bought)
