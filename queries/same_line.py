"""Which records of a paired log stand in the same line?

The two sides of a log are read one after the other into segments of their own; an object has the
same lines in both, so the object and the place within it name the line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from queries.accounts import Segment


def pair_by_line(
    database: duckdb.DuckDBPyConnection,
    production: Sequence[Segment],
    shadow: Sequence[Segment],
    method: int,
) -> None:
    """Pair the records of the tables ``production`` and ``shadow`` that came from one line."""
    identities = {part.identity for segment in (*production, *shadow) for part in segment.parts}
    numbers = {identity: at for at, identity in enumerate(sorted(identities))}
    for side, segments in (("production", production), ("shadow", shadow)):
        database.execute(
            f"CREATE TEMP TABLE lines_of_{side} AS "
            "SELECT r.id, o.object, r.line - o.first AS place "
            f"FROM {side} AS r ASOF JOIN ({_objects(segments, numbers)}) AS o "
            "ON r.segment = o.segment AND r.line >= o.first"
        )
    database.execute(
        f"INSERT INTO pairing SELECT p.id, s.id, {method} "
        "FROM lines_of_production AS p JOIN lines_of_shadow AS s USING (object, place)"
    )


def _objects(segments: Sequence[Segment], numbers: Mapping[tuple[str, int, str], int]) -> str:
    """SQL of the objects of some segments, and the number of the first line of each."""
    places = [
        f"({int(segment.name, 16)}::UBIGINT, {numbers[part.identity]}, {part.first}::UINTEGER)"
        for segment in segments
        for part in segment.parts
    ]
    if not places:
        return "SELECT 0::UBIGINT AS segment, 0 AS object, 0::UINTEGER AS first WHERE false"
    return f"SELECT * FROM (VALUES {', '.join(places)}) AS v(segment, object, first)"
