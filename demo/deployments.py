"""Through which phases does an update of an endpoint go, and how does it end?

As told in https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html and
deployment-guardrails-rolling.html; the messages are those of
https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from demo.faults import Fate

LAUNCH_S, ACTIVATE_S, TERMINATE_S = 240.0, 10.0, 30.0
"""How long instances take to launch, to be given traffic, to terminate: made up, of AWS's order."""

ALL_AT_ONCE = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    }
}
"""What an update goes by that names no policy."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A step of an update.

    ``status`` and ``message`` are told of each variant; ``{}`` in the message stands for ``moved``
    of its instances. ``serving`` of the new instances have traffic, both shares of 1.
    """

    seconds: float
    status: str
    message: str
    moved: float
    serving: float


def begun(
    deployment: Mapping[str, Any] | None,
    *,
    config: str,
    production: list[dict[str, Any]],
    shadow: list[dict[str, Any]],
    now: float,
    speed: float,
    fate: Fate | None = None,
) -> dict[str, Any]:
    """The record of an update that begins: JSON, for :func:`advance`.

    ``production`` and ``shadow`` are the variants as they will be. Every phase takes its time
    divided by ``speed``.
    """
    going = deployment or ALL_AT_ONCE
    count = max(each.get("DesiredInstanceCount", 1) for each in production)
    limit = _policy(going).get("MaximumExecutionTimeoutInSeconds")
    return {
        "kind": "update",
        "config": config,
        "began": now,
        "since": now,
        "at": 0,
        "speed": speed,
        "phases": [asdict(each) for each in phases(going, count)],
        "back": [asdict(each) for each in _rollback(going, count)],
        "production": production,
        "shadow": shadow,
        "alarms": alarms(going),
        "deadline": None if limit is None else now + limit / speed,
        "fate": None if fate is None else asdict(fate),
        "rolled_back": False,
        "reason": None,
        "shares": [],
        "logged": 0,
    }


def alarms(deployment: Mapping[str, Any]) -> list[str]:
    """The names of the alarms that roll an update back."""
    rollback = deployment.get("AutoRollbackConfiguration", {})
    return [each["AlarmName"] for each in rollback.get("Alarms", ())]


def advance(record: dict[str, Any], now: float, states: Mapping[str, str]) -> bool:
    """Take an update to where it is ``now``; says whether it is over.

    ``states`` are those of the alarms, by name. An alarm counts while an update bakes, from when
    it is seen. ``shares`` of the record are the times at which another share of the traffic went
    to the new instances.
    """
    while record["at"] < len(record["phases"]):
        phase = phase_of(record)
        if not record["shares"] or record["shares"][-1][1] != phase.serving:
            record["shares"].append([record["since"], phase.serving])
        end = record["since"] + phase.seconds / record["speed"]
        if not record["rolled_back"]:
            trouble = _trouble(record, phase, min(end, now), states)
            if trouble is not None:
                reason, when = trouble
                record.update(rolled_back=True, reason=reason, since=when, at=0)
                record["phases"] = record["back"]
                continue
        if now < end:
            return False
        record.update(since=end, at=record["at"] + 1)
    return True


def _trouble(
    record: dict[str, Any], phase: Phase, until: float, states: Mapping[str, str]
) -> tuple[str | None, float] | None:
    """Why the update is rolled back in this phase and when, None where it is not."""
    end = record["since"] + phase.seconds / record["speed"]
    if record["deadline"] is not None and record["deadline"] <= until:
        said = "The deployment did not finish within MaximumExecutionTimeoutInSeconds."
        return said, max(record["deadline"], record["since"])
    fate = record["fate"]
    if fate is not None and record["at"] == 0 and end <= until:
        return fate["reason"], end
    red = [name for name in record["alarms"] if states.get(name) == "ALARM"]
    if phase.status == "Baking" and red:
        names = ", ".join(red)
        said = f"One or more configured alarm(s) went into ALARM state during deployment: [{names}]"
        return said, until
    return None


def phase_of(record: Mapping[str, Any]) -> Phase:
    """The phase that an update is in."""
    return Phase(**record["phases"][record["at"]])


