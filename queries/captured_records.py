"""Which record stands at a place of a captured object, and what names it?

A reference is ``object-number``: it tells a browser nothing of where a record lies, and nothing
that comes from a browser is taken for a path.
"""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from queries.careful import document_of, documents_in, lines_of, parse_line
from queries.errors import QuestionError, SourceError
from queries.records import NotARecord, Record
from queries.spool import plain_bytes

if TYPE_CHECKING:
    from queries.keys import CaptureObject
    from queries.objects import ObjectReader
    from queries.reading import Layout

GONE = "This row is not part of the test any more; load the page again."
_REFERENCE = re.compile(r"([0-9a-f]{16})-([1-9]\d{0,9})")


def reference_to(identity: tuple[object, ...], number: int) -> str:
    """A reference to a record of an object: its number there, from 1."""
    return f"{hashed(identity)}-{number}"


def hashed(identity: tuple[object, ...]) -> str:
    """What stands for an object in references to its records."""
    return hashlib.sha256(repr(identity).encode()).hexdigest()[:16]


def parse_reference(reference: str) -> tuple[str, int]:
    """The two parts of a reference.

    Raises
    ------
    QuestionError
        When the text is none.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise QuestionError(GONE)
    return match[1], int(match[2])


def content_of(source: ObjectReader, found: CaptureObject) -> bytes | None:
    """An object unpacked; None where it is gone, or no longer what it was."""
    try:
        return plain_bytes(source.read(found))
    except (SourceError, OSError, EOFError, zlib.error):
        return None


def record_at(
    content: bytes, at: int, layout: Layout, *, document: bool
) -> tuple[int, Record] | None:
    """The record of an object by its place among the object's records, with its line number."""
    try:
        if document:
            offset, found = documents_in(content)[at]
            number = content.decode().count("\n", 0, offset) + 1
            record = document_of(found, layout)
        else:
            number, _, line = next(islice(lines_of(io.BytesIO(content), len(content)), at, None))
            record = parse_line(line, layout)
        return None if record is None else (number, record)
    except (NotARecord, IndexError, StopIteration):
        return None


def evenly(found: Sequence[CaptureObject], most: int) -> tuple[CaptureObject, ...]:
    """At most so many of some objects, evenly over their order."""
    step = max(1.0, len(found) / most)
    return tuple(found[int(at * step)] for at in range(min(most, len(found))))
