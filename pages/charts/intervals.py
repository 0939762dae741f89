"""Where does each estimate lie, with its interval, against its limit?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.charts import theme
from pages.parts import escape, format, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.errors import ErrorRate
    from analysis.latency import LatencyDifference
    from analysis.verdict import Guardrail
    from pages.charts.theme import Chart, Palette

SHOWN_USE = 2.0
ROW_HEIGHT = 35
SYMBOLS = {
    "ok": "circle",
    "breach": "diamond",
    "inconclusive": "circle-open",
    "no_data": "x-thin-open",
}


def colour(status: str, colours: Palette) -> str:
    """Give the colour of a guardrail's status."""
    return {"ok": colours.good, "breach": colours.breach}.get(status, colours.unsure)


def checks(guardrails: Sequence[Guardrail], colours: Palette) -> Chart:
    """Draw every check on one scale: the share of its allowed change used, with its interval.

    0 is no change, 1 the limit: a share, a latency and a distance can be read at one glance.
    What lies beyond twice the limit is drawn at the edge with an arrow; its value is in the hover.
    """
    rows = len(guardrails)
    drawn = theme.figure(
        colours,
        height=78 + ROW_HEIGHT * rows,
        margin={"l": 8, "r": 16, "t": 30, "b": 8},
        xaxis={
            "range": [-0.06, SHOWN_USE + 0.06],
            "tickvals": [0, 0.5, 1, 1.5, 2],
            "ticktext": ["0 %", "50 %", "100 % = limit", "150 %", "≥ 200 %"],
            "side": "top",
            "zeroline": True,
        },
        yaxis={
            "range": [rows - 0.4, -0.6],
            "tickvals": list(range(rows)),
            "ticktext": [words.CHECKS.get(g.name, escape.plotly(g.name)) for g in guardrails],
            "showgrid": False,
            "zeroline": False,
        },
    )
    drawn.add_vrect(
        x0=1,
        x1=SHOWN_USE + 0.06,
        fillcolor=theme.faint(colours.breach, 0.08),
        line_width=0,
        layer="below",
    )
    drawn.add_vline(x=1, line={"color": colours.breach, "width": 1.5, "dash": "dash"})
    for status, symbol in SYMBOLS.items():
        chosen = [(i, g) for i, g in enumerate(guardrails) if g.status == status]
        if chosen:
            drawn.add_trace(_dots(chosen, status, symbol, colours))
    for i, g in enumerate(guardrails):
        if math.isfinite(g.used) and g.used > SHOWN_USE:
            drawn.add_annotation(
                x=SHOWN_USE,
                y=i,
                text="▶",
                showarrow=False,
                xshift=12,
                font={"color": colours.breach},
            )
    return theme.Chart(drawn, _checks_alt(guardrails))


def _dots(
    chosen: list[tuple[int, Guardrail]], status: str, symbol: str, colours: Palette
) -> go.Scatter:
    at = [_shown(g.used) for _, g in chosen]
    return go.Scatter(
        x=at,
        y=[i for i, _ in chosen],
        mode="markers",
        name=words.STATUSES[status],
        marker={
            "symbol": symbol,
            "size": 11,
            "color": colour(status, colours),
            "line": {"width": 2},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [
                max(_shown(g.used_high) - x, 0) for x, (_, g) in zip(at, chosen, strict=True)
            ],
            "arrayminus": [
                max(x - _shown(g.used_low), 0) for x, (_, g) in zip(at, chosen, strict=True)
            ],
            "color": colour(status, colours),
            "thickness": 2,
            "width": 5,
        },
        text=[escape.plotly(g.sentence, length=160) for _, g in chosen],
        hovertemplate="%{text}<extra></extra>",
    )


def _shown(used: float) -> float:
    if math.isnan(used):
        return 0.0
    return min(max(used, 0.0), SHOWN_USE)


def _checks_alt(guardrails: Sequence[Guardrail]) -> str:
    parts = (f"{words.CHECKS.get(g.name, g.name)}: {words.STATUSES[g.status]}" for g in guardrails)
    return "Each check against its limit. " + "; ".join(parts) + "."


