"""Where in the network, and when, did gradients vanish, explode or break? One picture of it all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from analysis.training.grids import LARGE, NO_DATA, NOT_FINITE, SMALL, marks
from analysis.training.picture import LOGARITHMIC, RANGES
from pages.charts import logarithmic, theme
from pages.parts import escape, format, words

if TYPE_CHECKING:
    from analysis.training.grids import Grid, Measure
    from analysis.training.picture import Picture
    from analysis.training.recording import Tensor
    from pages.charts.theme import Chart, Palette

MOST_MARKERS = 4_000
MOST_NAMES = 42
MOST_ONSETS = 300
_SYMBOLS = {SMALL: "triangle-down", LARGE: "triangle-up", NOT_FINITE: "x"}
MOST_ROWS_SIGNED, MOST_COLUMNS_SIGNED = 32, 40
LOWEST, HIGHEST = 300, 760
TITLE = 44
# Cividis in nine even steps: readable with every kind of colour blindness.
CIVIDIS = (
    *("#00224E", "#123570", "#3B496C", "#575D6D", "#707173", "#8A8678", "#A59C74"),
    *("#C3B369", "#E1CC55", "#FEE838"),
)
# Beyond both ends of the range stand bands of one colour: what is too small, too large, no number.
_BANDS = {SMALL: -0.09, LARGE: 1.09, NOT_FINITE: 1.19}
_EDGES = (-0.14, -0.04, 1.04, 1.14, 1.24)


def picture(drawn: Picture, colours: Palette, *, steps: tuple[float, float] | None = None) -> Chart:
    """Draw layer by step, the input's layer on top; a click on a cell tells which tensor it is.

    ``steps`` are the ends of the step axis where it is to be that of another picture too. Hover
    and click are by unseen markers, fewer than the cells where there are very many of these.
    """
    grid = drawn.grid
    total = len(grid.rows)
    edges = _edges(drawn)
    height = int(min(max(LOWEST, 24 * total + TITLE + 40), HIGHEST))
    figure = theme.figure(
        colours,
        [
            go.Heatmap(
                x=edges,
                y=np.arange(total),
                z=_colours_of(drawn).astype(np.float32),
                zmin=_ends(grid.measure)[0],
                zmax=_ends(grid.measure)[1],
                colorscale=_scale(grid.measure, colours),
                colorbar=_bar(grid),
                hoverinfo="skip",
                hoverongaps=False,
                xgap=1 if len(drawn.first) <= 60 else 0,
                ygap=1 if total <= 60 else 0,
                **_signs(drawn),
            ),
            _onsets(drawn, edges, colours),
            _cells(drawn, edges, colours, height),
        ],
        height=height,
        margin={"l": 8, "r": 8, "t": 12, "b": 8},
        # where nothing was saved the ground shows
        plot_bgcolor=colours.grid,
        clickmode="event+select",
        dragmode="zoom",
        hoverdistance=-1,
        xaxis={
            "title": {"text": _step_title(grid)},
            "range": list(steps or span(drawn)),
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "title": {"text": "input on top, output below"},
            "range": [total - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
            **_names(grid, colours),
        },
    )
    return theme.Chart(figure, _alt(drawn))


def _edges(drawn: Picture) -> np.ndarray:
    """Give the borders of the columns: each reaches to the next step that was saved."""
    first = drawn.first.astype(float)
    if not len(first):
        return first
    width = float(np.median(np.diff(first))) if len(first) > 1 else 1.0
    end = max(first[-1] + width, float(drawn.last[-1]) + 1)
    return np.append(first, end)


def span(*drawn: Picture) -> tuple[float, float]:
    """Give the ends of a step axis on which several pictures can stand."""
    edges = [_edges(each) for each in drawn if len(each.first)]
    return (
        min((float(each[0]) for each in edges), default=0.0),
        max((float(each[-1]) for each in edges), default=1.0),
    )


def _colours_of(drawn: Picture) -> np.ndarray:
    """Give every cell its place on the colour scale: 0 to 1 within the range, bands beyond."""
    low, high = RANGES[drawn.grid.measure]
    place = (drawn.shown - low) / (high - low)
    if drawn.grid.measure in LOGARITHMIC:
        for state, band in _BANDS.items():
            place = np.where(drawn.state == state, band, place)
    return np.where(drawn.state == NO_DATA, np.nan, place)


def _ends(measure: Measure) -> tuple[float, float]:
    """Give the ends of the colour scale: a share needs no bands beyond its own."""
    return (_EDGES[0], _EDGES[-1]) if measure in LOGARITHMIC else (0.0, 1.0)


def _scale(measure: Measure, colours: Palette) -> list[list[float | str]]:
    if measure == "non_finite":
        return [[0.0, colours.unsure], [0.001, colours.faded], [1.0, colours.broken]]
    if measure not in LOGARITHMIC:
        return [[at / (len(CIVIDIS) - 1), colour] for at, colour in enumerate(CIVIDIS)]
    first, low, high, broken, last = (
        (edge - _EDGES[0]) / (_EDGES[-1] - _EDGES[0]) for edge in _EDGES
    )
    every = (high - low) / (len(CIVIDIS) - 1)
    stops: list[tuple[float, str]] = [
        *((first, colours.faded), (low, colours.faded)),
        *((low + every * at, colour) for at, colour in enumerate(CIVIDIS)),
        *((high, colours.breach), (broken, colours.breach)),
        *((broken, colours.broken), (last, colours.broken)),
    ]
    return [[at, colour] for at, colour in stops]


def _signs(drawn: Picture) -> dict[str, Any]:
    """Give the cells their signs where these are large enough to be read."""
    rows, columns = drawn.state.shape
    if rows > MOST_ROWS_SIGNED or columns > MOST_COLUMNS_SIGNED:
        return {}
    signs = [[words.CELL_SIGNS.get(int(state), "") for state in row] for row in drawn.state]
    return {"text": signs, "texttemplate": "%{text}", "textfont": {"size": theme.SIZE - 3}}


def _bar(grid: Grid) -> dict[str, Any]:
    measure = grid.measure
    low, high = RANGES[measure]
    look = {"thickness": 12, "outlinewidth": 0, "tickfont": {"size": theme.SIZE - 2}, "len": 1.0}
    if measure not in LOGARITHMIC:
        marks_at = {at: f"{100 * at:.0f}{format.THIN_SPACE}%" for at in (0.0, 0.5, 1.0)}
    else:
        powers = range(int(low), int(high) + 1, 2 if measure != "update" else 3)
        marks_at = {
            (power - low) / (high - low): logarithmic.short(10.0**power) for power in powers
        }
        marks_at |= {
            band: words.cell_state(state, grid.family, measure) for state, band in _BANDS.items()
        }
    return {**look, "tickvals": list(marks_at), "ticktext": list(marks_at.values())}


def _step_title(grid: Grid) -> str:
    return "step" if grid.mode == "GLOBAL" else f"{grid.mode} step"


def _names(grid: Grid, colours: Palette) -> dict[str, Any]:
    """Name the rows, each with the mark of what is wrong with it; of very many only some."""
    total = len(grid.tensors)
    worst: dict[int, int] = {}
    for mark in marks(grid):
        worst[mark.row] = max(worst.get(mark.row, 0), mark.state)
    every = max(math.ceil(total / MOST_NAMES), 1)
    shown = list(range(0, total, every))
    named = []
    for row in shown:
        name = escape.plotly(escape.clip_left(escape.visible(label(grid.tensors[row])), 34))
        state = worst.get(row)
        if state is not None:
            colour = colours.faded if state == SMALL else colours.breach
            name += f' <span style="color:{colour}">{words.CELL_SIGNS[state]}</span>'
        named.append(name)
    size = theme.SIZE - 1 if total <= 30 else theme.SIZE - 3
    return {"tickvals": shown, "ticktext": named, "tickfont": {"size": size}}


def label(tensor: Tensor) -> str:
    """Name a tensor shortly: its layer and parameter, or what it was recorded as."""
    return f"{tensor.layer}.{tensor.parameter}" if tensor.layer else tensor.name


def _onsets(drawn: Picture, edges: np.ndarray, colours: Palette) -> go.Scatter:
    """Mark where each row first goes wrong, where its cells are too small to be seen."""
    found = () if _signs(drawn) else marks(drawn.grid)[:MOST_ONSETS]
    at = [int(np.searchsorted(drawn.last, mark.first_step)) for mark in found]
    colour = {SMALL: colours.faded, LARGE: colours.breach, NOT_FINITE: colours.broken}
    return go.Scatter(
        x=[float(edges[each] + edges[each + 1]) / 2 for each in at],
        y=[mark.row for mark in found],
        mode="markers",
        marker={
            "symbol": [_SYMBOLS[mark.state] for mark in found],
            "color": [colour[mark.state] for mark in found],
            "size": 10,
            "line": {"width": 1.5, "color": colours.background},
        },
        # a click into a cell chooses none of these, which is no reason to fade
        unselected={"marker": {"opacity": 1}},
        hoverinfo="skip",
        showlegend=False,
    )


def _cells(drawn: Picture, edges: np.ndarray, colours: Palette, height: int) -> go.Scatter:
    """Give an unseen marker for each cell, or for stretches of a row where cells are too many."""
    rows, columns = drawn.shown.shape
    across = max(min(columns, MOST_MARKERS // max(rows, 1)), 1)
    stretches = np.array_split(np.arange(columns), across) if columns else []
    places = [(row, stretch) for row in range(rows) for stretch in stretches]
    return go.Scatter(
        x=[round(float(edges[s[0]] + edges[s[-1] + 1]) / 2, 2) for _, s in places],
        y=[row for row, _ in places],
        mode="markers",
        marker={
            "size": max(min((height - TITLE) / max(rows, 1) - 2, 22), 4),
            "symbol": "square-open",
            "opacity": 0,
            "color": colours.text,
            "line": {"width": 2},
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        hovertext=[_hover(drawn, row, stretch) for row, stretch in places],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _hover(drawn: Picture, row: int, stretch: np.ndarray) -> str:
    grid = drawn.grid
    at = stretch[int(drawn.state[row, stretch].argmax())]
    state, value = int(drawn.state[row, at]), float(drawn.value[row, at])
    name = f"<b>{escape.plotly(label(grid.tensors[row]), length=60)}</b>"
    first, last = drawn.first[stretch[0]], drawn.last[stretch[-1]]
    if state == NO_DATA:
        return f"{name}<br>{_step_title(grid)} {format.count(first)}: no data"
    step = f"{_step_title(grid)} {format.count(drawn.step[row, at])}"
    if first != last:
        step += f", the worst of {format.count(first)} to {format.count(last)}"
    said = f"{name}<br>{step}<br>{words.tensor_measure(grid.measure, grid.family)} "
    said += words.measured(value, grid.measure)
    if state in words.CELL_SIGNS:
        told = words.cell_state(state, grid.family, grid.measure)
        said += f" · {words.CELL_SIGNS[state]} {told}"
    spread = float(drawn.spread[row, at])
    if not math.isnan(spread):
        said += f"<br>largest worker {words.times(spread)} the smallest"
    return said


def _alt(drawn: Picture) -> str:
    grid = drawn.grid
    if not grid.n:
        return f"No data: none of {len(grid.rows)} tensors was saved in mode {grid.mode}."
    found = marks(grid)
    told = "; ".join(
        f"{len({m.row for m in found if m.state == state})} "
        f"{words.cell_state(state, grid.family, grid.measure)}"
        for state in words.CELL_SIGNS
        if any(m.state == state for m in found)
    )
    return (
        f"{words.tensor_measure(grid.measure, grid.family)} of {len(grid.rows)} tensors, the "
        f"input's layer first, at {len(grid.steps)} {grid.mode} steps; "
        f"{told or 'nothing out of the ordinary'}."
    )
