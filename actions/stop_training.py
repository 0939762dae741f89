"""May this training job be stopped, what will that do, and was it stopped?

SageMaker sends the algorithm SIGTERM and gives it 120 s to save
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from actions.acting import Acting
from actions.execute import advance, execute
from actions.fingerprints import JOB
from actions.ledger import opened
from actions.people import may
from actions.steps import Call, Plan
from queries.errors import NotDone
from queries.trials.jobs import describe

if TYPE_CHECKING:
    from actions.people import Person
    from actions.stepping import Tell
    from queries.config import Config
    from queries.config_actions import Action
    from queries.trials.jobs import Job

NAME: Action = "stop_training"
SAVES_S = 120
"""How long SageMaker lets a job save before it is ended."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """AWS took the call; the job then stops by itself."""

    job: str
    at: datetime
    request_id: str


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


def plan(job: Job) -> Plan:
    """What stopping a job will do; nothing is asked for it. Two jobs of one name are told apart."""
    call = Call(
        "sagemaker",
        "StopTrainingJob",
        {"TrainingJobName": job.name},
        f"Ends {job.name}: its script gets SIGTERM and {SAVES_S} s to save.",
    )
    return Plan(
        action=NAME,
        target=JOB + job.name,
        fingerprint=job.created.isoformat(),
        steps=(call,),
        now={"TrainingJobStatus": job.status},
        after={"TrainingJobStatus": "Stopped"},
    )


def stop(
    config: Config, job: Job, *, reason: str, typed: str, by: Person, tell: Tell | None = None
) -> Receipt:
    """Stop the job that was shown; ``typed`` is its name, as a person typed it.

    It is written down before AWS is asked; where that is not possible, AWS is not asked.

    Raises
    ------
    NotDone
        When it is not allowed or not confirmed, the job is another one or does not run any more,
        somebody stopped it already, the audit cannot be written, or AWS refuses.
    SourceError
        When the job or the audit cannot be read, or what AWS took could not be written down.
    """
    planned = plan(job)
    ledger = opened(config.actions.audit, config.aws)
    acting = Acting(config, by, planned)
    # as it is now, by the eyes of the role that acts
    problem = hindrance(config, describe(acting.client("sagemaker"), job.name), by)
    if problem is not None:
        raise NotDone(problem)
    # what was confirmed and then cut off goes on first, and is not asked for twice
    before = advance(planned.target, ledger=ledger, acting=lambda _: acting.client, tell=tell)
    found = (
        before[-1]
        if before
        else execute(
            planned,
            ledger=ledger,
            config=config,
            client_of=acting.client,
            person=by,
            reason=reason,
            typed=typed,
            tell=tell,
        )
    )
    if found.state != "done":
        raise NotDone(found.sentence)
    return Receipt(job.name, datetime.now(UTC), next(iter(found.requests), ""))
