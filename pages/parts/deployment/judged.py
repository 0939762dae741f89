"""What does the test say that a promotion rests on, and how old is that?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import escape, format, loading, words
from queries import cached_answers
from queries.errors import UnderstudyError

if TYPE_CHECKING:
    from analysis.report import Report

OVERVIEW = "pages/shadow_test/overview.py"
WINDOW = "all"
"""A promotion is judged on the whole test, whatever window is looked at."""
COLOURS = {"promote": "green", "hold": "orange", "reject": "red"}


def report(test: str) -> Report | None:
    """Read the whole test and judge it; None, said on the page, where that is not possible."""
    try:
        loading.read(test)
        return cached_answers.report(test, WINDOW)
    except UnderstudyError as error:
        st.warning(
            f"**There is no verdict.** {escape.markdown(str(error), length=600)}",
            icon=":material/gavel:",
        )
        return None


def line(found: Report | None) -> None:
    """Say the verdict in a line, how old it is, and where its reasons are."""
    if found is None:
        return
    verdict = found.verdict
    decision = words.DECISIONS[verdict.decision]
    said = verdict.headline.removeprefix(f"{decision}: ")
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.markdown(
        f":{COLOURS[verdict.decision]}-badge[{decision.upper()}] &nbsp; "
        f"{escape.markdown(said[:1].upper() + said[1:], length=400)}  \n"
        f":small[:gray[{escape.markdown(basis(found), length=300)}]]"
    )
    right.page_link(OVERVIEW, label="The reasons", icon=":material/flag:")


def basis(found: Report) -> str:
    """What the verdict rests on and how old the newest of it is."""
    pairs = f"{format.count(found.pairing.paired)} pairs"
    age = (datetime.now(UTC) - found.window.end).total_seconds()
    return (
        f"{pairs} · {format.span(found.window)} · newest capture {format.duration(max(age, 0))} ago"
    )


def sentence(found: Report | None) -> str:
    """The verdict as it is written down with a change; "" where there is none."""
    return found.verdict.headline if found is not None else ""
