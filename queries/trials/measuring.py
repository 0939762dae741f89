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
    dtype = np.dtype(
        [("place", np.int64), ("before", np.int64), ("numbers", np.float64, (columns,))]
    )
    file = kept.folder / f"{rows.known.made}-{_identity(measurement)}.measured"
    found = read_array(file, dtype)
    found = np.empty(0, dtype) if found is None else found
    before = _before(rows, measurement)
    found = found[found["place"] < len(before)]
    # a step that came late may have got between two others
    found = found[before[found["place"]] == found["before"]]
    wanted = np.setdiff1d(np.flatnonzero(before != _NOT_MEASURED), found["place"])
    if len(wanted):
        new = np.empty(len(wanted), dtype)
        new["place"], new["before"] = wanted, before[wanted]
        found = np.concatenate([found, new[_measure(rows, measurement, new)]])
        with kept.lock():
            write_array(file, found)
    numbers = np.full((len(rows.known.rows), columns), np.nan)
    numbers[found["place"]] = found["numbers"]
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
    # rows of several workers take turns
    at = at[np.lexsort((told.step[at], told.worker[at], told.mode[at], told.tensor[at]))]
    places = rows.places[at]
    follows = np.ones(max(len(at) - 1, 0), bool)
    for key in (told.tensor, told.mode, told.worker):
        follows &= key[at][1:] == key[at][:-1]
    found = np.full(len(rows.known.rows), _NOT_MEASURED, np.int64)
    found[places] = _FIRST
    found[places[1:][follows]] = places[:-1][follows]
    return found


def _measure(rows: Rows, measurement: Measurement, new: NDArray[np.void]) -> NDArray[np.bool_]:
    """Fill in numbers, event file by event file, and say which: not those that cannot be read."""
    numbers = rows.known.rows["file"][new["place"]].tolist()
    files = rows.known.files
    order = sorted(
        range(len(new)),
        key=lambda i: (files[numbers[i]].mode, files[numbers[i]].worker, files[numbers[i]].step),
    )
    done = np.zeros(len(new), bool)
    held: dict[int, NDArray[np.generic]] = {}
    events = _Events(rows)
    for at in order:
        place, earlier = int(new["place"][at]), int(new["before"][at])
        previous = held.pop(earlier, None)
        try:
            value = events.value(place)
            if previous is None and earlier != _FIRST:
                previous = events.value(earlier)
        except Damaged:
            continue
        with np.errstate(all="ignore"):
            new["numbers"][at] = measurement.measure(value, previous, *measurement.parameters)
        done[at] = True
        held[place] = value
    return done


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