def pending(record: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """PendingDeploymentSummary of an update; ``types`` are the new instance types by variant."""
    phase = phase_of(record)
    summary: dict[str, Any] = {
        "EndpointConfigName": record["config"],
        "StartTime": record["began"],
        "ProductionVariants": [
            _pending(each, phase, record["since"], types) for each in record["production"]
        ],
    }
    if record["shadow"]:
        summary["ShadowProductionVariants"] = [
            _pending(each, phase, record["since"], types) for each in record["shadow"]
        ]
    return summary


def _pending(
    variant: dict[str, Any], phase: Phase, since: float, types: Mapping[str, str]
) -> dict[str, Any]:
    count = variant.get("DesiredInstanceCount", 0)
    told = {
        **variant,
        "VariantStatus": [
            {
                "Status": phase.status,
                "StatusMessage": phase.message.format(_share(phase.moved, count)),
                "StartTime": since,
            }
        ],
    }
    if "CurrentInstanceCount" in variant:
        # AWS's own example counts the instances that have traffic: 1 while a canary of 1 bakes
        told["CurrentInstanceCount"] = _share(phase.serving, count)
    if variant["VariantName"] in types:
        told["InstanceType"] = types[variant["VariantName"]]
    return told


def _share(share: float, count: int) -> int:
    # thirds of 3 are 1, whatever floats make of it
    return math.ceil(share * count - 1e-9)


def _policy(deployment: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = deployment.get("RollingUpdatePolicy") or deployment.get(
        "BlueGreenUpdatePolicy", ALL_AT_ONCE["BlueGreenUpdatePolicy"]
    )
    return found


def size(capacity: Mapping[str, Any], count: int) -> int:
    """How many of ``count`` instances a CapacitySize means, one at least."""
    if capacity["Type"] == "INSTANCE_COUNT":
        return min(int(capacity["Value"]), count)
    return max(1, _share(capacity["Value"] / 100, count))


def phases(deployment: Mapping[str, Any], count: int) -> list[Phase]:
    """The phases of an update of ``count`` instances that goes well, with AWS's times."""
    if "RollingUpdatePolicy" in deployment:
        return list(_rolling(deployment["RollingUpdatePolicy"], count))
    return list(_blue_green(_policy(deployment), count))


def waits_s(deployment: Mapping[str, Any], count: int) -> float:
    """How long an update bakes in all."""
    return sum(each.seconds for each in phases(deployment, count) if each.status == "Baking")


def _blue_green(policy: Mapping[str, Any], count: int) -> Iterator[Phase]:
    routing = policy["TrafficRoutingConfiguration"]
    steps = [count]
    if routing["Type"] == "CANARY":
        steps = [size(routing["CanarySize"], count), count]
    elif routing["Type"] == "LINEAR":
        step = size(routing["LinearStepSize"], count)
        steps = [*range(step, count, step), count]
    yield Phase(LAUNCH_S, "Creating", "Launching {} instance(s).", 1, 0)
    for on in steps:
        share = on / count if count else 1.0
        what = "full capacity" if on == count else "canary capacity"
        wait, name = routing["WaitIntervalInSeconds"], "WaitIntervalInSeconds"
        if on == count:
            wait, name = policy.get("TerminationWaitInSeconds", 0), "TerminationWaitInSeconds"
        yield from _shifted(what, share, wait, name)
    yield Phase(TERMINATE_S, "Deleting", "Terminating {} instance(s).", 1, 1)


def _rolling(policy: Mapping[str, Any], count: int) -> Iterator[Phase]:
    step = size(policy["MaximumBatchSize"], count)
    done = 0
    while done < count:
        batch = min(step, count - done)
        before, moved = done / count, batch / count
        done += batch
        yield Phase(LAUNCH_S, "Creating", "Launching {} instance(s).", moved, before)
        what = "full capacity" if done == count else "canary capacity"
        wait = policy["WaitIntervalInSeconds"]
        yield from _shifted(what, done / count, wait, "WaitIntervalInSeconds")
        yield Phase(TERMINATE_S, "Deleting", "Terminating {} instance(s).", moved, done / count)


def _shifted(what: str, share: float, wait: float, name: str) -> Iterator[Phase]:
    words = f"on {what} of {{}} instance(s)."
    yield Phase(ACTIVATE_S, "ActivatingTraffic", f"Activating traffic {words}", share, share)
    if wait:
        baking = f"Baking for {wait} seconds ({name}) with traffic enabled {words}"
        yield Phase(wait, "Baking", baking, share, share)


def _rollback(deployment: Mapping[str, Any], count: int) -> list[Phase]:
    """All traffic goes back at once, or batch by batch where a rolling update says so."""
    policy = deployment.get("RollingUpdatePolicy", {})
    batch = policy.get("RollbackMaximumBatchSize")
    if batch is None or size(batch, count) >= count:
        return [Phase(TERMINATE_S, "Deleting", "Terminating {} instance(s).", 1, 0)]
    found: list[Phase] = []
    step, left = size(batch, count), count
    while left:
        moved = min(step, left) / count
        found.append(Phase(LAUNCH_S, "Creating", "Launching {} instance(s).", moved, left / count))
        left -= min(step, left)
        ended = "Terminating {} instance(s)."
        found.append(Phase(TERMINATE_S, "Deleting", ended, moved, left / count))
    return found
