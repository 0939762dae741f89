"""Which deployment does a stage serve, and which its canary? What API Gateway answers.

A REST API's stage, its canary and the patch operations on them follow
https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html and
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from demo.held import Held
from demo.wire import Operation, Refusal

API, STAGE = "a1b2c3d4e5", "prod"
_CANARY = "/canarySettings"
_MOST_PAGE = 500
_VARIABLE = re.compile(r"(/variables|/canarySettings/stageVariableOverrides)/([A-Za-z0-9_]+)")


def seed() -> dict[str, Any]:
    """An API with two deployments, whose stage serves the second."""
    made = 1_790_000_000.0
    return {
        API: {
            "deployments": [
                {"id": "d6k2x1", "description": "version 6", "createdDate": made},
                {"id": "e7m4y9", "description": "version 7", "createdDate": made + 2_592_000},
            ],
            "stages": {
                STAGE: {
                    "deploymentId": "e7m4y9",
                    "stageName": STAGE,
                    "description": "What callers call",
                    "cacheClusterEnabled": False,
                    "cacheClusterStatus": "NOT_AVAILABLE",
                    "methodSettings": {},
                    "variables": {"version": "7"},
                    "tracingEnabled": False,
                    "createdDate": made,
                    "lastUpdatedDate": made + 2_592_000,
                }
            },
        }
    }


def operations(held: Held, *, clock: Callable[[], float] = time.time) -> list[Operation]:
    """The operations of API Gateway that the demo account has."""

    def get_stage(asked: dict[str, Any]) -> dict[str, Any]:
        with held.open() as apis:
            return _stage(apis, asked)

    def update_stage(asked: dict[str, Any]) -> dict[str, Any]:
        with held.open() as apis:
            stage = _stage(apis, asked)
            known = {each["id"] for each in _api(apis, asked)["deployments"]}
            for operation in asked.get("patchOperations", ()):
                _patch(stage, operation, known)
            stage["lastUpdatedDate"] = clock()
            return stage

    def create_deployment(asked: dict[str, Any]) -> dict[str, Any]:
        with held.open() as apis:
            made = {
                "id": uuid.uuid4().hex[:6],
                "description": asked.get("description", ""),
                "createdDate": clock(),
            }
            canary = asked.get("canarySettings")
            if canary is not None and "stageName" not in asked:
                raise _bad("Stage name must be provided with canary settings")
            if "stageName" in asked:
                stage = _stage(apis, asked)
                if canary is not None:
                    # the stage itself serves what it served
                    stage["canarySettings"] = {
                        "percentTraffic": _percent(canary.get("percentTraffic", 0.0)),
                        "deploymentId": made["id"],
                        "stageVariableOverrides": canary.get("stageVariableOverrides", {}),
                        "useStageCache": canary.get("useStageCache", False),
                    }
                else:
                    stage["deploymentId"] = made["id"]
                    stage["variables"] |= asked.get("variables", {})
                stage["lastUpdatedDate"] = clock()
            _api(apis, asked)["deployments"].append(made)
            return made

    def deployments(asked: dict[str, Any]) -> dict[str, Any]:
        with held.open() as apis:
            found = _api(apis, asked)["deployments"]
        position = asked.get("position", "0")
        if not position.isdecimal():
            raise _bad("Invalid position")
        first, last = int(position), int(position) + min(asked.get("limit", 25), _MOST_PAGE)
        more = {"position": str(last)} if last < len(found) else {}
        return {"items": found[first:last], **more}

    answers = {
        "GetStage": get_stage,
        "UpdateStage": update_stage,
        "CreateDeployment": create_deployment,
        "GetDeployments": deployments,
    }
    return [Operation("apigateway", "", name, answer) for name, answer in answers.items()]


def _api(apis: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    if asked["restApiId"] not in apis:
        said = "Invalid API identifier specified 111122223333:" + asked["restApiId"]
        raise Refusal(said, code="NotFoundException", status=404)
    found: dict[str, Any] = apis[asked["restApiId"]]
    return found


def _stage(apis: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    stages = _api(apis, asked)["stages"]
    if asked["stageName"] not in stages:
        raise Refusal("Invalid stage identifier specified", code="NotFoundException", status=404)
    found: dict[str, Any] = stages[asked["stageName"]]
    return found


def _patch(stage: dict[str, Any], operation: dict[str, Any], deployments: set[str]) -> None:
    """Do one patch operation to a stage.

    What nobody may do to a stage is refused, and so is what the demo account does not know.
    """
    op, path, value = operation.get("op"), operation.get("path", ""), operation.get("value", "")
    variable = _VARIABLE.fullmatch(path)
    canary = stage.get("canarySettings")
    if path.startswith(_CANARY) and canary is None and op != "replace":
        raise _bad("Canary settings are not there: the stage has no canary")
    if op == "copy":
        _copy(stage, operation.get("from", ""), path)
    elif op == "remove" and path == _CANARY:
        del stage["canarySettings"]
    elif op == "remove" and variable:
        _variables(stage, variable[1]).pop(variable[2], None)
    elif op == "replace" and variable:
        _variables(stage, variable[1])[variable[2]] = value
    elif op == "replace" and path == "/description":
        stage["description"] = value
    elif op == "replace" and path in ("/deploymentId", f"{_CANARY}/deploymentId"):
        if value not in deployments:
            raise _bad("Deployment id does not exist")
        _holder(stage, path)["deploymentId"] = value
    elif op == "replace" and path == f"{_CANARY}/percentTraffic":
        _holder(stage, path)["percentTraffic"] = _percent(value)
    else:
        raise _bad(f"Invalid patch path '{path}' specified for op '{op}'.")


def _copy(stage: dict[str, Any], source: str, path: str) -> None:
    """The two copies that promote a canary."""
    if "canarySettings" not in stage:
        raise _bad("Canary settings are not there: the stage has no canary")
    canary = stage["canarySettings"]
    if (source, path) == (f"{_CANARY}/deploymentId", "/deploymentId"):
        stage["deploymentId"] = canary["deploymentId"]
    elif (source, path) == (f"{_CANARY}/stageVariableOverrides", "/variables"):
        stage["variables"] = {**stage["variables"], **canary["stageVariableOverrides"]}
    else:
        raise _bad(f"Invalid copy from '{source}' to '{path}'.")


def _holder(stage: dict[str, Any], path: str) -> dict[str, Any]:
    """The stage or its canary; a canary begins with the stage's deployment and no traffic."""
    if not path.startswith(_CANARY):
        return stage
    begun = {
        "percentTraffic": 0.0,
        "deploymentId": stage["deploymentId"],
        "stageVariableOverrides": {},
        "useStageCache": False,
    }
    found: dict[str, Any] = stage.setdefault("canarySettings", begun)
    return found


def _variables(stage: dict[str, Any], place: str) -> dict[str, str]:
    if place == "/variables":
        found: dict[str, str] = stage["variables"]
        return found
    overrides: dict[str, str] = _holder(stage, place)["stageVariableOverrides"]
    return overrides


def _percent(value: object) -> float:
    try:
        found = float(str(value))
    except ValueError:
        found = -1.0
    if not 0 <= found <= 100:
        raise _bad("Canary percent traffic must be a number between 0.0 and 100.0")
    return found


def _bad(said: str) -> Refusal:
    return Refusal(said, code="BadRequestException")
