"""Which pairs are answered differently, and what exactly was sent and answered?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts import escape, format, payloads, selection, states, tables, words
from queries import cached
from queries.errors import UnderstudyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.agreement import Confusion
    from queries.payloads import DisagreementRow, Disagreements, Payload

ANY = "any"
MOST_ROWS = 100
LONGEST_SHOWN = 20_000
OPEN = "open_pair"
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


def rows(production_label: str | None, shadow_label: str | None) -> None:
    """List pairs of the chosen cell; a click on a row opens both payloads."""
    chosen = selection.current()
    found = states.load(
        lambda: cached.disagreements(
            chosen.test, chosen.window, production_label, shadow_label, limit=MOST_ROWS
        ),
        what="the pairs of this cell",
    )
    if not found.rows:
        if production_label is None and shadow_label is None:
            states.nothing("No differences.", "Both variants agree on every pair of this window.")
        else:
            states.nothing("No such pairs.", "No pair of this window has these two answers.")
        return
    st.caption(
        f"{format.count(len(found.rows))} of {format.count(found.total)} pairs. "
        "Choose a row to see what both variants received and answered."
    )
    _grid(found)
    tables.download(
        COLUMNS,
        [[getattr(row, name) for name in COLUMNS] for row in found.rows],
        name=f"{chosen.test}-pairs",
        key="pairs",
    )
    if OPEN in st.session_state:
        drawer()


def _grid(found: Disagreements) -> None:
    # A new key after each closed drawer: a selection cannot be cleared in any other way.
    key = f"pairs_{st.session_state.get('drawers_closed', 0)}"
    st.dataframe(
        _frame(found.rows),
        key=key,
        hide_index=True,
        height=min(38 + 35 * len(found.rows), 390),
        on_select=lambda: _row_chosen(key, found.rows),
        selection_mode="single-row",
        column_config={
            "time (UTC)": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss"),
        },
        alt="Pairs of the chosen cell, newest first.",
    )


def _frame(found: Sequence[DisagreementRow]) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {
        "time (UTC)": [row.time for row in found],
        "production": [_answer(row.production_label) for row in found],
        "production score": [row.production_score for row in found],
        "shadow": [_answer(row.shadow_label) for row in found],
        "shadow score": [row.shadow_score for row in found],
        "row in batch": [row.row + 1 for row in found] if any(row.row for row in found) else [],
        "matched by": [words.METHODS.get(row.method, row.method) for row in found],
    }
    return {name: column for name, column in columns.items() if any(v is not None for v in column)}


def _answer(label: str | None) -> str | None:
    return None if label is None else escape.clip(escape.visible(label), 80)


def _row_chosen(key: str, found: Sequence[DisagreementRow]) -> None:
    chosen = st.session_state[key].selection.rows
    if chosen:
        row = found[chosen[0]]
        st.session_state[OPEN] = (row.production_ref, row.shadow_ref, row.row)


def _closed() -> None:
    st.session_state.pop(OPEN, None)
    st.session_state["drawers_closed"] = st.session_state.get("drawers_closed", 0) + 1


@st.dialog("One pair, both answers", width="large", position="right", on_dismiss=_closed)
def drawer() -> None:
    """Show both payloads of one pair side by side, with the places where they differ marked."""
    production_ref, shadow_ref, row = st.session_state[OPEN]
    try:
        pair = cached.payloads(selection.current().test, production_ref, shadow_ref)
    except UnderstudyError as error:
        states.failed(error, what="the payloads")
        return
    if row:
        st.caption(f"Row {row + 1} of the batch in this record.")
    if pair.production is not None and pair.shadow is not None:
        _differences("Answer", pair.production.output, pair.shadow.output, key="answers")
        if pair.production.input == pair.shadow.input:
            st.caption("✓ Both variants received the same input.")
        else:
            _differences("Input", pair.production.input, pair.shadow.input, key="inputs")
    left, right = st.columns(2)
    with left:
        _side("Production", pair.production)
    with right:
        _side("Shadow", pair.shadow)


def _differences(name: str, production: str, shadow: str, *, key: str) -> None:
    values = payloads.compare(production, shadow)
    different = [value for value in values if value.differs]
    st.markdown(f"**{name}** — {len(different)} of {len(values)} values differ")
    shown = tuple(
        ("◆" if v.differs else "", v.place, v.production, v.shadow)
        for v in [*different, *(v for v in values if not v.differs)][:30]
    )
    if shown:
        tables.draw(
            tables.Table(
                columns=tables.columns("", "Place", "Production >", "Shadow >"),
                rows=shown,
                export_columns=("differs", "place", "production", "shadow"),
                export_rows=tuple((v.differs, v.place, v.production, v.shadow) for v in values),
            ),
            name=f"pair-{key}",
            key=key,
        )


def _side(name: str, payload: Payload | None) -> None:
    st.markdown(f"##### {name}")
    if payload is None:
        st.info("The captured record could not be found again.", icon=":material/inbox:")
        return
    _block("Output", payload.output, payload.content_type_out, payload.encoding_out)
    _block("Input", payload.input, payload.content_type_in, payload.encoding_in)
    if payload.truncated:
        st.caption(
            "The payload is longer than what is kept here; the object below holds all of it."
        )
    st.caption("Time, ids and place")
    ids = (
        ("time", payload.time),
        ("event id", payload.event_id),
        ("inference id", payload.inference_id),
    )
    st.code("\n".join(f"{k}: {escape.visible(str(v))}" for k, v in ids if v), language=None)
    st.code(f"{escape.visible(payload.key)}:{payload.line}", language=None, wrap_lines=True)


def _block(name: str, text: str, content_type: str | None, encoding: str | None) -> None:
    st.caption(
        f"{name} · {escape.markdown(content_type or 'no content type')} · "
        f"captured as {escape.markdown(encoding or 'no encoding')}"
    )
    shown = text[:LONGEST_SHOWN]
    language = "json" if shown.lstrip()[:1] in ("{", "[") else None
    st.code(
        shown or " ",
        language=language,
        wrap_lines=True,
        height=220 if len(shown) > 400 else "content",
    )
    if len(text) > LONGEST_SHOWN:
        st.caption(f"The first {LONGEST_SHOWN:,} of {len(text):,} characters.")
