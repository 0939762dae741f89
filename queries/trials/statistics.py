"""What does one saved step hold: how large is each of its values, and where does it lie?"""

from __future__ import annotations

import math
import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.training.kernel import Described, describe
from analysis.training.recording import SOURCES
from queries.errors import Damaged
from queries.trials.files import IndexFile
from queries.trials.index import Entry, Index, read_index
from queries.trials.records import read_record

ROW = np.dtype(
    [
        ("file", np.int32),
        ("name", np.int32),
        ("source", np.int8),
        ("start", np.int64),
        ("length", np.int64),
        ("time", np.float64),
        *((column, np.int64 if column == "n" else np.float64) for column in Described._fields),
    ]
)
"""A recorded value: the numbers of its index file and its name, its bytes, its statistics."""

_VALUES, _REDUCTIONS, _SHAPE = range(len(SOURCES))
# pages of the file that were read may go after so many bytes, so that memory stays flat
_BEHIND = 1 << 25


@dataclass(frozen=True, slots=True)
class Step:
    """What one index file led to. A damaged record gives no row, but a sentence in ``faults``.

    ``mode`` is "" where the index itself cannot be read; ``events`` is named from the trial's
    folder, "" where no values were saved. ``read`` counts the bytes of the values.
    """

    mode: str
    mode_step: int
    events: str
    faults: tuple[str, ...]
    rows: NDArray[np.void]
    read: int = 0


def read_step(folder: Path, file: IndexFile, number: int, names: dict[str, int]) -> Step:
    """Read what one index file names, each value once.

    ``number`` is the index file's in the rows; ``names`` gives each tensor's number, and new names
    the next ones.
    """
    try:
        index = read_index(folder, file)
    except Damaged as error:
        return Step("", -1, "", (str(error),), np.empty(0, ROW))
    events = "" if index.events is None else str(index.events)[len(str(folder)) + 1 :]
    faults: list[str] = []
    try:
        found = [] if index.events is None else _read(index, index.events, faults)
    except Damaged as error:
        found = []
        faults.append(str(error))
    # reductions of a value that lies there too say nothing more
    had = {entry.name for entry in index.entries if not entry.reduction}
    values = [
        (entry.name, _VALUES, entry.start, entry.length, time, *said)
        for entry, time, said in found
        if isinstance(said, Described)
    ]
    rows = [
        (number, names.setdefault(name, len(names)), *rest)
        for name, *rest in [*values, *_others(index, found, had)]
    ]
    return Step(
        index.mode,
        index.mode_step,
        events,
        tuple(f"{events}: {fault}." for fault in faults),
        np.array(rows, ROW),
        sum(entry.length for entry in index.entries),
    )


def mapped(file: Path) -> mmap.mmap:
    """An event file as a buffer; its bytes are read when they are looked at.

    Raises
    ------
    Damaged
        When it is empty, or no longer there.
    """
    try:
        with file.open("rb") as handle:
            return mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        # an empty file cannot be mapped
        raise Damaged(f"it cannot be read ({error})") from error


_Found = tuple[Entry, float, "Described | float"]


def _read(index: Index, events: Path, faults: list[str]) -> list[_Found]:
    """Each record with its time, and its statistics; of a saved reduction, its value."""
    found: list[_Found] = []
    damaged = set()
    content = mapped(events)
    behind = 0
    for entry in index.entries:
        try:
            record = read_record(
                content,
                entry.start,
                entry.length,
                name=entry.recorded,
                mode=index.mode,
                step=index.mode_step,
            )
            said = _reduction(record.array) if entry.reduction else describe(record.array)
        except Damaged as error:
            faults.append(str(error))
            damaged.add(entry.recorded)
            continue
        found.append((entry, record.wall_time, said))
        if entry.start + entry.length - behind > _BEHIND:
            ahead = (entry.start + entry.length) // mmap.PAGESIZE * mmap.PAGESIZE
            content.madvise(mmap.MADV_DONTNEED, behind, ahead - behind)
            behind = ahead
    # the last of several values under a name counts: another may not take a damaged one's place
    return [each for each in found if each[0].recorded not in damaged]


def _reduction(value: NDArray[np.generic]) -> float:
    if value.size != 1 or value.dtype.kind not in "fiub":
        raise Damaged("the reduction saved there is not one number")
    return float(value.item())


def _others(index: Index, found: Sequence[_Found], had: set[str]) -> list[tuple[Any, ...]]:
    """Rows of the tensors that have no value there: of their reductions, or of their shapes."""
    shapes = {each.name: math.prod(each.shape) for each in index.shapes}
    reductions: dict[str, dict[str, float]] = {}
    times: dict[str, float] = {}
    for entry, time, said in found:
        if isinstance(said, float):
            # smdebug cuts ":0" from the name of a reduction
            full = f"{entry.name}:0"
            name = full if full in had or full in shapes else entry.name
            reductions.setdefault(name, {})[entry.reduction] = said
            times[name] = time
    rows: list[tuple[Any, ...]] = [
        (name, _REDUCTIONS, -1, 0, times[name], *of_reductions(saved, shapes.get(name, 0)))
        for name, saved in reductions.items()
        if name not in had
    ]
    rows += [
        (name, _SHAPE, -1, 0, math.nan, *Described(n))
        for name, n in shapes.items()
        if name not in had and name not in reductions
    ]
    return rows


def of_reductions(saved: Mapping[str, float], n: int) -> Described:
    """Statistics from what the hook saved of a tensor of ``n`` elements (0: not known).

    What was not saved follows from what was where it can (Σ|x| = n · mean |x|), else it is nan.

    >>> of_reductions({"abs_mean": 2.0, "variance": 9.0}, 4).l1
    8.0
    """
    known = dict(saved)
    if n:
        if "sum" in known:
            known.setdefault("mean", known["sum"] / n)
        for total in ("abs_sum", "l1", "abs_l1"):
            if total in known:
                known.setdefault("abs_mean", known[total] / n)
        if "abs_mean" in known:
            known.setdefault("l1", known["abs_mean"] * n)
    if known.get("variance", -1.0) >= 0:
        known.setdefault("std", math.sqrt(known["variance"]))
    for sizes in ("abs_l1", "abs_sum"):
        known.setdefault("l1", known.get(sizes, math.nan))
    known.setdefault("l2", known.get("abs_l2", math.nan))
    mean, std, low, high, l1, l2, mean_abs = (
        known.get(each, math.nan) for each in ("mean", "std", "min", "max", "l1", "l2", "abs_mean")
    )
    return Described(n, math.nan, math.nan, math.nan, mean, std, low, high, l1, l2, mean_abs)
