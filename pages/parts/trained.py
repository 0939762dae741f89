"""How was the shadow trained, in one line beside its verdict, and where is that reviewed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import escape, findings
from queries import cached_trials
from queries.errors import UnderstudyError

if TYPE_CHECKING:
    from analysis.report import Report
    from queries.config import Config, Test

PAGE = "pages/training/rules.py"
NAMED = 3
"""So many rules that fired are named."""


def line(config: Config, test: Test, report: Report) -> None:
    """Say what is known of the shadow's training, with the way to its review.

    Nothing is read for it: what the verdict or a page about trainings has not found out by now is
    only linked to.
    """
    name = test.training.shadow
    if name is None:
        return
    st.page_link(
        PAGE,
        label=_judged(report) or _reviewed(config, test) or "Review how the shadow was trained",
        icon=":material/model_training:",
        query_params={"trial": name},
    )


def _judged(report: Report) -> str:
    """What the verdict says of the training, where its policy asks."""
    asked = (each for each in report.verdict.guardrails if each.name == "training")
    return "".join(escape.markdown(each.sentence, length=300) for each in asked)


def _reviewed(config: Config, test: Test) -> str:
    """What the rules said, where the training was opened and no rule of the user's is to run."""
    shadow = test.training.shadow
    if shadow is None or config.custom_rules or not cached_trials.looked_at(shadow):
        return ""
    try:
        found = cached_trials.review(shadow)
    except UnderstudyError:
        return ""
    fired = [escape.markdown(each.rule) for each in found.fired]
    more = f" and {len(fired) - NAMED:,} more" if len(fired) > NAMED else ""
    named = f" ({', '.join(fired[:NAMED])}{more})" if fired else ""
    return f"Training: {findings.summary(found).rstrip('.')}{named}"
