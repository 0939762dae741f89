"""What can the reader of a page do at once where something on it cannot be shown?

Asking again is offered where what failed may pass: AWS, the network, a file that is being written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import selection
from queries.errors import NotComparable, QuestionError

if TYPE_CHECKING:
    from queries.errors import UnderstudyError


def offer(error: UnderstudyError, what: str) -> None:
    """Draw the button that helps; none where only the captures or the configuration can."""
    remedy = error.remedy if isinstance(error, NotComparable) else "later"
    if isinstance(error, QuestionError) or remedy is None:
        return
    if remedy == "later":
        st.button("Try again", icon=":material/refresh:", key=f"try_again_{what}")
    elif remedy == "earlier window":
        st.button(
            "Compare with the earlier window",
            icon=":material/history:",
            key=f"earlier_window_{what}",
            on_click=_choose,
            args=("reference", "previous"),
        )
    else:
        _another_window(what, 1 if remedy == "longer window" else -1)


def _another_window(what: str, step: int) -> None:
    """Offer the next longer or shorter window, where there is one."""
    at = selection.WINDOWS.index(selection.current().window) + step
    if 0 <= at < len(selection.WINDOWS):
        window = selection.WINDOWS[at]
        st.button(
            "Look at all there is" if window == "all" else f"Look at the last {window}",
            icon=":material/date_range:",
            key=f"another_window_{what}",
            on_click=_choose,
            args=("window", window),
        )


def _choose(key: str, value: str) -> None:
    st.session_state[key] = value
