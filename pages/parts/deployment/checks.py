"""What was looked at before acting, what is amiss, and what helps?"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from actions.steps import Check
from pages.parts import escape

SIGNS = {
    "blocked": ":red[**✕**]",
    "warn": ":orange[**!**]",
    "unknown": ":orange[**?**]",
    "ok": ":green[✓]",
}
AMISS = ("blocked", "warn", "unknown")
NOT_LOOKED = Check("looked", "blocked", "What may stand in the way could not be looked at.")
COUNTED = {"blocked": "in the way", "warn": "to know", "unknown": "unknown", "ok": "in order"}


def draw(found: Sequence[Check]) -> None:
    """Draw what is in the way first, each with its remedy; what is in order small, beside it."""
    counts = (
        f"{SIGNS[status]} {sum(each.status == status for each in found)} {said}"
        for status, said in COUNTED.items()
        if any(each.status == status for each in found)
    )
    st.markdown(" &nbsp; ".join(counts))
    fine = [
        f"{SIGNS['ok']} :small[{_text(each.sentence)}]" for each in found if each.status == "ok"
    ]
    wrong = [amiss(each) for status in AMISS for each in found if each.status == status]
    if not wrong:
        left, right = st.columns(2, gap="large")
        half = (len(fine) + 1) // 2
        left.markdown("  \n".join(fine[:half]))
        right.markdown("  \n".join(fine[half:]))
        return
    left, right = st.columns([6, 5], gap="large")
    left.markdown("\n\n".join(wrong))
    right.markdown("  \n".join(fine))


def amiss(check: Check) -> str:
    """Write what is amiss with its sign, and what helps below it."""
    remedy = f"  \n:small[:gray[{_text(check.remedy)}]]" if check.remedy else ""
    return f"{SIGNS[check.status]} {_text(check.sentence)}{remedy}"


def in_the_way(found: Sequence[Check]) -> str | None:
    """Why the plan may not be carried out, in sentences; None where nothing forbids it."""
    blocked = [each.sentence for each in found if each.status == "blocked"]
    return " ".join(blocked) or None


def _text(said: str) -> str:
    return escape.sentence(said)
