"""What is in some capture files, and what became of every line of them?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries import pairing, store
from queries.config import default_cache
from queries.ingest import Ingested, estimate, ingest
from queries.objects import is_s3
from queries.progress import Progress
from queries.samples import Captures

if TYPE_CHECKING:
    from queries.outlay import Outlay
    from queries.pairing import Paired


def read_anything(
    location: str,
    *,
    production: str | None = None,
    shadow: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Ingested:
    """Read a folder, a file or an ``s3://`` prefix, with no configuration.

    Every variant there is, or the two that are named: a folder of that name is then enough.

    Raises
    ------
    SourceError
        When the location cannot be listed.
    """
    captures, folder = _anything(location, production, shadow)
    return ingest(captures, folder, progress=progress)


def estimate_anything(
    location: str,
    *,
    production: str | None = None,
    shadow: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Outlay:
    """What ``read_anything`` would ask of S3; nothing is read.

    Raises
    ------
    SourceError
        When the location cannot be listed, or lies on this machine.
    """
    captures, folder = _anything(location, production, shadow)
    return estimate(captures, folder, progress=progress)


def _anything(location: str, production: str | None, shadow: str | None) -> tuple[Captures, Path]:
    where = location if is_s3(location) else str(Path(location).expanduser().absolute())
    folder = store.folder_of(default_cache(), where, production or "", shadow or "")
    return Captures(location=where, production=production, shadow=shadow), folder


def sides(
    variants: Sequence[str], production: str | None = None, shadow: str | None = None
) -> tuple[str | None, str | None]:
    """Which of some variants is production and which its shadow, as far as told.

    Of two, the one that is called shadow is it; a single one is production. Among more, nobody
    can tell: what was not told stays ``None``.

    >>> sides(["Shadow-01", "AllTraffic"])
    ('AllTraffic', 'Shadow-01')
    """
    told = [name for name in (production, shadow) if name is not None]
    left = sorted(
        (name for name in variants if name not in told),
        key=lambda name: ("shadow" in name.lower(), name),
    )
    if len(told) + len(left) <= 2:
        if production is None and left:
            production = left.pop(0)
        if shadow is None and left:
            shadow = left.pop(0)
    return production, shadow


def document(read: Ingested, production: str | None, shadow: str | None) -> dict[str, Any]:
    """Give everything that was read as plain data, its fields as docs/cli.md lists them.

    The two variants are paired where both are known, and where there is only production.
    """
    counted = _counted(read)
    rejects = [asdict(reject) for segment in read.segments for reject in segment.rejects]
    return {
        "production": production,
        "shadow": shadow,
        "objects": sum(len(segment.parts) for segment in read.segments) + len(read.failed),
        "failed": [asdict(failed) for failed in read.failed],
        "ignored": [{"file": each.name, "reason": each.reason} for each in read.ignored],
        "lines": counted["lines"],
        "records": counted["records"],
        "rejected": len(rejects),
        "rejects": rejects,
        **_kinds(read),
        "reading": {variant: reading.sentence for variant, reading in read.readings.items()},
        "rows": counted["rows"],
        "unreadable": counted["unreadable"],
        "ids": {"inference_id": counted["inference_ids"], "event_id": counted["event_ids"]},
        "pairs": None if production is None else _pairs(_paired(read, production, shadow)),
    }


def _counted(read: Ingested) -> Counter[str]:
    names = ("lines", "records", "rows", "unreadable", "inference_ids", "event_ids")
    return Counter(
        {name: sum(getattr(segment, name) for segment in read.segments) for name in names}
    )


def _kinds(read: Ingested) -> dict[str, dict[str, int]]:
    """Records by variant, and payloads (a request and an answer each) by type and encoding."""
    variants: Counter[str] = Counter()
    content_types: Counter[str] = Counter()
    encodings: Counter[str] = Counter()
    for segment in read.segments:
        variants[segment.variant] += segment.records
        for shape in segment.shapes:
            for side in (shape.content_type_in, shape.content_type_out):
                content_types[side or "none"] += shape.records
            for side in (shape.encoding_in, shape.encoding_out):
                encodings[side or "none"] += shape.records
    return {
        "variants": dict(variants),
        "content_types": dict(content_types),
        "encodings": dict(encodings),
    }


def _paired(read: Ingested, production: str, shadow: str | None) -> Paired:
    answers = read.of(shadow) if shadow is not None else ()
    return pairing.pair(read.store, read.of(production), answers)


def _pairs(paired: Paired) -> dict[str, Any]:
    return {
        "total": paired.pairs,
        "by_method": dict(paired.by_method),
        "production_only": paired.production_only,
        "shadow_only": paired.shadow_only,
        "ambiguous": paired.ambiguous_production + paired.ambiguous_shadow,
    }
