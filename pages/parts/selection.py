"""Which shadow test and which window is the page about?

Both live in the address (``?test=fraud-v7&window=7d``): what is on the screen can be sent on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from pages.parts import escape, export

if TYPE_CHECKING:
    from queries.config import Config, Test

# Shown as they stand: the address of the page holds what the choice shows.
WINDOWS = ("1h", "24h", "7d", "all")
DEFAULT_WINDOW = "all"


@dataclass(frozen=True, slots=True)
class Selection:
    """What the reader chose, and a name asked for in the address that does not exist.

    ``where`` is the filter of requests, once its bar has read it (``parts.filters``).
    """

    test: str
    window: str
    unknown_test: str | None
    where: str = ""


def choose(config: Config) -> Selection:
    """Draw the two choices and give what was chosen; a wrong name in the address is remembered."""
    names = [test.name for test in config.tests]
    wanted = st.query_params.get("test")
    if wanted is not None and wanted not in names:
        st.session_state["unknown_test"] = wanted
    # A session starts on the default when it has no valid choice: a wrong address never picks one.
    st.selectbox(
        "Shadow test",
        names,
        key="test",
        bind="query-params",
        persist_state="session",
        on_change=forget_unknown,
    )
    st.segmented_control(
        "Window",
        WINDOWS,
        default=DEFAULT_WINDOW,
        required=True,
        key="window",
        bind="query-params",
        persist_state="session",
        width="stretch",
    )
    chosen = Selection(
        test=st.session_state.get("test") or (names[0] if names else ""),
        window=st.session_state.get("window") or DEFAULT_WINDOW,
        unknown_test=st.session_state.get("unknown_test"),
    )
    st.session_state["selection"] = chosen
    return chosen


def current() -> Selection:
    """Give what was chosen in this run."""
    chosen: Selection = st.session_state["selection"]
    return chosen


def test_of(config: Config) -> Test:
    """Give the configuration of the chosen test."""
    return config.test(current().test)


def forget_unknown() -> None:
    """Forget the wrong name: a test has been chosen by hand."""
    st.session_state.pop("unknown_test", None)


def pick(name: str) -> None:
    """Choose a test, as a click in the sidebar does."""
    st.session_state["test"] = name
    forget_unknown()


def link(**more: str | list[str]) -> str:
    """Give the full address of what is on the screen, and of what else is named."""
    chosen = current()
    parts = urlsplit(st.context.url or "")
    # the bar of the filter comes after this; until it is drawn for the first time only the address
    # knows what it will hold
    where = st.session_state.get("where") or st.query_params.get("where", "")
    named = {"test": chosen.test, "window": chosen.window, "where": where, **more}
    query = urlencode({name: value for name, value in named.items() if value}, doseq=True)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def title(name: str, *choices: str) -> None:
    """Head the page with the test and the page's name, and offer its address.

    ``choices`` are the keys under which the page keeps more of what it shows in its address.
    """
    left, middle, right = st.columns([10, 2, 2], vertical_alignment="bottom")
    left.title(f"{escape.markdown(current().test)} :gray[· {name}]", anchor=False)
    with middle.popover("Export", icon=":material/download:", width="stretch"):
        export.buttons(current().test, current().window)
    with right.popover("Share", icon=":material/link:", width="stretch"):
        st.caption("This page, test, window and filter:")
        more = {key: st.query_params.get_all(key) for key in choices}
        st.code(link(**more), language=None, wrap_lines=True)
