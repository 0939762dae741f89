"""What is asked of the reader where no prediction can be found in what was captured?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import drawer, escape, format, selection, states
from queries import cached_answers

if TYPE_CHECKING:
    from analysis.report import Report
    from queries.payloads import Payload

KIND = 'kind = "binary"   # or multiclass, regression, text, json, …'
CSV = f"{KIND}\ncolumn = 0        # -1 is the last"
JSON = f'{KIND}\npath = "$.predictions[*].score"'


def question(report: Report) -> None:
    """Show an answer that could not be read, and ask where its prediction stands."""
    chosen = selection.current()
    found = states.load(
        lambda: cached_answers.unread(chosen.test, chosen.window),
        what="the answers that were not read",
    )
    if found is None:
        return
    st.markdown(
        f"**Where in such an answer does the prediction stand?** {format.count(found.total)} "
        f"captured answers of this window hold none that could be found. "
        f"{'Guessed' if report.reading_guessed else 'Configured'}: "
        f"{escape.markdown(report.reading, length=300)}."
    )
    if found.payload is None:
        st.info("The captured record could not be found again.", icon=":material/inbox:")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        drawer.block(
            f"The newest, by {found.variant}",
            found.payload.output,
            found.payload.content_type_out,
            found.payload.encoding_out,
        )
    with right:
        st.caption("Answer in `understudy.toml`")
        st.code(f"[tests.{chosen.test}.prediction]\n{_keys(found.payload)}", language="toml")
        st.caption("A stray error message among good answers needs no change: it stays counted.")


def _keys(payload: Payload) -> str:
    return JSON if payload.output.lstrip()[:1] in ("{", "[") else CSV
