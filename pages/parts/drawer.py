"""What exactly was sent and answered in one pair?

Both payloads stand side by side with the places where they differ marked. A pair is named in the
address by references that only the store can turn into an object (``queries.payloads``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from pages.parts import asking, escape, format, payloads, selection, states, tables
from queries import cached_answers
from queries.errors import UnderstudyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queries.payloads import DisagreementRow, Payload

LONGEST_SHOWN = 20_000
MOST_PLACES = 30
OPEN, LISTED, IN_ADDRESS = "open_pair", "listed_pairs", "pair"
_LINKED = re.compile(r"([0-9a-f]{16}-\d{1,10})\.([0-9a-f]{16}-\d{1,10})\.(\d{1,9})", re.ASCII)


class Pair(NamedTuple):
    """The references of both records, and the row in them, from 0."""

    production: str
    shadow: str
    row: int

    @property
    def linked(self) -> str:
        """How the address names the pair."""
        return f"{self.production}.{self.shadow}.{self.row}"


def pair_of(row: DisagreementRow) -> Pair:
    """Name the pair of a listed row."""
    return Pair(row.production_ref, row.shadow_ref, row.row)


def open_pair(pair: Pair) -> None:
    """Open the drawer on a pair."""
    st.session_state[OPEN] = pair


def listed(pairs: Sequence[Pair]) -> None:
    """Remember what is listed, so that the drawer can go on to the next."""
    st.session_state[LISTED] = tuple(pairs)


def follow_link() -> None:
    """Open the pair that the address names, once; say so where it names none."""
    asked = st.query_params.get(IN_ADDRESS)
    if asked is None:
        return
    del st.query_params[IN_ADDRESS]
    match = _LINKED.fullmatch(asked)
    if match is None:
        st.warning("The address names a pair, but not one of ours.", icon=":material/link_off:")
        return
    open_pair(Pair(match[1], match[2], int(match[3])))


def show() -> None:
    """Draw the drawer where a pair is open."""
    if OPEN in st.session_state:
        _drawer()


def _closed() -> None:
    st.session_state.pop(OPEN, None)
    # the key of the list: its selection cannot be cleared in any other way
    st.session_state["drawers_closed"] = st.session_state.get("drawers_closed", 0) + 1


@st.dialog("One pair, both answers", width="large", position="right", on_dismiss=_closed)
def _drawer() -> None:
    pair = Pair(*st.session_state[OPEN])
    _steps(pair)
    try:
        with asking.counted_beside():
            found = cached_answers.payloads(selection.current().test, pair.production, pair.shadow)
    except UnderstudyError as error:
        states.failed(error, what="the payloads")
        return
    if pair.row:
        st.caption(f"Row {pair.row + 1} of the batch in this record.")
    if found.production is not None and found.shadow is not None:
        _differences("Answer", found.production.output, found.shadow.output, key="answers")
        if found.production.input == found.shadow.input:
            st.caption("✓ Both variants received the same input.")
        else:
            _differences("Input", found.production.input, found.shadow.input, key="inputs")
    left, right = st.columns(2)
    with left:
        _side("Production", found.production)
    with right:
        _side("Shadow", found.shadow)


def _steps(pair: Pair) -> None:
    """Offer the pairs before and after in the list, and the address of this one."""
    pairs: tuple[Pair, ...] = st.session_state.get(LISTED, ())
    at = pairs.index(pair) if pair in pairs else None
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, icon, to in (
            ("Previous", ":material/arrow_back:", -1 if at is None else at - 1),
            ("Next", ":material/arrow_forward:", len(pairs) if at is None else at + 1),
        ):
            there = 0 <= to < len(pairs)
            st.button(
                label,
                icon=icon,
                key=f"step_{label.lower()}",
                disabled=not there,
                on_click=open_pair,
                args=(pairs[to] if there else pair,),
            )
        if at is not None:
            st.caption(f"{at + 1} of {len(pairs)} listed", width="content")
        with st.popover("Link to this pair", icon=":material/link:"):
            st.code(selection.link(**{IN_ADDRESS: pair.linked}), language=None, wrap_lines=True)


def _differences(name: str, production: str, shadow: str, *, key: str) -> None:
    values = payloads.compare(production, shadow)
    different = [value for value in values if value.differs]
    st.markdown(f"**{name}** — {len(different)} of {len(values)} values differ")
    ordered = [*different, *(v for v in values if not v.differs)]
    shown = tuple(
        ("◆" if v.differs else "", v.place, v.production, v.shadow) for v in ordered[:MOST_PLACES]
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
    if len(values) > MOST_PLACES:
        st.caption(
            f"The first {MOST_PLACES} of {format.count(len(values))} values, those that differ "
            "before the others; the file holds all."
        )


def _side(name: str, payload: Payload | None) -> None:
    st.markdown(f"##### {name}")
    if payload is None:
        st.info("The captured record could not be found again.", icon=":material/inbox:")
        return
    if payload.status is not None or payload.latency_ms is not None or payload.failure:
        st.caption(_served(payload))
    block("Output", payload.output, payload.content_type_out, payload.encoding_out)
    block("Input", payload.input, payload.content_type_in, payload.encoding_in)
    if payload.truncated:
        st.caption(
            "The payload is longer than what is kept here; the object below holds all of it."
        )
    if payload.time is not None:
        st.caption(f"Time {payload.time:%Y-%m-%d %H:%M:%S} UTC")
    _to_copy("Event id", payload.event_id)
    _to_copy("Inference id", payload.inference_id)
    _to_copy(f"Object, line {format.count(payload.line)}", payload.address)


def _served(payload: Payload) -> str:
    parts = (
        "" if payload.status is None else f"status {payload.status}",
        "" if payload.latency_ms is None else format.milliseconds(payload.latency_ms),
        escape.markdown(payload.failure or "", length=200),
    )
    return " · ".join(part for part in parts if part)


def _to_copy(name: str, text: str | None) -> None:
    """Show a text with a button that copies just it."""
    if text:
        st.caption(name)
        st.code(escape.visible(text), language=None, wrap_lines=True)


def block(name: str, text: str, content_type: str | None, encoding: str | None) -> None:
    """Show a captured payload as it is, under what SageMaker says of it."""
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
