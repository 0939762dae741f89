"""How does traffic move from the old fleet to the new, and would AWS move it so?

Four ways, AWS's own (https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html):
all at once, a canary first, in linear steps, or in rolling batches. The service model of botocore
knows the limits of each number alone; what stands only in AWS's prose is held here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from queries.live import Live

Kind = Literal["all_at_once", "canary", "linear", "rolling"]

SIZES: dict[Kind, tuple[int, int]] = {"canary": (1, 50), "linear": (10, 50), "rolling": (5, 50)}
"""The least and the largest step, in percent of a variant's instances.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html and
API_RollingUpdatePolicy.html
"""
LONGEST_WAIT_S = 3_600
TIMEOUTS_S = (600, 28_800)
MOST_ALARMS = 10
LAUNCH_S = 1_800
"""Room that a timeout of ours leaves for instances to start, once for each fleet or batch."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """How an endpoint is updated. As it stands: AWS's own example of a canary.

    ``size`` is the canary, the linear step or the batch, in ``unit``; all at once has none.
    ``wait_s`` is how long alarms are watched after each step but the last, ``final_wait_s`` how
    long the old fleet is kept after the last (a rolling update keeps none). ``timeout_s`` None is
    one that fits. ``alarms`` are names: any in ALARM while it is watched rolls everything back.
    """

    kind: Kind = "canary"
    size: int = 30
    unit: Literal["percent", "instances"] = "percent"
    wait_s: int = 600
    final_wait_s: int = 600
    alarms: tuple[str, ...] = ()
    timeout_s: int | None = None

    @property
    def waits(self) -> bool:
        """Is there a time in which alarms are watched?"""
        after_each = self.kind != "all_at_once" and self.wait_s > 0
        return after_each or (self.kind != "rolling" and self.final_wait_s > 0)

    def steps(self, instances: int) -> tuple[int, ...]:
        """How many instances serve after each step, out of those of the new fleet.

        AWS does not say how it rounds a percentage; here a step is rounded up to an instance.
        """
        if self.kind == "all_at_once" or instances < 1:
            return (instances,)
        step = self.size if self.unit == "instances" else instances * self.size / 100
        first = min(max(1, math.ceil(step)), instances)
        if self.kind == "canary":
            return (first, instances) if first < instances else (instances,)
        return (*range(first, instances, first), instances)

    def waits_s(self, instances: int) -> int:
        """The sum of all waits in seconds: what a timeout has to be longer than."""
        return sum(wait for _, wait in self._waited(instances))

    def default_timeout_s(self, instances: int) -> int:
        """A timeout in seconds longer than the waits, with room for each fleet or batch to start.

        At most AWS's own limit, which too many long waits may reach all by themselves.
        """
        launches = len(self.steps(instances)) if self.kind == "rolling" else 1
        least, most = TIMEOUTS_S
        return min(max(self.waits_s(instances) + launches * LAUNCH_S, least), most)

    def timeline(self, instances: int) -> tuple[str, ...]:
        """What happens when, in words: one phrase for each step, with its minutes."""
        *first, (_, last) = self._waited(instances)
        told = [
            f"{serving} of {instances} new instances serve{_for(wait)}" for serving, wait in first
        ]
        told.append(
            f"all {instances} serve{_for(last)}" if instances > 1 else f"it serves{_for(last)}"
        )
        if self.kind == "rolling":
            return tuple(told)
        begin = "1 new instance starts" if instances == 1 else f"{instances} new instances start"
        return (f"{begin}, without traffic", *told, "the old instances end")

    def deployment_config(self, instances: int) -> dict[str, Any]:
        """``DeploymentConfig`` of UpdateEndpoint, for a variant of so many instances."""
        timeout = self.timeout_s or self.default_timeout_s(instances)
        words = {"percent": "CAPACITY_PERCENT", "instances": "INSTANCE_COUNT"}
        size = {"Type": words[self.unit], "Value": self.size}
        if self.kind == "rolling":
            document: dict[str, Any] = {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": size,
                    "WaitIntervalInSeconds": self.wait_s,
                    "MaximumExecutionTimeoutInSeconds": timeout,
                }
            }
        else:
            routing: dict[str, Any] = {"Type": self.kind.upper(), "WaitIntervalInSeconds": 0}
            if self.kind != "all_at_once":
                routing["WaitIntervalInSeconds"] = self.wait_s
                routing["CanarySize" if self.kind == "canary" else "LinearStepSize"] = size
            document = {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": routing,
                    "TerminationWaitInSeconds": self.final_wait_s,
                    "MaximumExecutionTimeoutInSeconds": timeout,
                }
            }
        if self.alarms:
            names = [{"AlarmName": name} for name in self.alarms]
            document["AutoRollbackConfiguration"] = {"Alarms": names}
        return document

    def _waited(self, instances: int) -> Iterator[tuple[int, int]]:
        """Instances that serve after each step, and the seconds waited there."""
        *first, last = self.steps(instances)
        yield from ((serving, self.wait_s) for serving in first)
        yield last, self.wait_s if self.kind == "rolling" else self.final_wait_s


def faults(strategy: Strategy, live: Live, *, instances: int | None = None) -> tuple[str, ...]:
    """Why AWS would refuse to move this endpoint's traffic so, or not do what it says.

    One sentence for each fault, none where there is none. ``instances`` is how many the promoted
    variant would have, where not as many as now; what else serves in production counts as it is.
    """
    production = [variant for variant in live.variants if not variant.shadow]
    fewest = live.production.desired_instances if instances is None else instances
    others = [each.desired_instances for each in production if each.name != live.production.name]
    return tuple(_faults(strategy, min([fewest, *others]), len(production)))


def _faults(strategy: Strategy, instances: int, variants: int) -> Iterator[str]:
    kind = strategy.kind
    if instances == 0 and (kind != "all_at_once" or strategy.waits or strategy.alarms):
        yield (
            "A variant without instances of its own (serverless, or scaled to zero) changes all "
            "at once, without waits and alarms."
        )
        return
    if kind == "rolling" and variants > 1:
        yield "A rolling update takes one production variant, and this endpoint has more."
    if kind in SIZES and instances < 2:
        yield (
            f"{_named(kind)} needs at least 2 instances, and there is {instances}: take all at "
            "once with a long final wait."
        )
    elif kind in SIZES:
        yield from _size_faults(strategy, instances)
    yield from _wait_faults(strategy, instances)
    yield from _alarm_faults(strategy)


def _size_faults(strategy: Strategy, instances: int) -> Iterator[str]:
    least, most = SIZES[strategy.kind]
    percent = strategy.size if strategy.unit == "percent" else strategy.size / instances * 100
    if not least <= percent <= most or strategy.size < 1:
        asked = (
            f"{strategy.size} %"
            if strategy.unit == "percent"
            else (f"{strategy.size} of {instances} instances")
        )
        bounds = f"at most {most} %" if least == 1 else f"{least} to {most} %"
        yield f"{_named(strategy.kind)} may move {bounds} of the instances at a time, not {asked}."


def _wait_faults(strategy: Strategy, instances: int) -> Iterator[str]:
    waits = {"wait": strategy.wait_s, "final wait": strategy.final_wait_s}
    if strategy.kind == "all_at_once":
        del waits["wait"]
    if strategy.kind == "rolling":
        del waits["final wait"]
    for name, seconds in waits.items():
        if not 0 <= seconds <= LONGEST_WAIT_S:
            yield f"The {name} is {seconds} s; AWS takes 0 to {LONGEST_WAIT_S} s."
    timeout = strategy.timeout_s or strategy.default_timeout_s(instances)
    least, most = TIMEOUTS_S
    if not least <= timeout <= most:
        yield f"The timeout is {timeout} s; AWS takes {least} to {most} s."
    waited = strategy.waits_s(instances)
    if timeout <= waited:
        yield (
            f"The timeout of {timeout} s must be longer than all waits together, {waited} s over "
            f"{len(strategy.steps(instances))} steps."
        )


def _alarm_faults(strategy: Strategy) -> Iterator[str]:
    if strategy.waits and not strategy.alarms:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
        yield (
            f"Nothing would be watched while waiting: name 1 to {MOST_ALARMS} alarms, or wait 0 s."
        )
    if len(strategy.alarms) > MOST_ALARMS:
        yield f"{len(strategy.alarms)} alarms are named; AWS takes {MOST_ALARMS}."
    twice = sorted({name for name in strategy.alarms if strategy.alarms.count(name) > 1})
    if twice:
        yield f"Alarms are named twice: {', '.join(twice)}."
    for name in strategy.alarms:
        if not name.strip() or len(name) > 255:
            yield f"An alarm's name has 1 to 255 characters, not {len(name)}: {name[:20]!r}."


def _named(kind: Kind) -> str:
    names = {"canary": "A canary", "linear": "A linear update", "rolling": "A rolling update"}
    return names[kind]


def _for(seconds: int) -> str:
    if not seconds:
        return ""
    return f" for {seconds / 60:.3g} min" if seconds >= 60 else f" for {seconds} s"
