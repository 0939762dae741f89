"""How is a promotion rehearsed on an endpoint of its own first, and what does that cost?

A second, green endpoint is started with the new config and sent captured requests. When it answers
as it should, production is updated to the same config, and the green endpoint is deleted. Nobody's
requests go to it: no name and no caller changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.plans.differences import changes
from actions.plans.names import LONGEST
from actions.steps import Call, Plan, Rehearsal, Step, Wait
from queries.errors import NotDone
from queries.live import Live

MARK = "-green-"
"""What the name of every green endpoint has in it; only such endpoints are ever deleted."""

MOST_REQUESTS = 1_000


def blue_green(
    promotion: Plan,
    live: Live,
    *,
    requests: int,
    least: float,
    prices: Mapping[str, float],
    currency: str,
) -> Plan:
    """A promotion with a rehearsal of ``requests`` captured ones before it.

    At least the share ``least`` of them must be answered as production answered, else the plan
    ends there, with production untouched. ``prices`` are those of an hour by instance type.

    Raises
    ------
    NotDone
        When the plan given is no promotion, or the number or the share is none.
    """
    create = next((c for c in promotion.calls if c.operation == "CreateEndpointConfig"), None)
    if promotion.action != "promote" or create is None:
        raise NotDone("Only a promotion to a new endpoint config can be rehearsed.")
    if not 1 <= requests <= MOST_REQUESTS:
        raise NotDone(f"A rehearsal sends 1 to {MOST_REQUESTS:,} requests, not {requests:,}.")
    if not 0 <= least <= 1:
        raise NotDone("The share that must agree is between 0 and 1.")
    green, config = green_name(live.endpoint, promotion.config_name), promotion.config_name
    started: dict[str, Any] = {"EndpointName": green, "EndpointConfigName": config}
    if "Tags" in create.parameters:
        started["Tags"] = create.parameters["Tags"]
    before: tuple[Step, ...] = (
        create,
        Call("sagemaker", "CreateEndpoint", started, f"Starts the green endpoint {green}."),
        Wait("settled", green, config, f"Until {green} is in service."),
        Rehearsal(
            green,
            requests,
            least,
            f"Sends {green} up to {requests:,} captured requests: at least {100 * least:g} % must "
            "be answered as production answered.",
        ),
    )
    rest = tuple(step for step in promotion.steps if step is not create)
    return replace(
        promotion,
        action="blue_green",
        steps=(*before, *rest, *_retired(green)),
        notes=(
            *promotion.notes,
            _cost(create.parameters["ProductionVariants"], prices, currency),
            f"Where the rehearsal fails, {green} is left running for a look at it, and costs until "
            "it is removed on the page Deploy.",
            f"What the rehearsal sends is captured as {green}'s, not as {live.endpoint}'s.",
        ),
    )


def retire(planned: Plan) -> Plan:
    """What removes the green endpoint of a plan that ended before it did; production is left alone.

    It rests on nothing that production runs, and so can be done whatever that is.

    Raises
    ------
    NotDone
        When the plan is none with a green endpoint.
    """
    if planned.action != "blue_green" or not planned.config_name:
        raise NotDone("This plan started no green endpoint.")
    green = green_name(planned.target, planned.config_name)
    now = {"EndpointName": green, "EndpointConfigName": planned.config_name}
    return Plan(
        action="remove_green",
        target=planned.target,
        fingerprint="",
        steps=_retired(green),
        now=now,
        after={},
        changes=changes(now, {}),
        notes=(
            f"{planned.target} is not touched; the config {planned.config_name} and its models "
            "stay.",
        ),
    )


def green_name(endpoint: str, config: str) -> str:
    """The green endpoint of a config, within AWS's 63 characters."""
    suffix = MARK + hashlib.sha256(f"{endpoint} {config}".encode()).hexdigest()[:8]
    return endpoint[: LONGEST - len(suffix)].rstrip("-") + suffix


def _retired(green: str) -> tuple[Step, ...]:
    return (
        Call(
            "sagemaker",
            "DeleteEndpoint",
            {"EndpointName": green},
            f"Deletes the green endpoint {green}; config and models stay.",
        ),
        Wait("gone", green, purpose=f"Until {green} is gone and costs nothing more."),
    )


def _cost(variants: list[Mapping[str, Any]], prices: Mapping[str, float], currency: str) -> str:
    fleets = [
        (v["InstanceType"], v["InitialInstanceCount"]) for v in variants if "InstanceType" in v
    ]
    if not fleets:
        return "The green endpoint is serverless, and costs what its requests do."
    told = ", ".join(f"{count} × {machine}" for machine, count in fleets)
    beside = f"The green endpoint runs {told} beside production until it is deleted"
    if any(machine not in prices for machine, _ in fleets):
        return f"{beside}; what an hour of them costs is not known here."
    hourly = sum(count * prices[machine] for machine, count in fleets)
    return (
        f"{beside}: {hourly:,.2f} {currency} an hour. While production is updated as well, its "
        "new fleet runs a third time the same."
    )
