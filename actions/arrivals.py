"""Does an alias or a stage do what was asked of it last, and what does it do now?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from actions.effects import holds
from actions.plans import aliases, stages
from queries.live_generic import LiveAlias

if TYPE_CHECKING:
    from actions.standings import Standing
    from queries.live_generic import LiveStage

_SINCE = "Somebody changed it since it was changed from here."
_REMEDY = "Find out who did and why, then plan anew."


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a change of an alias or a stage stands ``at`` (aware UTC).

    ``wanted`` is the version or deployment that was asked for, ``in_force`` the one that takes
    what a canary leaves, ``percent`` the share of the requests that the newer of the two answers.
    """

    target: str
    wanted: str
    outcome: Literal["succeeded", "in_progress", "failed", "replaced_by_other"]
    sentence: str
    remedy: str
    in_force: str
    percent: float
    at: datetime

    @property
    def over(self) -> bool:
        """Whether what came of the change is settled."""
        return self.outcome != "in_progress"


def arrival(live: LiveAlias | LiveStage, newest: Standing | None) -> Arrival:
    """Hold what runs to the ``newest`` change that was begun from here; None where none was."""
    target, in_force, percent, told = _told(live)
    outcome: Literal["succeeded", "in_progress", "failed", "replaced_by_other"] = "succeeded"
    remedy = ""
    if newest is not None and newest.state == "unfinished":
        outcome, told = "in_progress", newest.plan.steps[newest.step].purpose
    elif newest is not None and newest.state == "failed":
        outcome, told = "failed", f"{newest.records[-1].text} {told}"
    elif newest is not None and not _same(live, newest.plan.after):
        outcome, told, remedy = "replaced_by_other", f"{_SINCE} {told}", _REMEDY
    wanted = newest.plan.config_name if newest is not None else in_force
    return Arrival(target, wanted, outcome, told, remedy, in_force, percent, live.at)


def _told(live: LiveAlias | LiveStage) -> tuple[str, str, float, str]:
    """The name, what is in force, the newer one's share in per cent, and both in a sentence."""
    if isinstance(live, LiveAlias):
        target, in_force, kind = f"{live.function}:{live.alias}", live.version, "version"
        canary = next(((version, 100 * share) for version, share in live.weights), None)
    else:
        target, in_force, kind = f"{live.api}/{live.stage}", live.deployment, "deployment"
        canary = None if live.canary is None else (live.canary.deployment, live.canary.percent)
    if canary is None:
        return target, in_force, 100.0, f"All requests go to {kind} {in_force}."
    newer, percent = canary
    told = f"{percent:.4g} % of the requests go to {kind} {newer}, the rest to {kind} {in_force}."
    return target, in_force, percent, told


def _same(live: LiveAlias | LiveStage, wanted: Any) -> bool:
    found = aliases.document(live) if isinstance(live, LiveAlias) else stages.document(live)
    asked, has = wanted.get("canarySettings"), found.get("canarySettings")
    if asked is not None and has is not None and asked["deploymentId"] == stages.NEW:
        # API Gateway named it
        asked = {**asked, "deploymentId": has["deploymentId"]}
        wanted = {**wanted, "canarySettings": asked}
    return holds(found, wanted) and holds(wanted, found)
