"""Which check makes a planned test as long as it is?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from analysis.scales import duration
from pages.charts import theme
from pages.parts import format, words

if TYPE_CHECKING:
    from analysis.planning import Plan
    from pages.charts.theme import Chart, Palette

ROW_PX = 32
TICKS = {1 / 60: "1 min", 1: "1 h", 24: "1 day", 168: "1 week", 672: "4 weeks", 8_760: "1 year"}
SOONEST_H = 1 / 60


def times(less: Plan, sure: Plan, colours: Palette) -> Chart:
    """Draw the time to a decision of each check, at two chances, on a logarithmic axis.

    A check that is never decided has a cross at the right edge.
    """
    rows = len(sure.needs)
    known = [n.hours for plan in (less, sure) for n in plan.needs if n.hours is not None]
    last = 2 * max([24.0, *known])
    drawn = theme.figure(
        colours,
        height=110 + ROW_PX * rows,
        margin={"l": 8, "r": 16, "t": 34, "b": 8},
        showlegend=True,
        xaxis={
            "type": "log",
            "tickvals": [at for at in TICKS if at <= last],
            "ticktext": [text for at, text in TICKS.items() if at <= last],
            "tickangle": 0,
            "title": {"text": "time until it is decided"},
            "zeroline": False,
        },
        yaxis={
            "range": [rows - 0.4, -0.6],
            "tickvals": list(range(rows)),
            "ticktext": [words.CHECKS[need.name] for need in sure.needs],
            "showgrid": False,
            "zeroline": False,
        },
    )
    for plan, symbol in ((less, "circle-open"), (sure, "circle")):
        chance = format.percent(plan.chance, decimals=0)
        there = [(i, n.hours) for i, n in enumerate(plan.needs) if n.hours is not None]
        drawn.add_trace(
            go.Scatter(
                x=[max(hours, SOONEST_H) for _, hours in there],
                y=[i for i, _ in there],
                mode="markers",
                name=f"with {chance} chance",
                marker={
                    "symbol": symbol,
                    "size": 11,
                    "color": colours.production,
                    "line": {"width": 2},
                },
                text=[
                    f"{words.CHECKS[plan.needs[i].name]}: {duration(hours)}, {chance} chance"
                    for i, hours in there
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    never = [i for i, need in enumerate(sure.needs) if need.hours is None]
    if never:
        drawn.add_trace(
            go.Scatter(
                x=[last] * len(never),
                y=never,
                mode="markers",
                name="never",
                marker={
                    "symbol": "x-thin",
                    "size": 11,
                    "line": {"width": 2, "color": colours.breach},
                },
                hovertemplate="no number of pairs decides<extra></extra>",
            )
        )
    if sure.hours is not None:
        drawn.add_vline(x=sure.hours, line={"color": colours.context, "width": 1.5, "dash": "dot"})
    said = "; ".join(
        f"{words.CHECKS[n.name]} {'never' if n.hours is None else duration(n.hours)}"
        for n in sure.needs
    )
    chance = format.percent(sure.chance, decimals=0)
    return theme.Chart(drawn, f"Time until each check is decided, with {chance} chance: {said}.")
