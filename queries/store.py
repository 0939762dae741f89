"""What has been read already, and where does it lie?

One folder for each source of captures:

    manifest.json      which segments count, and how each variant is read; replaced atomically
    {segment}.parquet  the rows of a segment; {segment}.json its account
    pairs-*.parquet    the pairs made of one set of segments

A file counts only once the manifest names it, so a process killed at any moment leaves nothing
behind but files that the next one removes.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from queries.accounts import Segment
from queries.kept import read_json, write_json
from queries.reading import Reading
from queries.spool import Failed

_Made = TypeVar("_Made")
FORMAT = 4
# Another process may still be reading a file that was just superseded.
GRACE_S = 600.0


@dataclass(frozen=True, slots=True)
class KnownReading:
    """How a variant is read, and the declaration it was made from."""

    declared: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Manifest:
    """The segments that count, in the order of their variants and keys."""

    format: str = ""
    segments: tuple[str, ...] = ()
    readings: dict[str, KnownReading] = field(default_factory=dict)
    failed: tuple[Failed, ...] = ()


def format_version() -> str:
    """Changes when files of an earlier version must not be used: DuckDB's hash is in them."""
    import duckdb

    return f"{FORMAT}/duckdb-{duckdb.__version__}"


def folder_of(cache: Path, *identity: str) -> Path:
    """The folder of one source of captures, named so that a person can recognise it."""
    digest = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:10]
    readable = re.sub(r"[^A-Za-z0-9]+", "-", identity[0]).strip("-")[-40:] or "captures"
    return cache / f"{readable}-{digest}"


class Store:
    """Reads and replaces the files of one source. Writing is for the holder of ``lock``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._accounts: dict[str, Segment] = {}

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held by the one process (and thread) that writes; others wait their turn."""
        from filelock import FileLock

        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock", thread_local=False):
            yield

    def manifest(self) -> Manifest:
        """What counts now; empty for a new folder or one of another version."""
        found = read_json(Manifest, self.folder / "manifest.json")
        return found if found and found.format == format_version() else Manifest()

    def write_manifest(self, manifest: Manifest) -> None:
        """Make a manifest the one that counts."""
        write_json(manifest, self.folder / "manifest.json")

    def segments(self, manifest: Manifest) -> tuple[Segment, ...]:
        """The accounts of the manifest's segments; a damaged or missing one is left out."""
        found = (self._account(name) for name in manifest.segments)
        return tuple(segment for segment in found if segment is not None)

    def add(self, segment: Segment) -> None:
        """Write the account of a segment whose Parquet file is in place."""
        write_json(segment, self.folder / f"{segment.name}.json")
        self._accounts[segment.name] = segment

    def parquet(self, segment: Segment) -> Path:
        """Where the rows of a segment lie."""
        return self.folder / f"{segment.name}.parquet"

    def once(
        self,
        name: str,
        kinds: Sequence[str],
        *,
        known: Callable[[], _Made | None],
        make: Callable[[], _Made],
    ) -> _Made:
        """What ``known`` finds, else what one process makes while the others wait.

        Its account is ``{kinds[0]}-{name}.json``; files of these kinds with other names are
        superseded by it.
        """
        made = known()
        if made is not None:
            return made
        with self.lock():
            made = known()
            if made is None:
                made = make()
                write_json(made, self.folder / f"{kinds[0]}-{name}.json")
                for kind in kinds:
                    for old in self.folder.glob(f"{kind}-*"):
                        if name not in old.name and old.suffix in (".parquet", ".json"):
                            self.retire(old)
        return made

    def sweep(self, manifest: Manifest) -> None:
        """Remove what a killed process left, and what was superseded some time ago."""
        kept = set(manifest.segments)
        for file in self.folder.iterdir():
            segment = re.fullmatch(r"([0-9a-f]{16})\.(parquet|json)", file.name)
            if file.name.endswith(".tmp"):
                _remove(file)
            elif segment and segment[1] not in kept:
                self.retire(file)
            elif segment:
                _mark(file).unlink(missing_ok=True)

    def _account(self, name: str) -> Segment | None:
        if name not in self._accounts:
            segment = read_json(Segment, self.folder / f"{name}.json")
            if segment is None or not self.parquet(segment).exists():
                return None
            self._accounts[name] = segment
        return self._accounts[name]

    def retire(self, file: Path) -> None:
        """Remove a file some time after it was first found superseded: it may be being read."""
        mark = _mark(file)
        if not mark.exists():
            mark.touch()
        elif time.time() - mark.stat().st_mtime > GRACE_S:
            file.unlink(missing_ok=True)
            mark.unlink()


def _mark(file: Path) -> Path:
    return file.with_name(f"{file.name}.old")


def _remove(file: Path) -> None:
    if file.is_dir():
        shutil.rmtree(file)
    else:
        file.unlink(missing_ok=True)
