"""What is asked before a plan that needs no more than a reason is carried out?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.deployment import offers, pressing
from pages.parts.deployment.planned import UNSAID
from pages.parts.deployment.pressing import Asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from actions.steps import Action, Plan
    from pages.parts.deployment.desk import Desk
    from queries.live import Live


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked before it is done; ``plan`` makes it with the reason."""

    title: str
    consequence: str
    press: str
    plan: Callable[[str], Plan]


def button(
    desk: Desk[Live],
    action: Action,
    label: str,
    question: Question,
    *,
    otherwise: str | None = None,
    of: str = "",
) -> None:
    """Draw the button that asks; ``otherwise`` is why it cannot, ``of`` tells its likes apart."""
    why = desk.refused(action) or otherwise
    st.button(
        label,
        key=f"more_{action}{of}",
        disabled=why is not None,
        help=offers.why_not(why),
        on_click=_ask,
        args=(desk, question),
        width="stretch" if of else "content",
    )


def _ask(desk: Desk[Live], question: Question) -> None:
    with pressing.telling():
        plan = question.plan(UNSAID)
        pressing.ask(
            Asked(
                title=question.title,
                consequence=question.consequence,
                small=offers.small(desk, plan),
                press=question.press,
                typed=desk.live.endpoint,
                checks=desk.look(plan),
                act=lambda reason: desk.act(question.plan(reason), reason),
            )
        )
