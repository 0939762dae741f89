"""How does a stage of API Gateway come to point at another deployment, by a canary, and back?

A canary answers a percentage of a stage's requests with a new deployment. Promoting copies its
deployment and its variables to the stage and does not end it, so that it is removed afterwards
(https://docs.aws.amazon.com/apigateway/latest/developerguide/promote-canary-deployment.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.plans.differences import changes
from actions.plans.updating import accepted
from actions.steps import Action, Call, Plan
from queries.errors import NotDone
from queries.live_generic import Canary, LiveStage

NEW = "(new)"
"""What stands for a deployment that API Gateway is yet to name."""

_NO_LOCK = (
    "API Gateway has no lock: what somebody else changes in the same second is not noticed before."
)


def start_canary(
    live: LiveStage, percent: float, *, variables: Mapping[str, str], description: str = ""
) -> Plan:
    """Deploy the API as it is now defined, and send a percentage of the stage's requests to it.

    ``variables`` are those of the stage that differ for the canary.

    Raises
    ------
    NotDone
        When a canary is there already, or the percentage is none.
    """
    if live.canary is not None:
        raise NotDone(f"{live.stage} has a canary already: promote it or remove it first.")
    _hold_to(percent)
    settings: dict[str, Any] = {"percentTraffic": float(percent)}
    if variables:
        settings["stageVariableOverrides"] = dict(variables)
    parameters: dict[str, Any] = {
        "restApiId": live.api,
        "stageName": live.stage,
        "canarySettings": settings,
    }
    if description:
        parameters["description"] = description
    call = Call(
        "apigateway",
        "CreateDeployment",
        parameters,
        f"Deploys the API as it is defined now as a canary with {percent:g} % of the requests.",
        idempotent=False,
    )
    after = _document(live.deployment, live.variables, (percent, NEW, variables))
    return _plan(live, "start_shadow", (call,), after, live.deployment)


def resample(live: LiveStage, percent: float) -> Plan:
    """Send the canary another percentage of the requests.

    Raises
    ------
    NotDone
        When there is no canary, or the percentage is none.
    """
    canary = _canary(live)
    _hold_to(percent)
    patch = {"op": "replace", "path": "/canarySettings/percentTraffic", "value": f"{percent:g}"}
    call = _patched(live, [patch], f"Sends the canary {percent:g} % of the requests.")
    after = _document(
        live.deployment, live.variables, (percent, canary.deployment, canary.variables)
    )
    return _plan(live, "resample", (call,), after, live.deployment)


def promote(live: LiveStage) -> Plan:
    """Let the stage point at the canary's deployment, with its variables, and end the canary.

    Raises
    ------
    NotDone
        When there is no canary.
    """
    canary = _canary(live)
    patches = [
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
    ]
    if canary.variables:
        overrides = "/canarySettings/stageVariableOverrides"
        patches.insert(0, {"op": "copy", "from": overrides, "path": "/variables"})
    calls = (
        _patched(live, patches, f"Points {live.stage} at the canary's {canary.deployment}."),
        _removed(live),
    )
    after = _document(canary.deployment, {**live.variables, **canary.variables}, None)
    return _plan(live, "promote_stage", calls, after, canary.deployment)


def rollback(
    live: LiveStage, deployment: str, *, variables: Mapping[str, str] | None = None
) -> Plan:
    """Let the stage point at an earlier deployment; its own ends the canary and no more.

    ``variables`` are those that the stage had with it, None leaves them as they are.

    Raises
    ------
    NotDone
        When the API has no such deployment, or there is nothing to go back from.
    """
    known = [each.id for each in live.deployments]
    if deployment not in known:
        raise NotDone(
            f"The API {live.api} has no deployment {deployment}; there are "
            f"{', '.join(known[:10]) or 'none'}."
        )
    wanted = live.variables if variables is None else variables
    patches = [
        *(
            {"op": "remove", "path": f"/variables/{name}"}
            for name in live.variables.keys() - wanted
        ),
        *(
            {"op": "replace", "path": f"/variables/{name}", "value": value}
            for name, value in wanted.items()
            if live.variables.get(name) != value
        ),
    ]
    if deployment != live.deployment:
        patches.append({"op": "replace", "path": "/deploymentId", "value": deployment})
    if not patches and live.canary is None:
        raise NotDone(f"{live.stage} points at {deployment} already.")
    calls = [] if live.canary is None else [_removed(live)]
    if patches:
        calls.append(_patched(live, patches, f"Points {live.stage} back at {deployment}."))
    after = _document(deployment, wanted, None)
    kept = "The stage's variables stay as they are."
    notes = (kept,) if variables is None and live.variables else ()
    return _plan(live, "rollback", tuple(calls), after, deployment, notes)


def document(live: LiveStage) -> dict[str, Any]:
    """What the stage does now, in the form of a plan's ``now`` and ``after``."""
    canary = live.canary
    held = None if canary is None else (canary.percent, canary.deployment, canary.variables)
    return _document(live.deployment, live.variables, held)


def _canary(live: LiveStage) -> Canary:
    if live.canary is None:
        raise NotDone(f"{live.stage} of the API {live.api} has no canary.")
    return live.canary


def _hold_to(percent: float) -> None:
    if not 0 < percent <= 100:
        raise NotDone(
            f"A canary is sent more than 0 and at most 100 % of the requests, not {percent:g} %."
        )


def _patched(live: LiveStage, patches: list[dict[str, str]], purpose: str) -> Call:
    parameters = {"restApiId": live.api, "stageName": live.stage, "patchOperations": patches}
    return Call("apigateway", "UpdateStage", parameters, purpose)


def _removed(live: LiveStage) -> Call:
    return _patched(
        live,
        [{"op": "remove", "path": "/canarySettings"}],
        f"Removes the canary: {live.stage} answers everything by itself.",
    )


def _plan(
    live: LiveStage,
    action: Action,
    calls: tuple[Call, ...],
    after: Mapping[str, Any],
    deployment: str,
    notes: tuple[str, ...] = (),
) -> Plan:
    now = document(live)
    return Plan(
        action=action,
        target=f"{live.api}/{live.stage}",
        fingerprint=live.fingerprint,
        steps=accepted(calls),
        now=now,
        after=after,
        changes=changes(now, after),
        config_name=deployment,
        previous=live.deployment,
        notes=(*notes, _NO_LOCK),
    )


def _document(
    deployment: str,
    variables: Mapping[str, str],
    canary: tuple[float, str, Mapping[str, str]] | None,
) -> dict[str, Any]:
    document: dict[str, Any] = {"deploymentId": deployment, "variables": dict(variables)}
    if canary is not None:
        percent, pointed_at, overrides = canary
        document["canarySettings"] = {
            "percentTraffic": float(percent),
            "deploymentId": pointed_at,
            "stageVariableOverrides": dict(overrides),
        }
    return document
