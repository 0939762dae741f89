"""How far is the reading of captures, and how long will it take?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from queries.objects import CaptureObject, ObjectReader

if TYPE_CHECKING:
    from queries.accounts import Segment
    from queries.errors import SourceError
    from queries.outlay import Outlay


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running ingest is. ``seconds_left`` is None until it can be told.

    While it is still ``listing``, ``files`` and ``bytes`` are those found so far. ``outlay`` is
    what the reading asks of S3, None where nothing lies there.
    """

    files_done: int
    files: int
    bytes_done: int
    bytes: int
    seconds_left: float | None
    listing: bool = False
    outlay: Outlay | None = None


class Meter:
    """A reader that counts what is read through it, and tells the caller how far that is.

    It counts in the workers' threads, but tells in the caller's: a page can only be drawn there.
    """

    def __init__(
        self,
        jobs: Sequence[tuple[str, list[CaptureObject]]],
        source: ObjectReader,
        tell: Callable[[Progress], None],
        outlay: Outlay | None = None,
    ) -> None:
        self._source = source
        self._tell = tell
        self._outlay = outlay
        self._left = {(v, found.name): found.size for v, group in jobs for found in group}
        self._files, self._bytes = len(self._left), sum(self._left.values())
        self._bytes_done = 0
        self._told: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._since = time.monotonic()
        self.tell()

    def read(self, found: CaptureObject) -> bytes:
        """As of the reader."""
        content = self._source.read(found)
        self._count(found, found.size)
        return content

    def read_range(self, found: CaptureObject, start: int, end: int) -> bytes:
        """As of the reader."""
        content = self._source.read_range(found, start, end)
        self._count(found, len(content))
        return content

    def read_ranges(self, found: CaptureObject, size: int) -> Iterator[bytes]:
        """As of the reader."""
        for content in self._source.read_ranges(found, size):
            self._count(found, len(content))
            yield content

    def read_many(
        self, objects: Iterable[CaptureObject]
    ) -> Iterator[tuple[CaptureObject, bytes | SourceError]]:
        """As of the reader."""
        for found, content in self._source.read_many(objects):
            self._count(found, found.size)
            yield found, content

    def add(self, segment: Segment) -> None:
        """Count all of a finished segment, however its objects were read."""
        names = [part.name for part in segment.parts] + [f.file for f in segment.failed]
        with self._lock:
            self._bytes_done += sum(self._left.pop((segment.variant, n), 0) for n in names)
        self.tell()

    def tell(self) -> None:
        """Say how far the reading is, where it is any further."""
        with self._lock:
            done = files_done, bytes_done = self._files - len(self._left), self._bytes_done
        if done == self._told:
            return
        self._told = done
        spent = time.monotonic() - self._since
        left = spent * (self._bytes / bytes_done - 1) if bytes_done else None
        self._tell(
            Progress(files_done, self._files, bytes_done, self._bytes, left, outlay=self._outlay)
        )

    def _count(self, found: CaptureObject, size: int) -> None:
        key = found.variant or "", found.name
        with self._lock:
            left = self._left.pop(key, 0)
            counted = min(size, left)
            self._bytes_done += counted
            if counted < left:
                self._left[key] = left - counted
