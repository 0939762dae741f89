"""How is an update that goes on brought back, though no call of AWS cancels one?

Each update of ours names an alarm of its own that never fires by itself. Set to ALARM by hand, it
has SageMaker roll back; but alarms are looked at only while a fleet bakes
(https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.plans.alarms import abort_call, abort_name
from actions.standings import unfinished
from actions.steps import Call, Plan
from queries.errors import NotDone
from queries.updates import look

if TYPE_CHECKING:
    from actions.fingerprints import Clients
    from actions.ledger import Ledger
    from actions.standings import Standing

ONLY_BAKING = (
    "SageMaker looks at the alarm only while a fleet bakes: while instances start, and once the "
    "last bake is over, it does not act."
)


def abort_plan(target: str, *, ledger: Ledger, client_of: Clients, reason: str) -> Plan:
    """The plan that aborts the update of ours that goes on at an endpoint.

    ``actions.execute.execute`` carries it out beside that update, and asks for no typed name.

    Raises
    ------
    NotDone
        When none does, or it was begun without an alarm to abort by.
    SourceError
        When the audit or the endpoint cannot be read.
    """
    going = next(filter(None, map(_update, unfinished(ledger.read(target)))), None)
    if going is None:
        raise NotDone(
            f"No update of {target} that was begun from here goes on, so there is none to abort. "
            "Once an update is over, going back is a rollback."
        )
    wanted, alarms = going
    seen = look(client_of("sagemaker"), target, wanted)
    if seen.outcome != "in_progress" or seen.rollout is None:
        raise NotDone(f"There is nothing to abort. {seen.sentence}")
    if abort_name(target, wanted) not in alarms:
        raise NotDone(
            f"The update of {target} to {wanted} was begun without an alarm to abort by, for it "
            "waits for nothing. Wait until it is over, and roll back."
        )
    baking = seen.rollout.phase == "baking"
    return Plan(
        action="abort",
        target=target,
        fingerprint="",
        steps=(abort_call(target, wanted, reason),),
        now={"EndpointConfigName": seen.in_force, "Pending": wanted},
        after={"EndpointConfigName": seen.in_force},
        config_name=seen.in_force,
        previous=wanted,
        notes=(
            ONLY_BAKING,
            "It bakes now: SageMaker goes back within moments."
            if baking
            else f"It is {seen.rollout.phase} now: SageMaker goes back when it next bakes.",
        ),
    )


def _update(standing: Standing) -> tuple[str, tuple[str, ...]] | None:
    """The config and the alarms of the update that a change has asked for, None before it has."""
    for number, step in enumerate(standing.plan.steps):
        begun = any(record.step == number for record in standing.records)
        if begun and isinstance(step, Call) and step.operation == "UpdateEndpoint":
            asked = step.parameters
            rules = asked.get("DeploymentConfig", {}).get("AutoRollbackConfiguration", {})
            alarms = tuple(each["AlarmName"] for each in rules.get("Alarms", ()))
            return asked["EndpointConfigName"], alarms
    return None
