"""How far has an update come, step by step, and what does each fleet answer meanwhile?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from actions.steps import Call
from pages.parts import escape, explaining, format, tiles
from queries.rollouts import waits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from actions.standings import Standing
    from actions.steps import Plan
    from queries.rollouts import Fleet, Rollout
    from queries.updates import Progress

DONE, NOW, TO_COME = ":green[✓]", ":orange[**●**]", ":gray[○]"
SLACK = 1e-6


def deployment_of(plan: Plan) -> Mapping[str, Any]:
    """The DeploymentConfig that a plan asks for; empty where it asks for none."""
    for call in plan.calls:
        if call.operation == "UpdateEndpoint":
            found: Mapping[str, Any] = call.parameters.get("DeploymentConfig") or {}
            return found
    return {}


def updates(plan: Plan) -> bool:
    """Whether the plan updates its endpoint to a config that it names."""
    return bool(plan.config_name) and any(c.operation == "UpdateEndpoint" for c in plan.calls)


def sent(standing: Standing) -> bool:
    """Whether the update of the endpoint was asked of AWS."""
    asked = {record.step for record in standing.records if record.stage in ("done", "found")}
    return any(
        isinstance(step, Call) and step.operation == "UpdateEndpoint" and number in asked
        for number, step in enumerate(standing.plan.steps)
    )


def steps(plan: Plan, found: Rollout | None, *, succeeded: bool) -> list[tuple[str, str]]:
    """Every step of the update with its sign: done, going on, to come.

    Nothing pending and no success leaves all to come: AWS does not tell afterwards what was
    reached.
    """
    bakes = waits(deployment_of(plan), _instances(plan))
    said = [
        "New instances start; no traffic yet",
        *(_baked(percent, seconds) for percent, seconds in bakes),
        "The old instances end",
    ]
    if succeeded:
        return [(DONE, each) for each in said]
    if found is None:
        return [(TO_COME, each) for each in said]
    reached = _reached(found, bakes)
    return [
        (DONE if number < reached else NOW if number == reached else TO_COME, each)
        for number, each in enumerate(said)
    ]


def _baked(percent: float, seconds: float) -> str:
    share = f"{percent:.3g}{format.THIN_SPACE}%"
    if not seconds:
        return f"{share} of the traffic moves to the new fleet"
    return f"{share} of the traffic on the new fleet, watched for {format.duration(seconds)}"


def _reached(found: Rollout, bakes: Sequence[tuple[float, float]]) -> int:
    """Which of the steps goes on: 0 the start of instances, the last the end of the old ones."""
    if found.phase == "terminating":
        return len(bakes) + 1
    if found.phase == "launching" or math.isnan(found.percent):
        return 0
    at = next(
        (number for number, (percent, _) in enumerate(bakes) if percent >= found.percent - SLACK),
        len(bakes) - 1,
    )
    return at + 1 if found.percent > 0 or found.phase != "updating" else 0


def _instances(plan: Plan) -> int:
    for variant in plan.after.get("ProductionVariants") or ():
        return int(variant.get("InitialInstanceCount") or 1)
    return 1


def draw(plan: Plan, progress: Progress) -> None:
    """Draw the steps, how much of the traffic has moved, and the instances of both fleets."""
    found = progress.rollout
    left, right = st.columns([5, 6], gap="large")
    with left:
        told = steps(plan, found, succeeded=progress.outcome == "succeeded")
        st.markdown("  \n".join(f"{sign} {escape.markdown(said)}" for sign, said in told))
    with right:
        _share(progress, key=f"traffic_{plan.config_name}")
        _fleets(progress)
    if found is None:
        return
    for each in found.told:
        since = f" · since {each.since:%H:%M:%S} UTC" if each.since else ""
        st.caption(
            f"{escape.markdown(each.variant)}{' (shadow)' if each.shadow else ''}: "
            f"{escape.markdown(each.message or each.phase, length=300)}{since}"
        )


def _share(progress: Progress, *, key: str) -> None:
    found = progress.rollout
    if progress.outcome == "succeeded":
        percent = 100.0
    elif found is None:
        return
    else:
        percent = found.percent
    if math.isnan(percent):
        st.caption("How much of the traffic has moved AWS does not say.")
        return
    st.progress(
        min(percent / 100, 1.0),
        text=f"**{percent:.3g}{format.THIN_SPACE}%** of the traffic is on the new fleet",
    )
    explaining.beside(key, explained="traffic_moved")


def _fleets(progress: Progress) -> None:
    found = progress.rollout
    old = progress.old
    shown = [_tile("In force", old)]
    if found is not None:
        shown.append(_tile("New fleet", found.fleet))
    for cell, tile in zip(st.columns(2), shown, strict=False):
        with cell.container(border=True, gap="xxsmall"):
            st.metric(tile.name, tile.value, help=explaining.tooltip(tile.explained, tile.help))
            st.caption(tile.basis)


def _tile(name: str, fleet: Fleet) -> tiles.Tile:
    return tiles.Tile(
        name,
        f"{fleet.instances:,} of {fleet.desired:,}",
        f"instances · {escape.markdown(fleet.config)}",
        explained="fleet_instances",
    )
