"""What has to be known before acting, and does any of it forbid it?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from actions.checks import allowed, capacity, deciding, running, updating
from actions.checks.known import Known
from queries.live import Live

if TYPE_CHECKING:
    from actions.steps import Check, Plan
    from queries.live_generic import LiveAlias, LiveStage

__all__ = ["Known", "find_out", "forbids", "preflight"]


def preflight(plan: Plan, live: Live | LiveAlias | LiveStage, known: Known) -> tuple[Check, ...]:
    """Everything looked at before a plan is carried out, what forbids it first.

    Nothing is asked of AWS: what was not found out before (``find_out``) is ``unknown``.
    """
    found = [*allowed.checks(plan, known), updating.requests(plan)]
    if isinstance(live, Live):
        found += [
            *running.checks(plan, live, known),
            *deciding.checks(plan, known),
            *([deciding.can_go_back(plan, live, known)] if deciding.way_back(plan, live) else []),
            *updating.checks(plan, live, known),
            *capacity.checks(plan, known),
        ]
    else:
        found += [running.unchanged(plan, live.fingerprint), *deciding.checks(plan, known)]
    order = ("blocked", "warn", "unknown", "ok")
    return tuple(sorted(found, key=lambda check: order.index(check.status)))


def forbids(checks: Iterable[Check]) -> bool:
    """Whether any of them forbids to act."""
    return any(check.status == "blocked" for check in checks)


def find_out(plan: Plan, live: Live, known: Known) -> Known:
    """Ask AWS for what ``preflight`` rests on and ``known`` lacks; what it refuses stays unknown.

    Raises
    ------
    AwsError
        When no client can be made.
    """
    from queries.revisions import revision
    from queries.surroundings import read_surroundings

    aws = known.config.aws
    alarms = [
        name
        for call in plan.calls
        if call.operation == "UpdateEndpoint"
        for name in updating.watched(call)
    ]
    back = deciding.way_back(plan, live)
    return replace(
        known,
        surroundings=known.surroundings
        or read_surroundings(aws, live, alarms, capacity.started(plan)),
        revision=known.revision or (revision(aws, back) if back else None),
    )
