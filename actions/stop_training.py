"""May this training job be stopped, what will that do, and was it stopped?

SageMaker sends the algorithm SIGTERM and gives it 120 s to save
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from actions import audit
from actions.people import may
from queries import aws as account
from queries.errors import NotDone
from queries.trials.jobs import describe

if TYPE_CHECKING:
    from actions.people import Person
    from queries.config import Aws, Config
    from queries.config_actions import Action
    from queries.trials.jobs import Job

NAME: Action = "stop_training"
CALL = "sagemaker:StopTrainingJob"
SAVES_S = 120
"""How long SageMaker lets a job save before it is ended."""

_LONGEST_REASON = 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done: one call, on the job that was shown, which ``created`` tells apart."""

    job: str
    created: datetime
    call: str
    role: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """AWS took the call; the job then stops by itself. ``note`` says what could not be recorded."""

    job: str
    at: datetime
    request_id: str
    note: str = ""


def hindrance(config: Config, job: Job | None, by: Person) -> str | None:
    """Why the job cannot be stopped from here, as far as is known without asking; None if it can.

    Nothing can, unless the configuration allows it.
    """
    refused = may(by, NAME, config, datetime.now(UTC))
    if refused is not None:
        return refused
    if job is None:
        return "Which training job wrote this trial is not known; name its `job` in [trials.NAME]."
    if not job.running:
        return f"{job.name} does not run any more: SageMaker says {job.status}."
    return None


def plan(config: Config, job: Job) -> Plan:
    """What stopping a job will do; nothing is asked for it."""
    acting = _acting(config)
    return Plan(job.name, job.created, CALL, acting.role_arn or "the one that reads")


def stop(config: Config, planned: Plan, *, reason: str, typed: str, by: Person) -> Receipt:
    """Stop the job that was shown; ``typed`` is its name, as a person typed it.

    It is written down before AWS is asked; where that is not possible, AWS is not asked.

    Raises
    ------
    NotDone
        When it is not allowed or not confirmed, the job is another one or does not run any more,
        somebody stopped it already, or the audit cannot be written. AWS was not asked to.
    AwsError
        When AWS refuses; that is written down as well.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    why = " ".join(reason.split())
    if not why:
        raise NotDone("Say why the job is to be stopped: the reason is kept.")
    if len(why) > _LONGEST_REASON:
        raise NotDone(f"The reason is longer than {_LONGEST_REASON:,} characters.")
    if typed.strip() != planned.job:
        raise NotDone(f"Type the job's name, {planned.job}, to confirm.")
    client = account.client(_acting(config), "sagemaker")
    # as it is now, by the eyes of the role that acts
    job = describe(client, planned.job)
    problem = hindrance(config, job, by)
    if problem is not None:
        raise NotDone(problem)
    if job.created != planned.created:
        raise NotDone(f"{job.name} is another job than the one that was shown; look again.")
    file = Path(config.actions.audit)
    intent = audit.Intent(
        action=NAME,
        target=job.name,
        made=job.created.isoformat(),
        call=planned.call,
        role=planned.role,
        reason=why,
        person=by.name,
        known_by=by.known_by,
    )
    audit.begin(file, intent)
    try:
        answer = client.stop_training_job(TrainingJobName=job.name)
    except (BotoCoreError, ClientError) as error:
        refused = account.explain(error, call="StopTrainingJob")
        with suppress(NotDone):  # that it began is written, and AWS's answer says more
            audit.finish(
                file, intent, "failed", result=str(refused), request_id=refused.request_id or ""
            )
        raise refused from error
    request_id = answer["ResponseMetadata"].get("RequestId", "")
    note = ""
    try:
        audit.finish(file, intent, "done", result="SageMaker stops the job", request_id=request_id)
    except NotDone as error:
        # the job stops all the same: that is what must be said
        note = f"That it was done could not be written down. {error}"
    return Receipt(job.name, datetime.now(UTC), request_id, note)


def _acting(config: Config) -> Aws:
    """The account as whoever acts: the role of [actions], else the one that reads."""
    return replace(config.aws, role_arn=config.actions.role_arn or config.aws.role_arn)
