"""What does a trial hold? Opened, it is a recording that rules and charts can ask."""

from __future__ import annotations

import hashlib
import math
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.training.kernel import Described
from analysis.training.network import classify
from analysis.training.recording import MODES, SOURCES, Measurement, Mode, Statistics, Tensor
from queries.objects import is_s3
from queries.progress import Progress
from queries.trials.files import Files, look
from queries.trials.kept import Kept, Known
from queries.trials.measuring import Rows, measured, read_value
from queries.trials.scanning import read_new
from queries.trials.statistics import ROW

if TYPE_CHECKING:
    from queries.config import Aws

Tell = Callable[[Progress], None]
_BELOW = "debug-output"
_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class OpenedTrial:
    """A recording read from files; safe to share between threads.

    ``state`` changes exactly when other steps were read; ``folder`` is where the files lie on this
    machine; ``modes`` are those that have steps; ``last_time`` when the newest value was saved, in
    seconds since 1970, nan where none was. ``collections`` holds names of tensors.
    """

    name: str
    location: str
    folder: Path
    state: str
    tensors: tuple[Tensor, ...]
    workers: tuple[str, ...]
    statistics: Statistics
    modes: tuple[Mode, ...]
    last_time: float
    ended: bool
    notes: tuple[str, ...]
    collections: Mapping[str, tuple[str, ...]]
    _rows: Rows
    _kept: Kept
    _again: Callable[[], OpenedTrial]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def measured(self, measurement: Measurement) -> NDArray[np.float64]:
        """Numbers of a measurement, shape (rows, columns); nan where it has none of a row.

        A value is read once for it: its numbers are kept on disk.
        """
        with self._lock:
            return measured(self._rows, measurement, self._kept)

    def value(self, row: int) -> NDArray[np.generic] | None:
        """The tensor of a row as it was saved, read-only; None where only reductions were saved.

        Raises
        ------
        Damaged
            When its file has changed, or is no longer there.
        """
        if SOURCES[self.statistics.source[row]] != "values":
            return None
        return read_value(self.folder, self._rows.known, int(self._rows.places[row]))

    def look_again(self) -> OpenedTrial:
        """The trial as it is now, itself where nothing is new. Raises as ``open_trial``."""
        found = self._again()
        same = (found.state, found.ended, found.notes) == (self.state, self.ended, self.notes)
        return self if same else found


def open_trial(
    location: str,
    *,
    cache: Path,
    aws: Aws | None = None,
    name: str = "",
    progress: Tell | None = None,
) -> OpenedTrial:
    """Open the trial in a folder or below an ``s3://`` address; only steps that are new are read.

    A folder of a training job is taken for the ``debug-output`` in it.

    Raises
    ------
    SourceError
        When there is no trial, or it cannot be read; ``AwsError`` when AWS refuses.
    """
    again = partial(open_trial, location, cache=cache, aws=aws, name=name)
    if is_s3(location):
        from queries.trials.mirror import mirror

        folder = mirror(location, cache=cache, aws=aws, progress=progress)
    else:
        folder = Path(location).expanduser()
        if not (folder / "index").is_dir() and (folder / _BELOW).is_dir():
            folder /= _BELOW
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - a link keeps its name
    if not folder.is_dir():
        look(folder)  # says what is wrong with it, before there is a cache for it
    kept = Kept(cache, str(folder))
    with kept.lock():
        # listed within: a list older than what another has read meanwhile would belie it
        files = look(folder)
        known, unread = read_new(files, kept, progress)
    return _opened(name or _called(location), location, files, known, unread, kept, again)


def _called(location: str) -> str:
    """A trial that has no name is called by its job."""
    parts = [part for part in location.rstrip("/").split("/") if part != _BELOW]
    return parts[-1] if parts else location


def _opened(
    name: str,
    location: str,
    files: Files,
    known: Known,
    unread: tuple[str, ...],
    kept: Kept,
    again: Callable[[], OpenedTrial],
) -> OpenedTrial:
    places = np.flatnonzero(np.array([f.counts for f in known.files], bool)[known.rows["file"]])
    present = np.zeros(len(known.names), bool)
    present[known.rows["name"][places]] = True
    names = [name for name, some in zip(known.names, present, strict=True) if some]
    collections, unmatched = files.collections.members(names)
    tensors = classify(names, collections)
    statistics, places = _sorted(known, places, tensors, files.workers)
    known = replace(known, rows=_where(known.rows))
    times = statistics.time[np.isfinite(statistics.time)]
    return OpenedTrial(
        name,
        location,
        files.folder,
        _state(known),
        tensors,
        files.workers,
        statistics,
        tuple(mode for number, mode in enumerate(MODES) if (statistics.mode == number).any()),
        float(times.max()) if len(times) else math.nan,
        files.ended,
        (*files.notes, *unmatched, *_damage(known, unread)),
        collections,
        Rows(files.folder, tensors, statistics, known, places),
        kept,
        again,
    )


def _sorted(
    known: Known, places: NDArray[np.intp], tensors: tuple[Tensor, ...], workers: tuple[str, ...]
) -> tuple[Statistics, NDArray[np.intp]]:
    """The rows in the order of a recording, and where each lies in what is known."""
    numbers = {tensor.name: number for number, tensor in enumerate(tensors)}
    tensor = np.array([numbers.get(name, -1) for name in known.names], np.int32)
    placed = {worker: number for number, worker in enumerate(workers)}
    mode = np.array([MODES.index(f.mode) for f in known.files], np.int8)
    step = np.array([f.mode_step for f in known.files], np.int64)
    worker = np.array([placed.get(f.worker, -1) for f in known.files], np.int16)
    global_step = np.array([f.step for f in known.files], np.int64)
    rows = known.rows[places]
    file = rows["file"]
    keys = (tensor[rows["name"]], mode[file], step[file], worker[file])
    # of one name in one step, what was saved last comes first, for it is what counts
    order = np.lexsort((-places, -global_step[file], *keys[::-1]))
    rows, file, places = rows[order], file[order], places[order]
    keys = tuple(key[order] for key in keys)
    first = np.ones(len(rows), bool)
    first[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    at = np.arange(len(rows))
    copy = at - np.maximum.accumulate(np.where(first, at, 0)) if len(rows) else at
    statistics = Statistics(
        *keys,
        copy=copy.astype(np.int16),
        global_step=global_step[file],
        source=rows["source"].copy(),
        time=rows["time"].copy(),
        **{column: rows[column].copy() for column in Described._fields},
    )
    return statistics, places


def _where(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Of each row only where its value lies: its numbers are in the statistics."""
    kept = ["file", "name", "start", "length"]
    found = np.empty(len(rows), [(key, ROW[key]) for key in kept])
    for key in kept:
        found[key] = rows[key]
    return found


def _state(known: Known) -> str:
    digest = hashlib.sha256()
    for file in known.files:
        if file.counts:
            told = (file.path, file.size, file.mtime_ns, file.events_seen)
            digest.update(repr(told).encode())
    return digest.hexdigest()[:16]


def _damage(known: Known, unread: tuple[str, ...]) -> tuple[str, ...]:
    """What could not be read: how much of it there is, and the first of it by name."""
    faults = [*unread, *(fault for f in known.files if f.counts for fault in f.faults)]
    if not faults:
        return ()
    total = len(faults)
    few = "1 value or index file is" if total == 1 else f"{total:,} values or index files are"
    more = f"; and {total - _NAMED:,} more" if total > _NAMED else ""
    named = "; ".join(fault.rstrip(".") for fault in faults[:_NAMED])
    return (f"{few} damaged and left out: {named}{more}. Copy the files anew.",)
