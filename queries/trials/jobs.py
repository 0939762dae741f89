"""What does SageMaker say of a training job, and where lies what Debugger recorded of it?

Every member that Debugger and the profiler add may be missing
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from queries import aws as account

if TYPE_CHECKING:
    from queries.config import Aws

RUNNING = "InProgress"
"""The only status in which a training job can be stopped."""

_REMEDY = "Check `job` in [trials.NAME], and the region and account in [aws]."


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a rule of AWS's own said of a job.

    ``rule`` is the built-in rule's name, "" where AWS does not say; ``status`` AWS's word
    (``NoIssuesFound``, ``IssuesFound``, ``InProgress``, ``Error``, ``Stopping``, ``Stopped``);
    ``job`` the processing job that evaluated it, "" before there is one.
    """

    name: str
    rule: str
    about: Literal["tensors", "machines"]
    status: str
    details: str
    modified: datetime | None
    job: str


@dataclass(frozen=True, slots=True)
class HookCollection:
    """One collection that the hook was told to save, with its parameters as they were given."""

    name: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A training job. Times are aware UTC, None before they come.

    ``status`` and ``secondary`` are AWS's words; ``trial`` and ``profiler`` are S3 addresses, None
    where the job records nothing there; ``artifact`` is the model that it made, "" before it has.
    """

    name: str
    status: str
    secondary: str
    created: datetime
    started: datetime | None
    ended: datetime | None
    failure: str | None
    trial: str | None
    profiler: str | None
    artifact: str
    evaluations: tuple[Evaluation, ...]
    collections: tuple[HookCollection, ...]

    @property
    def running(self) -> bool:
        """Whether the job still trains, and so can be stopped."""
        return self.status == RUNNING

    @property
    def without_trial(self) -> str:
        """What to say where the hook was off."""
        return (
            f"{self.name} ran without Debugger's hook (its DebugHookConfig names no S3OutputPath), "
            "so no tensors were saved; give the estimator a debugger_hook_config and train anew."
        )

    @property
    def without_profiler(self) -> str:
        """What to say where the profiler was off."""
        return f"{self.name} ran without the profiler, so its machines left no system metrics."


def job(name: str, aws: Aws) -> Job:
    """A training job of the account in ``[aws]``.

    Raises
    ------
    AwsError
        When there is no such job, AWS refuses, or it cannot be reached.
    """
    return describe(account.client(aws, "sagemaker"), name)


def describe(client: Any, name: str) -> Job:
    """A training job, asked for with a client of SageMaker's.

    Raises
    ------
    AwsError
        As :func:`job`.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = client.describe_training_job(TrainingJobName=name)
    except (BotoCoreError, ClientError) as error:
        unknown = "not found" in account.message_of(error).lower()
        raise account.explain(
            error,
            call="DescribeTrainingJob",
            about=f"The training job {name} is not known" if unknown else f"Training job {name}",
            remedy=_REMEDY if unknown else "",
        ) from error
    hook, profiled = found.get("DebugHookConfig") or {}, found.get("ProfilerConfig") or {}
    profiler = None
    if found.get("ProfilingStatus") != "Disabled" and not profiled.get("DisableProfiler"):
        profiler = _below(profiled.get("S3OutputPath"), name, "profiler-output")
    return Job(
        name=name,
        status=found["TrainingJobStatus"],
        secondary=found["SecondaryStatus"],
        created=found["CreationTime"].astimezone(UTC),
        started=_utc(found.get("TrainingStartTime")),
        ended=_utc(found.get("TrainingEndTime")),
        failure=found.get("FailureReason") or None,
        trial=_below(hook.get("S3OutputPath"), name, "debug-output"),
        profiler=profiler,
        artifact=(found.get("ModelArtifacts") or {}).get("S3ModelArtifacts") or "",
        evaluations=(
            *_evaluations(found, "DebugRule", "tensors"),
            *_evaluations(found, "ProfilerRule", "machines"),
        ),
        collections=tuple(
            HookCollection(
                each.get("CollectionName", ""),
                tuple(sorted((each.get("CollectionParameters") or {}).items())),
            )
            for each in hook.get("CollectionConfigurations") or ()
        ),
    )


def _below(output: str | None, name: str, folder: str) -> str | None:
    return f"{output.rstrip('/')}/{name}/{folder}" if output else None


def _evaluations(
    found: dict[str, Any], kind: str, about: Literal["tensors", "machines"]
) -> list[Evaluation]:
    invoked = {
        each.get("RuleConfigurationName"): (each.get("RuleParameters") or {}).get("rule_to_invoke")
        for each in found.get(f"{kind}Configurations") or ()
    }
    return [
        Evaluation(
            name=each.get("RuleConfigurationName", ""),
            rule=invoked.get(each.get("RuleConfigurationName")) or "",
            about=about,
            status=each.get("RuleEvaluationStatus", ""),
            details=each.get("StatusDetails", ""),
            modified=_utc(each.get("LastModifiedTime")),
            job=each.get("RuleEvaluationJobArn", "").rpartition("/")[2],
        )
        for each in found.get(f"{kind}EvaluationStatuses") or ()
    ]


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)
