"""Which colours, shapes and margins does every chart share?

Colour is a role: production blue, shadow orange, breach vermilion, good green, what faded
purple, what is broken crimson, context grey. But for the crimson the set is Okabe-Ito, and no
meaning rests on colour alone: status also has a word and a shape, the variants a dash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

if TYPE_CHECKING:
    from collections.abc import Sequence

FONT = '"Source Sans", "Source Sans 3", "Source Sans Pro", sans-serif'
SIZE = 13


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme, by role."""

    name: str
    production: str
    shadow: str
    breach: str
    broken: str
    faded: str
    good: str
    unsure: str
    context: str
    text: str
    grid: str
    background: str
    counts: tuple[tuple[float, str], ...]

    @property
    def from_none(self) -> list[list[float | str]]:
        """Give the scale of counts for Plotly: nothing is the background itself."""
        return [[at, colour] for at, colour in self.counts]

    @property
    def from_one(self) -> list[list[float | str]]:
        """Give the scale of counts that starts visibly: for cells that hold a pair at least."""
        steps: list[list[float | str]] = [[at, colour] for at, colour in self.counts[1:]]
        steps[0][0] = 0.0
        return steps


LIGHT = Palette(
    name="light",
    production="#0072B2",
    shadow="#E69F00",
    breach="#D55E00",
    broken="#7A0F2B",
    faded="#CC79A7",
    good="#009E73",
    unsure="#767676",
    context="#767676",
    text="#1F2933",
    grid="#E3E7EB",
    background="#FFFFFF",
    counts=((0.0, "#FFFFFF"), (0.001, "#EAF2F9"), (0.35, "#9EC8E4"), (1.0, "#0072B2")),
)
DARK = Palette(
    name="dark",
    production="#56B4E9",
    shadow="#F0B43C",
    breach="#FF8A4C",
    broken="#C2183A",
    faded="#D9A1C3",
    good="#2BBF9B",
    unsure="#9A9A9A",
    context="#9A9A9A",
    text="#E6EAEE",
    grid="#2B343D",
    background="#11161C",
    counts=((0.0, "#11161C"), (0.001, "#17303F"), (0.35, "#1F6B96"), (1.0, "#8FD3FA")),
)


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A figure and what it says to somebody who cannot see it."""

    figure: go.Figure
    alt: str


def palette(name: str | None) -> Palette:
    """Give the palette of the viewer's theme; light where the browser did not say."""
    return DARK if name == "dark" else LIGHT


def faint(colour: str, opacity: float) -> str:
    """Give ``#RRGGBB`` as an ``rgba()`` with the given opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def figure(
    colours: Palette, traces: Sequence[Any] = (), *, height: int, **layout: Any
) -> go.Figure:
    """Build a figure in the house style; ``layout`` is merged over it."""
    base: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 12, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": SIZE, "color": colours.text},
        "colorway": [colours.production, colours.shadow, colours.good, colours.breach],
        "hoverlabel": {
            "bgcolor": colours.background,
            "bordercolor": colours.context,
            "font": {"family": FONT, "size": SIZE, "color": colours.text},
            "align": "left",
        },
        "showlegend": False,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "bgcolor": "rgba(0,0,0,0)",
        },
        "dragmode": False,
        # One scale for one picture: bars, gaps and hover stay the same whichever theme draws it.
        "template": {"layout": {"xaxis": axis(colours), "yaxis": axis(colours)}},
    }
    drawn = go.Figure(data=list(traces), layout=base)
    drawn.update_layout(**layout)
    return drawn


def axis(colours: Palette) -> dict[str, Any]:
    """Give the settings every axis shares."""
    return {
        "gridcolor": colours.grid,
        "zerolinecolor": colours.grid,
        "linecolor": colours.grid,
        "tickcolor": colours.grid,
        "automargin": True,
        "ticklabelstandoff": 4,
        "title": {"standoff": 8, "font": {"size": SIZE}},
        "tickfont": {"size": SIZE - 1},
    }


def limit_line(drawn: go.Figure, colours: Palette, *, y: float, label: str) -> None:
    """Draw a limit where it bites: a dashed line with its name beside the right end."""
    drawn.add_hline(
        y=y,
        line={"color": colours.breach, "width": 1.5, "dash": "dash"},
        annotation={
            "text": label,
            "font": {"color": colours.breach, "size": SIZE - 1},
            "xanchor": "left",
            "yanchor": "middle",
            "x": 1,
        },
    )
    # outside the axes, where no curve can run through it
    drawn.update_layout(margin_r=8 + 7 * len(label))
