"""What came of an update of an endpoint, in a sentence, and what is to be done?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from queries.alarm_history import Fired
    from queries.updates import Outcome


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, and a remedy: "" where there is nothing to do."""

    sentence: str
    remedy: str = ""


def said(outcome: Outcome, answer: Mapping[str, Any], wanted: str, alarms: Sequence[Fired]) -> Said:
    """The sentences of an outcome; ``answer`` is DescribeEndpoint's."""
    name, status = answer["EndpointName"], answer["EndpointStatus"]
    in_force = answer["EndpointConfigName"]
    reason = (answer.get("FailureReason") or "").strip()
    because = f" SageMaker's reason: {reason}" if reason else ""
    old = f"{name} serves by {in_force}, not by {wanted}"
    red = [each.name for each in alarms if each.still]
    pending = answer.get("PendingDeploymentSummary") or {}
    match outcome:
        case "succeeded":
            return Said(f"{name} serves by {wanted}, and nothing is pending.")
        case "in_progress" if red:
            return Said(
                f"{_names(red, 'is', 'are')} in ALARM: SageMaker goes back to {in_force}, at once "
                "or when the new fleet bakes.",
                "Wait until it is back, and look at what set the alarm off.",
            )
        case "in_progress" if pending:
            return Said(f"{name} is being updated to {wanted}; until then {in_force} is in force.")
        case "in_progress":
            return Said(f"SageMaker says {status} of {name}, and does not show yet what it does.")
        case "rolled_back_by_alarm":
            names = [each.name for each in alarms]
            fired = _names(names, "went", "went") if names else "An alarm went"
            return Said(
                f"{fired} into ALARM, and SageMaker took the update back: {old}.{because}",
                "Look at the alarm's metric on the new fleet; when the cause is gone, plan anew.",
            )
        case "silently_rolled_back":
            return Said(
                f"The update did not last, and SageMaker gives no reason: {old}, though it is "
                "InService.",
                "Look in the new variant's log in CloudWatch (/aws/sagemaker/Endpoints/"
                f"{name}) whether its container started, and at the quota of its instances.",
            )
        case "timed_out":
            return Said(
                f"The update took longer than its timeout and was taken back: {old}.{because}",
                "Allow more time, or shorter waits, and plan anew.",
            )
        case "update_rollback_failed":
            return Said(
                f"The update failed, and so did taking it back: {name} serves with instances of "
                f"both configs.{because}",
                "Repair it: only another update, to a config that works, brings it in order.",
            )
        case "system_updating":
            return Said(
                f"AWS maintains {name}, which cannot be updated until that is over; {in_force} is "
                "in force.",
                "Wait: what came of the update shows afterwards.",
            )
        case "replaced_by_other":
            return _replaced(name, status, in_force, wanted, pending)
        case "failed" if status in ("Failed", "OutOfService"):
            return Said(
                f"{name} is {status} and serves nothing.{because}",
                "SageMaker takes no update of it any more: it has to be deleted and created anew."
                if status == "Failed"
                else "Look at the reason, then update it to a config that works.",
            )
        case "failed":
            return Said(
                f"The update failed: {old}.{because}", "Remove the cause that is named, plan anew."
            )


def another_model(wanted: str, has: str, model: str) -> Said:
    """The sentences where a config of the right name has another model than was planned."""
    return Said(
        f"{wanted} is in force, but its production variant has the model {has}, not {model}.",
        "Somebody made a config of that name: look at it before anything else is changed.",
    )


def _replaced(
    name: str, status: str, in_force: str, wanted: str, pending: Mapping[str, Any]
) -> Said:
    if status == "Deleting":
        return Said(f"{name} is being deleted.", "Find out in CloudTrail who asked for that.")
    if pending:
        other = pending["EndpointConfigName"]
        told = f"{name} is being updated to {other}, not to {wanted}: another update has begun."
    else:
        told = f"{name} serves by {in_force}, not by {wanted}: it was updated by somebody else."
    return Said(told, "Find out in CloudTrail who did that, and look again at what runs.")


def _names(names: Sequence[str], one: str, several: str) -> str:
    *first, last = names
    if not first:
        return f"The alarm {last} {one}"
    return f"The alarms {', '.join(first)} and {last} {several}"
