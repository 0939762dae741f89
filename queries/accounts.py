"""What does a segment hold, and what became of every line it was made from?"""

from __future__ import annotations

from dataclasses import dataclass

from queries.careful import Reject
from queries.spool import Failed


@dataclass(frozen=True, slots=True)
class Part:
    """One object of a segment: its identity, and the numbers its lines have in the segment."""

    key: str
    name: str
    size: int
    etag: str
    first: int
    lines: int
    document: bool

    @property
    def identity(self) -> tuple[str, int, str]:
        """An object with the same path, size and ETag has been read already."""
        return self.key, self.size, self.etag


Texts = tuple[str, str, str, str]
"""Content type and encoding of a request, then of its answer."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many records came with these content types and encodings."""

    content_type_in: str
    encoding_in: str
    content_type_out: str
    encoding_out: str
    records: int = 0

    @property
    def texts(self) -> Texts:
        """All but the count."""
        return self.content_type_in, self.encoding_in, self.content_type_out, self.encoding_out


@dataclass(frozen=True, slots=True)
class Segment:
    """What one Parquet file holds, and what became of every line it was made from.

    ``lines = records + rejected + absent``: of a paired log, lines of requests that were not sent
    to this variant are absent.
    """

    name: str
    variant: str
    reading: str
    parts: tuple[Part, ...]
    failed: tuple[Failed, ...]
    rejects: tuple[Reject, ...]
    shapes: tuple[Shape, ...]
    lines: int
    records: int
    rows: int
    unreadable: int
    without_time: int
    absent: int
    event_ids: int
    inference_ids: int
    bytes: int
