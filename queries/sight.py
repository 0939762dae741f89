"""What is there to be read, as one listing finds it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import nlargest
from typing import TYPE_CHECKING

from queries import listed
from queries.objects import CaptureObject, Listing, list_objects
from queries.progress import Progress

if TYPE_CHECKING:
    from queries.config import Aws
    from queries.samples import Captures
    from queries.store import Manifest, Store

# Objects of each variant that tell how fresh the captures are: most of an hour of one instance.
NEWEST = 40


@dataclass(frozen=True, slots=True)
class Sight:
    """What there is, as one listing found it.

    ``objects`` stand there with the variant they are read for; ``before`` is what was known, and
    not listed again.
    """

    began: datetime
    listing: Listing
    objects: tuple[CaptureObject, ...]
    before: listed.Listed | None

    @property
    def newest(self) -> tuple[CaptureObject, ...]:
        """The objects of each variant that arrived last."""
        return _newest(self.objects)

    def by_variant(self) -> Iterable[tuple[str, list[CaptureObject]]]:
        """The objects of each variant, in order."""
        for variant in sorted({found.variant or "" for found in self.objects}):
            yield variant, [found for found in self.objects if (found.variant or "") == variant]

    def remember(self, store: Store, manifest: Manifest, captures: Captures) -> None:
        """Let the next look begin where this one has seen all."""
        listed.remember(
            store,
            manifest,
            captures,
            self.listing,
            self.newest,
            began=self.began,
            before=self.before,
        )


def sight(
    store: Store,
    manifest: Manifest,
    captures: Captures,
    aws: Aws | None,
    told: Callable[[Progress], None],
    whole_since: datetime | None,
) -> Sight:
    """List what there is; of the hours that were over at ``whole_since``, only what is unknown.

    Raises
    ------
    SourceError
        When the location cannot be listed.
    """
    began = datetime.now(UTC)
    before = listed.known(store, manifest, captures, whole_since)
    listing = _list(captures, aws, told, None if before is None else before.since)
    if before is not None:
        listing = listed.completed(listing, before, store.segments(manifest), captures)
    return Sight(began, listing, _of_variants(listing.objects, captures), before)


def _list(
    captures: Captures,
    aws: Aws | None,
    told: Callable[[Progress], None],
    since: datetime | None,
) -> Listing:
    return list_objects(
        captures.location,
        aws=aws,
        production=None if captures.log else captures.production,
        shadow=None if captures.log else captures.shadow,
        endpoint=None if captures.log else captures.endpoint,
        start=captures.start,
        end=captures.end,
        since=since,
        tell=lambda files, size: told(Progress(0, files, 0, size, None, listing=True)),
    )


def _newest(objects: Sequence[CaptureObject]) -> tuple[CaptureObject, ...]:
    return tuple(
        found
        for variant in sorted({found.variant or "" for found in objects})
        for found in nlargest(
            NEWEST,
            (each for each in objects if (each.variant or "") == variant and each.arrived),
            key=lambda each: (each.arrived, each.key),
        )
    )


def _of_variants(objects: Sequence[CaptureObject], captures: Captures) -> tuple[CaptureObject, ...]:
    """The objects with the variant they are read for; one of a paired log stands there twice."""
    if not captures.log:
        return tuple(objects)
    sides = (captures.production, captures.shadow)
    return tuple(replace(found, variant=side) for side in sides for found in objects)
