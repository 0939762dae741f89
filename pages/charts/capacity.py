"""How busy and how full were the instances? Small pictures on one time axis, both variants each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.resources import CAPTURE_STOPS_AT
from pages.charts import theme
from pages.parts import format, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.resources import Resources, Utilisation
    from pages.charts.theme import Chart, Palette

ACROSS = 2
ROW_HEIGHT = 225
# What fills up is drawn against all there is; what is busy, from zero to its highest.
_FILL = ("memory", "gpu_memory", "disk")


def series(used: Resources, colours: Palette) -> Chart:
    """Draw each utilisation and the requests; a gap in the data is a gap in the line."""
    factor, pace = words.pace(_highest(used.production_series, used.shadow_series))
    titles = [_title(found) for found in used.utilisations] + [f"Requests {pace}"]
    rows = math.ceil(len(titles) / ACROSS)
    height = 70 + ROW_HEIGHT * rows
    grid = make_subplots(
        rows=rows,
        cols=ACROSS,
        subplot_titles=titles,
        horizontal_spacing=0.07,
        vertical_spacing=min(76 / height, 1 / max(rows - 1, 1)),
    )
    grid.update_layout(
        theme.figure(
            colours,
            height=height,
            showlegend=True,
            margin={"l": 8, "r": 12, "t": 64, "b": 8},
            legend={"y": 1, "yref": "container", "yanchor": "top"},
        ).layout
    )
    start = np.asarray(used.times.series_start).astype("datetime64[s]")
    for at, found in enumerate(used.utilisations):
        row, column = at // ACROSS + 1, at % ACROSS + 1
        for name, side, colour, dash in (
            ("production", found.production, colours.production, "solid"),
            ("shadow", found.shadow, colours.shadow, "dot"),
        ):
            # the maximum first, so that the mean lies over it
            for trace in (
                _line(start, side.series_most, f"{name}, highest", theme.faint(colour, 0.35)),
                _line(start, side.series_mean, f"{name}, mean", colour, width=1.8, dash=dash),
            ):
                grid.add_trace(trace.update(showlegend=at == 0), row=row, col=column)
        grid.update_yaxes(tickformat=".0%", rangemode="tozero", row=row, col=column)
        if found.whole and found.metric in _FILL:
            grid.update_yaxes(range=[0, 1], dtick=0.25, row=row, col=column)
        if found.metric == "disk":
            _capture_stops(grid, colours, row=row, column=column)
    row, column = len(used.utilisations) // ACROSS + 1, len(used.utilisations) % ACROSS + 1
    for name, values, colour, dash in (
        ("production", used.production_series, colours.production, "solid"),
        ("shadow", used.shadow_series, colours.shadow, "dot"),
    ):
        line = _line(
            *(start, values * factor, f"{name}, requests", colour), width=1.8, dash=dash, unit=pace
        )
        grid.add_trace(line.update(showlegend=False), row=row, col=column)
    grid.update_yaxes(rangemode="tozero", row=row, col=column)
    grid.update_xaxes(showgrid=False, matches="x", tickangle=0, nticks=7)
    for title in grid.layout.annotations:
        title.update(font={"size": theme.SIZE, "color": title.font.color or colours.text})
    return theme.Chart(grid, _alt(used, titles))


def _line(
    start: NDArray[np.datetime64],
    values: NDArray[np.float64],
    name: str,
    colour: str,
    *,
    width: float = 1.0,
    dash: str = "solid",
    unit: str = "",
) -> go.Scatter:
    shown = f"%{{y:.3g}} {unit}" if unit else "%{y:.1%}"
    return go.Scatter(
        x=start,
        y=values,
        mode="lines",
        name=name,
        legendgroup=name,
        line={"color": colour, "width": width, "dash": dash},
        connectgaps=False,
        hovertemplate=f"%{{x|%d %b %H:%M}} {name}: {shown}<extra></extra>",
    )


def _capture_stops(grid: go.Figure, colours: Palette, *, row: int, column: int) -> None:
    grid.add_hline(
        y=CAPTURE_STOPS_AT,
        row=row,
        col=column,
        line={"color": colours.breach, "width": 1.5, "dash": "dash"},
        annotation={
            "text": f"data capture stops above {format.percent(CAPTURE_STOPS_AT, decimals=0)}",
            "font": {"color": colours.breach},
            "xanchor": "right",
            "yanchor": "bottom",
            "x": 1,
        },
    )


def _title(found: Utilisation) -> str:
    of = (
        words.PARTS_OF_AN_INSTANCE[found.metric]
        if found.whole
        else words.PARTS_OF_ONE[found.metric]
    )
    return f"{words.UTILISATIONS[found.metric]}, {of}"


def _highest(*columns: NDArray[np.float64]) -> float:
    known = np.concatenate([column[np.isfinite(column)] for column in columns])
    return float(known.max()) if len(known) else math.nan


def _alt(used: Resources, titles: list[str]) -> str:
    means = "; ".join(
        f"{words.UTILISATIONS[found.metric]} {format.percent(found.mean.production, decimals=1)} "
        f"and {format.percent(found.mean.shadow, decimals=1)}"
        for found in used.utilisations
    )
    return f"Over time, production and shadow: {', '.join(titles)}. Means: {means}."
