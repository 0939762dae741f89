"""How is the state after a plan written as a CloudFormation template?

A template says what is to be, not what to do: only a plan that puts one endpoint on one config can
be said so. Names of properties are those of the API
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SageMaker.html).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actions.steps import Plan, Rehearsal

_SAYS = {"CreateEndpointConfig", "UpdateEndpoint", "PutMetricAlarm", "SetAlarmState"}


@dataclass(frozen=True, slots=True)
class Stated:
    """What a plan brings about: alarms, a config (None where it exists) and the endpoint."""

    alarms: tuple[Mapping[str, Any], ...]
    config: Mapping[str, Any] | None
    endpoint: Mapping[str, Any]


def stated(plan: Plan) -> Stated | str:
    """A plan as a state; a sentence where it is more than that."""
    made: dict[str, list[Mapping[str, Any]]] = {name: [] for name in _SAYS}
    for call in plan.calls:
        made.setdefault(call.operation, []).append(call.parameters)
    rehearsed = any(isinstance(step, Rehearsal) for step in plan.steps)
    if made.keys() != _SAYS or rehearsed or len(made["UpdateEndpoint"]) != 1:
        return (
            "A template says what is to be. This plan is a sequence of steps, each of which waits "
            "for the one before: run it as a script instead."
        )
    configs = made["CreateEndpointConfig"]
    return Stated(
        tuple(made["PutMetricAlarm"]), configs[0] if configs else None, made["UpdateEndpoint"][0]
    )


def cloudformation(plan: Plan) -> str:
    """A CloudFormation template in JSON, which is YAML too; comments alone where it cannot be one.

    Everything in it outlives the stack: an endpoint that exists has to be imported, and configs
    that were replaced are what a rollback goes back to.
    """
    found = stated(plan)
    if isinstance(found, str):
        return f"# {found}\n"
    resources: dict[str, Any] = {}
    for at, alarm in enumerate(found.alarms, start=1):
        resources[f"Alarm{at}"] = _resource("CloudWatch::Alarm", alarm)
    endpoint = dict(found.endpoint)
    if found.config is not None:
        resources["Config"] = _resource("SageMaker::EndpointConfig", found.config)
        endpoint["EndpointConfigName"] = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    needs = [name for name in resources if name.startswith("Alarm")]
    resources["Endpoint"] = _resource("SageMaker::Endpoint", endpoint)
    if needs:
        resources["Endpoint"]["DependsOn"] = needs
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": (
            f"{plan.target} on {plan.config_name}. The endpoint exists: import it into the stack "
            "first. Keep the config it runs now, for a rollback."
        ),
        "Resources": resources,
    }
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def _resource(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Type": f"AWS::{kind}",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": dict(properties),
    }
