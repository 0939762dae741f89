"""How do the answers of the new fleet compare with the old one's, minute by minute?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pages.charts import theme
from pages.parts import format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pages.charts.theme import Chart, Palette
    from queries.fleets import FleetMetrics, Fleets

PICTURES = ("Requests a minute", "p50 latency (ms)", "p99 latency (ms)", "5xx answers")
HEIGHT = 240
TICKS = 4
LEAST_SHOWN = 0.02
"""So high is the axis of errors at least, as a share: none looks like none."""


def beside(found: Fleets, colours: Palette) -> Chart:
    """Draw requests, latencies and errors of both fleets, each in a small picture of its own."""
    grid = make_subplots(rows=1, cols=len(PICTURES), subplot_titles=PICTURES)
    grid.update_layout(
        theme.figure(
            colours,
            height=HEIGHT,
            showlegend=True,
            margin={"l": 8, "r": 8, "t": 60, "b": 8},
            legend={"y": 1, "yref": "container", "yanchor": "top"},
        ).layout
    )
    for fleet, name, colour, dash in (
        (found.old, "old fleet" if found.old.config else "both fleets", colours.production, "dot"),
        (found.new, "new fleet", colours.shadow, "solid"),
    ):
        for column, values in enumerate(_of(fleet), start=1):
            grid.add_trace(
                go.Scatter(
                    x=np.asarray(fleet.minute).astype("datetime64[s]"),
                    y=values,
                    mode="lines+markers",
                    name=name,
                    legendgroup=name,
                    showlegend=column == 1,
                    line={"color": colour, "width": 1.8, "dash": dash},
                    marker={"size": 5},
                    connectgaps=False,
                    hovertemplate=f"%{{x|%H:%M}} {name}: %{{y:,.4~g}}<extra></extra>",
                ),
                row=1,
                col=column,
            )
    minutes = np.asarray(found.new.minute).astype("datetime64[s]")
    # whole minutes: of two, Plotly would make four ticks of the same names
    ticks = minutes[:: max(1, -(-len(minutes) // TICKS))]
    grid.update_xaxes(showgrid=False, tickvals=ticks, tickformat="%H:%M", tickangle=0)
    grid.update_yaxes(rangemode="tozero", nticks=5)
    worst = max(_worst(found.old), _worst(found.new), LEAST_SHOWN)
    grid.update_yaxes(tickformat=".1~%", range=[0, 1.1 * worst], row=1, col=len(PICTURES))
    for title in grid.layout.annotations:
        title.update(font={"size": theme.SIZE, "color": colours.text})
    return theme.Chart(
        grid,
        "Requests, latency and 5xx answers of both fleets. New fleet: "
        f"{format.count(found.new.whole_invocations)} requests, p99 "
        f"{format.milliseconds(found.new.whole_p99_ms)}.",
    )


def _worst(fleet: FleetMetrics) -> float:
    share = _of(fleet)[-1]
    return float(np.nanmax(share)) if np.isfinite(share).any() else 0.0


def _of(fleet: FleetMetrics) -> tuple[NDArray[np.float64], ...]:
    asked = np.asarray(fleet.invocations, dtype=float)
    share = np.divide(
        np.asarray(fleet.errors_5xx, dtype=float),
        asked,
        out=np.full(asked.shape, np.nan),
        where=asked > 0,
    )
    return fleet.invocations, fleet.p50_ms, fleet.p99_ms, share
