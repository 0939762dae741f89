"""How is traffic to move from the old fleet to the new one?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.charts import theme
from pages.parts import escape, format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.charts.theme import Chart, Palette

HEIGHT = 230


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a rollout: ``share`` of the requests (0 to 1) go to the new fleet for ``s``."""

    name: str
    s: float
    share: float


def planned(stages: Sequence[Stage], colours: Palette) -> Chart:
    """Draw the share of both fleets over the minutes since the new one can take requests."""
    at = [0.0]
    share: list[float] = []
    for stage in stages:
        at.append(at[-1] + stage.s / 60)
        share.append(100 * stage.share)
    share.append(share[-1] if share else 0.0)
    whole = at[-1] or 1.0
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=at,
                y=share,
                mode="lines",
                name="new fleet",
                line={"color": colours.shadow, "width": 2, "shape": "hv"},
                fill="tozeroy",
                fillcolor=theme.faint(colours.shadow, 0.35),
                hovertemplate="minute %{x:.3~g}: %{y:.3~g} % on the new fleet<extra></extra>",
            ),
            go.Scatter(
                x=at,
                y=[100.0] * len(at),
                mode="lines",
                name="old fleet",
                line={"color": colours.production, "width": 0},
                fill="tonexty",
                fillcolor=theme.faint(colours.production, 0.3),
                hoverinfo="skip",
            ),
        ],
        height=HEIGHT,
        margin={"l": 8, "r": 16, "t": 34, "b": 8},
        showlegend=True,
        xaxis={
            "title": {"text": "minutes since the new fleet is ready"},
            "showgrid": False,
            "range": [0, whole * 1.02],
            "rangemode": "tozero",
        },
        yaxis={"title": {"text": "requests"}, "ticksuffix": " %", "range": [0, 100], "nticks": 5},
    )
    for number, stage in enumerate(stages):
        middle = (at[number] + at[number + 1]) / 2
        if at[number + 1] - at[number] >= whole / 12:
            drawn.add_annotation(
                x=middle,
                y=min(max(100 * stage.share, 12), 92) - 8,
                text=escape.plotly(stage.name),
                showarrow=False,
                font={"size": theme.SIZE - 1, "color": colours.text},
            )
    said = "; ".join(
        f"{stage.name}: {format.percent(stage.share, decimals=0)} for {format.duration(stage.s)}"
        for stage in stages
    )
    return theme.Chart(drawn, f"Share of the requests on the new fleet over time. {said}.")
