"""How did the share of each category move?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.charts import theme
from pages.parts import escape, format

if TYPE_CHECKING:
    from analysis.drift import FeatureDrift
    from pages.charts.theme import Chart, Palette

MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Move:
    """One category and its share then and now."""

    label: str
    reference: float
    current: float

    @property
    def points(self) -> float:
        """The move in percentage points."""
        return 100 * (self.current - self.reference)


def moves(feature: FeatureDrift, *, most: int) -> list[Move]:
    """Give the categories that moved most, the largest move first."""
    if feature.reference_shares is None or feature.current_shares is None:
        return []
    shares = zip(
        feature.labels,
        feature.reference_shares.tolist(),
        feature.current_shares.tolist(),
        strict=True,
    )
    return sorted((Move(*s) for s in shares), key=lambda move: -abs(move.points))[:most]


def dots(shown: list[Move], colour: str, *, size: int = 9) -> go.Scatter:
    """Give one dot a category at its move in percentage points; both shares are in the hover."""
    return go.Scatter(
        x=[move.points for move in shown],
        y=list(range(len(shown))),
        mode="markers",
        showlegend=False,
        marker={"size": size, "color": colour},
        text=[
            f"{escape.plotly(move.label)}: {format.percent(move.reference)} → "
            f"{format.percent(move.current)}"
            for move in shown
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def share_differences(feature: FeatureDrift, colours: Palette) -> Chart:
    """Draw how the share of each category differs, largest difference first."""
    shown = moves(feature, most=MOST_SHOWN)
    rows = max(len(shown), 1)
    drawn = theme.figure(
        colours,
        [dots(shown, colours.shadow)],
        height=max(90 + 34 * rows, 220),
        yaxis={
            "range": [rows - 0.4, -0.6],
            "tickvals": list(range(rows)),
            "ticktext": [escape.plotly(move.label, length=18) for move in shown],
        },
        xaxis={"title": {"text": "shadow − production (percentage points)"}, "zeroline": False},
    )
    drawn.add_vline(x=0, line={"color": colours.context, "width": 1})
    return theme.Chart(
        drawn, f"Difference of share of the {len(shown)} categories that differ most."
    )
