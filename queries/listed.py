"""Which hours need not be listed again, while a test runs for weeks and is looked at each minute?

SageMaker writes a file within minutes of its requests and touches none again. So the folder of an
hour ``SETTLED`` before the newest one, and before the clock's, holds now what it held when it was
listed, and its objects are known from the accounts of what was read. Everything is listed again now
and then (who looks says how often), which finds what came later all the same, and what was removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from queries.accounts import Segment
from queries.kept import read_json, write_json
from queries.keys import CaptureObject, Ignored, Listing, place_of, sort_key
from queries.objects import is_s3

if TYPE_CHECKING:
    from queries.samples import Captures
    from queries.store import Manifest, Store

SETTLED = timedelta(hours=3)
"""An hour that began so long before the newest is taken to be whole."""
_FILE = "listed.json"


@dataclass(frozen=True, slots=True)
class Listed:
    """What a manifest holds without a look: every object of the hours before ``since``.

    ``at`` is when all was listed the last time; ``of`` names the manifest and what was asked for.
    ``newest`` and ``ignored`` are as the listings had them.
    """

    at: datetime
    since: datetime
    of: str
    newest: tuple[CaptureObject, ...]
    ignored: tuple[Ignored, ...]


def known(
    store: Store, manifest: Manifest, captures: Captures, whole_since: datetime | None
) -> Listed | None:
    """What need not be listed again; None where all is to be.

    That is so unless all was listed at ``whole_since`` or later, and read as the manifest says.
    """
    if whole_since is None:
        return None
    found = read_json(Listed, store.folder / _FILE)
    if found is None or found.of != _name(manifest, captures) or found.at < whole_since:
        return None
    return found


def completed(
    listing: Listing, before: Listed, segments: Iterable[Segment], captures: Captures
) -> Listing:
    """A listing of the hours from ``before.since`` on, with what is known of those before."""
    arrived = {(found.variant or "", found.identity): found for found in before.newest}
    objects = list(listing.objects)
    for segment in segments:
        for part in segment.parts:
            place = place_of(part.key.rpartition("/")[0])
            if place.hour is None or place.hour >= before.since:
                continue
            seen = arrived.get((segment.variant, part.identity))
            objects.append(
                seen
                or CaptureObject(
                    part.key,
                    captures.location,
                    segment.variant or None,
                    place.endpoint,
                    place.hour,
                    part.size,
                    part.etag,
                    part.name,
                )
            )
    told = {each.name for each in listing.ignored}
    ignored = [
        *listing.ignored,
        *(e for e in before.ignored if e.name not in told and _is_before(e.name, before.since)),
    ]
    return Listing(
        tuple(sorted(objects, key=sort_key)),
        tuple(sorted(ignored, key=lambda each: each.name)),
        listing.requests,
    )


def remember(
    store: Store,
    manifest: Manifest,
    captures: Captures,
    listing: Listing,
    newest: Sequence[CaptureObject],
    *,
    began: datetime,
    before: Listed | None,
) -> None:
    """Write down what a look that began then has listed, and the manifest now holds.

    What could not be read has to be listed again, to be tried again.
    """
    hours = [found.hour for found in listing.objects if found.hour is not None]
    if captures.log or not hours or not is_s3(captures.location):
        return
    now = began.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    failed = {each.file for each in manifest.failed}
    again = [found.hour for found in listing.objects if found.name in failed and found.hour]
    write_json(
        Listed(
            at=began if before is None else before.at,
            since=min([min(now, max(hours)) - SETTLED, *again]),
            of=_name(manifest, captures),
            newest=tuple(newest),
            ignored=listing.ignored,
        ),
        store.folder / _FILE,
    )


def _is_before(name: str, since: datetime) -> bool:
    hour = place_of(name.rpartition("/")[0]).hour
    return hour is not None and hour < since


def _name(manifest: Manifest, captures: Captures) -> str:
    """Of the segments that count, what could not be read, and which objects were asked for."""
    asked = (captures.location, captures.production, captures.shadow, captures.endpoint)
    told = (manifest.segments, manifest.failed, asked, captures.start, captures.end)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
