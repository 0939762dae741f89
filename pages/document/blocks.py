"""What is a section of a document made of, and how does each piece become HTML?"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.charts import marks, theme
from pages.parts import escape
from pages.parts.tables import Table, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.interruptions import Interruption
    from pages.charts.theme import Chart
    from pages.parts.tiles import Tile

LONGEST_CELL = 400
LONG = 25


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; ``small`` ones explain. Plain text: nothing in it is markup."""

    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with an optional heading above it."""

    table: Table
    title: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A chart with an optional heading above it."""

    chart: Chart
    title: str = ""


Block = Words | Points | Grid | Picture


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """One chapter; ``anchor`` names it in the address for ever."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


def facts(rows: Sequence[tuple[str, str]]) -> Grid:
    """Make a table of names and what is known of each."""
    names = "what", "value"
    return Grid(Table(columns("", ""), tuple(rows), names, tuple(rows)))


def timeline(chart: Chart, title: str, found: Sequence[Interruption]) -> Picture:
    """Make a chart of time with the interruptions of captures marked on it."""
    return Picture(marks.interrupted(chart, found, theme.LIGHT), title)


def numbers(tiles: Sequence[Tile]) -> Points:
    """Make a list of what a page shows as tiles."""
    return Points(tuple(f"{tile.name}: {tile.value} ({tile.basis})" for tile in tiles))


def written(text: str, *, length: int = 4000) -> str:
    """Give text as HTML that shows exactly its characters."""
    return html.escape(escape.clip(escape.visible(text), length))


def grid(block: Grid) -> str:
    """Write a table; one with many rows is folded until it is asked for, or printed."""
    columns = block.table.columns
    head = "".join(_cell("th", column.name, right=column.right) for column in columns)
    rows = (
        "".join(_cell("td", text, right=c.right) for text, c in zip(row, columns, strict=True))
        for row in block.table.rows
    )
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    table = (
        f'<div class="grid"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )
    count = len(block.table.rows)
    if count > LONG:
        table = f"<details><summary>All {count:,} rows</summary>{table}</details>"
    return _title(block.title) + table


def picture(block: Picture, name: str) -> str:
    """Write the place of a chart, with what it says to somebody who cannot see it."""
    height = int(block.chart.figure.layout.height or 320)
    alt = written(block.chart.alt)
    place = f'<div class="chart" id="{name}" role="img" aria-label="{alt}"'
    return (
        f'{_title(block.title)}<figure>{place} style="height:{height}px"></div>'
        f"<figcaption>{alt}</figcaption></figure>"
    )


def words(block: Words) -> str:
    """Write a paragraph."""
    return f"<p{' class=small' if block.small else ''}>{written(block.text)}</p>"


def points(items: Sequence[str]) -> str:
    """Write a list."""
    return "<ul>" + "".join(f"<li>{written(item)}</li>" for item in items) + "</ul>"


def _title(text: str) -> str:
    return f"<h3>{written(text)}</h3>" if text else ""


def _cell(tag: str, text: str, *, right: bool) -> str:
    flush = " class=right" if right else ""
    return f"<{tag}{flush}>{written(text, length=LONGEST_CELL)}</{tag}>"
