"""Captured lines read by Athena's SQL on any backend, beside what the readers here make of them."""

from __future__ import annotations

import itertools
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from demo.athena.backend import Backend, Mounted
from demo.athena.rows import rows_of
from demo.athena.types import arrow_type
from queries import bulk
from queries.athena import decoding, schema
from queries.reading import Reading
from tests.queries.capturing import NOON, capture_file, content, read_file, rows_in

SERDE = {
    "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
    "Parameters": {"ignore.malformed.json": "TRUE"},
}
HOUR = "2024/03/31/12"
_NUMBER = itertools.count()
Rows = dict[int, list[dict[str, Any]]]
"""Rows by the number of their line, from 0."""


def decoded(backend: Backend, lines: Sequence[bytes], reading: Reading) -> Rows:
    """What Athena's SQL makes of lines; each stands in an object of its own, to be known by it."""
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        file = Path(folder) / "lines.jsonl"
        file.write_bytes(content(lines))
        columns = {name: arrow_type(type_) for name, type_ in schema.CAPTURES}
        rows = rows_of(file, columns, SERDE)
    for name, value in (("variant", "AllTraffic"), ("hour", HOUR)):
        rows = rows.append_column(name, pa.array([value] * rows.num_rows, pa.string()))
    paths = pa.array([f"s3://captures/{at:06}.jsonl" for at in range(rows.num_rows)], pa.string())
    database = f"lines_{next(_NUMBER)}"
    captures = Mounted(database, "captures", rows, paths, database)
    select = decoding.rows(
        reading,
        decoding.lines_of(f'"{database}"."captures"', "AllTraffic", f"hour = '{HOUR}'"),
        side="production",
        features=reading,
    )
    found = backend.ask(f"{select} ORDER BY path, pos", (), database, [captures], lambda: False)
    by_line: Rows = defaultdict(list)
    for row in map(plain, found.to_pylist()):
        by_line[int(row["path"][-12:-6])].append(row)
    return by_line


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the text "nan" for NaN, which equals itself."""
    return {
        name: "nan" if isinstance(value, float) and math.isnan(value) else value
        for name, value in row.items()
    }


@dataclass(frozen=True, slots=True)
class Here:
    """What the readers on this machine make of lines: all rows, those of SQL alone, rejects."""

    careful: Rows
    in_bulk: dict[tuple[int, int], dict[str, Any]]
    rejected: set[int]


def read_here(lines: Sequence[bytes], reading: Reading) -> Here:
    """Read lines on this machine, with care and in bulk."""
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        path = capture_file(Path(folder), lines)
        segment = read_file(path, reading, Path(folder) / "careful", bulk=False)
        careful: Rows = defaultdict(list)
        for row in rows_in(Path(folder) / "careful" / f"{segment.name}.parquet"):
            careful[row["line"] - 1].append(row)
        source = bulk.source([str(path)], "capture", longest_line=1 << 20)
        with duckdb.connect(config={"threads": 1}) as database:
            database.execute("SET TimeZone = 'UTC'")
            found = database.execute(
                bulk.rows(reading, source, ("", "", "", ""), with_features=True)
            )
            names = [column[0] for column in found.description]
            rows = [plain(dict(zip(names, each, strict=True))) for each in found.fetchall()]
    in_bulk = {(row["line"] - 1, row["pos"]): row for row in rows if row["ok"]}
    return Here(careful, in_bulk, {reject.line - 1 for reject in segment.rejects})


def faults(lines: Sequence[bytes], reading: Reading, found: Rows, here: Here) -> Iterable[str]:
    """Where Athena's rows say something else than what is there, rather than nothing."""
    features = [f"f{at}" for at in range(len(reading.input.names))]
    for at, line in enumerate(lines):
        mine, theirs = found[at], here.careful.get(at, [])
        known = not theirs
        if mine[0]["ok"] == known:
            yield f"{line!r} is {'a record' if mine[0]['ok'] else 'rejected'}"
            continue
        if known:
            continue
        yield from _envelope(line, mine[0], theirs[0])
        unread = [each["label"] is None and each["score"] is None for each in mine]
        if len(mine) != len(theirs):
            if unread != [True]:
                yield f"{line!r}: {len(mine)} rows, not {len(theirs)}"
            continue
        for one, other, nothing in zip(mine, theirs, unread, strict=True):
            answers = [(each["label"], each["score"]) for each in (one, other)]
            given = [[each[name] for name in features] for each in (one, other)]
            if answers[0] != answers[1] and not nothing:
                yield f"{line!r}: {answers[0]}, not {answers[1]}"
            if given[0] != given[1] and (one["input_read"] or any(v is not None for v in given[0])):
                yield f"{line!r}: features {given[0]}, not {given[1]}"
            ordinary = here.in_bulk.get((at, one["pos"]))
            # JSON has no such numbers: Trino takes none, and its stand-in none so large
            strange = any(odd in line for odd in (b"NaN", b"Infinity", b"1e400"))
            if ordinary is None or strange:
                continue
            if (one["label"], one["score"]) != (ordinary["label"], ordinary["score"]):
                yield f"{line!r}: the bulk reader can read {ordinary['label'], ordinary['score']}"
            if given[0] != [ordinary[name] for name in features]:
                yield f"{line!r}: the bulk reader can read the features"


def _envelope(line: bytes, mine: dict[str, Any], theirs: dict[str, Any]) -> Iterable[str]:
    for name in ("event_id", "inference_id", "input_bytes"):
        if mine[name] != theirs[name]:
            yield f"{line!r}: {name} {mine[name]}, not {theirs[name]}"
    time, other = mine["ts"], theirs["ts"]
    # Athena's times are whole milliseconds
    other = other and other.replace(microsecond=other.microsecond // 1000 * 1000)
    if time != other and (time is not None or other >= NOON.replace(tzinfo=None, hour=1)):
        yield f"{line!r}: ts {time}, not {other}"
