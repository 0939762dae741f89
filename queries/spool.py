"""How do the objects of a segment get where the bulk reader can read them?

Large plain files of this machine are read where they lie. Everything else (S3, gzip, a byte-order
mark, a missing last newline, thousands of small files) is laid end to end in one temporary file.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from queries.careful import Place
from queries.errors import SourceError
from queries.objects import CaptureObject, ObjectReader, is_s3

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NEWLINE = ord("\n")
CHUNK = 4 << 20
# DuckDB refuses a line longer than it was told; below this an object cannot hold one.
USUAL_LONGEST_LINE = 16 << 20


@dataclass(frozen=True, slots=True)
class Failed:
    """An object that could not be read at all, and why; it is tried again next time."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Spool:
    """Files ready for the bulk reader, and where each object lies in them."""

    paths: tuple[str, ...]
    objects: tuple[CaptureObject, ...]
    places: tuple[Place, ...]
    failed: tuple[Failed, ...]
    longest_line: int
    bytes: int


def spool(objects: Sequence[CaptureObject], reader: ObjectReader, temporary: Path) -> Spool:
    """Make the objects of one segment readable in bulk; ``temporary`` is written where needed."""
    direct = _direct(objects)
    if direct is not None:
        return direct
    places: list[Place] = []
    read: list[CaptureObject] = []
    failed: list[Failed] = []
    first, longest, total = 1, USUAL_LONGEST_LINE, 0
    with temporary.open("wb", buffering=0) as handle:
        for found, content in _contents(objects, reader):
            start = handle.tell()
            try:
                tally = _append(handle, content)
            except (SourceError, zlib.error, OSError, EOFError) as error:
                handle.seek(start)
                handle.truncate()
                failed.append(Failed(found.name, _reason(error)))
                continue
            length = handle.tell() - start
            read.append(found)
            places.append(Place(found.name, str(temporary), start, length, first, tally.lines))
            first += tally.lines
            longest = max(longest, tally.longest)
            total += length
    return Spool((str(temporary),), tuple(read), tuple(places), tuple(failed), longest, total)


@dataclass(slots=True)
class _Tally:
    """Counts newlines in a stream of chunks, and bounds the length of its longest line."""

    lines: int = 0
    longest: int = 0
    unfinished: bool = False
    _open: int = 0

    def add(self, chunk: bytes | bytearray, size: int) -> None:
        """Count the first ``size`` bytes of one more chunk."""
        # two and a half times as fast as bytes.count, which is no vector loop
        newlines = int(np.count_nonzero(np.frombuffer(chunk, np.uint8)[:size] == NEWLINE))
        self.lines += newlines
        self.longest = max(self.longest, self._open + size)
        self._open = size - chunk.rfind(b"\n", 0, size) if newlines else self._open + size
        self.unfinished = chunk[size - 1] != NEWLINE if size else self.unfinished


def requests_for(found: CaptureObject) -> int:
    """How many requests an object takes: small ones are read whole, large ones in ranges."""
    return 1 if found.size <= 2 * CHUNK else -(-found.size // CHUNK)


def plain_bytes(content: bytes) -> bytes:
    """The text of an object: unpacked where it is gzip, without a byte-order mark.

    Raises
    ------
    OSError, EOFError, zlib.error
        Where the gzip stream is damaged or cut off.
    """
    return b"".join(_plain([content])).removeprefix(BYTE_ORDER_MARK)


def _direct(objects: Sequence[CaptureObject]) -> Spool | None:
    """The objects where they lie, if all are plain local files with whole lines; else None."""
    size = sum(found.size for found in objects)
    if any(is_s3(found.location) for found in objects) or size < len(objects) * 1_000_000:
        return None
    places, first, longest = [], 1, USUAL_LONGEST_LINE
    buffer = bytearray(CHUNK)
    for found in objects:
        tally, at = _Tally(), 0
        try:
            with Path(found.key).open("rb", buffering=0) as handle:
                while count := handle.readinto(buffer):
                    if at == 0 and buffer.startswith((GZIP_MAGIC, BYTE_ORDER_MARK)):
                        return None
                    tally.add(buffer, count)
                    at += count
        except OSError:
            return None
        if tally.unfinished or at != found.size:
            return None
        places.append(Place(found.name, found.key, 0, at, first, tally.lines))
        first += tally.lines
        if found.size > USUAL_LONGEST_LINE:
            longest = max(longest, tally.longest)
    paths = tuple(found.key for found in objects)
    return Spool(paths, tuple(objects), tuple(places), (), longest, size)


def _contents(
    objects: Sequence[CaptureObject], reader: ObjectReader
) -> Iterator[tuple[CaptureObject, Iterable[bytes | SourceError]]]:
    """Every object with its content: small ones fetched side by side, large ones in ranges."""
    small = [found for found in objects if requests_for(found) == 1]
    for found, content in reader.read_many(small):
        yield found, [content]
    for found in objects:
        if requests_for(found) > 1:
            yield found, reader.read_ranges(found, CHUNK)


def _append(handle: BinaryIO, content: Iterable[bytes | SourceError]) -> _Tally:
    tally = _Tally()
    for at, piece in enumerate(_plain(content)):
        text = piece if at else piece.removeprefix(BYTE_ORDER_MARK)
        handle.write(text)
        tally.add(text, len(text))
    if tally.unfinished:
        handle.write(b"\n")
        tally.add(b"\n", 1)
    return tally


def _plain(content: Iterable[bytes | SourceError]) -> Iterator[bytes]:
    """The chunks of an object, unpacked where they are gzip: told by the content, not the name."""
    chunks = _whole(content)
    head = next(chunks, b"")
    if not head.startswith(GZIP_MAGIC):
        yield head
        yield from chunks
        return
    with gzip.GzipFile(fileobj=io.BytesIO(head + b"".join(chunks))) as packed:
        while piece := packed.read(CHUNK):
            yield piece


def _whole(content: Iterable[bytes | SourceError]) -> Iterator[bytes]:
    for chunk in content:
        if isinstance(chunk, SourceError):
            raise chunk
        yield chunk


def _reason(error: Exception) -> str:
    if isinstance(error, SourceError):
        return str(error)
    return f"not a whole gzip file ({error}); fetch it again"
