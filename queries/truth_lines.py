"""What does a line of ground truth say: of which request is it, and which answer is right?

Model Monitor's format, one object a line, with ``groundTruthData`` and ``eventMetadata``
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html), or plain
objects whose keys are read as the columns of a table are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from queries.careful import documents_in
from queries.errors import SourceError
from queries.reading import BLANKS, as_label, csv_rows, number
from queries.records import Side, decode, parse_json, parse_time, text_of
from queries.truth_columns import Columns, columns_of

if TYPE_CHECKING:
    from queries.config_truth import Truth

_NAMING = 100
"""Plain objects whose keys are looked at for usual names."""
_MILLISECONDS = 1e11
"""A number of seconds above this is one of milliseconds: the year is 5138."""


@dataclass(frozen=True, slots=True)
class Label:
    """The right answers of one request, one a row.

    ``other`` is a second id of the same request; ``known`` is when the answers were known, in UTC
    without a zone, or None.
    """

    line: int
    id: str
    other: str | None
    labels: tuple[str, ...]
    known: datetime | None


@dataclass(slots=True)
class LabelsRead:
    """What a file holds: ``lines = len(labels) + without_id + unreadable``."""

    labels: list[Label] = field(default_factory=list)
    lines: int = 0
    without_id: int = 0
    unreadable: int = 0

    def add(
        self, ids: Sequence[str | None], labels: tuple[str, ...] | None, known: datetime | None
    ) -> None:
        """Account for one line; ``labels`` is None where none can be read."""
        self.lines += 1
        named = [each for each in ids if each]
        if not named:
            self.without_id += 1
        elif labels is None:
            self.unreadable += 1
        else:
            other = named[1] if len(named) > 1 and named[1] != named[0] else None
            self.labels.append(Label(self.lines, named[0], other, labels, known))


def read_lines(content: bytes, truth: Truth, where: str, *, whole: bool) -> LabelsRead:
    """The labels of a file of JSON lines; of one document a list of them, too.

    Parameters
    ----------
    whole
        A label is kept as it stands: one text, or one JSON document, for one row.

    Raises
    ------
    SourceError
        When the objects are not Model Monitor's, and their keys do not tell what they hold.
    """
    entries = _entries(content)
    objects = [each for each in entries if isinstance(each, dict)]
    plain = [each for each in objects if "groundTruthData" not in each or truth.table != "truth"]
    columns = None
    if plain:
        names = dict.fromkeys(name for each in plain[:_NAMING] for name in each)
        try:
            columns = columns_of(list(names), truth, where, noun="key")
        except SourceError:
            if len(plain) == len(objects):
                raise
    read = LabelsRead()
    for entry in entries:
        if not isinstance(entry, dict):
            read.lines += 1
            read.unreadable += 1
        elif "groundTruthData" in entry and truth.table == "truth":
            about = entry.get("eventMetadata")
            ids = [about.get(key) for key in _MONITORED] if isinstance(about, dict) else []
            labels = _monitored(entry["groundTruthData"], whole=whole)
            read.add([id_of(each) for each in ids], labels, None)
        else:
            read.add(*_plain(entry, columns, whole=whole))
    return read


_MONITORED = ("inferenceId", "eventId")


def labels_of(value: object, *, whole: bool = False) -> tuple[str, ...] | None:
    """The labels that a value holds, written as answers are; None where one cannot be read.

    A list, and a text of several lines or of several numbers with commas between them, are the
    labels of as many rows.

    >>> labels_of(1.0), labels_of("0, 1, 1"), labels_of("red, white"), labels_of([True, None])
    (('1',), ('0', '1', '1'), ('red, white',), None)
    """
    if whole:
        text = None if value is None or _is_nan(value) else text_of(value)
        return None if text is None else (text,)
    if isinstance(value, list):
        found = [_scalar(each) for each in value]
    elif isinstance(value, str):
        found = _labels_in(value)
    else:
        found = [_scalar(value)]
    known = tuple(each for each in found if each is not None)
    return known if known and len(known) == len(found) else None


def id_of(value: object) -> str | None:
    """An id as a captured one is written; a table may have made a number of it."""
    if isinstance(value, dict | list):
        return None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = int(value) if value.is_integer() else value
    return text_of(value)


def time_of(value: object) -> datetime | None:
    """A time in UTC without a zone: ISO 8601, or seconds or milliseconds since 1970."""
    if isinstance(value, datetime):
        return value
    found = parse_time(value)
    if found is None:
        seconds = number(value)
        if seconds is None:
            return None
        try:
            scale = 1000 if abs(seconds) > _MILLISECONDS else 1
            found = datetime.fromtimestamp(seconds / scale, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return found.replace(tzinfo=None)


def _entries(content: bytes) -> list[object]:
    """The parsed lines, None for one that is no JSON; the documents of a file without lines."""
    found = [_parsed(line) for line in content.split(b"\n") if line.strip()]
    if found and not isinstance(found[0], dict):
        try:
            documents = [document for _, document in documents_in(content)]
            # what cannot be written as UTF-8 must not come in
            json.dumps(documents, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return found
        if documents:
            return [
                each
                for document in documents
                for each in (document if isinstance(document, list) else [document])
            ]
    return found


def _parsed(line: bytes) -> Any:
    try:
        return parse_json(line)
    except orjson.JSONDecodeError:
        return None


def _monitored(given: object, *, whole: bool) -> tuple[str, ...] | None:
    if not isinstance(given, dict):
        return labels_of(given, whole=whole)
    data, encoding = given.get("data"), str(given.get("encoding", "")).upper()
    if not isinstance(data, str):
        return labels_of(data, whole=whole)
    if encoding == "BASE64":
        payload = decode(Side(data, encoding, ""))
        return labels_of(
            payload.text if payload.array is None else payload.array.tolist(), whole=whole
        )
    if encoding == "JSON" and not whole:
        return labels_of(_parsed(data.encode()))
    return labels_of(data, whole=whole)


def _plain(
    entry: dict[str, Any], columns: Columns | None, *, whole: bool
) -> tuple[list[str | None], tuple[str, ...] | None, datetime | None]:
    if columns is None:
        return [], None, None
    known = time_of(entry.get(columns.time)) if columns.time is not None else None
    ids = [id_of(entry.get(name)) for name in columns.ids]
    return ids, labels_of(entry.get(columns.label), whole=whole), known


def _labels_in(text: str) -> list[str | None]:
    text = text.strip(BLANKS)
    listed = _parsed(text.encode()) if text.startswith("[") else None
    if isinstance(listed, list):
        return [_scalar(each) for each in listed]
    rows = csv_rows(text)
    if len(rows) == 1 and all(number(cell) is not None for cell in rows[0]):
        return [as_label(cell) for cell in rows[0]]
    if all(len(row) == 1 for row in rows):
        return [as_label(cell) for row in rows for cell in row]
    # commas belong to the texts
    return [as_label(line) for line in text.split("\n") if line.strip(BLANKS)]


def _scalar(value: object) -> str | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return None if _is_nan(value) else as_label(value)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
