"""How would a test's shadow be promoted, as ``[tests.NAME.deployment]`` proposes it?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from actions.plans import experiments
from actions.plans.alarms import Guard
from actions.plans.promote import Custom, promote
from actions.plans.strategies import Strategy
from queries.errors import NotDone

if TYPE_CHECKING:
    from datetime import datetime

    from actions.plans.promote import Instances
    from actions.steps import Plan
    from analysis.report import Report
    from queries.config_actions import Deployment
    from queries.live import Live


def promotion(
    live: Live, proposed: Deployment, report: Report | None, *, reason: str, at: datetime
) -> Plan:
    """The plan that puts the shadow in production's place, by an update to a new config.

    An inference experiment that runs on the endpoint makes way first: completing it for the shadow
    would be quicker, but knows neither canary nor alarms.

    Raises
    ------
    NotDone
        When AWS would not do it so; the message says why.
    """
    chosen = instances(proposed, live)
    way = strategy(proposed, _count(chosen, live))
    planned = promote(live, way, instances=chosen, guard=guard(proposed, way, report), at=at)
    if live.experiment is None:
        return planned
    return experiments.before(planned, live, reason=reason)


def strategy(proposed: Deployment, instances: int) -> Strategy:
    """How traffic moves to so many instances."""
    kind = proposed.strategy or ("canary" if instances > 1 else "all_at_once")
    return Strategy(
        kind,
        size=proposed.percent,
        wait_s=proposed.wait_s,
        final_wait_s=proposed.bake_s,
        alarms=proposed.alarms,
        timeout_s=proposed.timeout_s,
    )


def guard(proposed: Deployment, way: Strategy, report: Report | None) -> Guard:
    """What the new fleet must hold to: as configured, else a fifth above production's p99."""
    waits = [
        0 if way.kind == "all_at_once" else way.wait_s,
        0 if way.kind == "rolling" else way.final_wait_s,
    ]
    shortest = min((each for each in waits if each), default=0)
    if proposed.guard_latency_ms is None:
        return Guard.beside(_p99_ms(report), bake_s=shortest, error_share=proposed.guard_5xx)
    return Guard(
        bake_s=shortest, latency_ms=proposed.guard_latency_ms, error_share=proposed.guard_5xx
    )


def instances(proposed: Deployment, live: Live) -> Instances:
    """On what the promoted model runs; of one's own choice, what is left out is production's.

    Raises
    ------
    NotDone
        When there is no shadow whose instances could be taken.
    """
    if proposed.instances == "custom":
        return Custom(
            proposed.instance_type or live.production.instance_type,
            proposed.instance_count or live.production.desired_instances,
        )
    if proposed.instances == "shadow" and live.shadow is None:
        raise NotDone(f"{live.endpoint} has no shadow whose instances could be taken.")
    return proposed.instances


def _count(chosen: Instances, live: Live) -> int:
    if isinstance(chosen, Custom):
        return chosen.count
    taken = live.shadow if chosen == "shadow" and live.shadow is not None else live.production
    return taken.desired_instances


def _p99_ms(report: Report | None) -> float:
    """Production's p99 of ModelLatency in ms, nan where it is not known."""
    found = report.latency if report is not None else None
    for each in found.differences if found is not None else ():
        if each.quantile == 0.99:
            return each.production_ms
    return math.nan
