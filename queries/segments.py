"""How does one segment of capture objects become one Parquet file that accounts for every line?

A segment is some 32 MB of objects of one variant. Its Parquet file holds a row for every instance;
beside it a small JSON file says which objects it covers and what became of their lines, so that
lines = records + rejected always holds.
"""

from __future__ import annotations

import hashlib
import os
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from queries import bulk
from queries.accounts import Part, Segment, Shape
from queries.careful import (
    CarefulRows,
    Outcome,
    Place,
    nonblank_lines,
    parse_line,
    read_place,
)
from queries.cluster_columns import cluster_of_feature, hashed
from queries.objects import CaptureObject, ObjectReader
from queries.reading import Layout, Reading
from queries.records import NotARecord, Side
from queries.spool import Spool, spool

SEGMENT_BYTES = 32_000_000
# zstd level 1 without dictionaries: 2.4 times less CPU than DuckDB's default for 6 % more bytes
PARQUET = (
    "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2, "
    "DICTIONARY_SIZE_LIMIT 1, WRITE_BLOOM_FILTER false, ROW_GROUP_SIZE 61440"
)
_NO_SIDE = Side("", "", "")


def plan(
    objects: Sequence[CaptureObject], limit: int = SEGMENT_BYTES
) -> Iterator[list[CaptureObject]]:
    """Group the objects of one variant, in order, into segments of at most ``limit`` bytes."""
    group: list[CaptureObject] = []
    size = 0
    for found in objects:
        if group and size + found.size > limit:
            yield group
            group, size = [], 0
        group.append(found)
        size += found.size
    if group:
        yield group


