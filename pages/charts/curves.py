"""How did the losses go, and from where on does the training overfit?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from analysis.training.rules.sentences import number
from pages.charts import logarithmic, theme
from pages.parts import escape, format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.training.importance import Importance
    from analysis.training.losses import Curve, Rounds
    from pages.charts.theme import Chart, Palette

MOST_POINTS = 1_000
MOST_FEATURES = 8
# A loss that falls this many times is read on a logarithmic axis.
FAR = 50.0


@dataclass(frozen=True, slots=True)
class Losses:
    """The losses of one training under its name; ``side`` gives the colour."""

    name: str
    side: str | None
    curves: Sequence[Curve]
    rounds: Sequence[Rounds]


def losses(found: Sequence[Losses], colours: Palette) -> Chart:
    """Draw training and validation losses by the step of the whole training.

    The training's loss is dotted, the validation's solid; the lowest validation loss is marked,
    and from where on the training overfits.
    """
    drawn = theme.figure(
        colours,
        [
            _line(each, curve, _colour(each, at, colours), several=len(found) > 1)
            for at, each in enumerate(found)
            for curve in each.curves
        ],
        height=340,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
        xaxis={"title": {"text": "step of the whole training"}, "zeroline": False},
        yaxis={"title": {"text": "loss"}, **(_logarithmic(found) if _far(found) else {})},
    )
    for each in found:
        for rounds in each.rounds:
            _best(drawn, each, rounds, colours, shaded=rounds is each.rounds[0])
    return theme.Chart(drawn, _alt(found))


def _line(each: Losses, curve: Curve, colour: str, *, several: bool) -> go.Scatter:
    shown = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), MOST_POINTS)).astype(int))
    mode = "" if curve.mode == "GLOBAL" else f"{curve.mode} "
    name = f"{mode}{escape.plotly(curve.tensor, length=34)}"
    if several:
        name = f"{escape.plotly(each.name, length=24)}: {name}"
    dotted = curve.part == "training"
    return go.Scatter(
        x=curve.global_step[shown],
        y=curve.value[shown],
        name=name,
        mode="lines+markers" if len(shown) <= 60 else "lines",
        marker={"size": 4},
        line={
            "color": colour,
            "width": 1.3 if dotted else 2.2,
            "dash": "dot" if dotted else "solid",
        },
        connectgaps=False,
        customdata=curve.step[shown],
        hovertemplate=f"{name}<br>step %{{customdata:,}}: %{{y:.4g}}<extra></extra>",
    )


def _colour(each: Losses, at: int, colours: Palette) -> str:
    """Give a model its own colour; a training of no test's model has that of text or context."""
    if each.side == "shadow":
        return colours.shadow
    if each.side == "production":
        return colours.production
    return colours.context if at else colours.text


def _best(
    drawn: go.Figure, each: Losses, rounds: Rounds, colours: Palette, *, shaded: bool
) -> None:
    best = rounds.validation.best
    if best is None:
        return
    curve, overfits = rounds.validation, rounds.overfits_from()
    x = int(curve.global_step[best]) if overfits is None else int(rounds.global_step[overfits])
    y = float(curve.value[best]) if overfits is None else float(rounds.validated[overfits])
    colour = colours.good if overfits is None else colours.breach
    said = f"lowest {number(y)}" if overfits is None else f"lowest {number(y)}: overfits from here"
    late = x > (2 * int(curve.global_step[-1]) + int(curve.global_step[0])) / 3
    drawn.add_trace(
        go.Scatter(
            x=[x],
            y=[y],
            mode="markers+text",
            text=[said],
            textposition=f"bottom {'left' if late else 'right'}",
            textfont={"color": colour, "size": theme.SIZE - 1},
            marker={"symbol": "circle-open", "size": 12, "color": colour, "line": {"width": 2}},
            hovertemplate=f"{escape.plotly(each.name)}: {said}<extra></extra>",
            showlegend=False,
            cliponaxis=False,
        )
    )
    if overfits is not None and shaded:
        drawn.add_vrect(
            x0=x,
            x1=int(rounds.global_step[-1]),
            fillcolor=theme.faint(colour, 0.08),
            line={"width": 0},
            layer="below",
        )


def _far(found: Sequence[Losses]) -> bool:
    values = [curve.value[np.isfinite(curve.value)] for each in found for curve in each.curves]
    every = np.concatenate(values) if values else np.zeros(0)
    return bool(len(every) and every.min() > 0 and every.max() > FAR * every.min())


def _logarithmic(found: Sequence[Losses]) -> dict[str, Any]:
    return logarithmic.axis(curve.value for each in found for curve in each.curves)


def _alt(found: Sequence[Losses]) -> str:
    said = []
    for each in found:
        for curve in each.curves:
            best = curve.best
            if best is None:
                said.append(f"{each.name}, {curve.mode} {curve.tensor}: no number")
                continue
            said.append(
                f"{each.name}, {curve.mode} {curve.tensor}: {number(float(curve.value[0]))} to "
                f"{number(float(curve.value[-1]))}, lowest {number(float(curve.value[best]))} at "
                f"step {format.count(int(curve.step[best]))}, {len(curve)} steps"
            )
    return escape.visible("; ".join(said)) + "."


def importance(found: Importance, colours: Palette) -> Chart:
    """Draw the share of the most important features, round by round; the rest is counted."""
    shown = min(len(found.features), MOST_FEATURES)
    shades = (colours.production, colours.shadow, colours.good, colours.breach, colours.faded)
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=found.step,
                y=found.share[at],
                name=escape.plotly(found.features[at], length=24),
                mode="lines",
                line={
                    "color": shades[at % len(shades)],
                    "width": 2,
                    "dash": ("solid", "dot")[at // len(shades)],
                },
                hovertemplate="round %{x:,}: %{y:.1%}<extra>%{fullData.name}</extra>",
            )
            for at in range(shown)
        ],
        height=340,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
        xaxis={"title": {"text": "round"}, "zeroline": False},
        yaxis={"title": {"text": f"share of all {found.kind}"}, "tickformat": ".0%"},
    )
    said = ", ".join(
        f"{found.features[at]} {format.percent(float(found.share[at, -1]), decimals=1)}"
        for at in range(shown)
    )
    return theme.Chart(
        drawn,
        escape.visible(
            f"Share of importance ({found.kind}) of the first {shown} of {len(found.features)} "
            f"features over {len(found.step)} rounds; in the last: {said}."
        ),
    )


def metrics(
    name: str, found: Sequence[tuple[str, np.ndarray, np.ndarray]], colours: Palette
) -> Chart:
    """Draw metrics that are no losses, each given as its name, steps and values."""
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=step,
                y=value,
                name=escape.plotly(metric, length=34),
                mode="lines",
                line={
                    "color": colours.production,
                    "width": 1.3 if metric.startswith("train") else 2.2,
                    "dash": "dot" if metric.startswith("train") else "solid",
                },
                hovertemplate="step %{x:,}: %{y:.4g}<extra>%{fullData.name}</extra>",
            )
            for metric, step, value in found
        ],
        height=300,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
        xaxis={"title": {"text": "step"}, "zeroline": False},
    )
    said = "; ".join(f"{metric}: last {number(float(value[-1]))}" for metric, _, value in found)
    return theme.Chart(drawn, escape.visible(f"Metrics of {name}. {said}."))
