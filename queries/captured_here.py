"""What was captured of a test whose captures were read on this machine?"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

from analysis.report import IngestCounts
from queries.captured import Arrivals, Found, Types, aware
from queries.captured_records import (
    GONE,
    content_of,
    evenly,
    hashed,
    parse_reference,
    record_at,
    reference_to,
)
from queries.careful import Reject
from queries.errors import QuestionError
from queries.filtered import Relation
from queries.keys import CaptureObject, place_of
from queries.objects import reader
from queries.pairing import Paired, pairs_file

if TYPE_CHECKING:
    from analysis.estimates import Window
    from queries.accounts import Part, Segment
    from queries.captured import Side
    from queries.config import Aws, Test
    from queries.engine import Engine
    from queries.ingest import Ingested
    from queries.reading import Layout


class CapturedHere:
    """What the accounts of the segments say; see :class:`queries.captured.Captured`."""

    def __init__(
        self, test: Test, aws: Aws, ingested: Ingested, paired: Paired, engine: Engine
    ) -> None:
        self.ingested = ingested
        self.paired = paired
        self._location = test.source
        self._aws = aws
        self._variants = {"production": test.production, "shadow": test.shadow}
        self._engine = engine

    @property
    def name(self) -> str:
        """That of the pairs, and what failed: it is tried again."""
        return repr((self.paired.name, self.ingested.failed))

    @property
    def made_of(self) -> object:
        """The segments, and what failed."""
        return made_of(self.ingested)

    @property
    def intact(self) -> bool:
        """Whether the files are still there: those superseded are removed after a while."""
        kept = self.ingested.store
        files = [kept.parquet(segment) for segment in self.ingested.segments]
        return all(file.exists() for file in (*files, pairs_file(kept, self.paired.name)))

    @property
    def endpoint(self) -> str | None:
        """The first endpoint that a key names."""
        return endpoint_of(self.ingested.segments)

    @property
    def collisions(self) -> int:
        """As the ladder counted them."""
        return self.paired.collisions

    def extent(self) -> tuple[datetime, datetime] | None:
        """As the question says."""
        answer = self._engine.run("extent")
        first, last = answer.one("first_ts"), answer.one("last_ts")
        return None if first is None else (aware(first), aware(last))

    def production_rows(self, window: Window) -> int:
        """All of production's segments, whatever the window."""
        return sum(segment.rows for segment in self._of("production"))

    @property
    def counts(self) -> IngestCounts:
        """The sums of the segments' accounts."""
        segments = self.ingested.segments
        return IngestCounts(
            # both sides of a paired log are read from the same objects
            objects=len({part.identity for segment in segments for part in segment.parts})
            + len(self.ingested.failed),
            failed=len(self.ingested.failed),
            lines=sum(segment.lines for segment in segments),
            records=sum(segment.records for segment in segments),
            rejected=sum(len(segment.rejects) for segment in segments),
            rows=sum(segment.rows for segment in segments),
            unreadable=sum(segment.unreadable for segment in segments),
            without_time=sum(segment.without_time for segment in segments),
            absent=sum(segment.absent for segment in segments),
            bytes=sum(segment.bytes for segment in segments),
        )

    def unwritten(self, now: datetime) -> tuple[datetime, ...]:
        """None: whatever is listed is read."""
        return ()

    def types(self, side: Side) -> Types:
        """The shapes of a variant's records."""
        found = Types(Counter(), Counter())
        for segment in self._of(side):
            for shape in segment.shapes:
                found.requests[shape.content_type_in] += shape.records
                found.answers[shape.content_type_out] += shape.records
        return found

    def rejects(self) -> tuple[Reject, ...]:
        """Once each, though both sides of a paired log meet the same line."""
        failed = (Reject(f.file, 0, 0, f.reason) for f in self.ingested.failed)
        lines = (reject for segment in self.ingested.segments for reject in segment.rejects)
        return tuple(dict.fromkeys((*failed, *lines)))

    def arrivals(self) -> Arrivals | None:
        """Of the files of each variant that arrived last (``sight.NEWEST``)."""
        arrived = list(self._arrived())
        if not arrived:
            return None
        values = tuple(
            value
            for segment, part, at in arrived
            for value in (int(segment.name, 16), part.first, part.first + part.lines - 1, at)
        )
        marks = ", ".join(
            ["(CAST(? AS UBIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TIMESTAMP))"]
            * len(arrived)
        )
        names = "(segment, first_line, last_line, arrived)"
        given = Relation("arrivals", f"SELECT * FROM (VALUES {marks}) AS v {names}", values)
        answer = self._engine.run("delivery", given=[given])
        return Arrivals(
            answer["variant"], answer["seconds"], answer["newest"], answer["n"], len(arrived)
        )

    def newest_objects(self, side: Side, most: int) -> tuple[CaptureObject, ...]:
        """The last by their keys, which begin with the hour."""
        return tuple(self._object(part) for part in self._parts(side)[: -most - 1 : -1])

    def some_objects(
        self, side: Side, records: int, between: tuple[int, int]
    ) -> tuple[CaptureObject, ...]:
        """Of the objects that hold a line."""
        parts = [part for part in self._parts(side) if part.lines]
        lines = sum(part.lines for part in parts)
        least, largest = between
        wanted = ceil(records * len(parts) / lines) if lines else 0
        found = [self._object(part) for part in parts]
        return evenly(found, min(max(least, wanted), largest))

    def reference(self, side: Side, segment: int, line: int) -> str:
        """The object by its identity, whichever segment its rows lie in."""
        found = self._segments[f"{segment:016x}"]
        at = bisect_right(found.parts, line, key=lambda part: part.first) - 1
        part = found.parts[at]
        return reference_to(_identity(found, part), line - part.first + 1)

    def record(self, reference: str) -> Found | None:
        """Read anew from its object: payloads are not kept here."""
        part, number, layout = self._place(reference)
        content = content_of(reader(self._location, self._aws), self._object(part))
        if content is None:
            return None
        found = record_at(content, number - 1, layout, document=part.document)
        if found is None:
            return None
        scheme, _, rest = self._location.partition("://")
        in_s3 = scheme == "s3"
        address = f"s3://{rest.partition('/')[0]}/{part.key}" if in_s3 else part.key
        return Found(address, *found)

    @cached_property
    def _segments(self) -> dict[str, Segment]:
        return {segment.name: segment for segment in self.ingested.segments}

    def _of(self, side: Side) -> tuple[Segment, ...]:
        return self.ingested.of(self._variants[side])

    def _parts(self, side: Side) -> list[Part]:
        parts = (part for segment in self._of(side) for part in segment.parts)
        return sorted(parts, key=lambda part: part.key)

    def _object(self, part: Part) -> CaptureObject:
        where = part.key, self._location
        return CaptureObject(*where, None, None, None, part.size, part.etag, part.name)

    def _place(self, reference: str) -> tuple[Part, int, Layout]:
        name, number = parse_reference(reference)
        for segment in self.ingested.segments:
            for part in segment.parts:
                if number <= part.lines and hashed(_identity(segment, part)) == name:
                    return part, number, self.ingested.readings[segment.variant].layout
        raise QuestionError(GONE)

    def _arrived(self) -> Iterator[tuple[Segment, Part, datetime]]:
        """The newest files, where their lines lie, and when they arrived (UTC, without a zone)."""
        newest = {(each.variant or "", each.identity): each for each in self.ingested.newest}
        for segment in self.ingested.segments:
            for part in segment.parts:
                seen = newest.get((segment.variant, part.identity))
                if seen is not None and seen.arrived is not None:
                    yield segment, part, seen.arrived.astimezone(UTC).replace(tzinfo=None)


def endpoint_of(segments: Iterable[Segment]) -> str | None:
    """The first endpoint that a key of some segments names."""
    keys = (part.key for segment in segments for part in segment.parts)
    places = (place_of(key.rpartition("/")[0]) for key in keys)
    return next((place.endpoint for place in places if place.endpoint), None)


def made_of(ingested: Ingested) -> object:
    """What opening captures that were read depends on."""
    return ingested.segments, ingested.failed


def _identity(segment: Segment, part: Part) -> tuple[object, ...]:
    # of a paired log each object is read once for each variant
    return segment.variant, *part.identity
