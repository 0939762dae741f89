"""Where do the captures lie: one front for a folder, a file and an ``s3://`` prefix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from queries.errors import SourceError
from queries.keys import CAPTURES, CaptureObject, Ignored, Listing, Wanted
from queries.local import FolderReader, list_folder

if TYPE_CHECKING:
    from queries.config import Aws

__all__ = ["CaptureObject", "Ignored", "Listing", "ObjectReader", "list_objects", "reader"]


class ObjectReader(Protocol):
    """Reads the objects of one location; safe to share between threads."""

    def read(self, found: CaptureObject) -> bytes:
        """The bytes of one object as stored (``.gz`` is not unpacked); raises SourceError."""

    def read_range(self, found: CaptureObject, start: int, end: int) -> bytes:
        """The bytes ``start`` (included) to ``end`` (not included); raises SourceError."""

    def read_ranges(self, found: CaptureObject, size: int) -> Iterator[bytes]:
        """One object, from its begin to its end, ``size`` bytes at a time; raises SourceError."""

    def read_many(
        self, objects: Iterable[CaptureObject]
    ) -> Iterator[tuple[CaptureObject, bytes | SourceError]]:
        """Each object in the order given, with its bytes or with the error it met."""


def list_objects(
    location: str,
    *,
    aws: Aws | None = None,
    production: str | None = None,
    shadow: str | None = None,
    endpoint: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    since: datetime | None = None,
    suffixes: tuple[str, ...] = CAPTURES,
    tell: Callable[[int, int], None] | None = None,
) -> Listing:
    """Capture files under a location, bounded by variants, endpoint and window.

    Files in the hour before ``start`` and after ``end`` are included, for a record can lie in the
    folder next to its own hour: filter on ``inferenceTime`` afterwards. Files outside SageMaker's
    date folders are always included. Hour folders before ``since`` are left out, as known already.
    What is left out for another reason than the time stands in ``ignored``. Of S3, where a listing
    can take long, ``tell`` hears again and again how many files and bytes were found so far.

    Raises
    ------
    SourceError
        When a folder cannot be opened, or AWS refuses (``AwsError``).
    """
    wanted = Wanted(
        production=production,
        shadow=shadow,
        endpoint=endpoint,
        start=start,
        end=end,
        since=since,
        suffixes=suffixes,
    )
    if is_s3(location):
        from queries.s3 import list_prefix

        return list_prefix(location, wanted, aws, tell)
    return list_folder(location, wanted)


def reader(location: str, aws: Aws | None = None) -> ObjectReader:
    """What reads the objects that ``list_objects(location)`` found."""
    if is_s3(location):
        from queries.s3_reader import S3Reader

        return S3Reader(location, aws)
    return FolderReader()


def is_s3(location: str) -> bool:
    """Whether a location lies in S3 rather than on this machine."""
    return location.lower().startswith("s3://")
