"""How does a reader learn how a number is computed, beside it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import escape
from pages.parts.explained import (
    answers,
    inputs,
    layers,
    machines,
    outcomes,
    plans,
    rules,
    shadows,
    speed,
    traffic,
    truth,
    updates,
    verdicts,
    waiting,
    watched,
)

if TYPE_CHECKING:
    from pages.parts.explained.explanation import Explanation

LABEL = "How is this computed?"
OF_A_TEST: dict[str, Explanation] = {
    **verdicts.EXPLAINED,
    **answers.EXPLAINED,
    **inputs.EXPLAINED,
    **truth.EXPLAINED,
    **speed.EXPLAINED,
    **machines.EXPLAINED,
    **traffic.EXPLAINED,
    **plans.EXPLAINED,
    **shadows.EXPLAINED,
}
"""What the pages of a shadow test explain, and so its report."""

EXPLAINED: dict[str, Explanation] = {
    **OF_A_TEST,
    **layers.EXPLAINED,
    **rules.EXPLAINED,
    **outcomes.EXPLAINED,
    **waiting.EXPLAINED,
    **watched.EXPLAINED,
    **updates.EXPLAINED,
}
"""Every explanation, by the key of the chart or the table, or by what a tile says it shows."""


def beside(key: str, *, explained: str = "") -> None:
    """Offer the explanation of the chart or table ``key``, where there is one.

    ``explained`` names it where the key does not, since several of a kind stand on one page.
    """
    found = EXPLAINED.get(explained or key)
    if found is None:
        return
    with st.popover(LABEL, icon=":material/help:", type="tertiary", key=f"{key}_how"):
        st.markdown(f"**{found.name}**\n\n{written(found)}")


def tooltip(key: str, meaning: str | None) -> str | None:
    """Give what a tile says of itself where one points: its meaning, and how it is computed."""
    found = EXPLAINED.get(key)
    parts = [meaning or "", written(found) if found is not None else ""]
    return "\n\n".join(part for part in parts if part) or None


def written(found: Explanation) -> str:
    """Write an explanation as Markdown."""
    parts = (
        ("How it is computed", found.how),
        ("Assumes", found.assumes),
        ("Source", f"{found.source}."),
        ("Wrong when", found.wrong),
        ("More", f"docs/statistics.md, “{found.section}”."),
    )
    return "\n\n".join(f"**{name}:** {escape.sentence(text, length=1000)}" for name, text in parts)
