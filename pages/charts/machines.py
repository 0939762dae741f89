"""What did a node of a training do over time? Small pictures on one time axis, phases below."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pages.charts import theme
from pages.parts import escape, format, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.training.timeline import Band, Row, Timeline
    from pages.charts.theme import Chart, Palette

PANEL_HEIGHT, PHASE_HEIGHT, CORE_HEIGHT = 104, 24, 9
_GAP = 34
_DASHES = ("solid", "dash", "dot", "dashdot")
MOST_SHADED = 60


@dataclass(frozen=True, slots=True, eq=False)
class _Strip:
    """One subplot: its title and height in pixels, and what is in it."""

    title: str
    height: int
    row: Row | None
    cores: bool = False


def timeline(found: Timeline, colours: Palette) -> Chart:
    """Draw every metric of a node; bands are the lowest and highest reading of each bin."""
    strips = _strips(found)
    inside = sum(strip.height for strip in strips) + _GAP * (len(strips) - 1)
    height = inside + 100
    grid = make_subplots(
        rows=len(strips),
        cols=1,
        shared_xaxes=True,
        row_heights=[strip.height for strip in strips],
        vertical_spacing=_GAP / inside if len(strips) > 1 else 0,
        subplot_titles=[strip.title for strip in strips],
    )
    grid.update_layout(
        theme.figure(
            colours,
            height=height,
            margin={"l": 8, "r": 12, "t": 44, "b": 52},
        ).layout
    )
    grid.update_xaxes(
        type="date",
        showgrid=False,
        zeroline=False,
        nticks=8,
        tickangle=0,
        range=[_moment(found.begin), _moment(found.end)],
    )
    for place, strip in enumerate(strips, 1):
        if strip.row is None:
            _phases(grid, found, colours, place=place)
        elif strip.cores:
            _cores(grid, found, strip.row, colours, place=place)
        else:
            _panel(grid, found, strip.row, colours, place=place)
    grid.update_xaxes(title={"text": "time (UTC)"}, row=len(strips), col=1)
    for title in grid.layout.annotations:
        title.update(font={"size": theme.SIZE, "color": colours.text}, x=0, xanchor="left")
    _shade(grid, found, colours)
    return theme.Chart(grid, _alt(found))


def _strips(found: Timeline) -> list[_Strip]:
    strips = []
    for row in found.rows:
        _, unit = _scale(row)
        title = f"{words.PANELS[row.panel]}, {unit}{_of(row)}"
        strips.append(_Strip(title, PANEL_HEIGHT, row))
        if row.each is not None:
            parts = words.PARTS_OF_A_PANEL[row.panel]
            strips.append(
                _Strip(
                    f"{words.PANELS[row.panel]} of each of {len(row.names)} {parts}, mean, %",
                    max(60, CORE_HEIGHT * len(row.names)),
                    row,
                    cores=True,
                )
            )
    if len(found.phases) or len(found.steps):
        lanes = len(found.phases) + bool(len(found.steps))
        strips.append(_Strip("The framework, share of each bin", 16 + PHASE_HEIGHT * lanes, None))
    return strips


def _of(row: Row) -> str:
    """Which line is whose; or of how many parts the band is, where it is of several."""
    if len(row.bands) > 1:
        lines = zip(row.bands, _DASHES, strict=False)
        return ": " + ", ".join(
            f"{escape.plotly(b.name)} {words.DASHES[dash]}" for b, dash in lines
        )
    parts = words.PARTS_OF_A_PANEL.get(row.panel)
    if row.bands[0].parts > 1 and parts is not None:
        return f" of {row.bands[0].parts} {parts}, together"
    return ""


def _scale(row: Row) -> tuple[float, str]:
    """The factor to the unit that is read with ease, and that unit."""
    if row.unit != "bytes/s":
        return 1.0, row.unit
    tops = [band.high[np.isfinite(band.high)] for band in row.bands]
    highest = max((float(top.max()) for top in tops if len(top)), default=0.0)
    for size, name in ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s")):
        if highest >= size:
            return 1 / size, name
    return 1.0, "bytes/s"


def _panel(grid: go.Figure, found: Timeline, row: Row, colours: Palette, *, place: int) -> None:
    factor, unit = _scale(row)
    roles = (colours.production, colours.good, colours.context, colours.shadow)
    for at, band in enumerate(row.bands):
        colour = roles[at % len(roles)]
        label = escape.plotly(band.name) if band.name else "mean"
        for trace in _band(found, band, factor, colour, _DASHES[at % len(_DASHES)], label, unit):
            grid.add_trace(trace, row=place, col=1)
    grid.update_yaxes(rangemode="tozero", nticks=4, row=place, col=1)
    if row.unit == "%":
        grid.update_yaxes(range=[0, 102], dtick=50, row=place, col=1)


def _band(
    found: Timeline,
    band: Band,
    factor: float,
    colour: str,
    dash: str,
    label: str,
    unit: str,
) -> list[go.Scatter]:
    """The lowest, up to it the highest filled, and the mean; a bin without a reading is a gap."""
    time = _at(found.middle)
    edge = {
        "x": time,
        "mode": "lines",
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
        "connectgaps": False,
    }
    low, mean, high = (
        (factor * column).astype(np.float32) for column in (band.low, band.mean, band.high)
    )
    return [
        go.Scatter(y=low, **edge),
        go.Scatter(y=high, fill="tonexty", fillcolor=theme.faint(colour, 0.2), **edge),
        go.Scatter(
            x=time,
            y=mean,
            mode="lines",
            name=label,
            line={"color": colour, "width": 1.5, "dash": dash},
            connectgaps=False,
            customdata=np.column_stack([low, high]),
            hovertemplate=f"%{{x|%H:%M:%S}} {label}: mean %{{y:.3g}}, "
            f"%{{customdata[0]:.3g}} to %{{customdata[1]:.3g}} {unit}<extra></extra>",
        ),
    ]


def _cores(grid: go.Figure, found: Timeline, row: Row, colours: Palette, *, place: int) -> None:
    grid.add_trace(
        go.Heatmap(
            x=_at(found.middle),
            y=[escape.plotly(name) for name in row.names],
            z=row.each,
            zmin=0,
            zmax=100,
            colorscale=colours.from_none,
            showscale=False,
            hovertemplate="%{x|%H:%M:%S} %{y}: mean %{z:.1f} %<extra></extra>",
        ),
        row=place,
        col=1,
    )
    grid.update_yaxes(
        autorange="reversed",
        showgrid=False,
        # a name for each of sixty cores would be a grey wall: first and last tell the order
        tickvals=[escape.plotly(row.names[0]), escape.plotly(row.names[-1])],
        row=place,
        col=1,
    )


def _phases(grid: go.Figure, found: Timeline, colours: Palette, *, place: int) -> None:
    lanes = [escape.plotly(phase.name, length=24) for phase in found.phases]
    if lanes:
        grid.add_trace(
            go.Heatmap(
                x=_at(found.middle),
                y=list(range(len(lanes))),
                z=100 * np.array([phase.share for phase in found.phases], np.float32),
                zmin=0,
                zmax=100,
                colorscale=colours.from_none,
                showscale=False,
                ygap=6,
                customdata=np.repeat([lanes], len(found.middle), axis=0).T,
                hovertemplate="%{x|%H:%M:%S} %{customdata}: %{z:.0f} % of the bin<extra></extra>",
            ),
            row=place,
            col=1,
        )
    if len(found.steps):
        lanes.append("saved steps")
        grid.add_trace(
            go.Scatter(
                x=_at(found.steps),
                y=np.full(len(found.steps), len(lanes) - 1),
                mode="markers",
                marker={
                    "symbol": "line-ns",
                    "size": 10,
                    "line": {"width": 1.2, "color": colours.production},
                },
                name="saved steps",
                hovertemplate="%{x|%H:%M:%S} a step was saved<extra></extra>",
            ),
            row=place,
            col=1,
        )
    grid.update_yaxes(
        range=[len(lanes) - 0.5, -0.5],
        tickvals=list(range(len(lanes))),
        ticktext=lanes,
        showgrid=False,
        zeroline=False,
        row=place,
        col=1,
    )


def _shade(grid: go.Figure, found: Timeline, colours: Palette) -> None:
    """Shade what holds the GPUs up over all pictures; each kind is named where it lasts longest."""
    longest = sorted(found.stretches, key=lambda each: each.start - each.end)[:MOST_SHADED]
    for stretch in longest:
        grid.add_shape(
            type="rect",
            xref="x",
            yref="paper",
            x0=_moment(stretch.start),
            x1=_moment(stretch.end),
            y0=0,
            y1=1,
            fillcolor=theme.faint(colours.breach, 0.13),
            line={"width": 0},
            layer="below",
        )
    for at, kind in enumerate(dict.fromkeys(stretch.kind for stretch in longest)):
        widest = next(each for each in longest if each.kind == kind)
        grid.add_annotation(
            xref="x",
            yref="paper",
            x=_moment((widest.start + widest.end) / 2),
            y=1,
            yshift=14 + 16 * at,
            yanchor="bottom",
            text=words.HELD_UP[kind],
            showarrow=False,
            font={"size": theme.SIZE - 1, "color": colours.breach},
        )


def _at(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    # milliseconds, as an axis of dates takes them: a third of what dates as text are
    return seconds * 1e3


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _alt(found: Timeline) -> str:
    means = "; ".join(
        f"{words.PANELS[row.panel]}{f' {band.name}' if band.name else ''} mean "
        f"{format.number(factor * float(np.nanmean(band.mean)), decimals=1)} {unit}"
        for row in found.rows
        for factor, unit in [_scale(row)]
        for band in row.bands
        if np.isfinite(band.mean).any()
    )
    held: dict[str, float] = {}
    for stretch in found.stretches:
        held[stretch.kind] = held.get(stretch.kind, 0.0) + stretch.end - stretch.start
    said = "; ".join(
        f"{words.HELD_UP[kind]} for {format.duration(lasted)}" for kind, lasted in held.items()
    )
    return f"{escape.visible(found.node)} over time. {means}. {said}".strip()
