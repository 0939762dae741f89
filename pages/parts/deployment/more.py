"""What else may be changed: the shadow's share, the test's end, weights, or a new shadow?"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from actions import proposals
from actions.plans import experiment_settings, experiments, weights
from pages.parts import escape, format
from pages.parts.deployment import pressing, questions
from pages.parts.deployment.planned import UNSAID
from pages.parts.deployment.questions import Question
from queries import aws

if TYPE_CHECKING:
    from actions.steps import Plan
    from pages.parts.deployment.desk import Desk
    from queries.live import Document, Live

PERCENT = f"{format.THIN_SPACE}%"
STAYS = (
    "An inference experiment, which AWS ends by itself. With 0 the shadow becomes part of the "
    "endpoint's config and stays."
)


def offer(desk: Desk[Live]) -> None:
    """Offer in one place what else this endpoint allows."""
    live = desk.live
    with st.popover(
        "More…",
        icon=":material/more_horiz:",
        key=pressing.MORE,
        on_change="rerun",
    ):
        if live.experiment is not None:
            _sampling(desk)
            _end(desk, live.experiment)
            _cancel(desk)
        if sum(not each.shadow for each in live.variants) > 1:
            _weights(desk)
        if live.shadow is None:
            _start(desk)
        elif live.experiment is None:
            st.caption(
                "The shadow is part of the endpoint's config, not of an inference experiment: its "
                "share is changed by a new config."
            )


def _sampling(desk: Desk[Live]) -> None:
    live = desk.live
    now = round(live.shadow.weight) if live.shadow is not None else 0
    percent = st.segmented_control(
        "Requests copied to the shadow",
        experiment_settings.STAGES,
        default=now if now in experiment_settings.STAGES else None,
        format_func=lambda each: f"{each}{PERCENT}",
        key="more_percent",
    )
    questions.button(
        desk,
        "resample",
        "Change the share…",
        Question(
            "Change the shadow’s share?",
            f"**{percent}{PERCENT}** of the requests of **{_md(live.endpoint)}** are copied to the "
            f"shadow, not {now}{PERCENT} as now.",
            "Change",
            lambda reason: experiment_settings.resample(live, int(percent or 0)),
        ),
        otherwise="That is the share it has." if percent in (now, None) else None,
    )


def _end(desk: Desk[Live], experiment: Document) -> None:
    live, now = desk.live, datetime.now(UTC)
    planned = experiment_settings.planned_end(experiment)
    latest = experiment_settings.latest_end(experiment)
    since = planned or now
    room = (latest - since) / timedelta(days=1)
    st.markdown("**When the test ends by itself**")
    if planned is not None:
        left = format.duration(max((planned - now).total_seconds(), 0))
        st.caption(
            f"In {left}, on {format.moment(planned)}; {format.moment(latest)} at the latest."
        )
    days = st.number_input(
        "Days more",
        min_value=0.0,
        max_value=max(room, 0.0),
        value=min(7.0, max(room, 0.0)),
        step=1.0,
        format="%.4g",
        key="more_days_more",
    )
    # AWS keeps whole seconds, and refuses one that is past the latest end
    end = min(since + timedelta(days=days), latest).replace(microsecond=0)
    later = end > since
    st.caption(f"It would end on {format.moment(end)}." if later else "It ends then as it is.")
    questions.button(
        desk,
        "extend_experiment",
        "Extend the test…",
        Question(
            "Let the test run longer?",
            f"The shadow test of **{_md(live.endpoint)}** ends by itself on "
            f"**{format.moment(end)}**, not on {format.moment(since)}.",
            "Extend",
            lambda reason: experiment_settings.extend(live, end, now=datetime.now(UTC)),
        ),
        otherwise=None if later else "Name a later end.",
    )


def _cancel(desk: Desk[Live]) -> None:
    live = desk.live
    name = str((live.experiment or {}).get("Name", ""))
    st.markdown("**End the test without a promotion**")
    questions.button(
        desk,
        "cancel_experiment",
        "Cancel the experiment…",
        Question(
            "Cancel the experiment?",
            f"The experiment **{_md(name)}** ends, its shadow is removed, and "
            f"**{_md(live.endpoint)}** goes on as it is.",
            "Cancel the experiment",
            lambda reason: experiments.cancel(live, reason=reason or UNSAID),
        ),
    )


def _weights(desk: Desk[Live]) -> None:
    live = desk.live
    production = [each for each in live.variants if not each.shadow]
    total = sum(each.weight for each in production) or 1.0
    st.markdown("**Share of the requests that each variant answers (%)**")
    shares = {
        each.name: st.number_input(
            escape.markdown(each.name),
            min_value=0.0,
            max_value=100.0,
            value=100 * each.weight / total,
            format="%.4g",
            key=f"more_weight_{each.name}",
        )
        for each in production
    }
    together = sum(shares.values())
    st.caption(f"Together {together:.4g}{PERCENT}.")
    said = ", ".join(f"{_md(name)} {share:.4g}{PERCENT}" for name, share in shares.items())
    questions.button(
        desk,
        "shift_weights",
        "Shift…",
        Question(
            "Shift the requests?",
            f"The requests of **{_md(live.endpoint)}** are shared anew: {said}.",
            "Shift",
            lambda reason: weights.shift(live, shares),
        ),
        otherwise=None if math.isclose(together, 100) else "They have to be 100 % together.",
    )


def _start(desk: Desk[Live]) -> None:
    live = desk.live
    st.markdown("**Start a shadow test**")
    name = st.text_input("Model", key="more_model", placeholder="a model of SageMaker, by its name")
    left, right = st.columns(2)
    machine = left.text_input("Instance type", live.production.instance_type, key="more_type")
    count = right.number_input(
        "Instances", min_value=1, value=max(1, live.production.desired_instances), key="more_count"
    )
    left, right = st.columns(2)
    percent = left.number_input(
        "Requests copied (%)", min_value=1, max_value=100, value=10, key="more_copied"
    )
    days = right.number_input(
        "Ends after (days)", min_value=0, max_value=30, value=7, key="more_days", help=STAYS
    )
    role = ""
    if days:
        role = st.text_input(
            "Role that runs it",
            key="more_role",
            placeholder="arn:aws:iam::…:role/…",
            help="SageMaker runs the experiment as this role; it is not the model's.",
        )

    def plan(reason: str) -> Plan:
        return proposals.shadow_test(
            live,
            aws.client(desk.config.aws, "sagemaker"),
            name.strip(),
            variant=desk.test.shadow or proposals.SHADOW,
            instance_type=machine.strip(),
            count=int(count),
            percent=int(percent),
            days=int(days),
            role_arn=role.strip(),
            at=datetime.now(UTC),
        )

    questions.button(
        desk,
        "start_shadow",
        "Start…",
        Question(
            "Start a shadow test?",
            f"**{_md(name)}** is started beside {_md(live.production.model)} and sent copies of "
            f"{percent}{PERCENT} of the requests of **{_md(live.endpoint)}**; nobody gets its "
            "answers.",
            "Start",
            plan,
        ),
        otherwise=_unnamed(name, role, days=int(days)),
    )


def _unnamed(name: str, role: str, *, days: int) -> str | None:
    """What has to be named before a shadow test can be started."""
    if not name.strip():
        return "Name the model first."
    return "Name the role that runs the experiment." if days and not role.strip() else None


def _md(name: str) -> str:
    return escape.markdown(name)
