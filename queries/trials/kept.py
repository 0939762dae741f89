"""What was read of a trial before? A saved step never changes, so it is read once in its life.

One folder for each trial:

    manifest            the index files read, names by number, and which parts count
    {made}-{a}-{b}.rows rows a to b, as they were read (``ROW``)
    {made}-….measured   the numbers of one measurement, row by row

The manifest is replaced in one step, and what it does not name does not count: a process killed at
any moment leaves a sound cache. Every file carries a checksum and the version of its format. Where
one does not fit, or an index file changed after all (a training that wrote over another's folder),
the trial is read anew.
"""

from __future__ import annotations

import secrets
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from queries.store import folder_of
from queries.trials.statistics import ROW

_FORMAT = b"UTR2"
_HEAD = struct.Struct("<4sI")  # the format, and the checksum of what follows


@dataclass(frozen=True, slots=True)
class KnownFile:
    """An index file that was read, and what its step is.

    ``events`` is "" where it leads to no values. ``faults`` says which of them are damaged, and
    ``events_seen`` how their file looked then (size, time of change in ns), for damage may be
    mended. It ``counts`` until another reading takes its place.
    """

    path: str
    size: int
    mtime_ns: int
    step: int
    worker: str
    mode: str
    mode_step: int
    events: str
    faults: tuple[str, ...] = ()
    events_seen: tuple[int, int] = (0, 0)
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Manifest:
    """What counts. ``made`` names one life of this cache; ``parts`` are their numbers of rows."""

    made: str
    names: tuple[str, ...] = ()
    files: tuple[KnownFile, ...] = ()
    parts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """All that was read of a trial: rows by the numbers of ``files`` and ``names``."""

    made: str
    names: tuple[str, ...]
    files: tuple[KnownFile, ...]
    rows: NDArray[np.void]


class Kept:
    """The cache of one trial. Everything but ``folder`` is for the holder of ``lock``."""

    def __init__(self, cache: Path, location: str) -> None:
        self.folder = folder_of(cache / "trials", location)
        self._manifest = self.folder / "manifest"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held by the one process (and thread) that reads or writes; others wait their turn."""
        from filelock import FileLock

        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock"):
            yield

    def load(self) -> Known:
        """What is kept; nothing where that cannot be used."""
        manifest = self._read()
        if manifest is None:
            return self.anew()
        parts = [read_array(file, ROW) for file in _parts(self.folder, manifest)]
        whole = [part for part in parts if part is not None]
        if [len(part) for part in whole] != list(manifest.parts):
            return self.anew()
        rows = np.concatenate(whole) if whole else np.empty(0, ROW)
        return Known(manifest.made, manifest.names, manifest.files, rows)

    def anew(self) -> Known:
        """Forget everything."""
        for file in (*self.folder.glob("*.rows"), *self.folder.glob("*.measured")):
            file.unlink()
        made = Manifest(secrets.token_hex(8))
        self._write(made)
        return Known(made.made, (), (), np.empty(0, ROW))

    def save(self, known: Known) -> None:
        """Keep ``known``, which begins with all that is kept already."""
        before = self._read()
        parts = list(before.parts) if before is not None and before.made == known.made else []
        had = _parts(self.folder, Manifest(known.made, parts=tuple(parts)))
        if sum(parts) < len(known.rows):
            parts.append(len(known.rows) - sum(parts))
        # as in a binary counter: few parts, and each row is written a few times in all
        while len(parts) > 1 and 2 * parts[-1] >= parts[-2]:
            parts[-2:] = [sum(parts[-2:])]
        manifest = Manifest(known.made, known.names, known.files, tuple(parts))
        at = 0
        now = _parts(self.folder, manifest)
        for file, count in zip(now, parts, strict=True):
            if file not in had:
                write_array(file, known.rows[at : at + count])
            at += count
        self._write(manifest)
        for file in set(had).difference(now):
            file.unlink(missing_ok=True)

    def _read(self) -> Manifest | None:
        content = _read(self._manifest)
        if content is None:
            return None
        # its checksum and format fit, so it is as we wrote it; a check of each value would take
        # as long as all the rest
        made, names, files, parts = orjson.loads(content)
        known = (
            KnownFile(*plain[:8], tuple(faults), tuple(seen), counts)  # type: ignore[call-arg]
            for *plain, faults, seen, counts in files
        )
        return Manifest(made, tuple(names), tuple(known), tuple(parts))

    def _write(self, manifest: Manifest) -> None:
        files = [
            [getattr(file, each.name) for each in fields(KnownFile)] for file in manifest.files
        ]
        content = orjson.dumps((manifest.made, manifest.names, files, manifest.parts))
        _replace(self._manifest, content)


def read_array(file: Path, dtype: np.dtype[Any]) -> NDArray[np.void] | None:
    """An array of one dimension; None where there is none, or it is damaged."""
    content = _read(file)
    if content is None or len(content) % dtype.itemsize:
        return None
    return np.frombuffer(content, dtype)


def write_array(file: Path, array: NDArray[np.void]) -> None:
    """Replace a file in one step."""
    _replace(file, array.tobytes())


def _read(file: Path) -> memoryview | None:
    try:
        content = memoryview(file.read_bytes())
    except FileNotFoundError:
        return None
    if len(content) < _HEAD.size:
        return None
    body = content[_HEAD.size :]
    return body if _HEAD.unpack_from(content) == (_FORMAT, zlib.crc32(body)) else None


def _replace(file: Path, content: bytes) -> None:
    temporary = file.with_suffix(f".{secrets.token_hex(4)}.tmp")
    temporary.write_bytes(_HEAD.pack(_FORMAT, zlib.crc32(content)) + content)
    temporary.replace(file)


def _parts(folder: Path, manifest: Manifest) -> list[Path]:
    ends = np.cumsum((0, *manifest.parts)).tolist()
    return [folder / f"{manifest.made}-{start}-{end}.rows" for start, end in pairwise(ends)]
