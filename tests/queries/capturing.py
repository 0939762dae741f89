"""Capture files made up for the tests: lines, files in SageMaker's layout, and what was read."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from queries.config import Prediction
from queries.guessing import guess_reading
from queries.ingest import Ingested
from queries.objects import list_objects, reader
from queries.reading import Reading
from queries.records import NotARecord, Record, parse_record
from queries.segments import Segment, SegmentReader

NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
TYPES = {"CSV": "text/csv", "JSON": "application/json", "BASE64": "application/octet-stream"}
JSON = ("JSON", "JSON")


def base64_of(content: str | bytes) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return base64.b64encode(raw).decode()


def npy_of(values: Any) -> str:
    """What SageMaker captures of an application/x-npy payload."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values))
    return base64_of(buffer.getvalue())


def record(
    given: object = "1,2",
    answer: object = "0.5",
    *,
    at: datetime | float = 0.0,
    event: str | None = None,
    inference: str | None = None,
    encodings: tuple[str | None, str | None] = ("CSV", "CSV"),
    types: tuple[str | None, str | None] | None = None,
    **about: object,
) -> dict[str, Any]:
    """A record as data capture writes it; ``at`` is a time, or seconds after noon.

    A document is written into ``data`` as JSON text, as SageMaker does; ``None`` leaves its side
    out. ``about`` adds to ``eventMetadata``.
    """
    time = at if isinstance(at, datetime) else NOON + timedelta(seconds=at)
    known = types or tuple(TYPES.get(encoding or "") for encoding in encodings)
    sides: dict[str, Any] = {}
    for name, mode, data, encoding, content_type in zip(
        ("endpointInput", "endpointOutput"),
        ("INPUT", "OUTPUT"),
        (given, answer),
        encodings,
        known,
        strict=True,
    ):
        if data is not None:
            text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
            side = {"observedContentType": content_type, "mode": mode, "data": text}
            sides[name] = {**side, "encoding": encoding} if encoding is not None else side
    metadata: dict[str, object] = {"inferenceTime": time.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if event is not None:
        metadata["eventId"] = event
    if inference is not None:
        metadata["inferenceId"] = inference
    return {"captureData": sides, "eventMetadata": {**metadata, **about}, "eventVersion": "0"}


def line(*args: Any, **named: Any) -> bytes:
    """One line of a capture file, without its newline."""
    return written(record(*args, **named))


def written(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def content(lines: Iterable[bytes]) -> bytes:
    """A capture file of these lines, each ended by a newline."""
    return b"".join(one + b"\n" for one in lines)


def capture_file(
    folder: Path,
    lines: Iterable[bytes] | bytes,
    *,
    variant: str = "AllTraffic",
    endpoint: str = "fraud",
    hour: datetime = NOON,
    name: str = "00-00-000-0a1b.jsonl",
) -> Path:
    """Write a capture file in SageMaker's layout below ``folder``."""
    path = folder / endpoint / variant / hour.strftime("%Y/%m/%d/%H") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lines if isinstance(lines, bytes) else content(lines))
    return path


def records_of(lines: Iterable[bytes]) -> list[Record]:
    """The lines that are records."""
    found = []
    for one in lines:
        try:
            found.append(parse_record(one))
        except NotARecord:
            continue
    return found


def guessed(lines: Iterable[bytes], **declared: Any) -> Reading:
    """The reading that these lines suggest."""
    return guess_reading(records_of(lines), Prediction(**declared), None)


def read_file(path: Path, reading: Reading, folder: Path, *, bulk: bool) -> Segment:
    """Read one file in bulk or with care into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    objects = list_objects(str(path)).objects
    worker = SegmentReader(folder, reader(str(path)))
    try:
        return worker.read(objects, "AllTraffic", replace(reading, bulk=bulk), with_features=True)
    finally:
        worker.close()


def rows_in(files: Path | Sequence[Path]) -> list[dict[str, Any]]:
    """All rows of Parquet files, by line and position; NaN stands as the text "nan"."""
    import duckdb

    names = [str(file) for file in ([files] if isinstance(files, Path) else files)]
    if not names:
        return []
    with duckdb.connect() as database:
        found = database.execute(
            "SELECT * FROM read_parquet($files, union_by_name = true) ORDER BY segment, line, pos",
            {"files": names},
        )
        columns = [column[0] for column in found.description]
        return [
            {
                name: "nan" if isinstance(value, float) and math.isnan(value) else value
                for name, value in zip(columns, row, strict=True)
            }
            for row in found.fetchall()
        ]


def rows_of(ingested: Ingested) -> list[dict[str, Any]]:
    """All rows that an ingest accounts for."""
    return rows_in([ingested.store.parquet(segment) for segment in ingested.segments])
