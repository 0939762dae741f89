"""Which model is nearer to the truth, when was it, and how much of the traffic has a label?"""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pages.charts import theme, timelines
from pages.parts import format, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.labels import LabelSeries
    from analysis.measured import Measure
    from analysis.quality import QualitySeries
    from pages.charts.theme import Chart, Palette

ROW_PX = 34
AXIS_PX = 62
SYMBOLS = {
    "better": "triangle-up",
    "worse": "triangle-down",
    "different": "diamond",
    "unclear": "circle-open",
}


def differences(measures: Sequence[Measure], colours: Palette) -> Chart:
    """Draw shadow − production of each measure with its interval, and in a word what it says.

    Measures of one unit share an axis; zero, no difference, is a line through all of them.
    """
    known = [each for each in measures if each.difference.known]
    panels = [list(each) for _, each in groupby(known, _axis)]
    rows = [len(panel) for panel in panels]
    height = 16 + sum(ROW_PX * n + AXIS_PX for n in rows)
    grid = make_subplots(
        rows=max(len(panels), 1),
        cols=1,
        row_heights=[float(n) for n in rows] or None,
        vertical_spacing=min(AXIS_PX / height, 1 / max(len(panels) - 1, 1)),
    )
    grid.update_layout(
        theme.figure(colours, height=height, margin={"l": 8, "r": 92, "t": 8, "b": 8}).layout
    )
    for row, panel in enumerate(panels, start=1):
        _panel(grid, panel, colours, row=row)
    said = "; ".join(
        f"{words.MEASURES[each.name]} {format.estimate(each.difference, signed=True)}, "
        f"{words.MEASURE_STATES[each.state][2:]}"
        for each in known
    )
    return theme.Chart(grid, f"Shadow minus production against the truth: {said or 'no data'}.")


def _axis(measure: Measure) -> str:
    """The unit of an axis: errors have that of the answer, an area and a loss their own."""
    if measure.difference.unit == "share":
        return "percentage points"
    return {"auc": "area, 0 to 1", "log_loss": "log loss", "brier": "Brier score"}.get(
        measure.name, "unit of the answer"
    )


def _panel(grid: go.Figure, panel: list[Measure], colours: Palette, *, row: int) -> None:
    scale = 100 if panel[0].difference.unit == "share" else 1
    for at, measure in enumerate(panel):
        found, state = measure.difference, measure.state
        colour = {"better": colours.good, "worse": colours.breach}.get(state, colours.unsure)
        known = found.bounded
        grid.add_trace(
            go.Scatter(
                x=[scale * found.value],
                y=[at],
                mode="markers",
                marker={
                    "symbol": SYMBOLS[state],
                    "size": 12,
                    "color": colour,
                    "line": {"width": 2, "color": colour},
                },
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [scale * (found.high - found.value) if known else 0],
                    "arrayminus": [scale * (found.value - found.low) if known else 0],
                    "color": colour,
                    "thickness": 2,
                    "width": 5,
                },
                hovertemplate=f"{words.MEASURES[measure.name]}: "
                f"{format.estimate(found, signed=True)}<br>production "
                f"{format.estimate(measure.production)}<br>shadow "
                f"{format.estimate(measure.shadow)}<extra></extra>",
            ),
            row=row,
            col=1,
        )
        grid.add_annotation(
            xref="paper",
            x=1,
            xanchor="left",
            xshift=10,
            yref=f"y{row if row > 1 else ''}",
            y=at,
            text=words.MEASURE_STATES[state],
            showarrow=False,
            font={"color": colour, "size": theme.SIZE},
        )
    grid.update_yaxes(
        range=[len(panel) - 0.4, -0.6],
        tickvals=list(range(len(panel))),
        ticktext=[_name(each) for each in panel],
        showgrid=False,
        zeroline=False,
        row=row,
        col=1,
    )
    grid.update_xaxes(
        title={"text": f"shadow − production ({_axis(panel[0])})"},
        range=_range(panel, scale),
        zeroline=False,
        row=row,
        col=1,
    )
    grid.add_vline(x=0, line={"color": colours.context, "width": 1}, row=row, col=1)


def _name(measure: Measure) -> str:
    lower = (
        '<br><span style="font-size:11px">lower is better</span>'
        if measure.better == "lower"
        else ""
    )
    return words.MEASURES[measure.name] + lower


def _range(panel: list[Measure], scale: int) -> list[float]:
    ends = [
        scale * value
        for each in panel
        for value in (each.difference.value, each.difference.low, each.difference.high, 0.0)
        if math.isfinite(value)
    ]
    pad = 0.06 * (max(ends) - min(ends)) or 1.0
    return [min(ends) - pad, max(ends) + pad]


def over_time(series: QualitySeries, colours: Palette) -> Chart:
    """Draw both models' accuracy or mean absolute error with its band; no pairs are a gap."""
    start = np.asarray(series.start).astype("datetime64[s]")
    accuracy = series.measure == "accuracy"
    shown = "%{y:.2%}" if accuracy else "%{y:.4g}"
    name = words.MEASURES[series.measure].lower()
    sides = (
        ("production", series.production, colours.production, "solid"),
        ("shadow", series.shadow, colours.shadow, "dot"),
    )
    drawn = theme.figure(
        colours,
        [
            *(
                timelines.band(start, side.low, side.high, colour).update(showlegend=False)
                for _, side, colour, _ in sides
            ),
            *(
                go.Scatter(
                    x=start,
                    y=side.value,
                    mode="lines+markers",
                    name=variant,
                    line={"color": colour, "width": 1.8, "dash": dash},
                    marker={"size": 4},
                    customdata=np.asarray(series.n),
                    hovertemplate=f"%{{x|%d %b %H:%M}} {variant}: {shown} of %{{customdata:,}} "
                    "labelled pairs<extra></extra>",
                    connectgaps=False,
                )
                for variant, side, colour, dash in sides
            ),
        ],
        height=320,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        xaxis=timelines.TIME_AXIS,
        yaxis={"title": {"text": name}, "tickformat": ".1~%" if accuracy else None},
    )
    return theme.Chart(
        drawn, f"Over time, {len(start)} blocks: {name} of production and shadow with intervals."
    )


def coverage(series: LabelSeries, colours: Palette) -> Chart:
    """Draw how many pairs there were in each block of time, and how many of them have a label."""
    start = np.asarray(series.start).astype("datetime64[s]")
    labelled, pairs = (np.asarray(each, float) for each in (series.labelled, series.pairs))
    drawn = theme.figure(
        colours,
        [
            go.Bar(
                x=start,
                y=labelled,
                name="with a label",
                marker={"color": theme.faint(colours.production, 0.75), "line": {"width": 0}},
                hovertemplate="%{x|%d %b %H:%M}: %{y:,} with a label<extra></extra>",
            ),
            go.Scatter(
                x=start,
                y=pairs,
                mode="lines",
                name="all pairs",
                line={"color": colours.text, "width": 1.5, "shape": "hvh"},
                hovertemplate="%{x|%d %b %H:%M}: %{y:,} pairs<extra></extra>",
            ),
        ],
        height=260,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        bargap=0,
        xaxis=timelines.TIME_AXIS,
        yaxis={"title": {"text": "pairs"}, "rangemode": "tozero"},
    )
    return theme.Chart(
        drawn,
        f"Pairs with a label, {format.count(labelled.sum())} of {format.count(pairs.sum())}, by "
        "the time of the request.",
    )
