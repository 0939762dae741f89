"""What does a measurement say of each value, given the one saved before it?"""

from __future__ import annotations

import hashlib
import mmap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.training.recording import SOURCES, Measurement, Statistics, Tensor
from queries.errors import Damaged
from queries.trials.inside import inside
from queries.trials.kept import Kept, Known, read_array, write_array
from queries.trials.records import read_record
from queries.trials.statistics import mapped

# Instead of the place of the value before: there is none; or the row was not measured.
_FIRST, _NOT_MEASURED = -1, -2


def read_value(
    folder: Path, known: Known, place: int, events: mmap.mmap | None = None
) -> NDArray[np.generic]:
    """The value of a row of ``known``, a read-only view of its file.

    Raises
    ------
    Damaged
        When its file has changed, or is no longer there.
    """
    row = known.rows[place]
    file = known.files[row["file"]]
    try:
        return read_record(
            mapped(inside(folder, file.events)) if events is None else events,
            int(row["start"]),
            int(row["length"]),
            name=known.names[row["name"]],
            mode=file.mode,
            step=file.mode_step,
        ).array
    except Damaged as error:
        raise Damaged(f"{folder / file.events}: {error}. Open the trial anew.") from error


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a recording, and where in what is known of its trial each lies."""

    folder: Path
    tensors: tuple[Tensor, ...]
    statistics: Statistics
    known: Known
    places: NDArray[np.intp]


def measured(rows: Rows, measurement: Measurement, kept: Kept) -> NDArray[np.float64]:
    """Numbers of a measurement, shape (rows, columns): those kept, and those of new values."""
    columns = len(measurement.columns)
    dtype = np.dtype([("before", np.int64), ("numbers", np.float64, (columns,))])
    file = kept.folder / f"{rows.known.made}-{_identity(measurement)}.measured"
    found = np.zeros(len(rows.known.rows), dtype)
    found["before"] = _NOT_MEASURED
    had = read_array(file, dtype)
    if had is not None:
        some = min(len(had), len(found))
        found[:some] = had[:some]
    before = _before(rows, measurement)
    wanted = np.flatnonzero((before != _NOT_MEASURED) & (found["before"] != before))
    if len(wanted):
        _measure(rows, measurement, wanted, before, found)
        with kept.lock():
            newer = read_array(file, dtype)
            if newer is None or len(newer) <= len(found):
                write_array(file, found)
    told = (before != _NOT_MEASURED) & (found["before"] == before)
    numbers = np.where(told[:, None], found["numbers"], np.nan)
    return numbers[rows.places]


def _identity(measurement: Measurement) -> str:
    told = (measurement.name, measurement.columns, measurement.parameters)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _before(rows: Rows, measurement: Measurement) -> NDArray[np.int64]:
    """For each known row, which is the value before it: of the same tensor, mode and worker."""
    told = rows.statistics
    applies = np.array([measurement.applies(tensor) for tensor in rows.tensors], bool)
    counted = (told.copy == 0) & (told.source == SOURCES.index("values"))
    at = np.flatnonzero(counted & applies[told.tensor]) if len(applies) else np.empty(0, np.intp)
    places = rows.places[at]
    follows = np.ones(max(len(at) - 1, 0), bool)
    for key in (told.tensor, told.mode, told.worker):
        follows &= key[at][1:] == key[at][:-1]
    found = np.full(len(rows.known.rows), _NOT_MEASURED, np.int64)
    found[places] = _FIRST
    found[places[1:][follows]] = places[:-1][follows]
    return found


def _measure(
    rows: Rows,
    measurement: Measurement,
    wanted: NDArray[np.intp],
    before: NDArray[np.int64],
    found: NDArray[np.void],
) -> None:
    """Fill in the wanted rows, event file by event file; what cannot be read stays unmeasured."""
    numbers = rows.known.rows["file"][wanted]
    files = rows.known.files
    order = sorted(
        range(len(wanted)),
        key=lambda i: (files[numbers[i]].mode, files[numbers[i]].worker, files[numbers[i]].step),
    )
    held: dict[int, NDArray[np.generic]] = {}
    events = _Events(rows)
    for place in wanted[order].tolist():
        earlier = int(before[place])
        try:
            value = events.value(place)
            previous = None
            if earlier != _FIRST:
                previous = held.pop(earlier, None)
                if previous is None:
                    previous = events.value(earlier)
        except Damaged:
            continue
        with np.errstate(all="ignore"):
            found["numbers"][place] = measurement.measure(value, previous, *measurement.parameters)
        found["before"][place] = earlier
        held[place] = value


class _Events:
    """Reads values one after the other; of an event file, all from one mapping."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._number = -1
        self._content: mmap.mmap | None = None

    def value(self, place: int) -> NDArray[np.generic]:
        """As of ``read_value``."""
        known = self._rows.known
        number = int(known.rows["file"][place])
        if number != self._number:
            self._content = mapped(inside(self._rows.folder, known.files[number].events))
            self._number = number
        return read_value(self._rows.folder, known, place, self._content)
