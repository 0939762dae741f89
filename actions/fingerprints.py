"""Is what a plan was made from still so?

Every kind of target has a mark of its state that two readings of the same state share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from queries.live_generic import read_alias, read_stage
from queries.reading_live import read_live
from queries.trials.jobs import describe

if TYPE_CHECKING:
    from actions.steps import Plan

Clients = Callable[[str], Any]
"""Gives a boto3 client for botocore's name of a service, such as ``sagemaker``."""

JOB = "training-job/"
"""What the target of a plan on a training job begins with, before the job's name."""


def fingerprint(plan: Plan, client_of: Clients) -> str:
    """That of the plan's target as it is now: an endpoint, alias, stage or training job.

    Raises
    ------
    AwsError
        When AWS refuses to say.
    """
    services = {call.service for call in plan.calls}
    if plan.target.startswith(JOB):
        job = describe(client_of("sagemaker"), name_of(plan))
        return job.created.isoformat()
    if "lambda" in services:
        function, _, alias = plan.target.rpartition(":")
        return read_alias(client_of("lambda"), function, alias).fingerprint
    if "apigateway" in services:
        api, _, stage = plan.target.partition("/")
        return read_stage(client_of("apigateway"), api, stage).fingerprint
    return read_live(client_of("sagemaker"), plan.target).fingerprint


def name_of(plan: Plan) -> str:
    """The target's name as people know it, which who confirms a plan types."""
    return plan.target.removeprefix(JOB)
