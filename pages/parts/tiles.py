"""What are the few numbers a page opens with?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import explaining, format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.estimates import Estimate

MOST_IN_A_ROW = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """A number with its name, and below it the interval and what it rests on.

    ``help`` says what it means, ``explained`` names the explanation of how it is computed.
    """

    name: str
    value: str
    basis: str
    help: str | None = None
    explained: str = ""


def of(
    name: str,
    estimate: Estimate | None,
    *,
    explained: str = "",
    signed: bool = False,
    help: str | None = None,
) -> Tile:
    """Make a tile of an estimate; without one it shows a dash and says that there is no data."""
    if estimate is None or not estimate.known:
        return Tile(name, format.UNKNOWN, "no data", help, explained)
    between = format.interval(estimate.low, estimate.high, estimate.unit, signed=signed)
    value = format.quantity(estimate.value, estimate.unit, signed=signed)
    return Tile(name, value, f"{between} · {format.n(estimate.n)}", help, explained)


def row(tiles: Sequence[Tile]) -> None:
    """Draw tiles of equal size, four to a row."""
    for first in range(0, len(tiles), MOST_IN_A_ROW):
        shown = tiles[first : first + MOST_IN_A_ROW]
        for cell, tile in zip(st.columns(MOST_IN_A_ROW), shown, strict=False):
            with cell.container(border=True, height="stretch", gap="xxsmall"):
                st.metric(tile.name, tile.value, help=explaining.tooltip(tile.explained, tile.help))
                st.caption(tile.basis)
