"""Which messages about changes did not get out?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from actions.notify import OUTBOX
from pages.parts import escape, format

_RECENT = timedelta(hours=1)


def draw() -> None:
    """Tell of the messages that were not sent in the last hour; they changed nothing else."""
    since = datetime.now(UTC) - _RECENT
    problems = [each for each in OUTBOX.problems if each.at >= since]
    if not problems:
        return
    told = [
        f"{format.moment(each.at)}: {escape.markdown(each.sentence, length=600)}"
        for each in reversed(problems)
    ]
    st.warning(
        "**Not everybody was told.** What was done is done all the same.\n\n"
        + "\n".join(f"- {each}" for each in told),
        icon=":material/notifications_off:",
    )