class SegmentReader:
    """Turns segments into Parquet files; one worker of its own thread, one DuckDB of one thread.

    Two of these side by side beat one DuckDB of two threads: within a thread the order of the
    lines is kept for nothing, and no query waits for another's slowest part.
    """

    def __init__(self, folder: Path, reader: ObjectReader) -> None:
        import duckdb

        self._folder = folder
        self._reader = reader
        self._engine = duckdb.connect(
            config={
                "threads": 1,
                "memory_limit": "400MB",
                "temp_directory": str(spill_folder(folder)),
            }
        )
        self._engine.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")

    def read(
        self,
        objects: Sequence[CaptureObject],
        variant: str,
        reading: Reading,
        *,
        with_features: bool,
    ) -> Segment:
        """Read the objects and write ``{name}.parquet``, replacing an earlier one."""
        name = name_of((found.identity for found in objects), variant, fingerprint(reading))
        temporary = self._folder / f"{name}.{threading.get_ident()}"
        lines_file, rows_file = temporary.with_suffix(".jsonl.tmp"), temporary.with_suffix(".tmp")
        try:
            spooled = spool(objects, self._reader, lines_file)
            segment = self._write(spooled, name, variant, reading, rows_file, with_features)
            rows_file.replace(self._folder / f"{name}.parquet")
            return segment
        finally:
            lines_file.unlink(missing_ok=True)
            rows_file.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the memory back."""
        self._engine.close()

    def _write(
        self, spooled: Spool, name: str, variant: str, reading: Reading, to: Path, features: bool
    ) -> Segment:
        given = reading if features else _without_features(reading)
        wanted: set[int] | None = set()
        places = spooled.places
        lines = sum(place.lines for place in places)
        usual = _first_shape(places, reading.layout)
        counted = None
        if reading.bulk and lines:
            lines_sql = bulk.source(
                spooled.paths, reading.layout, longest_line=spooled.longest_line
            )
            select = bulk.rows(given, lines_sql, usual.texts, with_features=features)
            self._copy(select, name, to)
            counted = self._count(to, usual)
            if counted.last_line != lines:
                # blank lines were skipped; number the others as the engine did
                places = _renumbered(places)
                lines = sum(place.lines for place in places)
            if counted.last_line != lines:
                wanted = None
            elif counted.doubtful:
                wanted = self._unplaced(to)
        elif lines:
            places, wanted = _renumbered(places), None
        outcomes: list[Outcome] = []
        if wanted is None or wanted or not lines:
            outcomes = self._carefully(places, wanted, given, usual, name, to)
            counted = None
        done = outcomes or [Outcome((), place.lines, document=False) for place in places]
        counted = counted or self._count(to, usual)
        return _account(spooled, places, done, counted, name, variant, reading)

    def _unplaced(self, to: Path) -> set[int]:
        """Numbers of the lines with a row that the bulk reader could not vouch for."""
        return {
            row[0] for row in self._all(f"SELECT DISTINCT line FROM {_parquet(to)} WHERE NOT ok")
        }

    def _carefully(
        self,
        places: Sequence[Place],
        wanted: set[int] | None,
        reading: Reading,
        usual: Shape,
        name: str,
        to: Path,
    ) -> list[Outcome]:
        """Read the wanted lines (None: all) one by one; the file keeps only the other bulk rows."""
        found = CarefulRows()
        pick = (lambda _: True) if wanted is None else wanted.__contains__
        outcomes = [read_place(place, pick, found, reading) for place in places]
        self._engine.register("careful", found.table(reading))
        features = "".join(f", f{at}" for at in range(len(reading.input.names)))
        cluster, key = hashed("cluster"), reading.cluster
        if key is not None and key.feature is not None:
            cell, numeric = f"f{key.feature}", reading.input.numeric[key.feature]
            cluster = cluster_of_feature(cell, numeric=numeric)
        columns = bulk.ROW_COLUMNS
        # the shape last, for it holds texts of the captures
        for column, made in (
            ("input_hash", hashed("input")),
            ("cluster", cluster),
            ("shape", bulk.shape(usual.texts)),
        ):
            columns = columns.replace(column, f"{made} AS {column}")
        careful = f"SELECT {columns}{features}, ok FROM careful"
        again = to.with_suffix(".again.tmp")
        kept = ""
        if wanted is not None and to.exists():
            gone = ", ".join(map(str, wanted)) or "0"
            kept = (
                f"SELECT {bulk.ROW_COLUMNS}{features}, ok FROM {_parquet(to)} "
                f"WHERE line NOT IN ({gone}) UNION ALL "
            )
        self._copy(kept + careful, name, again)
        self._engine.unregister("careful")
        again.replace(to)
        return outcomes

    def _count(self, to: Path, usual: Shape) -> _Counted:
        """What the file holds: one look at it, a second only for unusual shapes."""
        *counts, unusual = self._all(
            f"""SELECT coalesce(max(line), 0), count(*) FILTER (NOT ok), count(ok),
            count(ok) FILTER ({bulk.UNREADABLE}), count(ok) FILTER (pos = 0 AND ts IS NULL),
            count(ok) FILTER (pos = 0), count(*) FILTER (ok IS NULL),
            count(event_id) FILTER (pos = 0 AND ok), count(inference_id) FILTER (pos = 0 AND ok),
            count(shape) FILTER (ok) FROM {_parquet(to)}"""
        )[0]
        counted = _Counted(*counts)
        if not unusual:
            shapes = [replace(usual, records=counted.records)] if counted.records else []
        else:
            found = self._all(
                f"SELECT shape, count(*) FROM {_parquet(to)} WHERE pos = 0 AND ok GROUP BY ALL"
            )
            shapes = [_shape(text, usual, records) for text, records in found]
        return replace(counted, shapes=tuple(sorted(shapes, key=astuple)))

    def _copy(self, select: str, name: str, to: Path) -> None:
        # the segment's number in every row: with line and pos it names the row for ever
        select = f"SELECT {int(name, 16)}::UBIGINT AS segment, * FROM ({select})"
        self._engine.execute(f"COPY ({select}) TO {bulk.quoted(str(to))} ({PARQUET})")

    def _all(self, sql: str) -> list[Any]:
        return self._engine.execute(sql).fetchall()


@dataclass(frozen=True, slots=True)
class _Counted:
    """What a Parquet file of a segment holds; ``doubtful`` rows are to be read again."""

    last_line: int
    doubtful: int
    rows: int
    unreadable: int
    without_time: int
    records: int
    absent: int
    event_ids: int
    inference_ids: int
    shapes: tuple[Shape, ...] = ()


def _account(
    spooled: Spool,
    places: Sequence[Place],
    outcomes: Sequence[Outcome],
    counted: _Counted,
    name: str,
    variant: str,
    reading: Reading,
) -> Segment:
    parts = tuple(
        Part(f.key, f.name, f.size, f.etag, place.first, outcome.lines, outcome.document)
        for f, place, outcome in zip(spooled.objects, places, outcomes, strict=True)
    )
    return Segment(
        name=name,
        variant=variant,
        reading=fingerprint(reading),
        parts=parts,
        failed=spooled.failed,
        rejects=tuple(reject for outcome in outcomes for reject in outcome.rejects),
        shapes=counted.shapes,
        lines=sum(part.lines for part in parts),
        records=counted.records,
        rows=counted.rows,
        unreadable=counted.unreadable,
        without_time=counted.without_time,
        absent=counted.absent,
        event_ids=counted.event_ids,
        inference_ids=counted.inference_ids,
        bytes=spooled.bytes,
    )


def spill_folder(folder: Path) -> Path:
    """Where one engine may put what does not fit into memory: two must not share a folder."""
    return folder / f"spill-{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp"


def fingerprint(reading: Reading) -> str:
    """Changes with what changes the stored columns: not with names, thresholds or tolerances."""
    width = len(reading.input.names)
    given = replace(reading.input, names=())
    way = (reading.encodings, reading.batched, reading.bulk, reading.layout, reading.cluster)
    stored = (reading.output, given, width, *way)
    return hashlib.sha256(repr(stored).encode()).hexdigest()[:12]


def name_of(objects: Iterable[tuple[str, int, str]], variant: str, reading: str) -> str:
    """The name of the segment of these objects (their identities) and this way of reading."""
    text = f"{variant}\n{reading}\n{sorted(set(objects))}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _parquet(file: Path) -> str:
    return f"read_parquet({bulk.quoted(str(file))})"


def _first_shape(places: Sequence[Place], layout: Layout) -> Shape:
    """That of a segment's first record; most often that of all."""
    for _, _, line in islice((each for place in places for each in nonblank_lines(place)), 1):
        try:
            record = parse_line(line, layout)
        except NotARecord:
            break
        if record is None:
            break
        given, answer = record.input or _NO_SIDE, record.output or _NO_SIDE
        return Shape(given.content_type, given.encoding, answer.content_type, answer.encoding)
    return Shape("", "", "", "")


def _shape(text: str | None, usual: Shape, records: int) -> Shape:
    """A shape as it was stored: a list of four texts, or nothing for the usual one."""
    if text is None:
        return replace(usual, records=records)
    given, encoding_in, answer, encoding_out = (each or "" for each in orjson.loads(text))
    return Shape(given, encoding_in, answer, encoding_out, records)


def _without_features(reading: Reading) -> Reading:
    return replace(
        reading, input=replace(reading.input, names=(), numeric=(), keys=(), vector=None)
    )


def _renumbered(places: Sequence[Place]) -> tuple[Place, ...]:
    """The places with only their non-blank lines numbered."""
    numbered, first = [], 1
    for place in places:
        lines = sum(1 for _ in nonblank_lines(place))
        numbered.append(replace(place, first=first, lines=lines))
        first += lines
    return tuple(numbered)
