"""What becomes of a change that was begun: how far is it, and what came of it in the end?

Told by the audit and by AWS alone, so that a second viewer, and whoever comes after a restart, sees
the same. Whoever looks and may act also lets the next step be taken once its time has come.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from actions import execute, people, standings
from actions.histories import entry
from actions.ledger import this_process
from pages.charts import fleets as charts
from pages.parts import drawing, escape, format, words
from pages.parts.deployment import desk, offers, phases, pressing
from pages.parts.deployment.pressing import Asked
from queries import aws
from queries.errors import UnderstudyError
from queries.fleets import read_fleets
from queries.updates import look

if TYPE_CHECKING:
    from actions.histories import Entry
    from actions.ledger import Ledger
    from actions.people import Person
    from actions.records import Chain
    from actions.standings import Standing
    from actions.steps import Plan
    from queries.config import Config, Test
    from queries.updates import Progress

EVERY_S, EVERY_S_IN_THE_DEMO = 15.0, 5.0
SHOWN_FOR = timedelta(hours=1)
"""How long what came of a change stands on the page; after that, History tells it."""
_GOES_ON = "deploy_goes_on"
LOOKS = {
    "done": (st.success, ":material/check_circle:"),
    "failed": (st.error, ":material/cancel:"),
    "unfinished": (st.info, ":material/sync:"),
}


def draw(config: Config, test: Test, person: Person, ledger: Ledger, chain: Chain) -> None:
    """Draw the change that goes on, which renews itself, or what came of the last one."""
    going = standings.unfinished(chain)
    if going:
        every = EVERY_S_IN_THE_DEMO if config.demo else EVERY_S
        for each in going:
            st.fragment(_follow, run_every=every)(config, test, person, ledger, each)
        return
    over = [each for each in standings.standings(chain) if each.state in ("done", "failed")]
    newest = max(over, key=lambda each: each.records[-1].number, default=None)
    if newest is not None and datetime.now(UTC) - newest.records[-1].at < SHOWN_FOR:
        told = _told_of(newest, over)
        _over(config, told, _abort_of(told, over))


def _told_of(newest: Standing, over: list[Standing]) -> Standing:
    """The change that an abort was of says more than that the alarm was set."""
    if newest.plan.action != "abort":
        return newest
    others = [each for each in over if each.plan.action != "abort"]
    return max(others, key=lambda each: each.records[-1].number, default=newest)


def _abort_of(standing: Standing, over: list[Standing]) -> Standing | None:
    """The change by which a person brought this one back, None where nobody did."""
    first, last = standing.records[0].number, standing.records[-1].number
    aborts = (each for each in over if each.plan.action == "abort")
    return next((each for each in aborts if first < each.records[0].number < last), None)


def _follow(config: Config, test: Test, person: Person, ledger: Ledger, standing: Standing) -> None:
    plan, change = standing.plan, standing.change
    act = _may_go_on(config, person, standing)
    try:
        found = desk.onward(config, test, person, ledger, standing, act=act)
        now = standings.of(ledger.read(plan.target), change) or standing
    except UnderstudyError as error:
        st.error(f"**It cannot be followed.** {escape.markdown(str(error), length=1500)}")
        return
    began = now.records[0].at
    if now.state != "unfinished":
        # the whole page is another one now
        st.rerun()
    with st.container(border=True):
        _head(entry(now))
        progress = _progress(config, now)
        said = progress.sentence if progress is not None else found.sentence
        box, icon = LOOKS["unfinished"]
        if progress is not None and progress.outcome not in ("in_progress", "succeeded"):
            box, icon = st.warning, ":material/warning:"
        box(escape.markdown(said, length=1500), icon=icon)
        if progress is not None and progress.remedy:
            st.markdown(escape.markdown(progress.remedy, length=600))
        if progress is None or found.sentence != said:
            st.caption(escape.markdown(found.sentence, length=900))
        if not act:
            _held_up(config, person, ledger, now)
        if progress is not None:
            phases.draw(plan, progress)
            _alarms(plan, progress)
            _beside(config, plan, old=progress.in_force, since=began, until=datetime.now(UTC))
        st.caption(f"Looked at {datetime.now(UTC):%H:%M:%S} UTC, and again by itself.")


def _over(config: Config, standing: Standing, abort: Standing | None) -> None:
    found = entry(standing)
    with st.container(border=True):
        _head(found)
        box, icon = LOOKS[found.state]
        box(f"{_outcome(found)} {escape.markdown(found.result, length=1500)}", icon=icon)
        if abort is not None:
            st.markdown(
                f"**{escape.markdown(abort.intent.person)} aborted it** at "
                f"{format.moment(abort.records[0].at)}: "
                f"“{escape.markdown(abort.intent.reason, length=600)}”"
            )
        if found.state == "failed":
            st.caption(
                f"{escape.markdown(found.target)} serves as “What runs now” says. Nothing more of "
                "this plan is done; when the cause is gone, plan anew below."
            )
        if found.ended is not None and phases.updates(standing.plan):
            with st.expander(
                "What both fleets answered meanwhile",
                icon=":material/ssid_chart:",
                on_change="rerun",
                key=f"meanwhile_{found.change}",
            ) as meanwhile:
                if meanwhile.open:
                    old = standing.plan.previous
                    _beside(config, standing.plan, old=old, since=found.begun, until=found.ended)


def _outcome(found: Entry) -> str:
    name = words.ACTIONS[found.action]
    return f"**{name}: done.**" if found.state == "done" else f"**{name}: not done.**"


def _head(found: Entry) -> None:
    intent = found.intent
    model = _model(intent.plan) if phases.updates(intent.plan) else None
    to = f" to {escape.markdown(model)}" if model else ""
    asked = f", asked for by {escape.markdown(intent.asked_by)}" if intent.asked_by else ""
    st.markdown(
        f"**{words.ACTIONS[found.action]}{to}** · {escape.markdown(intent.person)}{asked} · "
        f"{format.moment(found.begun)}  \n:small[“{escape.markdown(intent.reason, length=600)}”]"
    )


def _progress(config: Config, standing: Standing) -> Progress | None:
    """How far AWS says the update is; None where none was sent, or AWS does not say."""
    plan = standing.plan
    if not phases.sent(standing):
        return None
    try:
        return look(
            aws.client(config.aws, "sagemaker"),
            plan.target,
            plan.config_name,
            before=plan.previous,
            model=_model(plan),
            began=standing.records[0].at,
            deployment=phases.deployment_of(plan),
            cloudwatch=aws.client(config.aws, "cloudwatch"),
        )
    except UnderstudyError as error:
        st.warning(escape.markdown(str(error), length=900), icon=":material/cloud_off:")
        return None


def _alarms(plan: Plan, progress: Progress) -> None:
    rules = phases.deployment_of(plan).get("AutoRollbackConfiguration") or {}
    names = [str(each["AlarmName"]) for each in rules.get("Alarms") or ()]
    if not names:
        st.caption("No alarm watches this update.")
        return
    fired = {each.name: each for each in progress.alarms}
    said = []
    for name in names:
        alarm = fired.get(name)
        if alarm is None:
            said.append(f":green[✓] :small[{escape.markdown(name)}]")
        else:
            state = "in ALARM" if alarm.still else "was in ALARM"
            said.append(
                f":red[**✕**] {escape.markdown(name)} {state} since {alarm.since:%H:%M:%S} UTC: "
                f"{escape.markdown(alarm.reason, length=300)}"
            )
    st.markdown("**Alarms that bring it back**  \n" + "  \n".join(said))


def _beside(config: Config, plan: Plan, *, old: str, since: datetime, until: datetime) -> None:
    variants = plan.after.get("ProductionVariants") or ()
    if not variants:
        return
    try:
        found = read_fleets(
            aws.client(config.aws, "cloudwatch"),
            plan.target,
            str(variants[0]["VariantName"]),
            new=plan.config_name,
            old=old,
            since=since,
            until=until,
        )
    except UnderstudyError as error:
        st.caption(f"No metrics: {escape.markdown(str(error), length=600)}")
        return
    if not found.new.whole_invocations and not found.old.whole_invocations:
        st.caption("CloudWatch has no request of either fleet yet; it is a minute or two behind.")
        return
    drawing.draw(
        charts.beside(found, drawing.colours()),
        key=f"fleets_{plan.config_name}",
        explained="fleets",
    )


def _may_go_on(config: Config, person: Person, standing: Standing) -> bool:
    """Whether steps are taken as their time comes: by who may act, where nothing was cut off.

    After a restart somebody has to say so first.
    """
    if people.may(person, standing.plan.action, config, datetime.now(UTC)) is not None:
        return False
    begun = [each for each in standing.records if each.stage == "begun"]
    ours = bool(begun) and begun[-1].process == this_process()
    return ours or st.session_state.get(_GOES_ON) == standing.change


def _held_up(config: Config, person: Person, ledger: Ledger, standing: Standing) -> None:
    """Say that steps are still to come which nobody takes here, and let who may do so."""
    left = standing.plan.steps[standing.step :]
    why = people.may(person, standing.plan.action, config, datetime.now(UTC))
    st.warning(
        f"**It was begun elsewhere or before a restart, and {len(left):,} of its "
        f"{len(standing.plan.steps):,} steps are still to come.** What was done is looked at in "
        "AWS before anything is asked again. Let it go on, or end it here and roll back below.",
        icon=":material/restart_alt:",
    )
    one, two, _ = st.columns([1, 1, 3])
    one.button(
        "Go on",
        icon=":material/play_arrow:",
        key=f"go_on_{standing.change}",
        disabled=why is not None,
        help=offers.why_not(why),
        on_click=partial(st.session_state.__setitem__, _GOES_ON, standing.change),
    )
    two.button(
        "End it here…",
        icon=":material/stop:",
        key=f"give_up_{standing.change}",
        disabled=why is not None,
        help=offers.why_not(why),
        on_click=_ask_to_give_up,
        args=(config, person, ledger, standing),
    )


def _ask_to_give_up(config: Config, person: Person, ledger: Ledger, standing: Standing) -> None:
    target = standing.plan.target
    pressing.ask(
        Asked(
            title="End it here?",
            consequence=(
                f"The steps of this change that are still to come are not taken. What was done of "
                f"it at **{escape.markdown(target)}** stays as it is."
            ),
            small="Nothing is asked of AWS. It is written to the audit.",
            press="End it",
            typed=target,
            checks=(),
            act=lambda reason: execute.give_up(
                target,
                standing.change,
                ledger=ledger,
                person=person,
                config=config,
                reason=reason,
            ),
        )
    )


def _model(plan: Plan) -> str | None:
    """The model that production is to have in the end, where the plan says."""
    for variant in plan.after.get("ProductionVariants") or ():
        model: str | None = variant.get("ModelName")
        return model
    return None
