"""What is to be read, and how is each variant of it read?

As the configuration declares it; else as it was guessed from the first captures, once.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from queries.careful import document_of, documents_in, parse_line
from queries.cluster_keys import key_of
from queries.config import Prediction
from queries.errors import SourceError
from queries.guessing import guess_reading
from queries.objects import CaptureObject, ObjectReader
from queries.reading import Layout, Reading
from queries.records import NotARecord, Record
from queries.spool import plain_bytes
from queries.store import KnownReading, Manifest

if TYPE_CHECKING:
    from datetime import datetime

    from queries.config import Test

SAMPLE_RECORDS = 200
SAMPLE_OBJECTS = 10
SAMPLE_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Captures:
    """Which captures to read, and how; ``None`` as variants reads all variants there are.

    ``log`` says that the lines hold both answers: each is read once for each variant.
    """

    location: str
    log: bool = False
    production: str | None = None
    shadow: str | None = None
    endpoint: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    prediction: Prediction = field(default_factory=Prediction)
    cluster: str | None = None
    names: tuple[str, ...] | None = None

    @classmethod
    def of(cls, test: Test, names: tuple[str, ...] | None) -> Captures:
        """The captures of a configured test."""
        return cls(
            location=test.source,
            log=test.log is not None,
            production=test.production,
            shadow=test.shadow,
            endpoint=test.endpoint,
            start=test.start,
            end=test.end,
            prediction=test.prediction,
            cluster=test.cluster,
            names=names,
        )


def readings_of(
    objects: Sequence[CaptureObject], manifest: Manifest, captures: Captures, source: ObjectReader
) -> dict[str, KnownReading]:
    """How each variant is read: as before while the declaration stands, else looked at afresh.

    A guess is kept once made, so that captures that arrive later cannot change it unseen.
    """
    declared = declaration(captures.prediction, captures.cluster)
    variants = sorted(
        {found.variant or "" for found in objects}, key=lambda v: (v != captures.production, v)
    )
    wanted = captures.prediction
    readings: dict[str, KnownReading] = {}
    for variant in variants:
        known = manifest.readings.get(variant)
        if known is None or known.declared != declared:
            mine = [found for found in objects if (found.variant or "") == variant]
            layout = _layout(variant, captures)
            looked_at = sample(mine, source, layout)
            guess = guess_reading(looked_at, wanted, captures.names)
            guess = replace(guess, layout=layout)
            if variant == captures.production:
                key = key_of(captures.cluster, guess.input.names, logged=captures.log)
                guess = replace(guess, cluster=key)
            known = KnownReading(declared, guess)
        readings[variant] = known
        if variant == captures.production and wanted.kind is None:
            # both variants answer the same question, whatever the shadow's first answers look like
            wanted = replace(wanted, kind=known.reading.kind)
    return readings


def _layout(variant: str, captures: Captures) -> Layout:
    if not captures.log:
        return "capture"
    return "production" if variant == captures.production else "shadow"


def declaration(prediction: Prediction, cluster: str | None) -> str:
    """What of a declaration the stored columns depend on: all but the threshold."""
    declared = repr(replace(prediction, threshold=0.5))
    return declared if cluster is None else f"{declared}, cluster {cluster!r}"


def sample(objects: Sequence[CaptureObject], source: ObjectReader, layout: Layout) -> list[Record]:
    """The first readable records of some objects that hold no failure: 200, of ten at most."""
    records: list[Record] = []

    def keep(record: Record | None) -> None:
        if record is not None and record.failure is None:
            records.append(record)

    for found in objects[:SAMPLE_OBJECTS]:
        try:
            whole = found.size <= SAMPLE_BYTES or found.name.lower().endswith(".gz")
            content = source.read(found) if whole else source.read_range(found, 0, SAMPLE_BYTES)
            lines = plain_bytes(content).splitlines()
        except (SourceError, OSError, EOFError, zlib.error):
            continue  # the ingest proper reports it
        for line in lines:
            try:
                keep(parse_line(line, layout))
            except NotARecord:
                continue
            if len(records) >= SAMPLE_RECORDS:
                return records
        if not records:
            for _, document in documents_in(plain_bytes(content)):
                try:
                    keep(document_of(document, layout))
                except NotARecord:
                    continue
    return records


def named(reading: Reading, names: tuple[str, ...] | None) -> Reading:
    """The reading under the names known today."""
    width = len(reading.input.names)
    if not names or len(names) != width or reading.input.keys:
        return reading
    return replace(reading, input=replace(reading.input, names=names))
