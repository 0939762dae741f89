"""Which features moved, and how? Many small pictures on one scale, worst first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pages.charts import categories, theme
from pages.parts import escape, format, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.drift import FeatureDrift
    from pages.charts.theme import Chart, Palette

ACROSS = 4
ROW_HEIGHT = 230
MOST_CATEGORIES = 6


def features(found: Sequence[FeatureDrift], colours: Palette) -> Chart:
    """Draw a small picture of each feature: cumulative curves, or how its categories moved.

    One figure for all of them: forty separate ones would be forty times the browser's work.
    """
    rows = max(math.ceil(len(found) / ACROSS), 1)
    across = min(ACROSS, max(len(found), 1))
    height = 50 + ROW_HEIGHT * rows
    grid = make_subplots(
        rows=rows,
        cols=across,
        subplot_titles=[_title(f, colours) for f in found],
        horizontal_spacing=0.08,
        vertical_spacing=min(88 / height, 1 / max(rows - 1, 1)),
    )
    drawn = theme.figure(
        colours,
        height=height,
        showlegend=True,
        margin={"l": 8, "r": 8, "t": 64, "b": 8},
        legend={"y": 1, "yref": "container", "yanchor": "top"},
    )
    grid.update_layout(drawn.layout)
    named = False
    scaled: set[int] = set()
    for index, feature in enumerate(found):
        row, column = index // ACROSS + 1, index % ACROSS + 1
        if feature.kind == "numeric":
            for trace in _curves(feature, colours, named=not named):
                grid.add_trace(trace, row=row, col=column)
            named = True
            grid.update_yaxes(
                range=[-0.03, 1.03],
                tickvals=[0, 0.5, 1],
                # One scale for the row: written once, at its first curve.
                ticktext=["", "", ""] if row in scaled else ["0", "50", "100 %"],
                row=row,
                col=column,
            )
            scaled.add(row)
            grid.update_xaxes(nticks=4, tickangle=0, zeroline=False, row=row, col=column)
        else:
            _moves(grid, feature, colours, row=row, column=column)
    for title in grid.layout.annotations:
        title.update(font={"size": theme.SIZE, "color": colours.text})
    return theme.Chart(grid, _alt(found))


def _title(feature: FeatureDrift, colours: Palette) -> str:
    colour = colours.breach if feature.state == "drift" else colours.context
    state = words.DRIFT_STATES[feature.state]
    return (
        f"<b>{escape.plotly(feature.name, length=24)}</b><br>"
        f'<span style="font-size:11px;color:{colour}">{state} · {feature.effect_name} '
        f"{format.number(feature.effect.value, decimals=3)}</span>"
    )


def _curves(feature: FeatureDrift, colours: Palette, *, named: bool) -> list[go.Scatter]:
    return [
        go.Scatter(
            x=curve.x,
            y=curve.share,
            mode="lines",
            name=name,
            legendgroup=name,
            showlegend=named,
            line={"color": colour, "width": 2, "dash": dash},
            hovertemplate=f"{name}: %{{y:.1%}} at or below %{{x:.4g}}<extra></extra>",
        )
        for curve, name, colour, dash in (
            (feature.reference_curve, "reference", colours.context, "dot"),
            (feature.current_curve, "now", colours.production, "solid"),
        )
        if curve is not None
    ]


def _moves(
    grid: go.Figure, feature: FeatureDrift, colours: Palette, *, row: int, column: int
) -> None:
    shown = categories.moves(feature, most=MOST_CATEGORIES)
    grid.add_trace(categories.dots(shown, colours.production, size=8), row=row, col=column)
    grid.update_yaxes(
        range=[MOST_CATEGORIES - 0.5, -0.5],
        tickvals=list(range(len(shown))),
        ticktext=[escape.plotly(move.label, length=10) for move in shown],
        showgrid=False,
        row=row,
        col=column,
    )
    reach = 1.25 * max([abs(move.points) for move in shown] + [1.0])
    grid.update_xaxes(
        range=[-reach, reach], nticks=5, ticksuffix=" pp", zeroline=True, row=row, col=column
    )


def _alt(found: Sequence[FeatureDrift]) -> str:
    said = "; ".join(
        f"{escape.visible(f.name)}: {f.effect_name} {format.number(f.effect.value, decimals=3)}"
        for f in found[:12]
    )
    return f"{len(found)} features, worst first, now against the reference. {said}."
