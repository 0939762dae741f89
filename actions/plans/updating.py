"""How is an endpoint put on a config: which alarms first, and which request?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions import strict
from actions.plans.alarms import Guard, abort_alarm, alarm_names, guards
from actions.plans.strategies import Strategy, faults
from actions.steps import Call, Step, Wait
from queries.errors import NotDone
from queries.live import Live

READ_ONLY = ("EndpointConfigArn", "CreationTime", "ResponseMetadata")
"""What DescribeEndpointConfig answers and CreateEndpointConfig does not take."""

_RETAINED = {
    "RetainAllVariantProperties": True,
    "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
}


def written(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a config's description was once asked for."""
    return {name: value for name, value in config.items() if name not in READ_ONLY}


def serving(config: Mapping[str, Any]) -> int:
    """Instances that the first production variant of a config starts with; 0 if serverless."""
    return int(config["ProductionVariants"][0].get("InitialInstanceCount", 0))


def guarded(live: Live, strategy: Strategy, name: str, guard: Guard | None) -> Strategy:
    """The strategy with the alarms that are made for it: its guards, and the one to abort by.

    A strategy that waits for nothing is watched by none: alarms count only during waits.
    """
    if not strategy.waits:
        return strategy
    made = alarm_names(live.endpoint, name, guard)
    return replace(strategy, alarms=(*strategy.alarms, *made))


def update(
    live: Live,
    config: Mapping[str, Any],
    strategy: Strategy,
    *,
    guard: Guard | None,
    retain: bool,
    purpose: str,
) -> tuple[tuple[Call, ...], Call, Wait]:
    """The alarms to make first, the request, and what to wait for.

    ``config`` is what is to be in force. With ``retain`` the variants keep as many instances as
    they have, whatever the config says; without, they start with those of the config.

    Raises
    ------
    NotDone
        When AWS would not move the traffic so; the message is all reasons.
    """
    name = config["EndpointConfigName"]
    instances = live.production.desired_instances if retain else serving(config)
    strategy = guarded(live, strategy, name, guard)
    wrong = faults(strategy, live, instances=instances)
    if wrong:
        raise NotDone(" ".join(wrong))
    alarms: tuple[Call, ...] = ()
    if strategy.waits:
        if guard is not None:
            alarms = guards(live.endpoint, live.production.name, name, guard)
        alarms += abort_alarm(live.endpoint, name)
    parameters: dict[str, Any] = {"EndpointName": live.endpoint, "EndpointConfigName": name}
    parameters |= _RETAINED if retain else {"RetainAllVariantProperties": False}
    if instances:
        # deployment guardrails are for instances; a serverless variant is replaced at once
        parameters["DeploymentConfig"] = strategy.deployment_config(instances)
    call = Call("sagemaker", "UpdateEndpoint", parameters, purpose, idempotent=False)
    after = Wait(
        "settled", live.endpoint, name, f"{live.endpoint} is in service with {name} and no other."
    )
    return alarms, call, after


def accepted(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps, all of whose requests AWS would take.

    Raises
    ------
    NotDone
        When it would not take one.
    """
    calls = [step for step in steps if isinstance(step, Call)]
    wrong = [
        fault
        for call in calls
        for fault in strict.faults(call.service, call.operation, call.parameters)
    ]
    if wrong:
        raise NotDone(" ".join(wrong))
    return steps


def second_fleet(count: int, live: Live) -> str:
    """Say that so many instances start while those that serve still run."""
    start = "1 new instance starts" if count == 1 else f"{count} new instances start"
    old = live.production.instances
    serving = "the 1 that serves" if old == 1 else f"the {old} that serve"
    return f"{start} beside {serving}; the account's quota must allow both."
