"""How does an endpoint come back to a config that it ran before?

By a full update: SageMaker keeps nothing of the old fleet once an update is over. Only while an
update still waits is the old fleet there, and going back takes moments; that is an abort.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actions.plans.alarms import Guard
from actions.plans.differences import changes
from actions.plans.strategies import Strategy
from actions.plans.updating import accepted, second_fleet, serving, update, written
from actions.steps import Action, Plan
from queries.errors import NotDone
from queries.live import Document, Live

AT_ONCE = Strategy(kind="all_at_once", final_wait_s=0)
"""The fastest way back: nothing is waited for once the new instances run."""


def rollback(
    live: Live, revision: Document, strategy: Strategy = AT_ONCE, *, guard: Guard | None = None
) -> Plan:
    """The plan that puts an endpoint back on an earlier config.

    ``revision`` is DescribeEndpointConfig's answer for it. Variants that both know keep as many
    instances as they have now. Where the strategy waits, alarms are made as for a promotion.

    Raises
    ------
    NotDone
        When it is the config in force, or AWS would not move the traffic so.
    """
    if revision["EndpointConfigName"] == live.config_name:
        raise NotDone(f"{live.endpoint} runs {live.config_name} already.")
    return _to(live, revision, strategy, guard, "rollback")


def repair(live: Live, revision: Document) -> Plan:
    """The plan that ends UpdateRollbackFailed: all of a mixed fleet comes to one config, at once.

    Another update is AWS's remedy
    (https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-rolling.html).

    Raises
    ------
    NotDone
        When the endpoint is in another state.
    """
    if live.status != "UpdateRollbackFailed":
        raise NotDone(f"{live.endpoint} is {live.status}: there is no failed rollback to repair.")
    return _to(live, revision, AT_ONCE, None, "repair")


def _to(
    live: Live, revision: Document, strategy: Strategy, guard: Guard | None, action: Action
) -> Plan:
    now, after = written(live.config), written(revision)
    name = after["EndpointConfigName"]
    if _names(now) != _names(after) and (strategy.kind != "all_at_once" or strategy.waits):
        # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
        raise NotDone(
            f"{name} names its production variants otherwise than {live.config_name}; AWS then "
            "only updates all at once, without waits."
        )
    retained = _others(live, after)
    alarms, move, settled = update(
        live,
        after,
        strategy,
        guard=guard,
        retain=bool(retained),
        purpose=f"Puts {live.endpoint} back on {name}.",
    )
    return Plan(
        action=action,
        target=live.endpoint,
        fingerprint=live.fingerprint,
        steps=accepted((*alarms, move, settled)),
        now=now,
        after=after,
        changes=changes(now, after),
        config_name=name,
        previous=live.config_name,
        notes=tuple(_notes(live, after, strategy, retained)),
    )


def _names(config: Mapping[str, Any]) -> set[str]:
    return {each["VariantName"] for each in config["ProductionVariants"]}


def _others(live: Live, after: Mapping[str, Any]) -> dict[str, int]:
    """Variants that have another number of instances than the config to come, and how many."""
    asked = {
        (each["VariantName"], side.startswith("Shadow")): each.get("InitialInstanceCount")
        for side in ("ProductionVariants", "ShadowProductionVariants")
        for each in after.get(side) or ()
    }
    return {
        each.name: each.desired_instances
        for each in live.variants
        if each.desired_instances
        and asked.get((each.name, each.shadow)) not in (None, each.desired_instances)
    }


def _notes(
    live: Live, after: Mapping[str, Any], strategy: Strategy, retained: Mapping[str, int]
) -> Iterator[str]:
    count = live.production.desired_instances if retained else serving(after)
    yield (
        "Going back is a full update: instances have to start and load their model before any "
        "request moves, as long as when that config was first put in place."
    )
    if count and strategy.kind != "rolling":
        yield second_fleet(count, live)
    for name, instances in retained.items():
        yield f"{name} keeps its {instances} instances, whatever the config says."
    if _names(written(live.config)) != _names(after):
        yield (
            "Its production variants have other names: autoscaling, alarms and callers that name "
            "a variant do not find the new ones."
        )
    for each in after.get("ShadowProductionVariants") or ():
        yield f"The shadow {each['VariantName']} comes back with it, and is sent requests again."
    if strategy.alarms == () and not strategy.waits:
        yield "Nothing watches this update: it does not go forward again by itself."
