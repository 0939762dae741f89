"""Which content type had each request?

A segment's file writes down only what is unlike its usual records (``bulk.shape``); here the usual
is put back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson

from queries.bulk import quoted

if TYPE_CHECKING:
    import duckdb

    from queries.accounts import Segment, Texts
    from queries.store import Store


def content_type(
    database: duckdb.DuckDBPyConnection, store: Store, segments: Sequence[Segment]
) -> str:
    """SQL of the content type of a request, over the rows of some segments; NULL for none.

    DuckDB's own: it defines a column of ``captures``.
    """
    usual = {segment.name: _usual(database, store, segment) for segment in segments}
    counted = Counter(usual.values()).most_common(1)
    most = counted[0][0] if counted else ""
    others = " ".join(
        f"WHEN segment = {int(name, 16)}::UBIGINT THEN {_text(found)}"
        for name, found in usual.items()
        if found != most
    )
    written = "nullif(json_extract_string(shape, '$[0]'), '')"
    return f"CASE WHEN shape IS NOT NULL THEN {written} {others} ELSE {_text(most)} END"


def usual_shape(
    database: duckdb.DuckDBPyConnection, store: Store, segment: Segment
) -> Texts | None:
    """The shape of the records that do not write theirs down; None where all do."""
    shapes = [shape.texts for shape in segment.shapes]
    if len(shapes) <= 1:
        return next(iter(shapes), None)
    file = quoted(str(store.parquet(segment)))
    written = {
        tuple(each or "" for each in orjson.loads(text))
        for (text,) in database.execute(
            f"SELECT DISTINCT shape FROM read_parquet({file}) WHERE shape IS NOT NULL"
        ).fetchall()
    }
    return next((texts for texts in shapes if texts not in written), None)


def _usual(database: duckdb.DuckDBPyConnection, store: Store, segment: Segment) -> str:
    """The content type of the records whose shape is not written down."""
    types = {shape.content_type_in for shape in segment.shapes}
    if len(types) <= 1:
        return next(iter(types), "")
    found = usual_shape(database, store, segment)
    return found[0] if found is not None else ""


def _text(content_type: str) -> str:
    return quoted(content_type) if content_type else "NULL"
