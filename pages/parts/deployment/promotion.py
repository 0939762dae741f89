"""What would a promotion do, in which steps, and is anything in its way?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import escape, states
from pages.parts.deployment import calls, checks, how, planned, sides
from queries.errors import NotDone

if TYPE_CHECKING:
    from actions.steps import Check, Plan
    from pages.parts.deployment.desk import Desk
    from pages.parts.deployment.planned import Wish
    from queries.live import Live


def choose(desk: Desk[Live]) -> tuple[Wish, Plan | None]:
    """Draw now, after and between, and how; give what was chosen and the plan that it makes."""
    above = st.container()
    st.subheader("How", anchor=False)
    left, right = st.columns([6, 5], gap="large")
    with left:
        chosen = how.choose(desk.live, desk.test.deployment)
    wish = planned.Wish(desk, chosen, datetime.now(UTC))
    plan: Plan | None = None
    with right:
        try:
            plan = wish.plan()
        except NotDone as error:
            st.error(
                f"**Not like this.** {escape.markdown(str(error), length=900)}",
                icon=":material/block:",
            )
        else:
            if chosen.way != "experiment":
                how.timeline(chosen.strategy, chosen.count)
            notes = (f"- :small[{escape.markdown(note, length=500)}]" for note in plan.notes)
            st.markdown("\n".join(notes))
    with above:
        _sides(desk, plan)
    return wish, plan


def looked(desk: Desk[Live], wish: Wish, plan: Plan | None) -> tuple[Check, ...]:
    """Draw what was looked at before, and the exact calls; nothing where there is no plan."""
    st.subheader("Before it is done", anchor=False)
    if plan is None:
        st.caption("Nothing is looked at until it can be done as chosen above.")
        return ()
    found = states.attempt(lambda: desk.look(plan), what="what stands in the way")
    checks.draw(found or ())
    with st.expander(
        f"The exact calls ({len(plan.calls)}): dry run, boto3, AWS CLI, Terraform, CloudFormation",
        icon=":material/data_object:",
    ):
        calls.draw(plan)
    # what could not be looked at is in the way: it is not known to be in order
    return found if found is not None else (checks.NOT_LOOKED,)


def _sides(desk: Desk[Live], plan: Plan | None) -> None:
    left, middle, right = st.columns([10, 9, 10], gap="small")
    with left.container(border=True, height="stretch"):
        sides.now(desk.live)
    with middle.container(border=True, height="stretch"):
        if plan is not None:
            sides.difference(plan)
        else:
            st.markdown("**What changes**")
            st.caption("As chosen below, it cannot be done.")
    with right.container(border=True, height="stretch"):
        if plan is not None:
            sides.after(plan)
        else:
            st.markdown("**After it**")
            st.caption("There is no plan.")
