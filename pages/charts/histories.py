"""What was done when, on which endpoint, and did it come about? One mark a change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.charts import theme
from pages.parts import escape, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actions.histories import Entry
    from pages.charts.theme import Chart, Palette

ROW_HEIGHT = 44
SYMBOLS = {"done": "circle", "failed": "x", "unfinished": "circle-open", "asked": "diamond-open"}


def changes(entries: Sequence[Entry], colours: Palette) -> Chart:
    """Draw changes along one time axis, a line for each target."""
    targets = sorted({each.target for each in entries})
    shades = {
        "done": colours.good,
        "failed": colours.breach,
        "unfinished": colours.unsure,
        "asked": colours.unsure,
    }
    traces = [
        go.Scatter(
            x=[each.begun for each in chosen],
            y=[targets.index(each.target) for each in chosen],
            mode="markers",
            name=words.OUTCOMES[state],
            marker={
                "symbol": SYMBOLS[state],
                "size": 12,
                "color": shades[state],
                "line": {"width": 2, "color": shades[state]},
            },
            customdata=[
                [
                    escape.plotly(words.ACTIONS[each.action]),
                    escape.plotly(each.intent.person, length=60),
                    escape.plotly(each.intent.reason, length=90),
                ]
                for each in chosen
            ],
            hovertemplate="%{x|%d %b %Y %H:%M} UTC<br><b>%{customdata[0]}</b> by %{customdata[1]}"
            "<br>%{customdata[2]}<extra></extra>",
        )
        for state in SYMBOLS
        if (chosen := [each for each in entries if each.state == state])
    ]
    drawn = theme.figure(
        colours,
        traces,
        height=90 + ROW_HEIGHT * len(targets),
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 34, "b": 8},
        xaxis={"title": {"text": "time (UTC)"}, "showgrid": False, "range": _around(entries)},
        yaxis={
            "tickvals": list(range(len(targets))),
            "ticktext": [escape.plotly(each) for each in targets],
            "range": [-0.6, len(targets) - 0.4],
            "zeroline": False,
        },
    )
    done = sum(each.state == "done" for each in entries)
    return theme.Chart(drawn, f"{len(entries)} changes over time; {done} came about.")


def _around(entries: Sequence[Entry]) -> list[datetime]:
    """From a little before the first to a little after the last; one change stands in its hour."""
    first = min(each.begun for each in entries)
    last = max(each.begun for each in entries)
    margin = max((last - first) / 20, timedelta(minutes=30))
    return [first - margin, last + margin]
