"""What did this page have Athena read, how long did that take, and what does it cost?

While questions run, their progress stands where afterwards the sum stands. A question that might
cost more than a little is not asked before the reader says so; a page that is left cancels what
runs for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import bills, escape, format, selection
from queries.athena import usage

if TYPE_CHECKING:
    from queries.athena.usage import Running, Usage
    from queries.config import Config
    from queries.errors import Expensive

# As much as AWS charges for 10 GB.
ASK_FROM_USD = 0.05
_USED, _ALLOWED = "asked_of_athena", "asked_anyway"
_SAY: ContextVar[Callable[[], None]] = ContextVar("say", default=lambda: None)


@contextmanager
def counted(config: Config, page: str) -> Iterator[None]:
    """Count what the page asks of Athena, and say so in the sidebar; where no test does, nothing.

    What a page asked before it was drawn anew counts too, until another page, test or window is
    chosen.
    """
    if all(test.engine != "athena" for test in config.tests):
        yield
        return
    chosen = selection.current()
    place = st.sidebar.empty()

    def tell(running: Running) -> None:
        place.caption(_running(running, used))

    used = _used((page, chosen.test, chosen.window))
    concerned = config.test(chosen.test).engine == "athena"

    def say() -> None:
        if used.asked or concerned:
            place.caption(f":material/cloud_done: {bills.said(used)}")

    say()
    saying = _SAY.set(say)
    try:
        with usage.asking(
            used,
            progress=tell,
            at_most_usd=None if _choice() in _allowed() else ASK_FROM_USD,
        ):
            yield
    finally:
        _SAY.reset(saying)


def say() -> None:
    """Say the sum so far: with the next sentence the page may end, and nothing be drawn more."""
    _SAY.get()()


@contextmanager
def counted_beside() -> Iterator[None]:
    """Count what a part of the page asks when it is drawn alone."""
    used: tuple[object, Usage] | None = st.session_state.get(_USED)
    if used is None or usage.page() is not None:
        yield
        return
    with usage.asking(used[1], at_most_usd=None if _choice() in _allowed() else ASK_FROM_USD):
        yield


def stopped(error: Expensive, what: str) -> None:
    """Say what a question might cost, and offer to ask it anyway."""
    st.warning(
        f"**{escape.markdown(what.capitalize())} were not asked for yet.** "
        f"{escape.sentence(str(error))}",
        icon=":material/payments:",
    )
    st.button(
        "Ask anyway",
        icon=":material/play_arrow:",
        key=f"ask_anyway_{what}",
        on_click=_allowed().add,
        args=(_choice(),),
    )


def _used(page: tuple[str, str, str]) -> Usage:
    known: tuple[object, Usage] | None = st.session_state.get(_USED)
    if known is None or known[0] != page:
        known = st.session_state[_USED] = page, usage.Usage()
    return known[1]


def _choice() -> tuple[str, str]:
    chosen = selection.current()
    return chosen.test, chosen.window


def _allowed() -> set[tuple[str, str]]:
    """Give the tests and windows whose questions may cost what they cost, in this session."""
    found: set[tuple[str, str]] = st.session_state.setdefault(_ALLOWED, set())
    return found


def _running(running: Running, used: Usage) -> str:
    number = len(used.asked) + 1
    state = "waits" if running.state == "QUEUED" else "runs"
    seconds = format.number(running.seconds, decimals=1)
    return (
        f":material/cloud_sync: Question {number} {state} in Athena: "
        f"{escape.markdown(running.what)}, {format.size(running.scanned)} scanned, {seconds} s"
    )
