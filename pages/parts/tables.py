"""How is a small table shown, and how does it become a file?

Shown as Markdown: real rows in the page for screen readers and tests, numbers flush right, and no
data frame library at start-up. Every cell passes through ``escape.markdown``, every exported one
through ``escape.csv_cell``.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import escape, explaining

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"
NO_BREAK = "\u00a0"
SHORT = 18


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and whether it is flush right."""

    name: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text for the screen, and the rows of raw values the file gets.

    ``export_columns`` and ``export_rows`` may hold more, and unrounded numbers.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    export_columns: tuple[str, ...]
    export_rows: tuple[tuple[object, ...], ...]


def columns(*names: str) -> tuple[Column, ...]:
    """Give columns by name; a name that ends in ``>`` is flush right."""
    return tuple(Column(n.removesuffix(">").rstrip(), n.endswith(">")) for n in names)


def markdown(table: Table) -> str:
    """Write ``table`` as a Markdown table in which only its own pipes divide cells."""
    head = "|".join(_small(column.name) for column in table.columns)
    rule = "|".join("--:" if column.right else ":--" for column in table.columns)
    body = (
        "|".join(_cell(cell, column) for cell, column in zip(row, table.columns, strict=True))
        for row in table.rows
    )
    return "\n".join(f"|{line}|" for line in (head, rule, *body))


def _cell(text: str, column: Column) -> str:
    # A number or a short name stays on one line: broken after "≥" or before "%" it is read wrong.
    short = column.right or len(text) <= SHORT
    return _small(text.replace(" ", NO_BREAK) if short else text)


def _small(text: str) -> str:
    return f":small[{escape.markdown(text)}]" if text else " "


def draw(table: Table, *, name: str, key: str) -> None:
    """Draw ``table`` with a button that saves it as ``name``.csv."""
    # Scrolls by itself where the screen is narrower than the table, so that the page does not.
    with st.container(horizontal=True, wrap=False):
        st.markdown(markdown(table), width="content")
    with st.container(horizontal=True):
        download(table.export_columns, table.export_rows, name=name, key=key)
        explaining.beside(key)


def download(
    names: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    name: str,
    key: str,
    label: str = "CSV",
) -> None:
    """Offer rows as a CSV file, written when the button is pressed."""
    st.download_button(
        label,
        data=partial(as_csv, tuple(names), tuple(tuple(row) for row in rows)),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"{key}_csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def as_csv(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write rows as CSV that no spreadsheet runs; the BOM lets it read every letter."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([escape.csv_cell(name) for name in names])
    writer.writerows([escape.csv_cell(value) for value in row] for row in rows)
    return (BYTE_ORDER_MARK + text.getvalue()).encode("utf-8")
