"""Which captured requests can be sent once more, and what did production answer to them?

Some of each of a few files that lie evenly over the test, so that no single hour stands for all.
Custom attributes and a target model are not part of a capture's payload and are not sent again.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from queries.objects import reader
from queries.reading import Row, rows_of
from queries.records import Record, Side, decode
from queries.samples import sample

if TYPE_CHECKING:
    from queries.opened import Opened
    from queries.reading import Reading

LONGEST = 6 << 20
"""Bytes that InvokeEndpoint takes for sure
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html)."""

FILES = (10, 200)
"""How many files are read at least, and at most where each holds little."""


@dataclass(frozen=True, slots=True)
class CapturedRequest:
    """One request as it was sent, and the rows of production's answer, each of them readable.

    ``accept`` is the content type that it was answered in, "" where that is not known.
    """

    body: bytes
    content_type: str
    accept: str
    answered: tuple[Row, ...]


def captured_requests(opened: Opened, most: int) -> tuple[CapturedRequest, ...]:
    """At most so many requests, no two of them the same.

    Passed over is what names no content type, is longer than ``LONGEST`` or was not answered in a
    way that can be read: none of that could be compared.
    """
    # one half more than are asked for, because some will be passed over
    objects = opened.captured.some_objects("production", math.ceil(1.5 * most), FILES)
    source = reader(opened.test.source, opened.config.aws)
    reading = opened.reading
    files = [sample([each], source, reading.layout) for each in objects]
    found: dict[bytes, CapturedRequest] = {}
    # one of each file in turn
    for turn in zip_longest(*files):
        for record in turn:
            request = None if record is None else _request(record, reading)
            if request is not None and len(found) < most:
                found.setdefault(request.body, request)
    return tuple(found.values())


def readable(rows: Sequence[Row], reading: Reading) -> bool:
    """Whether every row holds what the reading's kind is compared by."""
    return bool(rows) and all(_is_there(row, reading) for row in rows)


def _is_there(row: Row, reading: Reading) -> bool:
    if reading.output.whole:
        return row.answer is not None
    if reading.kind == "regression":
        return row.score is not None
    return row.label is not None or (reading.kind == "binary" and row.score is not None)


def _request(record: Record, reading: Reading) -> CapturedRequest | None:
    given, answer = record.input, record.output
    if given is None or answer is None or not given.content_type:
        return None
    body = _sent(given)
    if body is None or len(body) > LONGEST:
        return None
    rows = rows_of(reading, None, decode(answer))
    if not readable(rows, reading):
        return None
    return CapturedRequest(body, given.content_type, answer.content_type, tuple(rows))


def _sent(side: Side) -> bytes | None:
    """The bytes that were sent; None where the capture's BASE64 is none."""
    if side.encoding.upper() != "BASE64":
        return side.data.encode()
    try:
        return base64.b64decode(side.data, validate=True)
    except (binascii.Error, ValueError):
        return None