def latency_differences(
    differences: Sequence[LatencyDifference], limits: dict[float, float], colours: Palette
) -> Chart:
    """Draw shadow minus production in milliseconds by quantile, with interval and limit.

    ``limits`` maps a quantile to the relative increase the policy allows there.
    """
    known = [d for d in differences if d.difference.known]
    at = list(range(len(known)))
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=at,
                y=[d.difference.value for d in known],
                mode="markers",
                marker={
                    "size": 11,
                    "color": colours.shadow,
                    "line": {"width": 1, "color": colours.text},
                },
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [d.difference.high - d.difference.value for d in known],
                    "arrayminus": [d.difference.value - d.difference.low for d in known],
                    "color": colours.shadow,
                    "thickness": 2,
                    "width": 6,
                },
                text=[
                    f"{format.quantile(d.quantile)}: {format.estimate(d.difference, signed=True)}"
                    for d in known
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        ],
        height=330,
        xaxis={
            "tickvals": at,
            "ticktext": [format.quantile(d.quantile) for d in known],
            "range": [-0.5, len(known) - 0.5],
            "showgrid": False,
            "zeroline": False,
            "title": {"text": "quantile of latency"},
        },
        yaxis={"title": {"text": "shadow − production (ms)"}, "zeroline": False},
    )
    drawn.add_hline(y=0, line={"color": colours.context, "width": 1})
    for x, d in zip(at, known, strict=True):
        if d.quantile in limits:
            allowed = limits[d.quantile] * d.production_ms
            drawn.add_shape(
                type="line",
                x0=x - 0.32,
                x1=x + 0.32,
                y0=allowed,
                y1=allowed,
                line={"color": colours.breach, "width": 2, "dash": "dash"},
            )
            drawn.add_annotation(
                x=x,
                y=allowed,
                text=f"limit {format.percent(limits[d.quantile], decimals=0, signed=True)}",
                showarrow=False,
                yshift=10,
                font={"color": colours.breach, "size": theme.SIZE - 1},
            )
    said = "; ".join(
        f"{format.quantile(d.quantile)} {format.quantity(d.difference.value, 'ms', signed=True)}"
        for d in known
    )
    return theme.Chart(
        drawn, f"Latency of the shadow minus that of production by quantile: {said}."
    )


def error_differences(
    rates: Sequence[ErrorRate], limits: dict[str, float], colours: Palette
) -> Chart:
    """Draw the difference of each error rate (shadow minus production) with interval and limit.

    Percentage points on one scale for all kinds; ``limits`` maps a kind to the increase allowed.
    """
    rows = len(rates)
    drawn = theme.figure(
        colours,
        [
            go.Scatter(
                x=[100 * r.difference.value for r in rates],
                y=list(range(rows)),
                mode="markers",
                marker={
                    "size": 11,
                    "color": colours.shadow,
                    "line": {"width": 1, "color": colours.text},
                },
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [100 * (r.difference.high - r.difference.value) for r in rates],
                    "arrayminus": [100 * (r.difference.value - r.difference.low) for r in rates],
                    "color": colours.shadow,
                    "thickness": 2,
                    "width": 6,
                },
                text=[format.estimate(r.difference, signed=True) for r in rates],
                hovertemplate="%{text}<extra></extra>",
            )
        ],
        height=110 + 52 * rows,
        xaxis={"title": {"text": "shadow − production (percentage points)"}, "zeroline": False},
        yaxis={
            "range": [rows - 0.4, -0.7],
            "tickvals": list(range(rows)),
            "ticktext": [words.ERRORS.get(r.counts.kind, r.counts.kind) for r in rates],
            "showgrid": False,
            "zeroline": False,
        },
    )
    drawn.add_vline(x=0, line={"color": colours.context, "width": 1})
    for i, rate in enumerate(rates):
        if rate.counts.kind in limits:
            allowed = 100 * limits[rate.counts.kind]
            drawn.add_shape(
                type="line",
                x0=allowed,
                x1=allowed,
                y0=i - 0.3,
                y1=i + 0.3,
                line={"color": colours.breach, "width": 2, "dash": "dash"},
            )
            drawn.add_annotation(
                x=allowed,
                y=i - 0.42,
                text="limit",
                showarrow=False,
                font={"color": colours.breach, "size": theme.SIZE - 2},
            )
    said = "; ".join(
        f"{words.ERRORS.get(r.counts.kind, r.counts.kind)} "
        f"{format.estimate(r.difference, signed=True)}"
        for r in rates
    )
    return theme.Chart(drawn, f"Error rate of the shadow minus that of production: {said}.")
