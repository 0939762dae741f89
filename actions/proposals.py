"""How would what a test tested take over, as ``[tests.NAME.deployment]`` proposes it?"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from actions.plans import aliases, experiments, shadows, stages
from actions.plans.alarms import Guard
from actions.plans.blue_green import blue_green
from actions.plans.promote import Custom, promote
from actions.plans.strategies import Strategy
from queries.errors import NotDone
from queries.reading_live import model

if TYPE_CHECKING:
    from datetime import datetime

    from actions.plans.promote import Instances
    from actions.steps import Plan
    from analysis.report import Report
    from queries.config import Config
    from queries.config_actions import Deployment
    from queries.live import Live
    from queries.live_generic import LiveAlias, LiveStage

Way = Literal["config", "experiment", "blue_green"]
"""By an update to a new config, by completing the inference experiment, or by a new config that is
rehearsed on a green endpoint first.
"""

SHADOW = "Shadow-01"
"""How a shadow variant is called where the test does not say."""

FIRST_SHARE = 10
"""Per cent of the requests that a canary at a stage begins with."""


def promotion(
    live: Live,
    proposed: Deployment,
    report: Report | None,
    config: Config,
    *,
    way: Way = "config",
    reason: str,
    at: datetime,
) -> Plan:
    """The plan that puts the shadow in production's place.

    Raises
    ------
    NotDone
        When AWS would not do it so; the message says why.
    """
    chosen = instances(proposed, live)
    if way == "experiment":
        return experiments.complete(live, promote=True, reason=reason, instances=chosen)
    moves = strategy(proposed, _count(chosen, live))
    planned = promote(live, moves, instances=chosen, guard=guard(proposed, moves, report), at=at)
    rehearsed = way == "blue_green"
    return led_up_to(planned, live, proposed, config, rehearsed=rehearsed, reason=reason)


def led_up_to(
    promotion: Plan,
    live: Live,
    proposed: Deployment,
    config: Config,
    *,
    rehearsed: bool,
    reason: str,
) -> Plan:
    """The promotion to a new config with what has to come before it.

    An inference experiment that runs on the endpoint makes way: completing it for the shadow would
    be quicker, but knows neither canary nor alarms.

    Raises
    ------
    NotDone
        When the experiment cannot be ended, or a rehearsal is none.
    """
    if live.experiment is not None:
        promotion = experiments.before(promotion, live, reason=reason)
    if not rehearsed:
        return promotion
    prices = {
        name: each.price_per_hour
        for name, each in config.instances.items()
        if each.price_per_hour is not None
    }
    return blue_green(
        promotion,
        live,
        requests=proposed.rehearse,
        least=proposed.rehearse_least,
        prices=prices,
        currency=config.currency,
    )


def at_alias(
    live: LiveAlias, proposed: Deployment, *, version: str | None = None, percent: int | None = None
) -> Plan:
    """The plan that gives a share of an alias's requests, all by default, to a version.

    Raises
    ------
    NotDone
        When no version is named, or it cannot be given them.
    """
    wanted = version or proposed.version
    if wanted is None:
        raise NotDone(f"Which version of {live.function} is to be promoted? Name it.")
    return aliases.promote(live, wanted, percent=float(100 if percent is None else percent))


def at_stage(live: LiveStage, percent: int | None = None) -> Plan:
    """The plan that starts a canary at a stage, changes its share, or at 100 % lets it take over.

    Without a share, a canary is started with ``FIRST_SHARE``, and one that is there takes over.

    Raises
    ------
    NotDone
        When it is to take over and was never started.
    """
    if live.canary is None:
        share = FIRST_SHARE if percent is None else percent
        if share == 100:
            raise NotDone(
                f"{live.stage} has no canary that could take over: start one with a smaller share."
            )
        return stages.start_canary(live, float(share), variables={})
    if percent in (None, 100):
        return stages.promote(live)
    return stages.resample(live, float(percent))


def shadow_test(
    live: Live,
    client: Any,
    named: str,
    *,
    variant: str,
    instance_type: str,
    count: int,
    percent: int,
    days: int,
    role_arn: str,
    at: datetime,
) -> Plan:
    """The plan that starts the model ``named`` as a shadow: for ``days``, or with 0 to stay.

    ``client`` is one of SageMaker, which is asked for the model; ``percent`` of the requests are
    copied to the shadow, and ``role_arn`` is whom SageMaker runs an experiment as. The shadow is
    called ``variant``; where production is, as after an experiment that was completed for its
    shadow, it gets the next name that is free.

    Raises
    ------
    NotDone
        When there is no such model, or AWS runs no shadow test here.
    AwsError
        When AWS refuses to say.
    """
    described = model(client, named)
    if described is None:
        raise NotDone(f"SageMaker has no model {named}.")
    shadow = shadows.Shadow(
        model=described,
        variant=_free(variant, live),
        instance_type=instance_type,
        count=count,
        percent=percent,
    )
    if not days:
        return shadows.as_variant(live, shadow, at=at)
    # to the second: an experiment of the same minute may have ended already, and keeps its name
    name = f"{live.endpoint}-{at:%Y%m%d%H%M%S}"
    end = at + timedelta(days=days)
    return shadows.as_experiment(live, shadow, name=name, role_arn=role_arn, end=end, now=at)


def _free(variant: str, live: Live) -> str:
    taken = {each.name for each in live.variants}
    others = (f"Shadow-{number:02}" for number in range(1, len(taken) + 2))
    return next(each for each in (variant, *others) if each not in taken)


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
