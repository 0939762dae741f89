"""How far has an update of an endpoint come, by what SageMaker tells of each variant?

The messages are those of SageMaker's own examples
(https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html); one in
other words is shown as it stands, and nothing is read from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Phase = Literal["launching", "updating", "activating", "baking", "terminating"]

# The further a variant is, the later its phase stands here; an update is where its slowest is.
_PHASES: dict[str, Phase] = {
    "Creating": "launching",
    "Updating": "updating",
    "ActivatingTraffic": "activating",
    "Baking": "baking",
    "Deleting": "terminating",
}
_SERVING = re.compile(r"on (canary|full) capacity of (\d+) instance")
_BAKING = re.compile(r"Baking for (\d+) seconds")
_NEARLY = 1e-6  # percent


@dataclass(frozen=True, slots=True)
class Told:
    """What SageMaker says of a variant of the new fleet; ``since`` is aware UTC, None if unsaid."""

    variant: str
    shadow: bool
    phase: Phase
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Fleet:
    """The instances of a fleet's production variants: those that count by now, and all wanted.

    AWS's own example counts of a new fleet those that have traffic. Both 0 for a serverless one.
    """

    config: str
    instances: int
    desired: int


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far the update has come.

    ``percent`` of the traffic is on the new fleet, 0 to 100, nan where that is not told;
    ``baked_at`` is when the baking that goes on ends, None where none does.
    """

    phase: Phase
    percent: float
    told: tuple[Told, ...]
    fleet: Fleet
    started: datetime | None
    baked_at: datetime | None


def rollout(pending: Mapping[str, Any]) -> Rollout:
    """What PendingDeploymentSummary says."""
    told = (
        *_told(pending.get("ProductionVariants", ()), shadow=False),
        *_told(pending.get("ShadowProductionVariants", ()), shadow=True),
    )
    order = list(_PHASES.values())
    production = [each for each in told if not each.shadow]
    slowest = min(production, key=lambda each: order.index(each.phase), default=None)
    fleet = fleet_of(pending)
    seconds = _BAKING.search(slowest.message) if slowest is not None else None
    baked_at = None
    if slowest is not None and slowest.since is not None and seconds is not None:
        baked_at = slowest.since + timedelta(seconds=int(seconds[1]))
    started = pending.get("StartTime")
    return Rollout(
        phase=slowest.phase if slowest is not None else "launching",
        percent=_percent(slowest, fleet),
        told=told,
        fleet=fleet,
        started=started.astimezone(UTC) if started else None,
        baked_at=baked_at,
    )


def fleet_of(answer: Mapping[str, Any]) -> Fleet:
    """The fleet that DescribeEndpoint's answer, or its PendingDeploymentSummary, describes."""
    variants = answer.get("ProductionVariants", ())
    return Fleet(
        config=answer["EndpointConfigName"],
        instances=sum(each.get("CurrentInstanceCount", 0) for each in variants),
        desired=sum(each.get("DesiredInstanceCount", 0) for each in variants),
    )


def waits(deployment: Mapping[str, Any], instances: int) -> list[tuple[float, int]]:
    """The bakes that a DeploymentConfig asks for: percent of traffic and seconds, in order."""
    rolling = deployment.get("RollingUpdatePolicy")
    if rolling is not None:
        steps = _steps(rolling["MaximumBatchSize"], instances)
        return [(percent, rolling["WaitIntervalInSeconds"]) for percent in steps]
    policy = deployment.get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {})
    wait, last = routing.get("WaitIntervalInSeconds", 0), policy.get("TerminationWaitInSeconds", 0)
    if routing.get("Type") == "CANARY":
        return [(next(_steps(routing["CanarySize"], instances)), wait), (100.0, last)]
    if routing.get("Type") == "LINEAR":
        *before, _ = _steps(routing["LinearStepSize"], instances)
        return [*((percent, wait) for percent in before), (100.0, last)]
    return [(100.0, last)]


def not_before(found: Rollout, deployment: Mapping[str, Any], now: datetime) -> datetime:
    """When the update ends at the earliest: the bakes to come, and no time for anything else."""
    reached = 0.0 if math.isnan(found.percent) else found.percent
    # while traffic is being switched, the bake on what is switched is still to come
    reached += -_NEARLY if found.phase == "activating" else _NEARLY
    bakes = waits(deployment, found.fleet.desired)
    ahead = sum(seconds for percent, seconds in bakes if percent > reached)
    begins = max(now, found.baked_at) if found.baked_at is not None else now
    return begins + timedelta(seconds=ahead)


def _told(variants: Iterable[Mapping[str, Any]], *, shadow: bool) -> Iterator[Told]:
    for variant in variants:
        for status in variant.get("VariantStatus", ()):
            since = status.get("StartTime")
            yield Told(
                variant["VariantName"],
                shadow,
                _PHASES.get(status["Status"], "updating"),
                status.get("StatusMessage", ""),
                since.astimezone(UTC) if since else None,
            )


def _percent(slowest: Told | None, fleet: Fleet) -> float:
    serving = _SERVING.search(slowest.message) if slowest is not None else None
    if serving is not None and serving[1] == "full":
        return 100.0
    if fleet.desired == 0:
        return math.nan
    if serving is not None:
        return 100.0 * min(1.0, int(serving[2]) / fleet.desired)
    return 100.0 * min(1.0, fleet.instances / fleet.desired)


def _steps(capacity: Mapping[str, Any], instances: int) -> Iterator[float]:
    """Percent of traffic after each step of so many instances; of no instances, one step."""
    count = max(1, instances)
    step = capacity["Value"]
    if capacity["Type"] == "CAPACITY_PERCENT":
        # AWS does not say how it rounds; up, as there is at least one instance in a step
        step = math.ceil(count * step / 100 - 1e-9)
    for done in range(max(1, step), count, max(1, step)):
        yield 100.0 * done / count
    yield 100.0
