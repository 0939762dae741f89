"""How is a Lambda alias or a stage of API Gateway moved to what was tested, and back?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from actions import proposals
from actions.checks.deciding import TAKES_THE_SHADOW
from actions.plans import aliases, stages
from pages.parts import escape, format, words
from pages.parts.deployment import calls, checks, judged, offers, pressing, requests, sides
from pages.parts.deployment.pressing import Asked
from queries.errors import NotDone
from queries.live_generic import LiveAlias, LiveStage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from actions.steps import Plan
    from pages.parts.deployment.desk import Desk

SHARES = (10, 50, 100)
"""The percentages of the requests that are offered, as a shadow's are raised in stages."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What may be done, by its name on the page; ``plan`` raises ``NotDone`` where it cannot."""

    name: str
    plan: Callable[[], Plan]


def page(desk: Desk[LiveAlias | LiveStage]) -> None:
    """Draw what is called now, what would be, what stands in the way, and the buttons."""
    judged.line(desk.report)
    requests.draw(desk)
    buttons, above = st.container(horizontal=True), st.container()
    st.subheader("How", anchor=False)
    live = desk.live
    choice = _of_alias(desk, live) if isinstance(live, LiveAlias) else _of_stage(live)
    plan: Plan | None = None
    try:
        plan = choice.plan()
    except NotDone as error:
        st.error(
            f"**Not like this.** {escape.markdown(str(error), length=900)}", icon=":material/block:"
        )
    found = () if plan is None else desk.look(plan)
    with above:
        _sides(desk.live, plan)
    if plan is not None:
        st.markdown("\n".join(f"- :small[{escape.markdown(n, length=400)}]" for n in plan.notes))
        st.subheader("Before it is done", anchor=False)
        checks.draw(found)
        with st.expander(f"The exact calls ({len(plan.calls)})", icon=":material/data_object:"):
            calls.draw(plan)
    with buttons:
        _button(desk, choice, plan, checks.in_the_way(found))
        _back(desk)


def _of_alias(desk: Desk[LiveAlias | LiveStage], live: LiveAlias) -> Choice:
    others = [each for each in live.versions if each != live.version]
    tested = desk.test.deployment.version
    left, right = st.columns(2)
    version = left.selectbox(
        "Version",
        others,
        index=others.index(tested) if tested in others else 0,
        key="other_version",
        placeholder="no other version is published",
    )
    share = right.segmented_control(
        "Its share of the requests",
        SHARES,
        default=100,
        required=True,
        format_func=lambda each: f"{each}{format.THIN_SPACE}%",
        key="other_share",
    )
    proposed = desk.test.deployment
    return Choice(
        "Promote", lambda: proposals.at_alias(live, proposed, version=version, percent=share)
    )


def _of_stage(live: LiveStage) -> Choice:
    if live.canary is None:
        share = _share("Requests that the canary is sent", default=proposals.FIRST_SHARE)
        named = "Start a canary"
    else:
        share = _share("Requests that the canary is sent; at 100 % it takes the stage", default=100)
        named = "Promote" if share == 100 else "Change the share"
    return Choice(named, lambda: proposals.at_stage(live, share))


def _share(label: str, *, default: int) -> int:
    chosen: int = st.segmented_control(
        label,
        SHARES if default == 100 else SHARES[:-1],
        default=default,
        required=True,
        format_func=lambda each: f"{each}{format.THIN_SPACE}%",
        key=f"other_canary_{default}",
    )
    return chosen


def _sides(live: LiveAlias | LiveStage, plan: Plan | None) -> None:
    left, middle, right = st.columns([10, 9, 10], gap="small")
    with left.container(border=True, height="stretch"):
        st.markdown("**What answers now**")
        st.markdown(_now(live))
    with middle.container(border=True, height="stretch"):
        if plan is None:
            st.markdown("**What changes**")
            st.caption("As chosen below, it cannot be done.")
        else:
            sides.difference(plan)
    with right.container(border=True, height="stretch"):
        st.markdown("**After it** &nbsp; :blue-badge[planned]")
        if plan is not None:
            st.markdown(_after(live, plan))


