"""How did the interval narrow toward its limit, and where did it decide?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from pages.charts import theme, timelines
from pages.parts import format, words

if TYPE_CHECKING:
    from analysis.running import Running
    from pages.charts.theme import Chart, Palette

ROOM = 2.0
"""How much further than the last interval reaches is shown: the first ones are as wide as all."""


def sequence(found: Running, colours: Palette) -> Chart:
    """Draw the interval for every look, the one for one look beside it, and where it decided."""
    pairs, when = np.asarray(found.n), np.asarray(found.start).astype("datetime64[s]")
    drawn = theme.figure(
        colours,
        [
            timelines.band(
                pairs, found.low, found.high, colours.production, name="interval for every look"
            ),
            *(
                go.Scatter(
                    x=pairs,
                    y=ends,
                    mode="lines",
                    name="interval for one look",
                    legendgroup="one look",
                    showlegend=first,
                    line={"color": colours.context, "width": 1.2, "dash": "dot"},
                    hoverinfo="skip",
                )
                for ends, first in ((found.fixed_low, True), (found.fixed_high, False))
            ),
            go.Scatter(
                x=pairs,
                y=found.value,
                mode="lines",
                name="agreement so far",
                line={"color": colours.production, "width": 1.8},
                customdata=list(zip(when.astype(str).tolist(), found.low, found.high, strict=True)),
                hovertemplate="%{x:,} pairs, %{customdata[0]|%d %b %H:%M}: %{y:.2%}, "
                "%{customdata[1]:.2%} to %{customdata[2]:.2%}<extra></extra>",
            ),
        ],
        height=300,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        xaxis={
            "type": "log",
            "title": {"text": "pairs so far"},
            "showgrid": False,
            "dtick": 1,
            "tickformat": ",",
        },
        yaxis={
            "tickformat": ".1~%",
            "title": {"text": "same answer, all pairs so far"},
            "range": _shown(found),
        },
    )
    theme.limit_line(
        drawn, colours, y=found.limit, label=f"limit {format.percent(found.limit, decimals=1)}"
    )
    decided = ""
    if found.since is not None:
        decided = f" {words.SINCE[found.status]} since {found.n[found.since]:,} pairs."
        _mark(drawn, found, found.since, colours)
    return theme.Chart(
        drawn,
        f"Agreement of all pairs so far with its interval, {len(pairs)} looks.{decided}",
    )


def _mark(drawn: go.Figure, found: Running, since: int, colours: Palette) -> None:
    """Draw a line where it decided, its words on the side that has more room."""
    at = math.log10(found.n[since])
    right = at > (math.log10(found.n[0]) + math.log10(found.n[-1])) / 2
    drawn.add_vline(x=int(found.n[since]), line={"color": colours.text, "width": 1})
    drawn.add_annotation(
        x=at,
        y=0,
        yref="y domain",
        yanchor="bottom",
        xanchor="right" if right else "left",
        align="right" if right else "left",
        showarrow=False,
        text=f"{words.SINCE[found.status]}<br>since {format.count(found.n[since])} pairs",
        font={"size": theme.SIZE - 1},
        xshift=-3 if right else 3,
        bgcolor=colours.background,
    )


def _shown(found: Running) -> list[float]:
    """Give the ends of the axis: the limit and the last interval are in it, with room around."""
    low, high = min(found.low[-1], found.limit), max(found.high[-1], found.limit)
    room = ROOM / 2 * (high - low)
    return [max(0.0, low - room), min(1.0, high + room / 2)]
