"""Is what a plan waits for so, is it still to come, or will it never be?

That an endpoint is in service says nothing by itself: it is after a change was taken back, and
before one shows. So what was asked for before the wait must be seen as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from actions.effects import effect, endpoint_answer, endpoint_status
from actions.steps import Call, Wait
from queries.reading_live import read_live
from queries.updates import look, unseen

if TYPE_CHECKING:
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
        return _shown(plan, wait, began, client_of, _in_service(plan, wait, client_of))
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
        return _shown(plan, wait, began, client_of, Settled("so", found.sentence))
    sentence = " ".join(filter(None, (found.sentence, found.remedy)))
    return Settled("not so" if found.over else "going on", sentence)


def _shown(plan: Plan, wait: Wait, began: datetime, client_of: Clients, found: Settled) -> Settled:
    """What seems to be so is so where what was asked for before it shows as well."""
    before = plan.steps[: plan.steps.index(wait)]
    call = next((each for each in reversed(before) if isinstance(each, Call)), None)
    if found.state != "so" or call is None:
        return found
    if effect(call, client_of, untouched=False) == "took effect":
        return found
    answer = endpoint_answer(wait.target, client_of("sagemaker"))
    if answer is not None and unseen(answer["LastModifiedTime"], began, datetime.now(UTC)):
        told = f"{wait.target} does not show yet what {call.operation} asked for."
        return Settled("going on", told)
    return Settled(
        "not so",
        f"{found.sentence} What {call.operation} asked for is not so: AWS took it back, or "
        "somebody changed it since.",
    )


def _in_service(plan: Plan, wait: Wait, client_of: Clients) -> Settled:
    """Of an endpoint that an inference experiment changes, to a config of AWS's own."""
    endpoint = wait.target
    live = read_live(client_of("sagemaker"), endpoint)
    doing = live.experiment["Status"] if live.experiment is not None else ""
    if live.status in _LOST:
        return Settled("not so", f"{endpoint} is {live.status}.")
    if live.status != "InService" or live.pending is not None or doing not in ("", "Running"):
        told = f", its inference experiment {doing}" if doing else ""
        return Settled("going on", f"{endpoint} is {live.status}{told}.")
    told = f"{endpoint} is in service with {live.config_name}"
    last = [each for each in plan.steps if isinstance(each, Wait) and each.target == endpoint][-1]
    models = (live.production.model, live.shadow.model if live.shadow is not None else "")
    wanted = (_model(plan), _model(plan, "ShadowProductionVariants") or "")
    if wait == last and wanted[0] is not None and models != wanted:
        return Settled(
            "not so",
            f"{told}, and runs {_told(*models)}, not {_told(*wanted)}: AWS took it back, or "
            "somebody changed it since.",
        )
    return Settled("so", f"{told}.", live.config_name)


def _model(plan: Plan, side: str = "ProductionVariants") -> str | None:
    """The model that a side is to have in the end, where the plan says."""
    for variant in plan.after.get(side) or ():
        model: str | None = variant.get("ModelName")
        return model
    return None


def _told(production: str | None, shadow: str) -> str:
    return f"{production} with {f'the shadow {shadow}' if shadow else 'no shadow'}"