def _now(live: LiveAlias | LiveStage) -> str:
    if isinstance(live, LiveAlias):
        return _versions(live.version, live.weights)
    said = f":blue[●] deployment **{escape.markdown(live.deployment)}**"
    if live.canary is None:
        return said
    return (
        f"{said}\n\n:orange[◆] canary **{escape.markdown(live.canary.deployment)}**  \n"
        f":small[answers {live.canary.percent:.4g}{format.THIN_SPACE}% of the requests]"
    )


def _after(live: LiveAlias | LiveStage, plan: Plan) -> str:
    if isinstance(live, LiveAlias):
        weights = plan.after["RoutingConfig"]["AdditionalVersionWeights"]
        return _versions(plan.after["FunctionVersion"], weights.items())
    return "  \n".join(
        f":gray[{escape.markdown(path)}] **{escape.markdown(value)}**"
        for path, value in sides.leaves(plan.after)
    )


def _versions(version: str, weights: Iterable[tuple[str, float]]) -> str:
    """Each version with its share: what the ``weights`` of the others leave is the first one's."""
    others = tuple(weights)
    routed = ((version, 1 - sum(share for _, share in others)), *others)
    return "\n\n".join(
        f":blue[●] version **{escape.markdown(each)}**  \n"
        f":small[answers {format.percent(share, decimals=0)} of the requests]"
        for each, share in routed
    )


def _button(
    desk: Desk[LiveAlias | LiveStage], choice: Choice, plan: Plan | None, blocked: str | None
) -> None:
    why: str | None = "As chosen below, it cannot be done."
    if plan is not None:
        judges = plan.action in TAKES_THE_SHADOW
        why = desk.refused(plan.action) or blocked or (offers.against(desk) if judges else None)
    st.button(
        f"{choice.name}…",
        type="primary",
        icon=":material/rocket_launch:",
        key="other_do",
        disabled=why is not None,
        help=offers.why_not(why),
        on_click=_ask,
        args=(desk, choice.plan, choice.name),
    )


def _back(desk: Desk[LiveAlias | LiveStage]) -> None:
    """Offer every earlier version or deployment."""
    live = desk.live
    with offers.earlier(desk.refused("rollback")):
        known = _earlier(live)
        if not known:
            st.caption("Nothing earlier is there to go back to.")
        for each in known:
            st.button(
                escape.markdown(each),
                key=f"other_back_{each}",
                icon=":material/undo:",
                on_click=_ask,
                args=(desk, lambda to=each: _way_back(live, to), "Roll back"),
            )


def _earlier(live: LiveAlias | LiveStage) -> list[str]:
    """What may be gone back to, the newest first; what answers now where a canary is to end."""
    if isinstance(live, LiveAlias):
        older = [each for each in live.versions if int(each) < int(live.version)]
        return [*([live.version] if live.weights else []), *older]
    known = [each.id for each in live.deployments]
    at = known.index(live.deployment) if live.deployment in known else -1
    return [*([live.deployment] if live.canary else []), *known[at + 1 :]]


def _way_back(live: LiveAlias | LiveStage, to: str) -> Plan:
    if isinstance(live, LiveAlias):
        return aliases.rollback(live, to)
    return stages.rollback(live, to)


def _ask(desk: Desk[LiveAlias | LiveStage], make: Callable[[], Plan], named: str) -> None:
    with pressing.telling():
        plan = make()
        rests = plan.action in TAKES_THE_SHADOW
        pressing.ask(
            Asked(
                title=f"{named}?",
                consequence=(
                    f"{words.ACTIONS[plan.action]}: "
                    + escape.markdown(" ".join(call.purpose for call in plan.calls), length=600)
                ),
                small=offers.small(desk, plan),
                press=named,
                typed=plan.target,
                checks=desk.look(plan),
                act=lambda reason: desk.act(plan, reason, evidence=rests),
                agree=offers.agree(desk) if rests else "",
            )
        )
