"""How often did scores of each size come true?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from pages.charts import theme
from pages.parts import format

if TYPE_CHECKING:
    from analysis.calibration import Calibration, Reliability
    from pages.charts.theme import Chart, Palette


def curves(found: Calibration, colours: Palette) -> Chart:
    """Draw the share of positives over the mean score of each bin; on the diagonal both are equal.

    Below the diagonal a model is too sure that it sees a positive, above not sure enough.
    """
    sides = (
        ("production", found.production, colours.production, "circle"),
        ("shadow", found.shadow, colours.shadow, "diamond"),
    )
    most = max(
        float(np.max(column, initial=0.0))
        for _, side, _, _ in sides
        for column in (side.score, side.high)
    )
    end = min(1.0, 1.05 * most)
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=[0, end],
                y=[0, end],
                mode="lines",
                name="as often as the score says",
                line={"color": colours.context, "width": 1.2, "dash": "dash"},
                hoverinfo="skip",
            ),
            *(_curve(*each) for each in sides),
        ],
        height=380,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
        xaxis={
            "title": {"text": "mean score of the bin"},
            "range": [-0.02 * end, end],
            "zeroline": False,
        },
        yaxis={
            "title": {"text": "share of positives"},
            "range": [-0.02 * end, end],
            "tickformat": ".1~%",
            "zeroline": False,
        },
    )
    said = "; ".join(
        f"{name} {format.estimate(side.error)} in {len(side.n)} bins" for name, side, _, _ in sides
    )
    return theme.Chart(
        drawn, f"Share of positives over the score. Expected calibration error: {said}."
    )


def _curve(name: str, found: Reliability, colour: str, symbol: str) -> go.Scatter:
    return go.Scatter(
        x=found.score,
        y=found.observed,
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 1.6},
        marker={"size": 8, "symbol": symbol},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": found.high - found.observed,
            "arrayminus": found.observed - found.low,
            "color": colour,
            "thickness": 1.4,
            "width": 4,
        },
        customdata=np.column_stack([found.low, found.high, found.n]),
        hovertemplate=f"{name}, mean score %{{x:.4f}}: %{{y:.2%}} positive "
        "(%{customdata[0]:.2%} to %{customdata[1]:.2%}, n = %{customdata[2]:,})<extra></extra>",
    )
