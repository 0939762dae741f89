"""What does a Lambda alias or a stage of API Gateway send its requests to now?

The targets of shadow tests that are no SageMaker endpoint. A test names one in
``[tests.NAME.deployment]``: ``kind = "alias"`` with ``function`` and ``alias``, or
``kind = "stage"`` with ``rest_api`` (its id) and ``stage``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from queries.aws import explain

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class LiveAlias:
    """An alias of a Lambda function.

    ``version`` takes what ``weights`` leave: the shares 0 to 1 of further versions, at most one.
    ``versions`` are the published ones, the newest first. ``revision`` is Lambda's own lock: an
    update that names an older one is refused. It serves as the fingerprint.
    """

    function: str
    alias: str
    arn: str
    version: str
    weights: tuple[tuple[str, float], ...]
    versions: tuple[str, ...]
    revision: str
    at: datetime

    @property
    def fingerprint(self) -> str:
        """Two readings of the same state have the same."""
        return self.revision


@dataclass(frozen=True, slots=True)
class Deployment:
    """One snapshot of an API, that a stage may point at."""

    id: str
    created: datetime
    description: str


@dataclass(frozen=True, slots=True)
class Canary:
    """The part of a stage's requests, in per cent, that another deployment answers."""

    percent: float
    deployment: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LiveStage:
    """A stage of a REST API: the deployment it points at, and its canary where it has one.

    ``deployments`` are those of the API, the newest first. API Gateway has no lock:
    ``fingerprint`` is the SHA-256 of what the stage points at and when it was changed last.
    """

    api: str
    stage: str
    deployment: str
    variables: Mapping[str, str]
    canary: Canary | None
    deployments: tuple[Deployment, ...]
    modified: datetime
    at: datetime
    fingerprint: str


def read_alias(client: Any, function: str, alias: str) -> LiveAlias:
    """Ask Lambda, through a boto3 client of ``lambda``, for an alias and the published versions.

    Raises
    ------
    AwsError
    """
    found = _asked("GetAlias", lambda: client.get_alias(FunctionName=function, Name=alias))
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    versions = _asked(
        "ListVersionsByFunction",
        lambda: [
            each["Version"]
            for page in pages
            for each in page.get("Versions") or ()
            if each["Version"] != "$LATEST"
        ],
    )
    weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return LiveAlias(
        function=function,
        alias=found["Name"],
        arn=found["AliasArn"],
        version=found["FunctionVersion"],
        weights=tuple(sorted((version, float(share)) for version, share in weights.items())),
        versions=tuple(sorted(versions, key=int, reverse=True)),
        revision=found["RevisionId"],
        at=datetime.now(UTC),
    )


def read_stage(client: Any, api: str, stage: str) -> LiveStage:
    """Ask API Gateway, through a boto3 client of ``apigateway``, for a stage and the deployments.

    Raises
    ------
    AwsError
    """
    found = _asked("GetStage", lambda: client.get_stage(restApiId=api, stageName=stage))
    pages = client.get_paginator("get_deployments").paginate(restApiId=api)
    deployments = _asked(
        "GetDeployments",
        lambda: [
            Deployment(each["id"], _utc(each["createdDate"]), each.get("description") or "")
            for page in pages
            for each in page.get("items") or ()
        ],
    )
    settings = found.get("canarySettings")
    canary = None
    if settings and settings.get("deploymentId"):
        canary = Canary(
            float(settings.get("percentTraffic") or 0),
            settings["deploymentId"],
            dict(settings.get("stageVariableOverrides") or {}),
        )
    modified = _utc(found.get("lastUpdatedDate") or found["createdDate"])
    variables = dict(found.get("variables") or {})
    state = [found["deploymentId"], variables, settings, modified.isoformat()]
    return LiveStage(
        api=api,
        stage=found["stageName"],
        deployment=found["deploymentId"],
        variables=variables,
        canary=canary,
        deployments=tuple(sorted(deployments, key=lambda each: each.created, reverse=True)),
        modified=modified,
        at=datetime.now(UTC),
        fingerprint=hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest(),
    )


def _asked(call: str, ask: Callable[[], _Read]) -> _Read:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        raise explain(error, call=call) from error


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)
