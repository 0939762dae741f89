"""How does a press become one act: asked once more, confirmed in words, and done once?

What is asked for waits in the session under a mark of its own. The call that acts takes it away
first, so that a press that was queued twice finds nothing left to do. Who presses elsewhere at the
same time ends at the claim in the audit. While one run of a page acts, Streamlit may begin another,
and lets the first neither draw nor write to the session any more; the other waits for it.
"""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import escape
from pages.parts.deployment import checks
from queries.errors import UnderstudyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from actions.steps import Check

_TRAY, _UNPLANNED = "deploy_tray", "deploy_unplanned"
_REASON, _TYPED, _AGREED = "deploy_reason", "deploy_typed", "deploy_agreed"
LONGEST_REASON = 1024
_CUT_OFF = (
    "The page was run anew before this was through. What was begun of it stands in History and "
    "goes on; if nothing does, press again."
)
BOXES = EARLIER, MORE = ("deploy_rollback", "deploy_more")
"""The boxes from which something is asked, by their keys."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a person is about to do.

    ``consequence`` is Markdown, one sentence; ``small`` what stands below it; ``typed`` is the name
    to type. ``checks`` are those that are shown here; where ``agree`` is a sentence, it has to be
    agreed to. ``act`` is given the reason, and does it; what it raises is told in the dialog.
    """

    title: str
    consequence: str
    small: str
    press: str
    typed: str
    checks: tuple[Check, ...]
    act: Callable[[str], object]
    agree: str = ""
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(slots=True, eq=False)
class _Tray:
    """What waits to be confirmed, and what came in its way; ``acting`` is held while it is done.

    It is changed in place, which a run that was told to stop still can.
    """

    asked: Asked | None = None
    problem: str | None = None
    acting: threading.Lock = field(default_factory=threading.Lock)


def _tray() -> _Tray:
    found: _Tray = st.session_state.setdefault(_TRAY, _Tray())
    return found


def ask(asked: Asked) -> None:
    """Have it confirmed in a dialog; to be called when a button is pressed."""
    tray = _tray()
    tray.asked, tray.problem = asked, None
    for box in BOXES:
        # an open box would lie over the dialog
        if box in st.session_state:
            st.session_state[box] = False
    for key in (_REASON, _TYPED, _AGREED):
        st.session_state.pop(key, None)


@contextmanager
def telling() -> Iterator[None]:
    """What fails while a press is planned is told on the page, where it was pressed."""
    st.session_state.pop(_UNPLANNED, None)
    try:
        yield
    except UnderstudyError as error:
        st.session_state[_UNPLANNED] = str(error)


def wait() -> None:
    """Wait for the act of another run of this page: what is read after it shows what came of it."""
    acting = _tray().acting
    if acting.locked():
        with st.spinner("It is being done…"), acting:
            pass


def show(remedy: Callable[[], None] | None = None) -> None:
    """Draw the dialog where something waits to be confirmed, and what could not be planned.

    ``remedy`` draws what may help where a press was refused.
    """
    problem = st.session_state.pop(_UNPLANNED, None)
    if problem is not None:
        st.error(
            f"**This cannot be done.** {escape.sentence(problem, length=1500)}",
            icon=":material/block:",
        )
    asked = _tray().asked
    if asked is not None:
        st.dialog(asked.title, width="medium", on_dismiss=_forget)(_dialog)(remedy)


def _forget() -> None:
    _tray().asked = None


def _dialog(remedy: Callable[[], None] | None) -> None:
    # not what it was opened with: a press that failed is asked under another mark
    asked = _tray().asked
    if asked is None:
        # the press was taken: the page behind says what came of it
        st.rerun()
    st.markdown(asked.consequence)
    st.caption(asked.small)
    forbidden = checks.in_the_way(asked.checks)
    for each in asked.checks:
        if each.status != "ok":
            st.markdown(checks.amiss(each))
    with st.form("deploy_confirm", border=False):
        st.text_area(
            "Why?",
            key=_REASON,
            max_chars=LONGEST_REASON,
            placeholder="Kept in the audit, and told to everybody who is notified",
        )
        st.text_input("The name, to confirm", key=_TYPED, placeholder=asked.typed)
        if asked.agree:
            st.checkbox(escape.markdown(asked.agree, length=400), key=_AGREED)
        st.form_submit_button(
            asked.press,
            type="primary",
            on_click=_act,
            args=(asked.mark,),
            disabled=forbidden is not None,
            help=escape.sentence(forbidden) if forbidden else None,
            width="stretch",
        )
    problem = _tray().problem
    if problem is not None:
        st.error(f"**Not done.** {escape.sentence(problem, length=2000)}")
        if remedy is not None:
            remedy()


def _act(mark: str) -> None:
    """Act once for a press: what waits under this mark is taken away before anything is done."""
    tray = _tray()
    asked = tray.asked
    if asked is None or asked.mark != mark or not tray.acting.acquire(blocking=False):
        return
    problem: str | None = _CUT_OFF
    try:
        reason = " ".join(st.session_state[_REASON].split())
        missing = _unconfirmed(asked, reason)
        tray.asked, tray.problem = None, None
        if missing is None:
            asked.act(reason)
        problem = missing
    except UnderstudyError as error:
        problem = str(error)
    finally:
        if problem is not None:
            # it may be put right and pressed again, under a new mark
            tray.asked, tray.problem = replace(asked, mark=uuid.uuid4().hex), problem
        tray.acting.release()


def _unconfirmed(asked: Asked, reason: str) -> str | None:
    if not reason:
        return "Say why: the reason is kept."
    if st.session_state[_TYPED].strip() != asked.typed:
        return f"Type the name, {asked.typed}, to confirm."
    if asked.agree and not st.session_state.get(_AGREED):
        return "This goes against the verdict: tick the box if it is meant."
    return checks.in_the_way(asked.checks)
