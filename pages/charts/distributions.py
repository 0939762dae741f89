"""How do two distributions differ, and where along the scale?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from pages.charts import theme
from pages.parts import format

if TYPE_CHECKING:
    from analysis.deltas import Scores
    from analysis.drift import FeatureDrift
    from pages.charts.theme import Chart, Palette


def bland_altman(scores: Scores, colours: Palette) -> Chart:
    """Draw score differences against score means as counts, with bias and limits of agreement.

    Counts rather than points: at a million pairs a cloud of points is one blot, and its picture is
    as heavy as the data.
    """
    table = np.asarray(scores.counts, dtype=float)
    drawn = theme.figure(
        colours,
        [
            go.Heatmap(
                x=_middles(scores.mean_edges),
                y=_middles(scores.delta_edges),
                z=np.log10(np.where(table.T > 0, table.T, np.nan)),
                customdata=table.T,
                colorscale=colours.from_one,
                colorbar=_log_bar(table),
                hoverongaps=False,
                hovertemplate=(
                    "mean %{x:.3g}<br>difference %{y:.3g}<br>%{customdata:,} pairs<extra></extra>"
                ),
            )
        ],
        height=380,
        margin={"l": 8, "r": 124, "t": 44, "b": 8},
        xaxis={"title": {"text": "mean of both scores"}, "showgrid": False, "zeroline": False},
        yaxis={"title": {"text": "shadow − production"}, "zeroline": False},
    )
    drawn.add_hline(y=0, line={"color": colours.context, "width": 1})
    found = scores.bland_altman
    lines = (
        ("bias", found.bias, "solid", colours.shadow),
        ("+1.96 sd", found.upper, "dash", colours.text),
        ("−1.96 sd", found.lower, "dash", colours.text),
    )
    for name, value, dash, colour in lines:
        if value.known:
            drawn.add_hline(
                y=value.value,
                line={"color": colour, "width": 1.5, "dash": dash},
                annotation={
                    "text": f"{name} {format.number(value.value, decimals=3, signed=True)}",
                    "x": 1,
                    "xanchor": "left",
                    "yanchor": "middle",
                    "xshift": 4,
                    "font": {"color": colour, "size": theme.SIZE - 1},
                },
            )
    return theme.Chart(
        drawn,
        f"Score differences against score means of {format.count(found.bias.n)} pairs; "
        f"bias {format.estimate(found.bias, signed=True)}.",
    )


def _middles(edges: np.ndarray) -> np.ndarray:
    values = np.asarray(edges, dtype=float)
    return (values[:-1] + values[1:]) / 2


def _log_bar(table: np.ndarray) -> dict[str, object]:
    powers = range(int(np.log10(max(float(table.max(initial=1)), 1.0))) + 1)
    return {
        "tickvals": list(powers),
        "ticktext": ["1 pair", *(format.count(10**power) for power in powers[1:])],
        "orientation": "h",
        "thickness": 8,
        "len": 0.45,
        "x": 0,
        "xanchor": "left",
        "y": 1.02,
        "yanchor": "bottom",
        "outlinewidth": 0,
    }


def differences(scores: Scores, colours: Palette) -> Chart:
    """Draw how large the differences of the scores are: the share of pairs at or below each."""
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=scores.delta_quantiles,
                y=scores.quantiles,
                mode="lines",
                line={"color": colours.shadow, "width": 2},
                hovertemplate="%{y:.1%} of pairs at or below %{x:.4g}<extra></extra>",
            )
        ],
        height=300,
        yaxis={"range": [-0.02, 1.02], "tickformat": ".0%", "title": {"text": "share of pairs"}},
        xaxis={"title": {"text": "shadow − production"}, "zeroline": False},
    )
    drawn.add_vline(x=0, line={"color": colours.context, "width": 1})
    return theme.Chart(
        drawn,
        "Cumulative share of the score differences of "
        f"{format.count(scores.bland_altman.bias.n)} pairs.",
    )


def prediction_curves(feature: FeatureDrift, colours: Palette) -> Chart:
    """Draw the cumulative curves of the scores of production and shadow."""
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=curve.x,
                y=curve.share,
                mode="lines",
                name=name,
                line={"color": colour, "width": 2, "dash": dash},
                hovertemplate=f"{name}: %{{y:.1%}} at or below %{{x:.4g}}<extra></extra>",
            )
            for curve, name, colour, dash in (
                (feature.reference_curve, "production", colours.production, "dot"),
                (feature.current_curve, "shadow", colours.shadow, "solid"),
            )
            if curve is not None
        ],
        height=330,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        yaxis={"range": [-0.02, 1.02], "tickformat": ".0%", "title": {"text": "share at or below"}},
        xaxis={"title": {"text": "score"}, "zeroline": False},
    )
    return theme.Chart(
        drawn,
        "Cumulative share of the scores of production and shadow; "
        f"{feature.effect_name} {format.estimate(feature.effect)}.",
    )
