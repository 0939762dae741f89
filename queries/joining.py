"""How do two segments become one, without reading their objects again?

A test that is watched as it runs gains a few small objects a minute. Each look reads those alone;
their rows are then joined to the segment that is still open, so that a test of weeks does not end
as thousands of small files.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, replace
from pathlib import Path
from typing import TYPE_CHECKING

from queries import bulk
from queries.accounts import Segment, Shape
from queries.content_types import usual_shape
from queries.segments import PARQUET, name_of, spill_folder

if TYPE_CHECKING:
    import duckdb

    from queries.accounts import Texts
    from queries.store import Store


def join(store: Store, first: Segment, second: Segment) -> Segment:
    """The segment that reading the objects of both in one go would have made.

    Both are of one variant, read in one way. Its Parquet file is in place afterwards.
    """
    import duckdb

    with duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": "400MB",
            "temp_directory": str(spill_folder(store.folder)),
        }
    ) as database:
        usual = [usual_shape(database, store, segment) for segment in (first, second)]
        common = usual[0] or usual[1]
        shift = max((part.first + part.lines - 1 for part in first.parts), default=0)
        joined = _account(first, second, shift)
        temporary = store.parquet(joined).with_suffix(".join.tmp")
        selects = [
            _rows(store.parquet(segment), joined.name, by, own, common)
            for segment, by, own in zip((first, second), (0, shift), usual, strict=True)
        ]
        _copy(database, " UNION ALL BY NAME ".join(selects), temporary)
    temporary.replace(store.parquet(joined))
    return joined


def _copy(database: duckdb.DuckDBPyConnection, select: str, to: Path) -> None:
    database.execute(f"COPY ({select}) TO {bulk.quoted(str(to))} ({PARQUET})")


def _rows(file: Path, name: str, shift: int, own: Texts | None, common: Texts | None) -> str:
    """The rows of one file as rows of the joined one: its number, its lines, its usual shape."""
    return (
        f"SELECT * REPLACE ({int(name, 16)}::UBIGINT AS segment, "
        f"(line + {shift})::UINTEGER AS line, CASE WHEN shape IS NULL THEN "
        f"{'NULL' if own == common else _text(own)} WHEN shape = {_text(common)} THEN NULL "
        f"ELSE shape END AS shape) FROM read_parquet({bulk.quoted(str(file))})"
    )


def _text(shape: Texts | None) -> str:
    """SQL of a shape as the rows write it down (``bulk.shape``); NULL for none."""
    if shape is None:
        return "NULL"
    return (
        f"to_json([{', '.join(bulk.quoted(each) if each else 'NULL' for each in shape)}])::VARCHAR"
    )


def _account(first: Segment, second: Segment, shift: int) -> Segment:
    moved = tuple(replace(part, first=part.first + shift) for part in second.parts)
    parts = (*first.parts, *moved)
    shapes: Counter[Texts] = Counter()
    for shape in (*first.shapes, *second.shapes):
        shapes[shape.texts] += shape.records
    return Segment(
        name=name_of([part.identity for part in parts], first.variant, first.reading),
        variant=first.variant,
        reading=first.reading,
        parts=parts,
        failed=second.failed,  # those of the first have been tried again since
        rejects=(*first.rejects, *second.rejects),
        shapes=tuple(sorted((Shape(*t, n) for t, n in shapes.items()), key=astuple)),
        lines=first.lines + second.lines,
        records=first.records + second.records,
        rows=first.rows + second.rows,
        unreadable=first.unreadable + second.unreadable,
        without_time=first.without_time + second.without_time,
        absent=first.absent + second.absent,
        event_ids=first.event_ids + second.event_ids,
        inference_ids=first.inference_ids + second.inference_ids,
        bytes=first.bytes + second.bytes,
    )
