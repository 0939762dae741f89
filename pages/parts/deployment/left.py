"""What did changes that are over leave behind, and may it be removed?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from actions.leftovers import CHANGING, leftovers
from pages.parts import escape, format, states
from pages.parts.deployment import questions
from pages.parts.deployment.questions import Question
from queries import aws

if TYPE_CHECKING:
    from actions.leftovers import Alarms, Green
    from actions.standings import Standing
    from pages.parts.deployment.desk import Desk
    from queries.live import Live


def draw(desk: Desk[Live]) -> None:
    """Draw green endpoints that stand and cost, and the alarms of updates, with a button each."""
    found = states.attempt(
        lambda: leftovers(
            desk.chain, partial(aws.client, desk.config.aws), tests=desk.config.tests
        ),
        what="what earlier changes left behind",
    )
    if found is None:
        return
    for green in found.greens:
        _green(desk, green)
    if not found.alarms:
        return
    newest, *older = found.alarms
    _alarms(desk, newest)
    if older:
        with st.expander(f"Alarms of {len(older):,} earlier updates"):
            for each in older:
                _alarms(desk, each)


def _green(desk: Desk[Live], found: Green) -> None:
    plan = found.change.plan
    with st.container(border=True):
        left, right = st.columns([5, 2], vertical_alignment="center")
        left.markdown(
            f":orange-badge[{escape.markdown(found.status)}] **The green endpoint "
            f"{escape.markdown(found.name)} still stands, and costs.**  \n:small[It was "
            f"started for {_whose(found.change)}. {escape.markdown(plan.target)} sends it nothing.]"
        )
        with right:
            questions.button(
                desk,
                "remove_green",
                "Remove the green endpoint…",
                Question(
                    "Remove the green endpoint?",
                    f"**{escape.markdown(found.name)}** is deleted; its config "
                    f"{escape.markdown(plan.config_name)} and its models stay. "
                    f"{escape.markdown(plan.target)} is not touched.",
                    "Remove it",
                    lambda reason: found.removal(),
                ),
                otherwise=(
                    f"It is {found.status}, and AWS deletes no endpoint meanwhile."
                    if found.status in CHANGING
                    else None
                ),
                of=found.name,
            )


def _alarms(desk: Desk[Live], found: Alarms) -> None:
    plan, n = found.change.plan, len(found.names)
    several = "s" if n != 1 else ""
    serves = desk.live.config_name == plan.config_name
    still = (
        "They still watch the fleet that serves, and roll nothing back any more."
        if serves
        else "The fleet that they watched does not serve."
    )
    left, right = st.columns([5, 2], vertical_alignment="center")
    left.markdown(
        f":small[:gray[:material/notifications: {n} alarm{several} of {_whose(found.change)} "
        f"{'stand' if several else 'stands'} in CloudWatch. {still}]]",
        help=escape.markdown(", ".join(found.names), length=900),
    )
    with right:
        questions.button(
            desk,
            "remove_alarms",
            "Remove the guard alarms of this update…",
            Question(
                "Remove the alarms of this update?",
                f"{n} alarm{several} made for the update of **{escape.markdown(plan.target)}** to "
                f"{escape.markdown(plan.config_name)} {'are' if several else 'is'} deleted: "
                f"{escape.markdown(', '.join(found.names), length=900)}.",
                "Remove",
                lambda reason: found.removal(),
            ),
            of=found.change.change,
        )


def _whose(change: Standing) -> str:
    when = format.moment(change.records[0].at)
    return (
        f"the update to {escape.markdown(change.plan.config_name)} "
        f"({escape.markdown(change.intent.person)}, {when})"
    )
