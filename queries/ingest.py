"""Which captures are new, and how do they get into the store?

Every object is read once in its life: its path, size and ETag tell whether it has been. New
objects are grouped into segments and read by a few workers side by side; each finished segment
counts at once, so an interrupted ingest goes on where it stopped.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from queries.accounts import Segment
from queries.config_prices import Prices
from queries.errors import SourceError
from queries.joining import join
from queries.objects import CaptureObject, Ignored, is_s3, reader
from queries.outlay import Outlay, outlay
from queries.progress import Meter, Progress
from queries.reading import Reading
from queries.samples import SAMPLE_OBJECTS, Captures, declaration, named, readings_of
from queries.segments import SEGMENT_BYTES, SegmentReader, fingerprint, plan
from queries.sight import Sight, sight
from queries.spool import Failed
from queries.store import KnownReading, Manifest, Store, format_version

if TYPE_CHECKING:
    from queries.config import Aws

# What comes after is joined to a segment smaller than this, so that a test watched for weeks does
# not end as thousands of small files.
OPEN_BYTES = SEGMENT_BYTES // 4
MAX_WORKERS = 4
_TELL_S = 0.2


@dataclass(frozen=True, slots=True)
class Ingested:
    """Everything read from one source, with an account of what was not.

    ``newest`` are the objects of each variant that arrived last.
    """

    store: Store
    segments: tuple[Segment, ...]
    readings: dict[str, Reading]
    failed: tuple[Failed, ...]
    ignored: tuple[Ignored, ...]
    newest: tuple[CaptureObject, ...] = ()

    def of(self, variant: str) -> tuple[Segment, ...]:
        """The segments of one variant."""
        return tuple(segment for segment in self.segments if segment.variant == variant)


def ingest(
    captures: Captures,
    folder: Path,
    aws: Aws | None = None,
    *,
    prices: Prices | None = None,
    whole_since: datetime | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Ingested:
    """Read what is new under ``captures`` into ``folder``, and account for all that is there.

    Safe to be killed at any moment, and safe with several processes on one folder: one reads, the
    others wait and find the work done. Where all was listed at ``whole_since`` or later, hours that
    were over then are not listed again (``listed``). What ``progress`` raises ends the reading; it
    hears what there is to be read, and what that costs by ``prices``, before any of it is.

    Raises
    ------
    SourceError
        When the location cannot be listed; what was read before stays. A single object that
        cannot be read is reported in ``failed`` and tried again next time.
    """
    told = progress or (lambda _: None)
    store = Store(folder)
    manifest = store.manifest()
    seen = sight(store, manifest, captures, aws, told, whole_since)
    segments = store.segments(manifest)
    if not _complete(seen.objects, segments, manifest, captures):
        with store.lock():
            if store.manifest() != manifest:
                # another has read since: ours may lack what it found
                manifest = store.manifest()
                seen = sight(store, manifest, captures, aws, told, whole_since)
            manifest = _catch_up(store, seen, captures, aws, told, prices or Prices())
        segments = store.segments(manifest)
        seen.remember(store, manifest, captures)
    else:
        size = sum(found.size for found in seen.objects)
        told(Progress(len(seen.objects), len(seen.objects), size, size, 0))
        if seen.before is None:
            seen.remember(store, manifest, captures)
    readings = {v: named(k.reading, captures.names) for v, k in manifest.readings.items()}
    return Ingested(store, segments, readings, manifest.failed, seen.listing.ignored, seen.newest)


def estimate(
    captures: Captures,
    folder: Path,
    aws: Aws | None = None,
    *,
    prices: Prices | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Outlay:
    """What ``ingest`` would ask of S3 now, beyond what is read already; nothing is read.

    Raises
    ------
    SourceError
        When the location cannot be listed, or is a folder of this machine.
    """
    if not is_s3(captures.location):
        raise SourceError(
            f"{captures.location} lies on this machine, where reading costs nothing; only s3:// "
            "addresses are estimated."
        )
    store = Store(folder)
    manifest = store.manifest()
    seen = sight(store, manifest, captures, aws, progress or (lambda _: None), None)
    declared = declaration(captures.prediction, captures.cluster)
    new: list[CaptureObject] = []
    for variant, mine in seen.by_variant():
        known = manifest.readings.get(variant)
        if known is None or known.declared != declared:
            new += mine
        else:
            new += _still_good(store.segments(manifest), variant, known.reading, mine)[1]
    return _outlay(new, seen, manifest, captures, prices or Prices())


def _complete(
    objects: Sequence[CaptureObject],
    segments: Sequence[Segment],
    manifest: Manifest,
    captures: Captures,
) -> bool:
    """Whether the store holds just these objects, read as they are declared now."""
    known = {(segment.variant, part.identity) for segment in segments for part in segment.parts}
    declared = declaration(captures.prediction, captures.cluster)
    return (
        len(segments) == len(manifest.segments)
        and known == {(found.variant or "", found.identity) for found in objects}
        and all(known.declared == declared for known in manifest.readings.values())
    )


def _catch_up(
    store: Store,
    seen: Sight,
    captures: Captures,
    aws: Aws | None,
    tell: Callable[[Progress], None],
    prices: Prices,
) -> Manifest:
    manifest = before = store.manifest()
    store.sweep(manifest)
    source = reader(captures.location, aws)
    readings = readings_of(seen.objects, manifest, captures, source)
    kept: list[Segment] = []
    jobs: list[tuple[str, list[CaptureObject]]] = []
    for variant, mine in seen.by_variant():
        stays, new = _still_good(store.segments(manifest), variant, readings[variant].reading, mine)
        kept += stays
        jobs += [(variant, group) for group in plan(new)]
    manifest = Manifest(format_version(), tuple(s.name for s in kept), readings)
    cost = None
    if is_s3(captures.location):
        cost = _outlay([f for _, group in jobs for f in group], seen, before, captures, prices)
    meter = Meter(jobs, source, tell, cost)
    store.write_manifest(manifest)
    failed: list[Failed] = []
    with _Workers(store.folder, meter) as workers:
        for read in workers.read(jobs, readings, shadow=captures.shadow):
            failed += read.failed
            store.add(read)
            open_ = next((s for s in kept if s.variant == read.variant and _grows(s)), None)
            if open_ is None or not read.parts:
                kept.append(read)
            else:
                joined = join(store, open_, read)
                store.add(joined)
                kept[kept.index(open_)] = joined
            kept.sort(key=lambda s: (s.variant, min((p.key for p in s.parts), default="")))
            manifest = replace(manifest, segments=tuple(s.name for s in kept), failed=tuple(failed))
            store.write_manifest(manifest)
            meter.add(read)
    return manifest


def _outlay(
    new: Sequence[CaptureObject],
    seen: Sight,
    manifest: Manifest,
    captures: Captures,
    prices: Prices,
) -> Outlay:
    """What the new objects take, and the first ones of each variant that is yet to be looked at."""
    declared = declaration(captures.prediction, captures.cluster)
    samples = sum(
        min(len(mine), SAMPLE_OBJECTS)
        for variant, mine in seen.by_variant()
        if (known := manifest.readings.get(variant)) is None or known.declared != declared
    )
    return outlay(new, lists=seen.listing.requests, samples=samples, prices=prices)


def _still_good(
    segments: Iterable[Segment], variant: str, reading: Reading, objects: Sequence[CaptureObject]
) -> tuple[list[Segment], list[CaptureObject]]:
    """The segments of a variant that stay, and the objects that are still to be read."""
    listed = {found.identity for found in objects}
    stays = [
        segment
        for segment in segments
        if segment.variant == variant
        and segment.reading == fingerprint(reading)
        # one without parts holds nothing: its objects could not be read, and are tried again
        and segment.parts
        and all(part.identity in listed for part in segment.parts)
    ]
    have = {part.identity for segment in stays for part in segment.parts}
    return stays, [found for found in objects if found.identity not in have]


def _grows(segment: Segment) -> bool:
    """Whether what comes after is to be joined to this segment."""
    return bool(segment.parts) and segment.bytes < OPEN_BYTES


class _Workers:
    """A few threads, each with a segment reader of its own."""

    def __init__(self, folder: Path, meter: Meter) -> None:
        self._folder = folder
        self._meter = meter
        self._local = threading.local()
        self._readers: list[SegmentReader] = []
        self._pool = ThreadPoolExecutor(min(MAX_WORKERS, max(2, os.cpu_count() or 2)))

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        for segment_reader in self._readers:
            segment_reader.close()

    def read(
        self,
        jobs: Sequence[tuple[str, list[CaptureObject]]],
        readings: dict[str, KnownReading],
        *,
        shadow: str | None,
    ) -> Iterable[Segment]:
        """Each segment as it is done. A shadow's inputs are production's own: read once."""
        running = {
            self._pool.submit(
                self._one, group, variant, readings[variant].reading, variant != shadow
            )
            for variant, group in jobs
        }
        while running:
            done, running = wait(running, timeout=_TELL_S, return_when=FIRST_COMPLETED)
            self._meter.tell()
            for each in done:
                yield each.result()

    def _one(
        self, group: list[CaptureObject], variant: str, reading: Reading, with_features: bool
    ) -> Segment:
        mine: SegmentReader | None = getattr(self._local, "reader", None)
        if mine is None:
            mine = self._local.reader = SegmentReader(self._folder, self._meter)
            self._readers.append(mine)
        return mine.read(group, variant, reading, with_features=with_features)
