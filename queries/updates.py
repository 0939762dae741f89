"""Is an update of an endpoint going on, and how did it end?

``InService`` is no success: after a failed update an endpoint returns to it with its old config,
with or without a reason. An update has succeeded when the endpoint is in service with the config
that was asked for, nothing is pending, and that config's production variant has the model. All of
it is read from AWS each time: it does not matter who looks, or whether it was looked at before.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from queries import update_sentences as sentences
from queries.alarm_history import Fired, fired
from queries.errors import AwsError
from queries.rollouts import Fleet, Rollout, fleet_of, not_before, rollout
from queries.sagemaker import asked

Outcome = Literal[
    "succeeded",
    "in_progress",
    "rolled_back_by_alarm",
    "silently_rolled_back",
    "failed",
    "timed_out",
    "update_rollback_failed",
    "system_updating",
    "replaced_by_other",
]

# A call that was taken may not be seen at once: what is described is eventually consistent.
_UNSEEN = timedelta(minutes=1)
_SKEW = timedelta(seconds=5)
_ALARM = re.compile(r"\balarm", re.IGNORECASE)
_TIMEOUT = re.compile(r"time[ds]?[ -]?out|MaximumExecutionTimeout|did not finish", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Progress:
    """An update as it stands ``at`` (aware UTC).

    ``sentence`` says what came of it, ``remedy`` what to do, "" where nothing is. ``status`` is
    SageMaker's, ``in_force`` the config by which requests are served now. ``rollout`` says how far
    it has come, None where nothing is pending; ``not_before`` is when it ends at the earliest.
    ``old`` is the fleet in force. ``alarms`` are those that were in ALARM since the update began.
    """

    endpoint: str
    wanted: str
    outcome: Outcome
    sentence: str
    remedy: str
    status: str
    in_force: str
    rollout: Rollout | None
    not_before: datetime | None
    old: Fleet
    alarms: tuple[Fired, ...]
    at: datetime

    @property
    def over(self) -> bool:
        """Whether what came of the update is settled."""
        return self.outcome not in ("in_progress", "system_updating")


def look(
    client: Any,
    endpoint: str,
    wanted: str,
    *,
    before: str = "",
    model: str | None = None,
    began: datetime | None = None,
    deployment: Mapping[str, Any] | None = None,
    cloudwatch: Any = None,
    now: datetime | None = None,
) -> Progress:
    """Look at an update to the config ``wanted``.

    Parameters
    ----------
    client
        A boto3 client of SageMaker.
    before
        The config that was in force when it was asked for; "" where that is not known.
    model
        The model that the production variant is to have; None where that is not at issue.
    began
        When it was asked for, aware.
    deployment
        The DeploymentConfig it was asked for with; else the last one that SageMaker names.
    cloudwatch
        A boto3 client of CloudWatch, which is asked for the alarms; None does not ask.
    now
        The moment of this look, aware; None is the machine's.

    Raises
    ------
    AwsError
        When there is no such endpoint, or SageMaker refuses to say.
    """
    now = now or datetime.now(UTC)
    answer = asked("DescribeEndpoint", lambda: client.describe_endpoint(EndpointName=endpoint))
    going = deployment if deployment is not None else answer.get("LastDeploymentConfig") or {}
    pending = answer.get("PendingDeploymentSummary")
    ours = pending is not None and pending["EndpointConfigName"] == wanted
    found = rollout(pending) if ours else None
    since = found.started if found is not None and found.started else began
    alarms, unasked = _alarms(cloudwatch, going, since, answer, found is not None)
    outcome = _outcome(answer, wanted, before, began, going, alarms, now)
    told = sentences.said(outcome, answer, wanted, alarms)
    if outcome == "succeeded" and model is not None:
        has = _model(client, wanted)
        if has != model:
            outcome, told = "failed", sentences.another_model(wanted, has, model)
    return Progress(
        endpoint=endpoint,
        wanted=wanted,
        outcome=outcome,
        sentence=" ".join(filter(None, (told.sentence, unasked))),
        remedy=told.remedy,
        status=answer["EndpointStatus"],
        in_force=answer["EndpointConfigName"],
        rollout=found,
        not_before=not_before(found, going, now) if found is not None else None,
        old=fleet_of(answer),
        alarms=alarms,
        at=now,
    )


def unseen(modified: datetime, began: datetime, now: datetime) -> bool:
    """Whether what was asked for at ``began`` may not show yet, by when the endpoint was changed.

    All three are aware; what is described is eventually consistent, for a minute at the most.
    """
    return modified < began - _SKEW and now < began + _UNSEEN


def _outcome(
    answer: Mapping[str, Any],
    wanted: str,
    before: str,
    began: datetime | None,
    going: Mapping[str, Any],
    alarms: Sequence[Fired],
    now: datetime,
) -> Outcome:
    status, in_force = answer["EndpointStatus"], answer["EndpointConfigName"]
    modified = answer["LastModifiedTime"].astimezone(UTC)
    lags = began is not None and unseen(modified, began, now)
    by_status: dict[str, Outcome] = {
        "SystemUpdating": "system_updating",
        "UpdateRollbackFailed": "update_rollback_failed",
        "Failed": "failed",
        "OutOfService": "failed",
        "Deleting": "replaced_by_other",
    }
    if status == "UpdateRollbackFailed" and lags:
        return "in_progress"  # as it was left, and is about to be repaired
    if status in by_status:
        return by_status[status]
    pending = answer.get("PendingDeploymentSummary")
    if pending is not None and pending["EndpointConfigName"] != wanted:
        return "replaced_by_other"
    if status != "InService" or pending is not None:
        return "in_progress"
    if in_force == wanted:
        return "succeeded"
    if before and in_force != before:
        return "replaced_by_other"
    if lags:
        return "in_progress"
    return _why_back(answer.get("FailureReason") or "", began, modified, going, alarms)


def _why_back(
    reason: str,
    began: datetime | None,
    modified: datetime,
    going: Mapping[str, Any],
    alarms: Sequence[Fired],
) -> Outcome:
    """What an update ended by, after which the old config is in force."""
    if _ALARM.search(reason) or (not reason and alarms):
        return "rolled_back_by_alarm"
    if _TIMEOUT.search(reason):
        return "timed_out"
    if reason:
        return "failed"
    limit = _limit_s(going)
    if began is not None and (modified - began).total_seconds() >= limit:
        return "timed_out"
    return "silently_rolled_back"


def _limit_s(going: Mapping[str, Any]) -> float:
    policy = going.get("RollingUpdatePolicy") or going.get("BlueGreenUpdatePolicy") or {}
    return float(policy.get("MaximumExecutionTimeoutInSeconds", math.inf))


def _alarms(
    cloudwatch: Any,
    going: Mapping[str, Any],
    since: datetime | None,
    answer: Mapping[str, Any],
    pending: bool,
) -> tuple[tuple[Fired, ...], str]:
    """Which of the update's alarms were in ALARM since it began, and what could not be asked."""
    listed = going.get("AutoRollbackConfiguration", {}).get("Alarms", ())
    names = [each["AlarmName"] for each in listed]
    if cloudwatch is None or not names or since is None:
        return (), ""
    # when it is over, what an alarm does afterwards is no reason for it; while it goes on, all is,
    # also where CloudWatch's clock is ahead of this machine's
    ended = max(since, answer["LastModifiedTime"].astimezone(UTC)) + _SKEW
    until = None if pending else ended
    try:
        return fired(cloudwatch, names, since=since, until=until), ""
    except AwsError as error:
        return (), f"Which alarms fired cannot be said: {error}"


def _model(client: Any, config: str) -> str:
    answer = asked(
        "DescribeEndpointConfig",
        lambda: client.describe_endpoint_config(EndpointConfigName=config),
    )
    variants = answer["ProductionVariants"]
    return str(variants[0].get("ModelName", "")) if variants else ""
