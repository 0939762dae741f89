"""Where does each of several values lie, how sure is that, and against what?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.charts import theme
from pages.parts import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.charts.theme import Chart, Palette

ROW_PX = 26
LONGEST_NAME = 52


@dataclass(frozen=True, slots=True)
class Dot:
    """One row: a value with its interval, what to compare it with, and its words on hover.

    ``mark`` is drawn as a tick, ``ring`` as a ring (nan for none); ``loud`` rows are drawn in the
    colour of a breach.
    """

    name: str
    value: float
    low: float
    high: float
    hover: str
    mark: float = math.nan
    ring: float = math.nan
    loud: bool = False


def dots(
    shown: Sequence[Dot],
    colours: Palette,
    *,
    title: str,
    alt: str,
    percent: bool = False,
    zero: bool = False,
) -> Chart:
    """Draw one row a value, the first at the top.

    Parameters
    ----------
    title : str
        Of the horizontal axis, with its unit.
    percent : bool
        Whether values are shares, to be written in per cent.
    zero : bool
        Whether a line at zero divides better from worse.
    """
    rows = list(range(len(shown)))
    scale = 100 if percent else 1
    colour = [colours.breach if dot.loud else colours.shadow for dot in shown]
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=[_drawn(scale * end) for dot in shown for end in (dot.low, dot.high, math.nan)],
                y=[row for row in rows for _ in range(3)],
                mode="lines",
                line={"color": theme.faint(colours.context, 0.75), "width": 3},
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[_drawn(scale * dot.mark) for dot in shown],
                y=rows,
                mode="markers",
                marker={
                    "symbol": "line-ns",
                    "size": 13,
                    "line": {"color": colours.production, "width": 2},
                },
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[_drawn(scale * dot.ring) for dot in shown],
                y=rows,
                mode="markers",
                marker={"symbol": "circle-open", "size": 8, "color": colours.context},
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[_drawn(scale * dot.value) for dot in shown],
                y=rows,
                mode="markers",
                marker={
                    "size": 9,
                    "color": colour,
                    "symbol": ["diamond" if dot.loud else "circle" for dot in shown],
                },
                text=[dot.hover for dot in shown],
                hovertemplate="%{text}<extra></extra>",
            ),
        ],
        height=max(140, 64 + ROW_PX * len(shown)),
        margin={"l": 8, "r": 16, "t": 8, "b": 8},
        xaxis={
            "title": {"text": title},
            "zeroline": False,
            "ticksuffix": " %" if percent else "",
            "range": _range(shown, scale, zero=zero),
        },
        yaxis={
            "tickvals": rows,
            "ticktext": [escape.plotly(dot.name, length=LONGEST_NAME) for dot in shown],
            "autorange": False,
            "range": [len(shown) - 0.4, -0.6],
            "showgrid": False,
            "zeroline": False,
        },
    )
    if zero:
        drawn.add_vline(x=0, line={"color": colours.context, "width": 1})
    return theme.Chart(drawn, alt)


def _range(shown: Sequence[Dot], scale: int, *, zero: bool) -> list[float] | None:
    """From the smallest to the largest thing drawn, and a little beyond; None for no such thing."""
    drawn = [
        scale * value
        for dot in shown
        for value in (dot.value, dot.low, dot.high, dot.mark, dot.ring)
        if math.isfinite(value)
    ]
    if not drawn:
        return None
    ends = [*drawn, 0.0] if zero else drawn
    pad = 0.04 * (max(ends) - min(ends)) or 1.0
    return [min(ends) - pad, max(ends) + pad]


def _drawn(value: float) -> float | None:
    """A value that can be drawn; an end that is not known or not bounded is left out."""
    return value if math.isfinite(value) else None
