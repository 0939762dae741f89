"""Where on a time axis are captures missing, or may be? One way to mark it on every timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.charts import theme
from pages.parts import format, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from analysis.interruptions import Interruption
    from pages.charts.theme import Chart, Palette

MOST_WRITTEN = 8
LINE_PX = theme.SIZE + 4
LOOKS = {"gap": ("▨ no captures", 0.30), "disk": ("◍ disk full", 0.22)}


def interrupted(chart: Chart, found: Sequence[Interruption], colours: Palette) -> Chart:
    """Shade the stretches of ``found`` behind every axis of ``chart``, and tell them in its words.

    The longest ones have their name above the picture, and the whole sentence where one points.
    """
    if not found:
        return chart
    drawn = chart.figure
    axes = sorted(name.removeprefix("xaxis") for name in drawn.layout if name.startswith("xaxis"))
    shades = {"gap": colours.context, "disk": colours.breach}
    written = sorted(found, key=lambda each: each.start - each.end)[:MOST_WRITTEN]
    # a full disk and the gap that it made, or two variants, may begin at once: each has its line
    lines = sorted({(each.variant, each.kind) for each in written})
    for each in found:
        name, opacity = LOOKS[each.kind]
        for axis in axes:
            drawn.add_shape(
                type="rect",
                xref=f"x{axis}",
                yref=f"y{axis} domain",
                x0=each.start.replace(tzinfo=None),
                x1=each.end.replace(tzinfo=None),
                y0=0,
                y1=1,
                layer="below",
                line={"width": 0},
                fillcolor=theme.faint(shades[each.kind], opacity),
            )
        if each in written:
            line = lines.index((each.variant, each.kind))
            _write(drawn, each, name, axes[0], colours, line)
    said = "; ".join(words.interruption(each) for each in written)
    more = len(found) - len(written)
    return theme.Chart(
        drawn, f"{chart.alt} Marked: {said}{f'; {format.count(more)} more' if more else ''}."
    )


def _write(
    drawn: go.Figure, each: Interruption, name: str, axis: str, colours: Palette, line: int
) -> None:
    shown = colours.breach if each.kind == "disk" else colours.text
    drawn.add_annotation(
        x=(each.start + (each.end - each.start) / 2).replace(tzinfo=None),
        xref=f"x{axis}",
        y=1.0,
        yref=f"y{axis} domain",
        yanchor="top",
        yshift=-line * LINE_PX,
        showarrow=False,
        text=f"{name}, {each.variant}",
        hovertext=words.interruption(each),
        bgcolor=theme.faint(colours.background, 0.75),
        font={"size": theme.SIZE - 2, "color": shown},
    )
