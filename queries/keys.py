"""What does a path or S3 key say about the capture file behind it?

SageMaker writes ``{destination}/{endpoint}/{variant}/yyyy/mm/dd/hh/MM-SS-mmm-{uuid}.jsonl`` (UTC).
The destination can hold anything, dates and ``=`` included, so a key is read from the right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

# The pattern of both VariantName and EndpointName in SageMaker's API, at most 63 characters.
SAGEMAKER_NAME = re.compile(r"[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?", re.ASCII)

CAPTURES = (".jsonl", ".ndjson", ".json")
TABLES = (".csv", ".tsv", ".txt", ".parquet")
"""How files with labels in columns are named."""

_HOUR_FOLDER = re.compile(r"(?:(.*)/)?(\d{4})/(\d\d)/(\d\d)/(\d\d)", re.ASCII | re.DOTALL)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CaptureObject:
    """One capture file, as the listing saw it.

    ``key`` is the absolute path or the S3 key, ``location`` the folder, file or ``s3://`` prefix
    that was listed, ``name`` the key below it (for the screen). ``hour`` is the UTC hour of the
    folder, ``None`` outside SageMaker's layout. ``etag`` is S3's ETag, or the modification time
    in nanoseconds: with key and ``size`` (bytes) it tells whether the content can have changed.
    ``arrived`` is when it was written there (UTC), None where no listing told it.
    """

    key: str
    location: str
    variant: str | None
    endpoint: str | None
    hour: datetime | None
    size: int
    etag: str
    name: str
    arrived: datetime | None = None

    @property
    def identity(self) -> tuple[str, int, str]:
        """What is the same has been read already."""
        return self.key, self.size, self.etag


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something under the location that is not read, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The capture files of a location, sorted by variant and key, and what was left out.

    ``requests`` is how many LISTs of S3 it took.
    """

    objects: tuple[CaptureObject, ...]
    ignored: tuple[Ignored, ...]
    requests: int = field(default=0, compare=False)

    @property
    def bytes(self) -> int:
        """Size of all objects together."""
        return sum(found.size for found in self.objects)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose captures a folder holds; each part ``None`` where the path does not say."""

    endpoint: str | None
    variant: str | None
    hour: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which captures are asked for; ``None`` asks for all.

    ``start`` and ``end`` are aware. A record can lie in the folder of the hour before or after
    its own ``inferenceTime``, so the hours next to the window are included. ``since`` is the first
    hour folder that is not known already. ``suffixes`` are the names of files that are read, each
    also with ``.gz``.
    """

    production: str | None = None
    shadow: str | None = None
    endpoint: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    since: datetime | None = None
    suffixes: tuple[str, ...] = CAPTURES

    @property
    def variants(self) -> frozenset[str]:
        """The variants named; empty when every variant is wanted."""
        return frozenset(name for name in (self.production, self.shadow) if name)

    @property
    def first_hour(self) -> datetime | None:
        """The earliest hour folder to read."""
        start = None if self.start is None else _floor(self.start) - _HOUR
        return max((each for each in (start, self.since) if each), default=None)

    @property
    def last_hour(self) -> datetime | None:
        """The latest hour folder to read."""
        return None if self.end is None else _floor(self.end) + _HOUR

    def within(self, hour: datetime | None) -> bool:
        """Whether a folder of this hour is to be read; a folder of no hour always is."""
        if hour is None:
            return True
        first, last = self.first_hour, self.last_hour
        return (first is None or hour >= first) and (last is None or hour <= last)

    def refusal(self, place: Place) -> str | None:
        """Why captures of this place are not wanted, or ``None``; hours are not looked at."""
        if self.endpoint and place.endpoint and place.endpoint != self.endpoint:
            return f"belongs to the endpoint {place.endpoint}, not to {self.endpoint}"
        if self.variants and place.variant and place.variant not in self.variants:
            named = " or ".join(sorted(self.variants))
            return f"belongs to the variant {place.variant}, not to {named}"
        return None


def place_of(folder: str, *, variants: frozenset[str] = frozenset()) -> Place:
    """Endpoint, variant and hour of a folder, read from the right; never raises.

    Outside SageMaker's layout, the last part of the path equal to one of ``variants`` is taken
    for the variant, so that copies such as ``captures/ShadowTraffic/part-1.jsonl`` work.

    >>> place_of("prefix/2020/fraud/AllTraffic/2024/03/31/16")
    Place(endpoint='fraud', variant='AllTraffic', \
hour=datetime.datetime(2024, 3, 31, 16, 0, tzinfo=datetime.timezone.utc))
    """
    hour = None
    match = _HOUR_FOLDER.fullmatch(folder)
    if match:
        above, year, month, day, hour_of_day = match.groups()
        try:
            hour = datetime(int(year), int(month), int(day), int(hour_of_day), tzinfo=UTC)
        except ValueError:  # such as a folder 2024/13/40/99: not SageMaker's
            match = None
    if match:
        parts = (above or "").rsplit("/", 2)
        variant = _sagemaker_name(parts[-1])
        endpoint = _sagemaker_name(parts[-2]) if variant and len(parts) > 1 else None
        if variant is not None:
            return Place(endpoint, variant, hour)
    named = next((part for part in reversed(folder.split("/")) if part in variants), None)
    return Place(None, named, hour)


def refusal_of_name(name: str, suffixes: tuple[str, ...] = CAPTURES) -> str | None:
    """Why a file of this name is not read, or ``None`` when it may be.

    >>> refusal_of_name("57-29-141-b62d.JSONL.gz")
    >>> refusal_of_name("notes.txt")
    'is not named .jsonl, .ndjson or .json (or one of them with .gz)'
    """
    if name.startswith("."):
        return "is hidden"
    lower = name.lower()
    if lower.endswith(".tmp"):
        return "is a temporary file, still being written"
    if lower.removesuffix(".gz").endswith(suffixes):
        return None
    return f"is not named {', '.join(suffixes[:-1])} or {suffixes[-1]} (or one of them with .gz)"


def sort_key(found: CaptureObject) -> tuple[str, str]:
    """Order of a listing: by variant, then by key."""
    return (found.variant or "", found.key)


def _sagemaker_name(part: str) -> str | None:
    return part if SAGEMAKER_NAME.fullmatch(part) else None


def _floor(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
