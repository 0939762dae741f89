"""How long did the steps of a training take, and which of them far longer?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from pages.charts import theme
from pages.parts import escape, format

if TYPE_CHECKING:
    from analysis.training.step_times import StepTimes
    from pages.charts.theme import Chart, Palette

BINS = 60


def durations(steps: StepTimes, colours: Palette, *, far_s: float) -> Chart:
    """Draw the distribution of a kind of step on a logarithm's count; a line where "far" begins."""
    counts, edges = np.histogram(steps.duration, bins=BINS)
    far = int((steps.duration > far_s).sum())
    over = (edges[:-1] + edges[1:]) / 2 > far_s
    drawn = theme.figure(
        colours,
        [
            go.Bar(
                x=(edges[:-1] + edges[1:]) / 2,
                y=np.where(counts > 0, counts, np.nan),
                width=np.diff(edges),
                marker={
                    "color": np.where(over, colours.breach, colours.production),
                    "line": {"width": 0},
                },
                customdata=np.column_stack([edges[:-1], edges[1:]]),
                hovertemplate="%{customdata[0]:.3g} to %{customdata[1]:.3g} s: %{y:,} steps"
                "<extra></extra>",
            )
        ],
        height=260,
        margin={"l": 8, "r": 16, "t": 32, "b": 8},
        bargap=0,
        xaxis={"title": {"text": "duration of a step (s)"}, "rangemode": "tozero"},
        # from below 1 on: a single step is a bar too
        yaxis={
            "title": {"text": "steps"},
            "type": "log",
            "dtick": 1,
            "range": [-0.3, float(np.log10(max(counts.max(), 1))) + 0.1],
        },
    )
    drawn.add_vline(
        x=far_s,
        line={"color": colours.breach, "width": 1.5, "dash": "dash"},
        annotation={
            "text": "mean + 3 standard deviations",
            "font": {"color": colours.breach, "size": theme.SIZE - 1},
            "xanchor": "right",
            "yanchor": "bottom",
            "y": 1,
        },
    )
    return theme.Chart(
        drawn,
        f"Durations of {format.count(len(steps.duration))} {escape.visible(steps.kind)} steps on "
        f"{escape.visible(steps.where)}: median "
        f"{format.number(float(np.median(steps.duration)), decimals=3)} s, longest "
        f"{format.number(float(steps.duration.max()), decimals=3)} s; {far} beyond mean + 3 "
        "standard deviations.",
    )
