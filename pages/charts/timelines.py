"""What happened when? One time axis, in UTC; a gap in the data is a gap in the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pages.charts import theme
from pages.parts import format

if TYPE_CHECKING:
    from analysis.agreement import AgreementSeries
    from analysis.coverage import PairingSeries
    from analysis.errors import ErrorSeries
    from analysis.latency import Latency
    from pages.charts.theme import Chart, Palette

TIME_AXIS = {"title": {"text": "time (UTC)"}, "showgrid": False}
SHOWN = (0.5, 0.9, 0.99)


def agreement(series: AgreementSeries, limit: float, colours: Palette) -> Chart:
    """Draw agreement over time with its band and the limit."""
    start = _times(series.start)
    drawn = theme.figure(
        colours,
        [
            band(start, series.low, series.high, colours.production),
            go.Scatter(
                x=start,
                y=series.value,
                mode="lines+markers",
                line={"color": colours.production, "width": 1.5},
                marker={"size": 4},
                customdata=np.asarray(series.n),
                hovertemplate="%{x|%d %b %H:%M}: %{y:.2%} of %{customdata:,} pairs<extra></extra>",
                connectgaps=False,
            ),
        ],
        height=300,
        xaxis=TIME_AXIS,
        yaxis={"tickformat": ".1~%", "title": {"text": "same answer"}},
    )
    theme.limit_line(drawn, colours, y=limit, label=f"limit {format.percent(limit, decimals=1)}")
    return theme.Chart(
        drawn, f"Share of same answers over time, {len(start)} points, with interval."
    )


def band(
    start: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str, *, name: str | None = None
) -> go.Scatter:
    """Give one outline for each run of blocks with data: a gap in them is a gap in the band."""
    known = np.flatnonzero(~np.isnan(low))
    x: list[object] = []
    y: list[float | None] = []
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        x += [*start[run].tolist(), *start[run][::-1].tolist(), None]
        y += [*high[run].tolist(), *low[run][::-1].tolist(), None]
    return go.Scatter(
        x=x,
        y=y,
        fill="toself",
        fillcolor=theme.faint(colour, 0.2),
        line={"width": 0},
        mode="lines",
        name=name,
        hoverinfo="skip",
    )


def latency(measured: Latency, colours: Palette) -> Chart:
    """Draw percentiles of both variants over time; a period without requests is a gap."""
    grid = make_subplots(rows=len(SHOWN), cols=1, shared_xaxes=True, vertical_spacing=0.06)
    grid.update_layout(
        theme.figure(
            colours, height=500, showlegend=True, margin={"l": 8, "r": 16, "t": 34, "b": 8}
        ).layout
    )
    for row, quantile in enumerate(SHOWN, start=1):
        for variant, name, colour, dash in (
            (measured.production, "production", colours.production, "solid"),
            (measured.shadow, "shadow", colours.shadow, "dot"),
        ):
            column = variant.series.quantiles.index(quantile)
            grid.add_trace(
                go.Scatter(
                    x=_times(variant.series.start),
                    y=variant.series.ms[:, column],
                    mode="lines",
                    name=name,
                    legendgroup=name,
                    showlegend=row == 1,
                    line={"color": colour, "width": 1.6, "dash": dash},
                    connectgaps=False,
                    hovertemplate=f"%{{x|%d %b %H:%M}} {name}: %{{y:.1f}} ms<extra></extra>",
                ),
                row=row,
                col=1,
            )
        grid.update_yaxes(
            title={"text": f"{format.quantile(quantile)} (ms)"}, rangemode="tozero", row=row, col=1
        )
    grid.update_xaxes(showgrid=False)
    grid.update_xaxes(title={"text": "time (UTC)"}, row=len(SHOWN), col=1)
    said = ", ".join(format.quantile(quantile) for quantile in SHOWN)
    return theme.Chart(grid, f"{said} of {measured.metric} over time, production and shadow.")


def invocations(series: ErrorSeries, colours: Palette) -> Chart:
    """Draw how many requests each variant had."""
    start = _times(series.start)
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=start,
                y=np.asarray(n, dtype=float),
                mode="lines",
                name=name,
                line={"color": colour, "width": 1.6, "dash": dash},
                connectgaps=False,
                hovertemplate=f"%{{x|%d %b %H:%M}} {name}: %{{y:,}} requests<extra></extra>",
            )
            for n, name, colour, dash in (
                (series.production_n, "production", colours.production, "solid"),
                (series.shadow_n, "shadow", colours.shadow, "dot"),
            )
        ],
        height=280,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        xaxis=TIME_AXIS,
        yaxis={"title": {"text": "requests"}, "rangemode": "tozero"},
    )
    return theme.Chart(drawn, "Requests answered by production and by the shadow over time.")


def errors(series: ErrorSeries, name: str, colours: Palette) -> Chart:
    """Draw an error rate of both variants over time; nothing is drawn where nobody asked."""
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=_times(series.start),
                y=_rate(bad, n),
                mode="lines",
                name=variant,
                line={"color": colour, "width": 1.6, "dash": dash},
                connectgaps=False,
                hovertemplate=f"%{{x|%d %b %H:%M}} {variant}: %{{y:.3%}}<extra></extra>",
            )
            for bad, n, variant, colour, dash in (
                (
                    series.production_errors,
                    series.production_n,
                    "production",
                    colours.production,
                    "solid",
                ),
                (series.shadow_errors, series.shadow_n, "shadow", colours.shadow, "dot"),
            )
        ],
        height=210,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        xaxis={"showgrid": False},
        yaxis={"title": {"text": name}, "tickformat": ".2~%", "rangemode": "tozero"},
    )
    return theme.Chart(drawn, f"Rate of {name} errors over time, production and shadow.")


def _rate(bad: np.ndarray, n: np.ndarray) -> np.ndarray:
    asked = np.asarray(n, dtype=float)
    return np.divide(
        np.asarray(bad, dtype=float), asked, out=np.full(asked.shape, np.nan), where=asked > 0
    )


def pairing(series: PairingSeries, colours: Palette) -> Chart:
    """Draw paired rows by hour against what the sampling rates promise."""
    start = _times(series.start)
    traces = [
        go.Bar(
            x=start,
            y=np.asarray(series.paired, dtype=float),
            name="paired",
            marker={"color": theme.faint(colours.production, 0.75), "line": {"width": 0}},
            hovertemplate="%{x|%d %b %H:%M}: %{y:,} paired<extra></extra>",
        )
    ]
    expected = np.asarray(series.expected, dtype=float)
    if np.isfinite(expected).any():
        traces.append(
            go.Scatter(
                x=start,
                y=expected,
                mode="lines",
                name="expected from the sampling rates",
                line={"color": colours.text, "width": 1.5, "shape": "hvh"},
                hovertemplate="%{x|%d %b %H:%M}: %{y:,.0f} expected<extra></extra>",
            )
        )
    drawn = theme.figure(
        colours,
        traces,
        height=280,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        bargap=0,
        xaxis=TIME_AXIS,
        yaxis={"title": {"text": "rows"}, "rangemode": "tozero"},
    )
    return theme.Chart(
        drawn, f"Paired rows over time, {len(start)} blocks, against those expected."
    )


def _times(start: np.ndarray) -> np.ndarray:
    return np.asarray(start).astype("datetime64[s]")
