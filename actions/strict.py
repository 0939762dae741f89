"""Would AWS take this request, as its service model and as its pages describe it?

Every request is looked at before the first one is sent: a plan that AWS would refuse half-way
through is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actions.plans.strategies import SIZES, Kind
from queries.shapes import Misfit, misfits


def faults(service: str, operation: str, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """What AWS would refuse in a request: a sentence for each fault, naming its place.

    ``service`` and ``operation`` are botocore's names. What depends on the number of instances
    is not in a request; :func:`actions.plans.strategies.faults` looks at that.

    Raises
    ------
    botocore.exceptions.UnknownServiceError, botocore.model.OperationNotFoundError
    """
    found = [_sentence(operation, each) for each in misfits(service, operation, parameters)]
    deployment = parameters.get("DeploymentConfig")
    # an inference component's DeploymentConfig is another thing by the same name
    if not found and deployment is not None and operation in ("CreateEndpoint", "UpdateEndpoint"):
        found = [f"{operation}: {fault}" for fault in _deployment_faults(deployment)]
    return tuple(found)


def _sentence(operation: str, misfit: Misfit) -> str:
    place = f"{operation}: {_place(misfit.path) or 'the request'}"
    bound = misfit.bound
    if misfit.rule == "missing":
        return f"{place} is missing."
    if misfit.rule == "unknown":
        return f"{place} is no parameter of it."
    if misfit.rule == "type":
        return f"{place} is {type(misfit.value).__name__}, not {bound}."
    if misfit.rule == "one_of":
        return f"{place} takes exactly one of {', '.join(bound)}."
    shown = f"{misfit.value!r:.80}"
    if misfit.rule in ("min", "max"):
        most = "at least" if misfit.rule == "min" else "at most"
        if misfit.sized:
            size = len(misfit.value)  # type: ignore[arg-type]
            return f"{place} has length {size}; AWS takes {most} {bound}."
        return f"{place} is {shown}; AWS takes {most} {bound}."
    if misfit.rule == "enum":
        known = ", ".join(bound) if len(bound) <= 12 else f"one of {len(bound)} known values"
        return f"{place} is {shown}; AWS takes {known}."
    return f"{place} is {shown}, which does not match {bound}."


def _place(path: tuple[str | int, ...]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f"{'.' if text else ''}{step}"
    return text


def _deployment_faults(document: Mapping[str, Any]) -> Iterator[str]:
    policies = [
        name for name in ("BlueGreenUpdatePolicy", "RollingUpdatePolicy") if name in document
    ]
    if len(policies) > 1:
        yield f"DeploymentConfig takes one policy, not {' and '.join(policies)}."
    for name in policies:
        policy = document[name]
        routing = policy.get("TrafficRoutingConfiguration", policy)
        kind: Kind = "rolling" if routing is policy else routing["Type"].lower()
        yield from _policy_faults(f"DeploymentConfig.{name}", kind, policy, routing)


def _policy_faults(
    place: str, kind: Kind, policy: Mapping[str, Any], routing: Mapping[str, Any]
) -> Iterator[str]:
    sizes = {"canary": "CanarySize", "linear": "LinearStepSize", "rolling": "MaximumBatchSize"}
    wanted = sizes.get(kind)
    for name in sizes.values():
        if (name in routing) != (name == wanted):
            yield f"{place} of type {kind} {'lacks' if name == wanted else 'has no'} {name}."
    size = routing.get(wanted or "")
    if size is not None and size["Type"] == "CAPACITY_PERCENT":
        least, most = SIZES[kind]
        if not least <= size["Value"] <= most:
            yield f"{place}.{wanted} is {size['Value']} %; AWS takes {least} to {most} %."
    waits = routing["WaitIntervalInSeconds"] + policy.get("TerminationWaitInSeconds", 0)
    timeout = policy.get("MaximumExecutionTimeoutInSeconds")
    if timeout is not None and timeout <= waits:
        yield f"{place} times out after {timeout} s, and waits for {waits} s."
