"""How did one tensor change from step to step: its spread, its size, its workers?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from analysis.training.picture import LOGARITHMIC
from analysis.training.rules.sentences import number
from pages.charts import logarithmic, theme
from pages.parts import words

if TYPE_CHECKING:
    from analysis.training.distributions import Distribution
    from analysis.training.grids import Family, Measure
    from analysis.training.recording import Mode
    from analysis.training.series import Series
    from pages.charts.theme import Chart, Palette

HEIGHT = 320
# Lines carry every step of a training up to here; a histogram is heavier.
MOST_POINTS, MOST_COLUMNS = 2_000, 300
_FEWEST_TICKS = 3
# The pairs of levels that a band lies between, the widest first.
_BANDS = ((0, 8), (1, 7), (2, 6), (3, 5))


def bands(found: Distribution, colours: Palette, *, mode: Mode) -> Chart:
    """Draw nine percentiles over the steps: bands around the median, minimum and maximum outside.

    The value axis is even around 0 and logarithmic further out (asinh), as the histogram's is.
    """
    at = _shown(len(found.step))
    x, turned = found.step[at], np.arcsinh(found.quantiles[at] / found.scale)
    traces: list[go.Scatter] = []
    for low, high in _BANDS:
        traces += [
            _edge(x, turned[:, low], colours),
            _edge(x, turned[:, high], colours, fill=True),
        ]
    hover = (
        np.column_stack(
            [
                [number(float(value)) for value in found.quantiles[at, level]]
                for level in (0, 2, 4, 6, 8)
            ]
        )
        if len(at)
        else None
    )
    traces.append(
        go.Scatter(
            x=x,
            y=turned[:, 4],
            mode="lines",
            line={"color": colours.production, "width": 2},
            customdata=hover,
            hovertemplate="step %{x:,}<br>maximum %{customdata[4]}<br>p84 %{customdata[3]}<br>"
            "median %{customdata[2]}<br>p16 %{customdata[1]}<br>minimum %{customdata[0]}"
            "<extra></extra>",
            connectgaps=False,
        )
    )
    drawn = theme.figure(
        colours,
        traces,
        height=HEIGHT,
        hovermode="x",
        xaxis=_steps(mode),
        yaxis=_values(found),
    )
    middle = found.quantiles[:, 4]
    return theme.Chart(
        drawn,
        f"Nine percentiles at {len(found.step)} {mode} steps; the median goes from "
        f"{number(float(middle[0]))} to {number(float(middle[-1]))}.",
    )


def _edge(x: np.ndarray, y: np.ndarray, colours: Palette, *, fill: bool = False) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"width": 0.6, "color": theme.faint(colours.production, 0.5)},
        fill="tonexty" if fill else "none",
        fillcolor=theme.faint(colours.production, 0.16),
        hoverinfo="skip",
    )


def histogram(found: Distribution, colours: Palette, *, mode: Mode) -> Chart:
    """Draw the histogram over the steps: a column a step, darker where more of the elements lie.

    Of many steps only some are drawn, evenly chosen; the percentiles beside it have them all.
    """
    at = _shown(len(found.step), MOST_COLUMNS)
    middles = (
        np.arcsinh(found.edges / found.scale)[:-1] + np.arcsinh(found.edges / found.scale)[1:]
    ) / 2
    share = found.share[at].T
    drawn = theme.figure(
        colours,
        [
            go.Heatmap(
                x=found.step[at],
                y=middles,
                z=np.where(share > 0, np.sqrt(share), np.nan).astype(np.float32),
                customdata=np.round(100 * share, 3).astype(np.float32),
                zmin=0,
                colorscale=colours.from_one,
                showscale=False,
                hoverongaps=False,
                text=[
                    [f"{number(low)} to {number(high)}"] * len(at)
                    for low, high in zip(found.edges, found.edges[1:], strict=False)
                ],
                hovertemplate="step %{x:,}<br>%{text}<br>%{customdata:.3~g} % of the elements"
                "<extra></extra>",
            )
        ],
        height=HEIGHT,
        xaxis=_steps(mode),
        yaxis=_values(found),
    )
    return theme.Chart(
        drawn,
        f"Histogram at {len(found.step)} {mode} steps, from {number(float(found.edges[0]))} to "
        f"{number(float(found.edges[-1]))}.",
    )


def over_steps(found: Series, family: Family, colours: Palette, *, mode: Mode) -> Chart:
    """Draw one measure over the steps; where several workers wrote, a band from least to most."""
    at = _shown(len(found.step))
    x = found.step[at]
    traces: list[go.Scatter] = []
    if found.workers > 1:
        traces += [
            _edge(x, _positive(found.low[at], found.measure), colours),
            _edge(x, _positive(found.high[at], found.measure), colours, fill=True),
        ]
    traces.append(
        go.Scatter(
            x=x,
            y=_positive(found.middle[at], found.measure),
            mode="lines+markers" if len(x) <= 60 else "lines",
            marker={"size": 4},
            line={"color": colours.production, "width": 1.8},
            text=[words.measured(float(value), found.measure) for value in found.middle[at]],
            hovertemplate="step %{x:,}: %{text}<extra></extra>",
            connectgaps=False,
        )
    )
    drawn = theme.figure(
        colours,
        traces,
        height=220,
        xaxis=_steps(mode),
        yaxis={
            "title": {"text": words.tensor_measure(found.measure, family)},
            **(
                logarithmic.axis([found.low, found.high])
                if found.measure in LOGARITHMIC
                else {"tickformat": ".0%", "rangemode": "tozero"}
            ),
        },
    )
    known = found.middle[~np.isnan(found.middle)]
    told = f"{number(float(known[0]))} to {number(float(known[-1]))}" if len(known) else "no data"
    return theme.Chart(
        drawn,
        f"{words.tensor_measure(found.measure, family)} at {found.known} {mode} steps: {told}.",
    )


def _positive(values: np.ndarray, measure: Measure) -> np.ndarray:
    """Leave out what a logarithmic axis cannot hold."""
    return np.where(values > 0, values, np.nan) if measure in LOGARITHMIC else values


def _shown(total: int, most: int = MOST_POINTS) -> np.ndarray:
    return np.unique(np.linspace(0, total - 1, min(total, most)).astype(int))


def _steps(mode: Mode) -> dict[str, Any]:
    title = "step" if mode == "GLOBAL" else f"{mode} step"
    return {"title": {"text": title}, "showgrid": False, "zeroline": False}


def _values(found: Distribution) -> dict[str, Any]:
    """Give the value axis: powers of ten on both sides of 0, as many as can be read."""
    low, high = float(found.edges[0]), float(found.edges[-1])
    largest = max(abs(low), abs(high))
    top = int(np.floor(np.log10(largest))) if largest > 0 else 0
    bottom = int(np.floor(np.log10(found.scale)))
    every = max((top - bottom) // 3 + 1, 1)
    sizes = [10.0**power for power in range(top, bottom - 1, -every)]
    ticks = [0.0, *(sign * size for size in sizes for sign in (1.0, -1.0))]
    place = {tick: float(np.arcsinh(tick / found.scale)) for tick in ticks if low <= tick <= high}
    # the powers nearest to 0 would be written over it
    apart = 0.07 * float(np.arcsinh(high / found.scale) - np.arcsinh(low / found.scale))
    ticks = sorted(tick for tick in place if tick == 0 or abs(place[tick]) > apart)
    if len(ticks) < _FEWEST_TICKS:  # all values are of one size
        ticks = [float(edge) for edge in found.edges[:: len(found.edges) // 4]]
        place = {tick: float(np.arcsinh(tick / found.scale)) for tick in ticks}
    return {
        "title": {"text": "value"},
        "tickvals": [place[tick] for tick in ticks],
        "ticktext": [logarithmic.short(tick) for tick in ticks],
        "zeroline": True,
    }
