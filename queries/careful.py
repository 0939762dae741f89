"""What is in the lines that the bulk reader could not place?

Each such line is read again, alone and in Python: it becomes rows, or a reject that names file,
line, byte offset and reason. Nothing is dropped on the way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from queries.cluster_keys import cluster_of
from queries.logs import logged_from, parse_logged
from queries.reading import Cell, Layout, Reading, rows_of
from queries.records import NotARecord, Record, decode, parse_record, record_from

# A file without line structure (a pretty-printed document) is read whole up to this size.
WHOLE_FILE_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is no capture record. ``line`` counts from 1; 0 means the whole file."""

    file: str
    line: int
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object's bytes lie on this machine while its segment is being read."""

    name: str
    path: str
    offset: int
    length: int
    first: int
    lines: int


@dataclass(slots=True)
class CarefulRows:
    """Rows as columns, of ``bulk.ROW_COLUMNS``: nothing hashed yet, the shape in four."""

    line: list[int] = field(default_factory=list)
    pos: list[int] = field(default_factory=list)
    ts: list[object] = field(default_factory=list)
    event_id: list[str | None] = field(default_factory=list)
    inference_id: list[str | None] = field(default_factory=list)
    input: list[str | None] = field(default_factory=list)
    input_bytes: list[int | None] = field(default_factory=list)
    label: list[str | None] = field(default_factory=list)
    score: list[float | None] = field(default_factory=list)
    answer: list[str | None] = field(default_factory=list)
    status: list[int | None] = field(default_factory=list)
    latency_ms: list[float | None] = field(default_factory=list)
    failure: list[str | None] = field(default_factory=list)
    ok: list[bool | None] = field(default_factory=list)
    content_type_in: list[str | None] = field(default_factory=list)
    encoding_in: list[str | None] = field(default_factory=list)
    content_type_out: list[str | None] = field(default_factory=list)
    encoding_out: list[str | None] = field(default_factory=list)
    cluster: list[str | None] = field(default_factory=list)
    features: list[tuple[Cell, ...]] = field(default_factory=list)

    def add(self, line: int, record: Record, reading: Reading) -> None:
        """Append every row of a record."""
        given = decode(record.input) if record.input else None
        # the body of an error message is no prediction
        answered = record.output is not None and record.failure is None
        answer = decode(record.output) if answered and record.output else None
        text = None
        if given is not None and record.input is not None:
            text = record.input.data if given.text is None else given.text
        cluster = cluster_of(record, reading.cluster)
        for pos, row in enumerate(rows_of(reading, given, answer)):
            self.line.append(line)
            self.pos.append(pos)
            self.ts.append(record.time.replace(tzinfo=None) if record.time else None)
            self.event_id.append(record.event_id)
            self.inference_id.append(record.inference_id)
            self.input.append(text)
            self.input_bytes.append(len(record.input.data.encode()) if record.input else None)
            self.label.append(row.label)
            self.score.append(row.score)
            self.answer.append(row.answer)
            self.status.append(record.status)
            self.latency_ms.append(record.latency_ms)
            self.failure.append(record.failure)
            self.ok.append(True)
            self.content_type_in.append(
                (record.input.content_type or None) if record.input else None
            )
            self.encoding_in.append((record.input.encoding or None) if record.input else None)
            self.content_type_out.append(
                (record.output.content_type or None) if record.output else None
            )
            self.encoding_out.append((record.output.encoding or None) if record.output else None)
            self.cluster.append(cluster)
            self.features.append(row.features)

    def add_absent(self, line: int, reading: Reading) -> None:
        """Append a row that says only that a line holds nothing of this side."""
        for name in self.__slots__:
            getattr(self, name).append(None)
        self.line[-1], self.pos[-1] = line, 0
        self.features[-1] = (None,) * len(reading.input.names)

    def table(self, reading: Reading) -> Any:
        """All rows as an Arrow table, the features named f0, f1, …."""
        import pyarrow as pa

        text = pa.string()
        types: dict[str, Any] = {
            "line": pa.uint32(),
            "pos": pa.uint32(),
            "ts": pa.timestamp("us"),
            "input_bytes": pa.uint32(),
            "score": pa.float64(),
            "status": pa.int16(),
            "latency_ms": pa.float64(),
            "ok": pa.bool_(),
        }
        names = [name for name in self.__slots__ if name != "features"]
        arrays = [pa.array(getattr(self, name), types.get(name, text)) for name in names]
        for at, is_number in enumerate(reading.input.numeric):
            names.append(f"f{at}")
            column = [row[at] for row in self.features]
            arrays.append(pa.array(column, pa.float64() if is_number else text))
        return pa.table(arrays, names=names)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the lines of one object: its rejects, and its true number of lines."""

    rejects: tuple[Reject, ...]
    lines: int
    document: bool


def read_place(
    place: Place, wanted: Callable[[int], bool], into: CarefulRows, reading: Reading
) -> Outcome:
    """Read the lines of an object whose number in the segment is ``wanted``."""
    if _has_no_lines(place) and _all_wanted(place, wanted):
        whole = documents_in(_bytes(place))
        if whole:
            return _read_documents(place, whole, into, reading)
    rejects: list[Reject] = []
    ordinal = place.first - 1
    for number, offset, line in nonblank_lines(place):
        ordinal += 1
        if not wanted(ordinal):
            continue
        try:
            _add(ordinal, parse_line(line, reading.layout), into, reading)
        except NotARecord as reason:
            rejects.append(Reject(place.name, number, offset, str(reason)))
    return Outcome(tuple(rejects), place.lines, document=False)


def parse_line(line: bytes, layout: Layout) -> Record | None:
    """The record of a non-blank line; None where a paired log has none of this side.

    Raises
    ------
    NotARecord
    """
    return parse_record(line) if layout == "capture" else parse_logged(line, layout)


def document_of(document: object, layout: Layout) -> Record | None:
    """As ``parse_line``, of a parsed JSON document."""
    return record_from(document) if layout == "capture" else logged_from(document, layout)


def _add(line: int, record: Record | None, into: CarefulRows, reading: Reading) -> None:
    if record is None:
        into.add_absent(line, reading)
    else:
        into.add(line, record, reading)


def nonblank_lines(place: Place) -> Iterator[tuple[int, int, bytes]]:
    """Number (from 1), byte offset and content of each line of an object that is not blank."""
    with Path(place.path).open("rb") as handle:
        handle.seek(place.offset)
        yield from lines_of(handle, place.length)


def lines_of(handle: BinaryIO, length: int) -> Iterator[tuple[int, int, bytes]]:
    """As ``nonblank_lines``, of the next ``length`` bytes of an open file."""
    offset, number = 0, 0
    while offset < length and (line := handle.readline()):
        number += 1
        if line.strip():
            yield number, offset, line
        offset += len(line)


def documents_in(content: bytes) -> list[tuple[int, object]]:
    """The JSON documents of a file that has no line structure, with their character offsets.

    Empty where the content is not a sequence of JSON objects and nothing else.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return []
    decoder, at = json.JSONDecoder(), 0
    found: list[tuple[int, object]] = []
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return found
        if text[at] not in "{[":
            return []
        try:
            document, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            return []
        found.append((at, document))
        at = end


def _read_documents(
    place: Place, whole: list[tuple[int, object]], into: CarefulRows, reading: Reading
) -> Outcome:
    """A pretty-printed document counts as one line: its first."""
    text = _bytes(place).decode()
    rejects = []
    for at, (offset, document) in enumerate(whole):
        try:
            _add(place.first + at, document_of(document, reading.layout), into, reading)
        except NotARecord as reason:
            number = text.count("\n", 0, offset) + 1
            rejects.append(Reject(place.name, number, len(text[:offset].encode()), str(reason)))
    return Outcome(tuple(rejects), len(whole), document=True)


def _has_no_lines(place: Place) -> bool:
    """Whether a file of several lines starts with a line that is no JSON by itself."""
    if place.lines < 2 or place.length > WHOLE_FILE_BYTES:
        return False
    _, _, line = next(nonblank_lines(place))
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return line.lstrip()[:1] in (b"{", b"[")
    return False


def _all_wanted(place: Place, wanted: Callable[[int], bool]) -> bool:
    return all(wanted(at) for at in range(place.first, place.first + place.lines))


def _bytes(place: Place) -> bytes:
    with Path(place.path).open("rb") as handle:
        handle.seek(place.offset)
        return handle.read(place.length)
