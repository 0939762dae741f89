"""What is said of the hours of the week that a test has met, against the usual traffic?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from analysis.usual import met
from pages.charts import heatmaps
from pages.parts import drawing, escape, format, states, tables
from queries import cached_answers

if TYPE_CHECKING:
    from analysis.policy import Policy
    from analysis.report import Report
    from analysis.usual import Met, Usual
    from pages.charts.theme import Palette

SOURCES = {
    "earlier": "are CloudWatch’s Invocations of production in the weeks before this window",
    "window": "are CloudWatch’s Invocations of production in this window itself and before it",
    "captured": "is what production captured in this window itself: of hours outside it is silent",
}


def draw(report: Report, window: str, colours: Palette) -> None:
    """Draw the pairs by hour of the week, and beside them how far that is from usual."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Pairs by hour of the week**")
        drawing.draw(heatmaps.hours_of_week(report.hours, colours), key="hours_of_week")
    found = states.attempt(
        lambda: cached_answers.usual(report.test, window), what="the usual traffic"
    )
    if found is None:
        return
    known = met_of(report, found)
    with right:
        st.markdown("**The same against the usual traffic**")
        drawing.draw(heatmaps.against_usual(known, colours), key="against_usual")
    st.markdown(escape.sentence(sentence(known, found), length=1500))
    tables.draw(
        parts(known, report.verdict.policy), name=f"{report.test}-week", key="parts_of_week"
    )


def met_of(report: Report, found: Usual) -> Met:
    """Hold the pairs of a report against the usual traffic."""
    policy = report.verdict.policy
    return met(report.hours, found, night=(policy.night_from, policy.night_to))


def sentence(known: Met, found: Usual) -> str:
    """Say which part of the usual traffic was met, and what stands for usual."""
    if math.isnan(known.share):
        return f"What traffic is usual is not known. {found.problem or ''}".strip()
    said = (
        f"{format.percent(known.share, decimals=1)} of the usual requests come in hours of the "
        "week that have pairs."
    )
    whole = f"{format.count(found.requests)} requests in {format.count(found.hours)} h"
    source = f"Usual {SOURCES[found.source]} ({whole}). {found.problem or ''}".strip()
    if known.known < 168:
        source += f" Of {168 - known.known} hours of the week nothing usual is known."
    return f"{said} {source}"


def parts(known: Met, policy: Policy) -> tables.Table:
    """Give the pairs of each part of the week, with its share of all and what share is usual."""
    first, end = policy.night_from, policy.night_to
    names = {
        "weekday": "Monday to Friday",
        "weekend": "Saturday, Sunday",
        "day": f"day, {end}:00 to {first}:00 UTC",
        "night": f"night, {first}:00 to {end}:00 UTC",
    }
    rows = tuple((each.name, each.pairs, each.share, each.usual) for each in known.parts)
    return tables.Table(
        columns=tables.columns("Part of the week", "Pairs >", "Share >", "Usual share >"),
        rows=tuple(
            (
                names[name],
                format.count(pairs),
                format.percent(share, decimals=1),
                format.percent(usual, decimals=1),
            )
            for name, pairs, share, usual in rows
        ),
        export_columns=("part", "pairs", "share", "usual_share"),
        export_rows=rows,
    )
