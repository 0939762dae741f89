"""How are the values of one measure spread over the pairs?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.charts import theme
from pages.parts import format

if TYPE_CHECKING:
    from analysis.comparison import Measured
    from pages.charts.theme import Chart, Palette

# Plotly leaves the zeros out where a logarithmic axis spans little more than a decade.
TICKS = [digit * 10**power for power in range(9) for digit in (1, 2, 5)]


def spread(found: Measured, name: str, colours: Palette, *, limit: float | None = None) -> Chart:
    """Draw the histogram of a measure; counts on a logarithm, for most pairs are alike."""
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    drawn = theme.figure(
        colours,
        [
            go.Bar(
                x=middles.tolist(),
                y=[count or None for count in found.counts.tolist()],
                width=(found.edges[1:] - found.edges[:-1]).tolist(),
                marker={"color": colours.shadow, "line": {"width": 0}},
                hovertemplate="%{x:.2f}: %{y:,} pairs<extra></extra>",
            )
        ],
        height=320,
        xaxis={"title": {"text": name}},
        yaxis={
            "title": {"text": "pairs (log)"},
            "type": "log",
            "tickvals": TICKS,
            "ticktext": [format.count(tick) for tick in TICKS],
        },
    )
    if limit is not None:
        drawn.add_vline(
            x=limit,
            line={"color": colours.breach, "width": 1.5, "dash": "dash"},
            annotation={
                "text": f"agrees from {format.number(limit)}",
                "font": {"color": colours.breach, "size": theme.SIZE - 1},
                "xanchor": "right",
            },
        )
    return theme.Chart(
        drawn,
        f"Histogram of {name} over {format.count(int(found.counts.sum()))} pairs, mean "
        f"{format.number(found.mean.value)}.",
    )
