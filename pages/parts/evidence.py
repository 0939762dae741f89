"""Which pairs are answered differently?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts import (
    drawer,
    escape,
    explaining,
    format,
    likeness,
    selection,
    states,
    tables,
    words,
)
from queries import cached_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.agreement import Confusion
    from analysis.slices import Slice
    from queries.payloads import DisagreementRow, Disagreements

ANY = "any"
MOST_ROWS = 100
LIKENESS = "likeness"
COLUMNS = (
    *(
        "time",
        "row",
        "production_label",
        "production_score",
        "shadow_label",
        "shadow_score",
        "method",
    ),
    *("likeness", "production_answer", "shadow_answer"),
    *("production_ref", "shadow_ref"),
)


def choose_cell(table: Confusion) -> tuple[str | None, str | None]:
    """Let the reader choose a cell of the label table; a click on the chart chooses it too."""
    options = [ANY, *(label for label in table.labels if label != ANY)]
    left, right = st.columns(2)
    return _said(left, "Production answered", "production", options), _said(
        right, "Shadow answered", "shadow", options
    )


def _said(column: Any, label: str, key: str, options: list[str]) -> str | None:
    chosen = column.selectbox(
        label,
        options,
        key=key,
        bind="query-params",
        persist_state="session",
        format_func=lambda text: escape.clip(escape.visible(text), 120),
    )
    return None if chosen in (None, ANY) else chosen


def cell_clicked(key: str, labels: Sequence[str]) -> None:
    """Choose the cell whose marker was clicked."""
    points = st.session_state[key].selection.points
    if points:
        st.session_state["production"] = labels[int(points[0]["y"])]
        st.session_state["shadow"] = labels[int(points[0]["x"])]


def slice_clicked(key: str, shown: Sequence[Slice]) -> None:
    """Choose the slice whose dot was clicked."""
    points = st.session_state[key].selection.points
    if points:
        st.session_state["slice"] = shown[int(points[0]["y"])].where


def rows(
    production_label: str | None, shadow_label: str | None, *, where: str | None = None
) -> None:
    """List pairs of the chosen cell; a click on a row opens both payloads.

    ``where`` is the filter of the page unless another is given.
    """
    chosen = selection.current()
    inside = chosen.where if where is None else where
    found = states.load(
        lambda: cached_answers.disagreements(
            *(chosen.test, chosen.window, production_label, shadow_label),
            limit=MOST_ROWS,
            where=inside,
        ),
        what="the pairs of this cell",
    )
    drawer.follow_link()
    drawer.listed([drawer.pair_of(row) for row in found.rows])
    if not found.rows:
        if production_label is None and shadow_label is None:
            states.nothing("No differences.", "Both variants agree on every pair looked at here.")
        else:
            states.nothing("No such pairs.", "No pair looked at here has these two answers.")
        drawer.show()
        return
    st.caption(
        f"{format.count(len(found.rows))} of {format.count(found.total)} pairs, "
        f"{'the newest' if found.measure is None else 'those that are least alike'} first. "
        "Choose a row to see what both variants received and answered."
    )
    _grid(found)
    tables.download(
        COLUMNS,
        [[getattr(row, name) for name in COLUMNS] for row in found.rows],
        name=f"{chosen.test}-pairs",
        key="pairs",
    )
    explaining.beside("pairs_shown")
    drawer.show()


def _grid(found: Disagreements) -> None:
    # A new key after each closed drawer: a selection cannot be cleared in any other way.
    key = f"pairs_{st.session_state.get('drawers_closed', 0)}"
    st.dataframe(
        _frame(found),
        key=key,
        hide_index=True,
        height=min(38 + 35 * len(found.rows), 390),
        on_select=lambda: _row_chosen(key, found.rows),
        selection_mode="single-row",
        column_config={
            "time (UTC)": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss"),
            LIKENESS: st.column_config.NumberColumn(
                likeness.NAMES.get(found.measure or "", ""), format="%.3f"
            ),
        },
        alt="Pairs that are answered differently.",
    )


def _frame(found: Disagreements) -> dict[str, list[object]]:
    rows = found.rows
    columns: dict[str, list[object]] = {
        "time (UTC)": [row.time for row in rows],
        LIKENESS: [row.likeness for row in rows],
        "production": [_answer(row.production_label or row.production_answer) for row in rows],
        "production score": [row.production_score for row in rows],
        "shadow": [_answer(row.shadow_label or row.shadow_answer) for row in rows],
        "shadow score": [row.shadow_score for row in rows],
        "row in batch": [row.row + 1 for row in rows] if any(row.row for row in rows) else [],
        "matched by": [words.METHODS.get(row.method, row.method) for row in rows],
    }
    return {name: column for name, column in columns.items() if any(v is not None for v in column)}


def _answer(label: str | None) -> str | None:
    return None if label is None else escape.clip(escape.visible(label), 80)


def _row_chosen(key: str, found: Sequence[DisagreementRow]) -> None:
    chosen = st.session_state[key].selection.rows
    if chosen:
        drawer.open_pair(drawer.pair_of(found[chosen[0]]))
