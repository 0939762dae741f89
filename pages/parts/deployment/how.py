"""How is the new fleet to take over: in which way, in which steps, watched by what, on what?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from actions.plans.promote import Custom
from actions.plans.strategies import LONGEST_WAIT_S, SIZES, Strategy
from pages.charts import rollout
from pages.parts import drawing, escape, format

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from actions.plans.promote import Instances
    from actions.plans.strategies import Kind
    from actions.proposals import Way
    from queries.config_actions import Deployment
    from queries.live import Live

WAYS: dict[Way, str] = {
    "config": "New config",
    "experiment": "Complete the experiment",
    "blue_green": "Rehearsed green endpoint",
}
SAID: dict[Way, str] = {
    "config": "A new endpoint config with the shadow's model in production's place. AWS starts a "
    "second fleet, moves the traffic as chosen below and goes back by itself when an alarm fires.",
    "experiment": "SageMaker ends the inference experiment and deploys the shadow's model itself: "
    "all at once, without alarms, with a config that it names.",
    "blue_green": "A second endpoint of your own is started with the shadow's model and asked "
    "captured requests first; only when it answers as production did is the endpoint switched, "
    "and the second one ended.",
}
KINDS: dict[Kind, str] = {
    "all_at_once": "All at once",
    "canary": "Canary",
    "linear": "Linear",
    "rolling": "Rolling",
}
STEPS: dict[Kind, str] = {"canary": "Canary", "linear": "Each step", "rolling": "Each batch"}
INSTANCES = {
    "production": "Production's",
    "shadow": "The shadow's",
    "custom": "Custom",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen; ``guarded`` asks for alarms on the new fleet, ``count`` is how many it has.

    A wrong choice is told by the plan that is made of it.
    """

    way: Way
    strategy: Strategy
    instances: Instances
    count: int
    guarded: bool


def choose(live: Live, proposed: Deployment) -> Chosen:
    """Draw the choices, first as the configuration proposes them, and give what stands there."""
    offered = [way for way in WAYS if way != "experiment" or live.experiment is not None]
    way: Way = st.segmented_control(
        "Way",
        offered,
        default="config",
        required=True,
        format_func=lambda each: WAYS[each],
        key="deploy_way",
        persist_state="session",
    )
    first = " The inference experiment is ended first." if live.experiment is not None else ""
    st.caption(SAID[way] + (first if way != "experiment" else ""))
    instances, count = _instances(live, proposed)
    if way == "experiment":
        at_once = Strategy("all_at_once", wait_s=0, final_wait_s=0)
        return Chosen(way, at_once, instances, count, guarded=False)
    strategy, guarded = _strategy(count, proposed)
    return Chosen(way, strategy, instances, count, guarded)


def timeline(strategy: Strategy, instances: int) -> None:
    """Say and draw what happens when; how long AWS takes to start instances nobody knows before."""
    said = strategy.timeline(instances)
    st.markdown(
        "\n".join(f"{number}. {escape.markdown(each)}" for number, each in enumerate(said, 1))
    )
    shares = stages(strategy, instances)
    if sum(stage.s for stage in shares):
        drawing.draw(rollout.planned(shares, drawing.colours()), key="deploy_timeline")
    timeout = strategy.timeout_s or strategy.default_timeout_s(instances)
    st.caption(
        f"The waits add up to {format.duration(strategy.waits_s(instances))}; what AWS needs to "
        f"start instances comes on top. After {format.duration(timeout)} it gives up and goes back."
    )


def stages(strategy: Strategy, instances: int) -> list[rollout.Stage]:
    """The shares of a strategy, in order, and how long each lasts by what is waited for."""
    *first, last = strategy.steps(instances)
    rolling = strategy.kind == "rolling"
    before = [
        rollout.Stage(f"{serving} of {instances}", float(strategy.wait_s), serving / instances)
        for serving in first
    ]
    kept = strategy.wait_s if rolling else strategy.final_wait_s
    name = "all, still watched" if rolling else "all; old fleet kept"
    return [*before, rollout.Stage(name, float(kept), last / instances)]


