"""What was read of a trial before? A saved step never changes, so it is read once in its life.

One folder for each trial:

    manifest.json       the index files read, names by number, and which parts count
    {made}-{a}-{b}.rows rows a to b, as they were read (``ROW``)
    {made}-….measured   the numbers of one measurement, row by row

The manifest is replaced in one step, and what it does not name does not count: a process killed at
any moment leaves a sound cache. Every file of rows carries a checksum; where one does not fit, or
an index file changed after all (a training that wrote over another's folder), the trial is read
anew.
"""

from __future__ import annotations

import secrets
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queries.kept import read_json, write_json
from queries.store import folder_of
from queries.trials.statistics import ROW

FORMAT = 1
_HEAD = struct.Struct("<4sIQ")
_MAGIC = b"UTR1"


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

    format: int
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
        self._manifest = self.folder / "manifest.json"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held by the one process (and thread) that reads or writes; others wait their turn."""
        from filelock import FileLock

        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock"):
            yield

    def load(self) -> Known:
        """What is kept; nothing where that cannot be used."""
        manifest = read_json(Manifest, self._manifest)
        if manifest is not None and manifest.format == FORMAT:
            parts = [read_array(file, ROW) for file in _parts(self.folder, manifest)]
            if [None if part is None else len(part) for part in parts] == list(manifest.parts):
                whole = [part for part in parts if part is not None]
                rows = np.concatenate(whole) if whole else np.empty(0, ROW)
                if _fits(manifest, rows):
                    return Known(manifest.made, manifest.names, manifest.files, rows)
        return self.anew()

    def anew(self) -> Known:
        """Forget everything."""
        for file in (*self.folder.glob("*.rows"), *self.folder.glob("*.measured")):
            file.unlink()
        made = Manifest(FORMAT, secrets.token_hex(8))
        write_json(made, self._manifest)
        return Known(made.made, (), (), np.empty(0, ROW))

    def save(self, known: Known) -> None:
        """Keep ``known``, which begins with all that is kept already."""
        before = read_json(Manifest, self._manifest)
        parts = list(before.parts) if before is not None and before.made == known.made else []
        had = _parts(self.folder, replace(before, parts=tuple(parts))) if before else []
        if sum(parts) < len(known.rows):
            parts.append(len(known.rows) - sum(parts))
        # as in a binary counter: few parts, and each row is written a few times in all
        while len(parts) > 1 and 2 * parts[-1] >= parts[-2]:
            parts[-2:] = [sum(parts[-2:])]
        manifest = Manifest(FORMAT, known.made, known.names, known.files, tuple(parts))
        at = 0
        now = _parts(self.folder, manifest)
        for file, count in zip(now, parts, strict=True):
            if file not in had:
                write_array(file, known.rows[at : at + count])
            at += count
        write_json(manifest, self._manifest)
        for file in set(had).difference(now):
            file.unlink(missing_ok=True)


def read_array(file: Path, dtype: np.dtype[Any]) -> NDArray[np.void] | None:
    """An array of one dimension; None where there is none, or it is damaged."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    if len(content) < _HEAD.size:
        return None
    magic, checksum, count = _HEAD.unpack_from(content)
    body = memoryview(content)[_HEAD.size :]
    if magic != _MAGIC or len(body) != count * dtype.itemsize or zlib.crc32(body) != checksum:
        return None
    return np.frombuffer(body, dtype)


def write_array(file: Path, array: NDArray[np.void]) -> None:
    """Replace a file in one step."""
    body = array.tobytes()
    temporary = file.with_suffix(f".{secrets.token_hex(4)}.tmp")
    temporary.write_bytes(_HEAD.pack(_MAGIC, zlib.crc32(body), len(array)) + body)
    temporary.replace(file)


def _parts(folder: Path, manifest: Manifest) -> list[Path]:
    ends = np.cumsum((0, *manifest.parts)).tolist()
    return [folder / f"{manifest.made}-{start}-{end}.rows" for start, end in pairwise(ends)]


def _fits(manifest: Manifest, rows: NDArray[np.void]) -> bool:
    """Whether the numbers in the rows are those of files and names."""
    return all(
        not len(rows) or (rows[key].min() >= 0 and rows[key].max() < len(held))
        for key, held in (("file", manifest.files), ("name", manifest.names))
    )
