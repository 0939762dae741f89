"""Is what a plan waits for so, is it still to come, or will it never be?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from actions.effects import endpoint_status
from actions.steps import Wait
from queries.reading_live import read_live
from queries.updates import look

if TYPE_CHECKING:
    from datetime import datetime

    from actions.fingerprints import Clients
    from actions.steps import Plan

_LOST = ("Failed", "OutOfService", "UpdateRollbackFailed", "Deleting")


@dataclass(frozen=True, slots=True)
class Settled:
    """What a look showed, and in a sentence.

    ``config`` is the endpoint config in force, where AWS was to name it.
    """

    state: Literal["so", "going on", "not so"]
    sentence: str
    config: str = ""


def settled(plan: Plan, wait: Wait, began: datetime, client_of: Clients) -> Settled:
    """Look whether what ``wait`` is for is so; ``began`` is when the call before it was sent.

    Raises
    ------
    SourceError
        When AWS refuses to say.
    """
    if wait.until == "gone":
        status = endpoint_status(wait.target, client_of("sagemaker"))
        if status is None:
            return Settled("so", f"{wait.target} is gone.")
        return Settled("going on", f"{wait.target} is {status}, and not gone yet.")
    if not wait.wanted:
        return _in_service(wait.target, client_of)
    ours = wait.target == plan.target
    found = look(
        client_of("sagemaker"),
        wait.target,
        wait.wanted,
        before=plan.previous if ours else "",
        model=_model(plan) if ours else None,
        began=began,
        cloudwatch=client_of("cloudwatch"),
    )
    if found.outcome == "succeeded":
        return Settled("so", found.sentence)
    sentence = " ".join(filter(None, (found.sentence, found.remedy)))
    return Settled("not so" if found.over else "going on", sentence)


def _in_service(endpoint: str, client_of: Clients) -> Settled:
    """Of an endpoint that an inference experiment changes, to a config of AWS's own."""
    live = read_live(client_of("sagemaker"), endpoint)
    doing = live.experiment["Status"] if live.experiment is not None else ""
    if live.status in _LOST:
        return Settled("not so", f"{endpoint} is {live.status}.")
    if live.status != "InService" or live.pending is not None or doing not in ("", "Running"):
        told = f", its inference experiment {doing}" if doing else ""
        return Settled("going on", f"{endpoint} is {live.status}{told}.")
    told = f"{endpoint} is in service with {live.config_name}."
    return Settled("so", told, live.config_name)


def _model(plan: Plan) -> str | None:
    """The model that production is to have in the end, where the plan says."""
    for variant in plan.after.get("ProductionVariants") or ():
        model: str | None = variant.get("ModelName")
        return model
    return None
