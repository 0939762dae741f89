"""How does a chart get onto the page?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.charts import theme
from pages.parts import explaining

if TYPE_CHECKING:
    from collections.abc import Callable

    from pages.charts.theme import Chart, Palette


def colours() -> Palette:
    """Give the palette of the theme the viewer has chosen."""
    return theme.palette(st.context.theme.type)


def draw(chart: Chart, *, key: str, explained: str = "", zoom: bool = False) -> None:
    """Draw ``chart`` in our own style, with its description for screen readers.

    ``explained`` names the explanation of how it is computed, where the key does not.
    """
    figure = chart.figure
    if zoom:
        figure.update_layout(dragmode="zoom")
    st.plotly_chart(figure, theme=None, key=key, config=_config(zoom=zoom), alt=chart.alt)
    explaining.beside(key, explained=explained)


def clickable(chart: Chart, *, key: str, on_select: Callable[[], None]) -> None:
    """Draw ``chart`` so that a click on one of its points calls ``on_select``."""
    st.plotly_chart(
        chart.figure,
        theme=None,
        key=key,
        config=_config(zoom=False),
        alt=chart.alt,
        on_select=on_select,
        selection_mode="points",
    )
    explaining.beside(key)


def _config(*, zoom: bool) -> dict[str, Any]:
    return {
        "displayModeBar": "hover" if zoom else False,
        "displaylogo": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
        "scrollZoom": False,
        "showAxisDragHandles": zoom,
        "doubleClick": "reset" if zoom else False,
    }
