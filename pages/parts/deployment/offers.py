"""What may be pressed on Deploy, by whom, and if not, why?

A button only asks. What it would do is planned when it is pressed and shown in a dialog, from which
it is done (``pressing``).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from actions.abort import ONLY_BAKING, abort_plan
from actions.histories import known_configs, ran_before
from actions.plans import rollback as back
from actions.standings import unfinished
from pages.parts import escape, format, words
from pages.parts.deployment import checks, pressing
from pages.parts.deployment.planned import UNSAID
from pages.parts.deployment.pressing import Asked
from queries import aws
from queries.errors import NotDone, UnderstudyError
from queries.reading_live import endpoint_config
from queries.revisions import revisions

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_popover_container import PopoverContainer

    from actions.execute import Receipt
    from actions.steps import Check, Plan
    from pages.parts.deployment.desk import Desk
    from pages.parts.deployment.planned import Wish
    from queries.live import Live
    from queries.revisions import Revision


def promote(desk: Desk[Live], wish: Wish, plan: Plan | None, found: tuple[Check, ...]) -> None:
    """Offer the promotion that was chosen."""
    if plan is None:
        why: str | None = "As chosen above, it cannot be done."
    else:
        why = desk.refused(plan.action) or checks.in_the_way(found) or against(desk)
    asks = plan is not None and desk.needs_another(plan.action)
    st.button(
        "Ask to promote…" if asks else "Promote…",
        type="primary",
        icon=":material/rocket_launch:",
        key="deploy_promote",
        disabled=why is not None,
        help=why_not(why),
        on_click=_ask_promotion,
        args=(desk, wish, found),
    )


def against(desk: Desk[Any]) -> str | None:
    """Why the verdict keeps this person from promoting; None where it does not, or they may still.

    What is not judged to be promoted may be promoted against the verdict by an approver, or where
    nobody signs in at all.
    """
    if not agree(desk) or not desk.person.signed_in or desk.person.role == "approver":
        return None
    return "The verdict is not to promote; against it only an approver may."


def agree(desk: Desk[Any]) -> str:
    """What has to be agreed to where the verdict is not to promote; "" where it is."""
    if desk.report is None:
        return "There is no verdict on the shadow. Promote it all the same."
    verdict = desk.report.verdict
    if verdict.decision == "promote":
        return ""
    decision = words.DECISIONS[verdict.decision].lower()
    return f"The verdict is to {decision}, not to promote. Promote it all the same."


def _ask_promotion(desk: Desk[Live], wish: Wish, found: tuple[Check, ...]) -> None:
    live, plan = desk.live, wish.plan()
    shadow = live.shadow.model if live.shadow is not None else ""

    def act(reason: str) -> Receipt:
        return desk.act(wish.plan(reason), reason, evidence=True)

    pressing.ask(
        Asked(
            title="Promote the shadow?",
            consequence=(
                f"**{_md(shadow)}** takes the place of {_md(live.production.model)} and answers "
                f"the requests of **{_md(live.endpoint)}**; the shadow test ends."
            ),
            small=small(desk, plan),
            press="Ask a second person" if desk.needs_another(plan.action) else "Promote",
            typed=live.endpoint,
            checks=tuple(each for each in found if each.status != "ok"),
            act=act,
            agree=agree(desk),
        )
    )


def earlier(why: str | None) -> PopoverContainer:
    """Give the box of what one can go back to, closed where it may not be done now."""
    return st.popover(
        "Roll back to…",
        icon=":material/undo:",
        key=pressing.EARLIER,
        disabled=why is not None,
        help=why_not(why),
        on_change="rerun",
    )


def rollback(desk: Desk[Live]) -> None:
    """Offer every earlier config that can still be gone back to, first the one that ran before.

    They are looked for when it is opened.
    """
    with earlier(desk.refused("rollback")) as box:
        if not box.open:
            return
        try:
            with st.spinner("Looking for earlier configs…"):
                found = _earlier(desk)
        except UnderstudyError as error:
            st.error(escape.markdown(str(error), length=900))
            return
        if not found:
            st.caption("No earlier config of this endpoint is known.")
        for number, each in enumerate(found):
            _revision(desk, each, number)


def _earlier(desk: Desk[Live]) -> tuple[Revision, ...]:
    live = desk.live
    recorded = known_configs(desk.chain)
    found = revisions(desk.config.aws, live.endpoint, recorded=recorded, besides=live.config_name)
    before = ran_before(desk.chain, live.config_name)
    return tuple(sorted(found, key=lambda each: each.config != before))


def _revision(desk: Desk[Live], found: Revision, number: int) -> None:
    left, right = st.columns([5, 2], vertical_alignment="center")
    served = ", ".join(
        f"{'◆' if each.shadow else '●'} {escape.markdown(each.model)}" for each in found.variants
    )
    made = format.moment(found.created) if found.created else "gone"
    before = found.config == ran_before(desk.chain, desk.live.config_name)
    badge = " &nbsp; :blue-badge[ran before this]" if before else ""
    left.markdown(
        f"**{_md(found.config)}**{badge}  \n"
        f":small[{served or 'nothing is known of it'} · :gray[{made}]]"
    )
    lost = " ".join((*found.missing, *found.unknown))
    right.button(
        "Roll back…",
        key=f"deploy_back_{number}",
        disabled=not found.usable,
        help=escape.markdown(lost, length=600) if lost else None,
        on_click=ask_rollback,
        args=(desk, found.config),
        width="stretch",
    )


def ask_rollback(desk: Desk[Live], config: str) -> None:
    """Have going back to a config confirmed; where that cannot be planned, the page says why."""
    with pressing.telling():
        plan = _rollback(desk, config)
        model = plan.after["ProductionVariants"][0].get("ModelName", "")
        repairs = plan.action == "repair"
        pressing.ask(
            Asked(
                title="Repair the endpoint?" if repairs else "Roll back?",
                consequence=(
                    f"**{_md(desk.live.endpoint)}** is put back on **{_md(config)}**, and "
                    f"{_md(model)} answers its requests again. It is a full update: new "
                    "instances start first, which takes minutes."
                ),
                small=small(desk, plan),
                press="Repair" if repairs else "Roll back",
                typed=desk.live.endpoint,
                checks=desk.look(plan),
                act=lambda reason: desk.act(plan, reason),
            )
        )


def _rollback(desk: Desk[Live], config: str) -> Plan:
    client = aws.client(desk.config.aws, "sagemaker")
    document = endpoint_config(client, config)
    if document is None:
        raise NotDone(f"The endpoint config {config} is gone: there is no going back to it.")
    if desk.live.status == "UpdateRollbackFailed":
        return back.repair(desk.live, document)
    return back.rollback(desk.live, document)


def abort(desk: Desk[Live]) -> None:
    """Offer to bring back the update that goes on; there is no call of AWS that cancels one."""
    why = desk.refused("abort")
    if why is None and desk.live.pending is None and not unfinished(desk.chain):
        why = "Nothing is being deployed. Once an update is over, going back is a rollback."
    st.button(
        "Abort…",
        icon=":material/block:",
        key="deploy_abort",
        disabled=why is not None,
        help=why_not(why),
        on_click=_ask_abort,
        args=(desk,),
    )


def _ask_abort(desk: Desk[Live]) -> None:
    with pressing.telling():
        plan = _abort(desk, UNSAID)
        live = desk.live
        pressing.ask(
            Asked(
                title="Abort the update?",
                consequence=(
                    f"**{_md(live.endpoint)}** goes back to **{_md(live.config_name)}**, "
                    f"and {_md(plan.previous)} is not put in place."
                ),
                small=f"{ONLY_BAKING} {small(desk, plan)}",
                press="Abort",
                typed=live.endpoint,
                checks=desk.look(plan),
                act=lambda reason: desk.act(_abort(desk, reason), reason),
            )
        )


def _abort(desk: Desk[Live], reason: str) -> Plan:
    return abort_plan(
        desk.live.endpoint,
        ledger=desk.ledger,
        client_of=partial(aws.client, desk.config.aws),
        reason=reason,
    )


def why_not(why: str | None) -> str | None:
    """Write why a button cannot be pressed, as its help."""
    return escape.sentence(why, length=900) if why else None


def small(desk: Desk[Any], plan: Plan) -> str:
    """Say in small what stands behind it: how many requests, as whom, and what is kept."""
    role = desk.config.actions.role_arn or "the role that reads"
    n = len(plan.calls)
    return (
        f"{n:,} request{'' if n == 1 else 's'} to AWS, as {_md(role)}. Who asks, when, why and the "
        f"requests are written to the audit first."
    )


def _md(name: str) -> str:
    return escape.markdown(name)
