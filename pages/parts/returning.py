"""Where was somebody who first had to sign in?

After a sign-in Streamlit begins a new session, on the front page. The two sessions have nothing in
common but the browser, and of that the token against forged requests, which Streamlit gives each
browser once. Under it the place is kept in this process until the browser is back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlit.navigation.page import StreamlitPage

KEPT = timedelta(minutes=10)
"""Who takes longer to sign in is on the front page afterwards."""

_MOST = 1_000
_COOKIE = "_streamlit_xsrf"
_HERE = "returning_here"


@dataclass(frozen=True, slots=True)
class _Place:
    """A page's path, with the parameters of its address."""

    path: str
    parameters: dict[str, str]
    at: datetime


_left: dict[bytes, _Place] = {}
_lock = Lock()


def keep() -> None:
    """Keep where this browser is; to be called before it leaves for a sign-in."""
    browser = _browser()
    if browser is None:
        return
    now = datetime.now(UTC)
    place = _Place(st.session_state.get(_HERE, ""), st.query_params.to_dict(), now)
    with _lock:
        _left.pop(browser, None)
        for each in [key for key, old in _left.items() if now - old.at > KEPT]:
            del _left[each]
        while len(_left) >= _MOST:
            del _left[next(iter(_left))]
        _left[browser] = place


def lead_back(page: StreamlitPage, pages: Iterable[StreamlitPage]) -> None:
    """Lead who has just signed in to where they were; to be called once ``page`` is known.

    Nobody is led but by the first run of a session, and only to one of ``pages``.
    """
    new = _HERE not in st.session_state
    st.session_state[_HERE] = page.url_path
    browser = _browser()
    if not new or browser is None or not getattr(st.user, "is_logged_in", False):
        return
    with _lock:
        place = _left.pop(browser, None)
    if place is None or datetime.now(UTC) - place.at > KEPT:
        return
    for each in pages:
        if each.url_path == place.path:
            st.switch_page(each, query_params=place.parameters)


def _browser() -> bytes | None:
    """The browser's token, without the mask that it is sent under and that is another each time.

    The cookie is ``2|mask|masked token|time``, in hexadecimal digits, as Tornado's was.
    """
    parts = st.context.cookies.get(_COOKIE, "").strip('"').split("|")
    try:
        _, mask, token, _ = parts
        over, under = bytes.fromhex(token), bytes.fromhex(mask)
    except ValueError:
        return None
    return bytes(each ^ under[at % len(under)] for at, each in enumerate(over)) if under else None
