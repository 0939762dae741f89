"""How is a training that has gone wrong stopped from the page that shows it?

A button, and a dialog that asks for a reason and the job's name. The call to AWS is made in a
callback, never by a script that may run again; what came of it stays on the page of the session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from actions import stop_training
from actions.acting import THE_READER
from actions.notify import notifier
from pages.parts import escape, format, people
from queries import cached, cached_trials
from queries.errors import UnderstudyError

if TYPE_CHECKING:
    from actions.stop_training import Receipt
    from queries.config import Config
    from queries.trials.jobs import Job

_OPEN, _PROBLEM, _STOPPED = "stopping_open", "stopping_problem", "stopping_receipts"
_REASON, _TYPED = "stopping_reason", "stopping_typed"


def offer(trial: str) -> None:
    """Offer it where the training's job runs, or this session stopped it."""
    try:
        job = cached_trials.source(trial).job
    except UnderstudyError:
        # the page says itself why its training cannot be read
        return
    if job is not None and (job.running or job.name in _receipts()):
        button(cached.configured(), job)


def button(config: Config, job: Job | None) -> None:
    """Offer to stop a training job; where that cannot be, the button says why."""
    receipt = _receipts().get(job.name) if job is not None else None
    why = stop_training.hindrance(config, job, people.person(config))
    if why is None and receipt is not None:
        why = f"{receipt.job} was told to stop at {format.moment(receipt.at)}."
    st.button(
        "Stop training…",
        icon=":material/stop_circle:",
        key="stop_training",
        disabled=why is not None,
        help=escape.markdown(why, length=600) if why is not None else None,
        on_click=_open,
        args=(job.name if job is not None else "",),
    )
    if receipt is not None:
        _tell(receipt)
    if why is None and job is not None and st.session_state.get(_OPEN) == job.name:
        _dialog(config, job)


def _open(name: str) -> None:
    st.session_state[_OPEN] = name
    st.session_state.pop(_PROBLEM, None)


def _close() -> None:
    st.session_state.pop(_OPEN, None)


@st.dialog("Stop this training?", on_dismiss=_close)
def _dialog(config: Config, job: Job) -> None:
    name = escape.markdown(job.name)
    (call,) = stop_training.plan(job).calls
    if job.name in _receipts():
        # the page behind says what came of it
        _close()
        st.rerun()
    st.markdown(
        f"SageMaker will end **{name}** for good: its script gets SIGTERM and "
        f"{stop_training.SAVES_S} s to save, and what it has not saved by then is lost. It cannot "
        "be resumed from here."
    )
    st.caption(
        f"One call, {call.service}:{call.operation}; role: "
        f"{escape.markdown(config.actions.role_arn or THE_READER)}. The job began "
        f"{format.moment(job.created)}. Reason, time and who asks are written to the audit."
    )
    with st.form("stopping", border=False):
        st.text_area("Why?", key=_REASON, max_chars=1024, placeholder="The loss is infinite")
        st.text_input("The job's name, to confirm", key=_TYPED, placeholder=job.name)
        st.form_submit_button(
            "Stop the job", type="primary", on_click=_stop, args=(config, job), width="stretch"
        )
    problem = st.session_state.get(_PROBLEM)
    if problem is not None:
        st.error(f"**Not stopped.** {escape.markdown(problem, length=2000)}")


def _stop(config: Config, job: Job) -> None:
    """Act once for a press; what was pressed twice finds the dialog closed, or the job stopping."""
    if st.session_state.get(_OPEN) != job.name or job.name in _receipts():
        return
    try:
        _receipts()[job.name] = stop_training.stop(
            config,
            job,
            reason=st.session_state[_REASON],
            typed=st.session_state[_TYPED],
            by=people.person(config),
            tell=notifier(config),
        )
    except UnderstudyError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    # what is known of the job is older than the press
    cached_trials.source.clear()


def _tell(receipt: Receipt) -> None:
    st.success(
        f"**{escape.markdown(receipt.job)} was told to stop** at {format.moment(receipt.at)}; it "
        f"has {stop_training.SAVES_S} s to save. Request id "
        f"{escape.markdown(receipt.request_id or 'not given')}.",
        icon=":material/stop_circle:",
    )


def _receipts() -> dict[str, Receipt]:
    """Give what came of the jobs that this session told to stop."""
    found: dict[str, Receipt] = st.session_state.setdefault(_STOPPED, {})
    return found