def _strategy(instances: int, proposed: Deployment) -> tuple[Strategy, bool]:
    default: Kind = proposed.strategy or ("canary" if instances > 1 else "all_at_once")
    kind: Kind = st.segmented_control(
        "Traffic moves",
        list(KINDS),
        default=default,
        required=True,
        format_func=lambda each: KINDS[each],
        key="deploy_kind",
        persist_state="session",
    )
    # four to a row, without a gap where a kind has fewer
    shown = iter(st.columns(4))
    size = proposed.percent
    if kind in SIZES:
        least, most = SIZES[kind]
        size = next(shown).number_input(
            f"{STEPS[kind]} (%)",
            min_value=least,
            max_value=most,
            value=min(max(proposed.percent, least), most),
            step=5,
            key=f"deploy_size_{kind}",
        )
    wait = proposed.wait_s / 60
    if kind != "all_at_once":
        wait = _minutes(
            next(shown),
            "Watch (min)",
            wait,
            key="deploy_wait",
            help="How long alarms are watched after each step but the last, or after each batch.",
        )
    bake = proposed.bake_s / 60
    if kind != "rolling":
        bake = _minutes(
            next(shown),
            "Keep old (min)",
            bake,
            key="deploy_bake",
            help="While the old fleet runs, going back takes seconds; after that, minutes.",
        )
    timeout = next(shown).number_input(
        "Limit (min)",
        min_value=10.0,
        max_value=480.0,
        value=proposed.timeout_s / 60 if proposed.timeout_s else None,
        step=10.0,
        format="%.4g",
        placeholder="auto",
        key="deploy_timeout",
    )
    guarded, alarms = _alarms(proposed)
    return (
        Strategy(
            kind,
            size=int(size),
            wait_s=round(wait * 60),
            final_wait_s=round(bake * 60),
            alarms=alarms,
            timeout_s=None if timeout is None else round(timeout * 60),
        ),
        guarded,
    )


def _minutes(place: DeltaGenerator, label: str, value: float, *, key: str, help: str) -> float:
    """A wait in minutes, of as many as AWS takes."""
    return place.number_input(
        label,
        min_value=0.0,
        max_value=LONGEST_WAIT_S / 60,
        value=value,
        step=1.0,
        format="%.4g",
        key=key,
        help=help,
    )


def _alarms(proposed: Deployment) -> tuple[bool, tuple[str, ...]]:
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    guarded = left.toggle(
        "Guard the new fleet",
        value=True,
        key="deploy_guarded",
        help="Creates alarms that see the new fleet alone, before the switch: its 5xx answers and "
        "its p99 latency. The one that aborts by hand is always made.",
    )
    names = right.multiselect(
        "More alarms that roll it back",
        list(proposed.alarms),
        default=list(proposed.alarms),
        accept_new_options=True,
        key="deploy_alarms",
        placeholder="names of alarms in CloudWatch",
    )
    return guarded, tuple(names)


def _instances(live: Live, proposed: Deployment) -> tuple[Instances, int]:
    production, shadow = live.production, live.shadow
    fleets = {"production": (production.instance_type, production.desired_instances)}
    if shadow is not None:
        fleets["shadow"] = (shadow.instance_type, shadow.desired_instances)

    def named(which: str) -> str:
        if which not in fleets:
            return INSTANCES[which]
        kind, count = fleets[which]
        return f"{INSTANCES[which]} ({count:,} × {escape.markdown(kind)})"

    offered = [*fleets, "custom"]
    which = st.segmented_control(
        "Instances",
        offered,
        default=str(proposed.instances) if proposed.instances in offered else "production",
        required=True,
        format_func=named,
        key="deploy_instances",
        persist_state="session",
        help="AWS advises to keep production's: the shadow's were measured only under the share of "
        "requests that it was sent.",
    )
    if which == "production":
        return "production", fleets[which][1]
    if which == "shadow":
        return "shadow", fleets[which][1]
    kind, count = fleets["production"]
    left, right = st.columns(2)
    custom = Custom(
        left.text_input(
            "Instance type", value=proposed.instance_type or kind, key="deploy_instance_type"
        ),
        int(
            right.number_input(
                "Instances",
                min_value=1,
                value=proposed.instance_count or count,
                key="deploy_instance_count",
            )
        ),
    )
    return custom, custom.count
