"""When did the inputs move: all features over time, and one of them beside what chance allows?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from pages.charts import theme
from pages.charts.timelines import TIME_AXIS, band
from pages.parts import escape, format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.drift_over_time import Course, DriftOverTime, FeatureOverTime
    from pages.charts.theme import Chart, Palette

ROW_HEIGHT = 26
# Any larger effect is as dark: a shift by three quarters of a standard deviation.
FULL = 0.3


def features(found: DriftOverTime, colours: Palette) -> Chart:
    """Draw the effect of every feature in every block, the most moved first.

    Faintest is what chance explains; blank a block with too few values; crossed out one without any
    row; a diamond stands where a distribution changed.
    """
    shown = found.features
    moved = [each.moved(found.tolerance, found.alpha) for each in shown]
    beyond = [each.q < found.alpha for each in shown]
    shade = [
        np.where(np.isnan(each.effect.value), np.nan, np.where(out, each.effect.value, 0.0))
        for each, out in zip(shown, beyond, strict=True)
    ]
    middle = _middle(found)
    drawn = theme.figure(
        colours,
        [
            go.Heatmap(
                x=_ends(found),
                y=list(range(len(shown))),
                z=shade,
                zmin=0,
                zmax=FULL,
                colorscale=colours.from_one,
                ygap=2,
                colorbar={
                    "title": {"text": "effect", "side": "top"},
                    "thickness": 10,
                    "outlinewidth": 0,
                    "tickvals": [0, 0.1, 0.2, FULL],
                    "ticktext": ["chance", "0.1", "0.2", f"≥ {FULL}"],
                },
                customdata=[_said(found, each) for each in shown],
                hovertemplate="%{customdata}<extra></extra>",
                hoverongaps=False,
            ),
            _marks(found, colours),
            go.Scatter(
                x=np.repeat(middle[found.gaps], len(shown)),
                y=np.tile(np.arange(len(shown)), int(found.gaps.sum())),
                mode="markers",
                marker={"symbol": "x-thin-open", "size": 6, "color": colours.context},
                hovertemplate="%{x|%d %b %H:%M}: no rows<extra></extra>",
            ),
        ],
        height=90 + ROW_HEIGHT * len(shown),
        xaxis={**TIME_AXIS, "range": [_ends(found)[0], _ends(found)[-1]]},
        yaxis={
            "tickvals": list(range(len(shown))),
            "ticktext": [escape.plotly(each.name, length=24) for each in shown],
            "range": [len(shown) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
    )
    said = "; ".join(
        f"{escape.visible(each.name)}: {int(out.sum())} blocks moved, {len(each.changes)} changes"
        for each, out in list(zip(shown, moved, strict=True))[:12]
    )
    return theme.Chart(
        drawn,
        f"Effect of {len(shown)} features in {len(found.start)} blocks of time, most moved first. "
        f"{said}.",
    )


def _said(found: DriftOverTime, feature: FeatureOverTime) -> list[str]:
    effect = feature.effect
    return [
        f"{escape.plotly(feature.name, length=40)}<br>{np.datetime_as_string(start, 'm')} UTC: "
        f"{effect.name} {format.number(value, decimals=3)}, without drift below "
        f"{format.number(chance, decimals=3)}<br>{format.count(n)} values, q {format.p_value(q)}"
        for start, value, chance, n, q in zip(
            found.start,
            effect.value.tolist(),
            effect.chance.tolist(),
            feature.n.tolist(),
            feature.q.tolist(),
            strict=True,
        )
    ]


def _marks(found: DriftOverTime, colours: Palette) -> go.Scatter:
    places = [
        (found.start[change.at], row, change.p)
        for row, feature in enumerate(found.features)
        for change in feature.changes
    ]
    return go.Scatter(
        x=[at for at, _, _ in places],
        y=[row for _, row, _ in places],
        mode="markers",
        marker={
            "symbol": "diamond",
            "size": 10,
            "color": colours.breach,
            "line": {"color": colours.background, "width": 1.5},
        },
        customdata=[format.p_value(p) for _, _, p in places],
        hovertemplate="changed at %{x|%d %b %H:%M}, p %{customdata}<extra></extra>",
    )


def course(found: DriftOverTime, feature: FeatureOverTime, of: Course, colours: Palette) -> Chart:
    """Draw one measure of one feature over time, above what it stays below without drift."""
    middle = _middle(found)
    loud = feature.moved(found.tolerance, found.alpha) & (of is feature.effect)
    drawn = theme.figure(
        colours,
        [
            band(middle, np.where(np.isnan(of.chance), np.nan, 0.0), of.chance, colours.context),
            go.Scatter(
                x=middle,
                y=of.value,
                mode="lines+markers",
                line={"color": colours.production, "width": 1.5},
                marker={
                    "size": np.where(loud, 8, 4),
                    "symbol": np.where(loud, "diamond", "circle"),
                    "color": np.where(loud, colours.breach, colours.production),
                    "opacity": 1,
                },
                text=[
                    f"{of.name} {format.number(value, decimals=3)} of {format.count(n)} values"
                    f"<br>without drift below {format.number(chance, decimals=3)}"
                    for value, chance, n in zip(
                        of.value.tolist(), of.chance.tolist(), feature.n.tolist(), strict=True
                    )
                ],
                hovertemplate="%{x|%d %b %H:%M}: %{text}<extra></extra>",
                connectgaps=False,
            ),
        ],
        height=300,
        margin={"l": 8, "r": 16, "t": 28, "b": 8},
        xaxis={**TIME_AXIS, "range": [_ends(found)[0], _ends(found)[-1]]},
        yaxis={"title": {"text": of.name}, "rangemode": "tozero"},
    )
    for change in feature.changes:
        drawn.add_vline(
            x=found.start[change.at],
            line={"color": colours.breach, "width": 1.5, "dash": "dot"},
        )
    if of is feature.effect:
        theme.limit_line(drawn, colours, y=found.tolerance, label=f"limit {found.tolerance:.2g}")
    return theme.Chart(
        drawn,
        f"{of.name} of {escape.visible(feature.name)} in {len(found.start)} blocks of time, with "
        f"what it stays below without drift; {len(feature.changes)} changes.",
    )


def _middle(found: DriftOverTime) -> NDArray[np.datetime64]:
    return found.start + np.timedelta64(found.block_s // 2, "s")


def _ends(found: DriftOverTime) -> NDArray[np.datetime64]:
    """Where blocks begin, and where the last one ends."""
    return np.append(found.start, found.start[-1:] + np.timedelta64(found.block_s, "s"))
