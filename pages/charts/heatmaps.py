"""Which cells hold the pairs, and which hours were seen?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from pages.charts import theme
from pages.parts import escape, format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.agreement import Confusion
    from analysis.coverage import HoursOfWeek
    from analysis.usual import Met
    from pages.charts.theme import Chart, Palette

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_WRITTEN = 12
FAR = 4.0
"""How many times more, or less, than usual has the strongest colour."""


def confusion(table: Confusion, colours: Palette) -> Chart:
    """Draw the label table: rows production, columns shadow, coloured by share of the row.

    Share of the row, not counts: with a rare class the counts would leave one dark cell and
    nothing to see. Every cell carries its position, so that a click leads to its pairs.
    """
    counts = np.asarray(table.counts, dtype=float)
    rows = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, rows, out=np.full(counts.shape, np.nan), where=rows > 0)
    ticks = [escape.plotly(label, length=16) for label in table.labels]
    size = len(ticks)
    drawn = theme.figure(
        colours,
        [
            go.Heatmap(
                x=list(range(size)),
                y=list(range(size)),
                z=share,
                zmin=0,
                zmax=1,
                colorscale=colours.from_none,
                showscale=False,
                xgap=2,
                ygap=2,
                hoverinfo="skip",
                text=[
                    [
                        f"{format.count(counts[i, j])}<br>{format.percent(share[i, j], decimals=1)}"
                        for j in range(size)
                    ]
                    for i in range(size)
                ],
                texttemplate="%{text}" if size <= MOST_WRITTEN else "",
                textfont={"size": theme.SIZE},
            )
        ],
        height=int(min(max(140 + 60 * size, 320), 560)),
        margin={"l": 8, "r": 8, "t": 44, "b": 8},
        clickmode="event+select",
        # Anywhere in a cell is near enough to its marker.
        hoverdistance=-1,
        xaxis={
            "title": {"text": "shadow answered"},
            "tickvals": list(range(size)),
            "ticktext": ticks,
            "side": "top",
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "title": {"text": "production answered"},
            "tickvals": list(range(size)),
            "ticktext": ticks,
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
        },
    )
    # A heat map tells nobody of a click; an unseen marker in each cell does.
    drawn.add_trace(_cells(ticks, counts, share))
    agreed = format.count(float(np.trace(counts)))
    return theme.Chart(
        drawn,
        f"Labels of production by labels of the shadow, {size} by {size}; "
        f"{agreed} of {format.count(float(counts.sum()))} pairs on the diagonal.",
    )


def _cells(ticks: list[str], counts: np.ndarray, share: np.ndarray) -> go.Scatter:
    places = [(i, j) for i in range(len(ticks)) for j in range(len(ticks))]
    return go.Scatter(
        x=[j for _, j in places],
        y=[i for i, _ in places],
        mode="markers",
        marker={"size": 44, "symbol": "square", "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        hovertext=[
            f"production {ticks[i]}, shadow {ticks[j]}: {format.count(counts[i, j])} pairs, "
            f"{format.percent(share[i, j])} of production’s {ticks[i]}"
            for i, j in places
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def hours_of_week(hours: HoursOfWeek, colours: Palette) -> Chart:
    """Draw pairs by day and hour of the week; an hour never seen stays empty, with a cross."""
    grid = np.asarray(hours.grid, dtype=float)
    cells = {
        "z": grid,
        "zmin": 0,
        "colorscale": colours.from_none,
        "hovertemplate": "%{customdata} %{x}:00 UTC: %{z:,} pairs<extra></extra>",
        "customdata": [[day] * 24 for day in DAYS],
    }
    drawn = _week(colours, cells, "pairs", crossed=grid == 0, because="never seen")
    return theme.Chart(
        drawn, f"Pairs by day and hour of the week: {hours.seen} of 168 hours were seen."
    )


def against_usual(found: Met, colours: Palette) -> Chart:
    """Draw each hour's share of the pairs over its usual share: 1 is as usual.

    An hour that usually has requests and has no pair has a cross; one of which nothing usual is
    known, or in which usually nobody asks, stays empty.
    """
    relative = np.asarray(found.relative, dtype=float)
    never = relative == 0
    shown = np.full(relative.shape, np.nan)
    there = relative > 0
    shown[there] = np.log2(relative[there])
    cells = {
        "z": shown,
        "zmin": -np.log2(FAR),
        "zmax": np.log2(FAR),
        "colorscale": [[0, colours.shadow], [0.5, colours.grid], [1, colours.production]],
        "hovertemplate": "%{customdata[0]} %{x}:00 UTC: %{customdata[1]:.2f} times the usual "
        "share<extra></extra>",
        "customdata": [
            [[day, value] for value in row] for day, row in zip(DAYS, relative, strict=True)
        ],
    }
    ticks = {"tickvals": [-2, -1, 0, 1, 2], "ticktext": ["¼", "½", "1", "2", "4"]}
    drawn = _week(
        colours,
        cells,
        "share ÷ usual",
        crossed=never,
        because="usual requests, no pairs",
        **ticks,
    )
    known = format.percent(found.share, decimals=1)
    return theme.Chart(
        drawn,
        f"Share of the pairs over the usual share, by day and hour of the week: {known} of the "
        f"usual requests come in hours with pairs; {int(never.sum())} hours have none.",
    )


def _week(
    colours: Palette,
    cells: dict[str, Any],
    title: str,
    *,
    crossed: NDArray[np.bool_],
    because: str,
    **ticks: Any,
) -> go.Figure:
    """Draw a cell for each hour of the week, with a cross and the reason where there is nothing."""
    places = np.argwhere(crossed)
    return theme.figure(
        colours,
        [
            go.Heatmap(
                x=list(range(24)),
                y=list(range(7)),
                xgap=1.5,
                ygap=1.5,
                colorbar={
                    "title": {"text": title, "side": "top"},
                    "thickness": 10,
                    "outlinewidth": 0,
                    **ticks,
                },
                **cells,
            ),
            go.Scatter(
                x=[int(hour) for _, hour in places],
                y=[int(day) for day, _ in places],
                mode="markers",
                marker={"symbol": "x-thin-open", "size": 7, "color": colours.breach},
                hovertemplate=f"{because}<extra></extra>",
            ),
        ],
        height=250,
        xaxis={
            "tickvals": list(range(0, 24, 3)),
            "title": {"text": "hour (UTC)"},
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "tickvals": list(range(7)),
            "ticktext": list(DAYS),
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
        },
    )
