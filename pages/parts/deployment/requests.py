"""What has one person asked for that another has to let through?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from actions import people, standings
from pages.parts import escape, format, words
from pages.parts.deployment import offers, pressing
from pages.parts.deployment.pressing import Asked

if TYPE_CHECKING:
    from actions.standings import Standing
    from pages.parts.deployment.desk import Desk


def draw(desk: Desk[Any]) -> None:
    """Draw every request that waits, and offer an approver to let it through."""
    for each in standings.asked_for(desk.chain):
        _request(desk, each)


def _request(desk: Desk[Any], standing: Standing) -> None:
    intent, plan = standing.intent, standing.plan
    why = people.may_approve(
        desk.person, plan.action, desk.config, datetime.now(UTC), asked_by=intent.person
    )
    with st.container(border=True):
        st.markdown(
            f":material/how_to_reg: **{escape.markdown(intent.person)} asks for a second person: "
            f"{words.ACTIONS[plan.action]}** · {format.moment(standing.records[0].at)}  \n"
            f":small[“{escape.markdown(intent.reason, length=600)}”]"
        )
        if intent.verdict:
            st.caption(escape.markdown(intent.verdict, length=400))
        st.button(
            "Approve…",
            key=f"approve_{standing.change}",
            disabled=why is not None,
            help=offers.why_not(why),
            on_click=_ask,
            args=(desk, standing),
        )


def _ask(desk: Desk[Any], standing: Standing) -> None:
    plan, by = standing.plan, standing.intent.person
    with pressing.telling():
        pressing.ask(
            Asked(
                title="Approve it?",
                consequence=(
                    f"What **{escape.markdown(by)}** asked for is done now: "
                    f"{words.ACTIONS[plan.action].lower()}, **{escape.markdown(plan.target)}**. "
                    + escape.markdown(" ".join(call.purpose for call in plan.calls), length=900)
                ),
                small=offers.small(desk, plan),
                press="Approve and do it",
                typed=plan.target,
                checks=desk.look(plan, asked_by=by),
                act=lambda reason: desk.act(plan, reason, approved=standing),
            )
        )
