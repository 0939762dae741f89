"""May so much be read from S3 as this test needs, and how much is it?

What is read is read once: the question comes up when a test is opened for the first time, or a
great deal was captured since this server was started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import escape, format
from queries.errors import LargeRead

if TYPE_CHECKING:
    from queries.outlay import Outlay

ASK_FROM_BYTES = 2 * 10**9
ASK_FROM_OBJECTS = 20_000
_ALLOWED = "read_anyway"


def allow(test: str, outlay: Outlay) -> None:
    """Raise ``LargeRead`` where this session was not asked yet whether so much may be read."""
    large = outlay.bytes > ASK_FROM_BYTES or outlay.objects > ASK_FROM_OBJECTS
    if large and test not in _allowed():
        raise LargeRead(
            f"{format.count(outlay.objects)} files of {format.size(outlay.bytes)} lie in S3 and "
            f"were not read yet. That takes {words(outlay)}, once: what is read stays on this "
            "machine, also where you leave in between. Bytes cost nothing where Understudy runs "
            "in the bucket’s own region (usd_per_gb = 0 in [prices]). With start and end in the "
            "configuration of the test fewer files are read, with Athena none.",
            test=test,
        )


def words(outlay: Outlay) -> str:
    """Write requests and cost in a few words."""
    requests = format.count(outlay.requests)
    return f"at most {requests} requests and about {format.money(outlay.usd, 'USD')}"


def ask(error: LargeRead, what: str) -> None:
    """Say how much there is to be read, and offer to read it."""
    st.warning(
        f"**{escape.markdown(what.capitalize())} were not read yet.** "
        f"{escape.markdown(str(error), length=900)}",
        icon=":material/cloud_download:",
    )
    st.button(
        "Read them",
        icon=":material/play_arrow:",
        key=f"read_anyway_{what}",
        type="primary",
        on_click=_allowed().add,
        args=(error.test,),
    )


def _allowed() -> set[str]:
    """Give the tests whose captures may be read however many they are, in this session."""
    found: set[str] = st.session_state.setdefault(_ALLOWED, set())
    return found
