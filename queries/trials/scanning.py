"""Which steps are new, and what do they hold? What is known is not read again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from queries.progress import Progress
from queries.trials.files import Files, IndexFile
from queries.trials.kept import Kept, Known, KnownFile
from queries.trials.statistics import Step, read_step

# what was read is kept this often, so that a reading that is broken off is not lost
_KEPT_EACH_S = 20.0
_TOLD_EACH_S = 0.2


def read_new(
    files: Files, kept: Kept, tell: Callable[[Progress], None] | None = None
) -> tuple[Known, tuple[str, ...]]:
    """All rows of a trial, and sentences on index files that cannot be read.

    Those are tried again each time: what they lack may come yet. For the holder of the lock of
    ``kept``.
    """
    known = kept.load()
    listed = {file.path: file for file in files.index}
    if any(f.counts and not f.faults and not _unchanged(f, listed) for f in known.files):
        # a saved step never changes: this is another training that wrote to the same folder
        known = kept.anew()
    known = replace(known, files=tuple(_checked(f, files.folder, listed) for f in known.files))
    have = {file.path for file in known.files if file.counts}
    left = deque(file for file in files.index if file.path not in have)
    meter = _Meter(len(left), tell)
    unread: list[str] = []
    while left:
        known = _grown(known, files.folder, left, unread, meter)
        kept.save(known)
    return known, tuple(unread)


def _grown(
    known: Known, folder: Path, left: deque[IndexFile], unread: list[str], meter: _Meter
) -> Known:
    """With the next of the files that are ``left``, for a while."""
    names = {name: number for number, name in enumerate(known.names)}
    found, rows = list(known.files), [known.rows]
    until = time.monotonic() + _KEPT_EACH_S
    while left and time.monotonic() < until:
        file = left.popleft()
        step = read_step(folder, file, len(found), names)
        if step.mode:
            found.append(_known(folder, file, step))
            rows.append(step.rows)
        else:
            unread += step.faults
        meter.add(step.read)
    return Known(known.made, tuple(names), tuple(found), np.concatenate(rows))


def _known(folder: Path, file: IndexFile, step: Step) -> KnownFile:
    seen = _events_seen(folder, step.events) if step.faults else (0, 0)
    return KnownFile(
        file.path,
        file.size,
        file.mtime_ns,
        file.step,
        file.worker,
        step.mode,
        step.mode_step,
        step.events,
        step.faults,
        seen,
    )


def _unchanged(known: KnownFile, listed: dict[str, IndexFile]) -> bool:
    found = listed.get(known.path)
    return found is not None and (found.size, found.mtime_ns) == (known.size, known.mtime_ns)


def _checked(known: KnownFile, folder: Path, listed: dict[str, IndexFile]) -> KnownFile:
    """Not counting any more, where what was damaged may have been mended."""
    if not (known.faults and known.counts):
        return known
    same = _unchanged(known, listed) and _events_seen(folder, known.events) == known.events_seen
    return replace(known, counts=same)


def _events_seen(folder: Path, events: str) -> tuple[int, int]:
    try:
        status = (folder / events).lstat()
    except OSError:
        return -1, -1
    return status.st_size, status.st_mtime_ns


class _Meter:
    """Tells how far the reading is, a few times a second."""

    def __init__(self, files: int, tell: Callable[[Progress], None] | None) -> None:
        self._files, self._tell = files, tell
        self._done = self._bytes = 0
        self._since = self._told = time.monotonic()

    def add(self, read: int) -> None:
        """One more file, and how many bytes it led to."""
        self._done += 1
        self._bytes += read
        now = time.monotonic()
        if self._tell is None or (now - self._told < _TOLD_EACH_S and self._done < self._files):
            return
        self._told = now
        # how large the others are is not known before they are opened
        share = self._files / self._done
        left = (now - self._since) * (share - 1)
        self._tell(Progress(self._done, self._files, self._bytes, round(self._bytes * share), left))
