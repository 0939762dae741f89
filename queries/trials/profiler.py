"""What did the machines of a training do, by the files that SageMaker's profiler left?

A file is closed once and never changes: each is read once, and a look at a running training reads
only files that are new. What was read stays in memory, as columns.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.training.machines import Events, Machines, Series
from queries.objects import is_s3
from queries.trials import profiler_files, system_lines, trace_events
from queries.trials.profiler_files import ProfilerFile
from queries.trials.system_lines import Metric, Readings
from queries.trials.trace_events import Traced

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from queries.config import Aws
    from queries.progress import Progress

# A trace of TensorFlow's profiler holds a few steps; more than this unpacked is no such trace.
MOST_UNPACKED = 256 * 1024 * 1024
_PARTS = ("cpu", "gpu", "memory", "io", "network")


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The machines, and what was read of them; ``state`` changes exactly when files did."""

    folder: Path
    machines: Machines
    state: str
    read: Mapping[tuple[str, int, int], Readings | Traced | str]


def read_profile(
    location: str,
    before: Profile | None = None,
    *,
    cache: Path,
    aws: Aws | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Profile:
    """Read a folder, or what an ``s3://`` address holds, which is copied into the cache first.

    Raises
    ------
    SourceError
        When there is nothing to read; ``AwsError`` when AWS refuses.
    """
    if not is_s3(location):
        return look_again(Path(location).expanduser(), before)
    from queries.trials.mirror import mirror

    copy = mirror(location, cache=cache, aws=aws, progress=progress, profiler=True)
    return look_again(copy, before)


def look_again(folder: Path, before: Profile | None = None) -> Profile:
    """Read what is new since ``before``; where nothing is, that is the answer itself.

    ``folder`` is profiler-output, the job's folder above it or ``system`` below it. A damaged file
    is a note of the machines.

    Raises
    ------
    SourceError
        When the folder does not exist or cannot be listed.
    """
    found = profiler_files.look(folder)
    if before is not None and before.state == found.state:
        return before
    known = before.read if before else {}
    read: dict[tuple[str, int, int], Readings | Traced | str] = {}
    for file in found.files:
        key = file.name, file.size, file.mtime_ns
        read[key] = known[key] if key in known else _read(file)
    machines = _machines(list(zip(found.files, read.values(), strict=True)), ended=found.ended)
    return Profile(folder, machines, found.state, read)


def _read(file: ProfilerFile) -> Readings | Traced | str:
    """What a file holds, or why it cannot be read."""
    try:
        if file.kind == "system":
            return system_lines.parse(file.path.read_bytes(), file.path.name)
        if file.kind == "events":
            return trace_events.parse(file.path.read_bytes())
        with gzip.open(file.path) as packed:
            data = packed.read(MOST_UNPACKED + 1)
    except (OSError, EOFError, gzip.zlib.error) as error:  # type: ignore[attr-defined]
        return str(error.strerror if isinstance(error, OSError) and error.strerror else error)
    if len(data) > MOST_UNPACKED:
        return f"more than {MOST_UNPACKED // 2**20} MiB unpacked"
    return trace_events.parse(data, origin_us=profiler_files.origin_us(file))


def _machines(
    read: Sequence[tuple[ProfilerFile, Readings | Traced | str]], *, ended: bool
) -> Machines:
    lines = [(file, each) for file, each in read if isinstance(each, Readings)]
    traces = [(file, each) for file, each in read if isinstance(each, Traced)]
    series, repeated = _series([each for _, each in lines])
    events = _events(traces)
    nodes = {each.node for each in series} | set(events.node)
    notes = [
        *(
            f"{file.name} cannot be read ({each}); its readings are missing."
            for file, each in read
            if isinstance(each, str)
        ),
        *_notes_on_lines(lines, repeated),
        *_notes_on_events(traces),
    ]
    if not read:
        notes.append("There is no file of system metrics and none of the framework's events here.")
    return Machines(
        tuple(sorted(nodes, key=_natural)), series, events, _interval(series), ended, tuple(notes)
    )


def _series(read: Sequence[Readings]) -> tuple[tuple[Series, ...], int]:
    """Each metric over all files, in time; and how many readings repeat another's time."""
    pieces: dict[Metric, list[tuple[NDArray[np.float64], NDArray[np.float64]]]] = {}
    for each in read:
        for metric, columns in each.series.items():
            pieces.setdefault(metric, []).append(columns)
    shared: dict[tuple[int, ...], tuple[NDArray[np.float64], NDArray[np.intp], int]] = {}
    found: list[Series] = []
    repeated = 0
    for metric in sorted(
        pieces, key=lambda m: (*_natural(m[0]), _PARTS.index(m[1]), _natural(m[2]), m[3])
    ):
        parts = pieces[metric]
        looks = tuple(id(time) for time, _ in parts)
        if looks not in shared:
            shared[looks] = _in_time(np.concatenate([time for time, _ in parts]))
        time, rows, twice = shared[looks]
        repeated += twice
        node, part, name, dimension, unit = metric
        value = np.concatenate([value for _, value in parts])[rows]
        found.append(Series(node, part, name, dimension, unit, time, value))
    return tuple(found), repeated


def _in_time(time: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp], int]:
    """Times rising, the rows they come from, and how many were left out: of equals the last."""
    order = np.argsort(time, kind="stable")
    rising = time[order]
    last = np.append(rising[1:] != rising[:-1], True) if len(rising) else np.zeros(0, bool)
    return rising[last], order[last], int(len(time) - last.sum())


def _interval(series: Sequence[Series]) -> float:
    columns = {id(each.time): each.time for each in series}
    apart = [np.diff(time) for time in columns.values() if len(time) > 1]
    return float(np.median(np.concatenate(apart))) if apart else float("nan")


def _events(read: Sequence[tuple[ProfilerFile, Traced]]) -> Events:
    node = [
        name
        for file, each in read
        for name in [profiler_files.node_of(file.path.name)] * len(each.start)
    ]
    phase = [name for _, each in read for name in each.phase]
    called = [name for _, each in read for name in each.name]
    start = np.array([at for _, each in read for at in each.start], np.float64) / 1e6
    lasted = np.array([length for _, each in read for length in each.duration], np.float64) / 1e6
    order = np.argsort(start, kind="stable")
    return Events(
        tuple(node[at] for at in order),
        tuple(phase[at] for at in order),
        tuple(called[at] for at in order),
        start[order],
        lasted[order],
    )


def _notes_on_lines(read: Sequence[tuple[ProfilerFile, Readings]], repeated: int) -> list[str]:
    notes = []
    lines = sum(each.kept + each.bad + sum(each.foreign.values()) for _, each in read)
    damaged = [(file, each) for file, each in read if each.bad]
    if damaged:
        file, first = damaged[0]
        bad = sum(each.bad for _, each in damaged)
        cut = sum(each.cut for _, each in damaged)
        notes.append(
            f"{bad:,} of {lines:,} lines in {len(damaged):,} of {len(read):,} files of system "
            f"metrics are no readings and are left out; the first is line {first.first_bad:,} of "
            f"{file.name}." + (f" The last line of {cut:,} of them is cut." if cut else "")
        )
    foreign: Counter[str] = Counter()
    for _, each in read:
        foreign.update(each.foreign)
    if foreign:
        named = ", ".join(f"{name} ({count:,})" for name, count in foreign.most_common(5))
        notes.append(
            f"{sum(foreign.values()):,} readings are of metrics not known here and are left out: "
            f"{named}{' …' if len(foreign) > 5 else ''}."
        )
    if repeated:
        notes.append(
            f"{repeated:,} readings have the same time as another of the same metric: of such the "
            "last one counts."
        )
    return notes


def _notes_on_events(read: Sequence[tuple[ProfilerFile, Traced]]) -> list[str]:
    notes = []
    damaged = [(file, each) for file, each in read if each.bad]
    if damaged:
        file, first = damaged[0]
        where = f"line {first.first_bad:,} of {file.name}" if first.first_bad else file.name
        notes.append(
            f"{sum(each.bad for _, each in damaged):,} entries in {len(damaged):,} of "
            f"{len(read):,} files of the framework's events are no events and are left out; the "
            f"first is in {where}."
        )
    adrift = [(file, each) for file, each in read if each.adrift]
    if adrift:
        notes.append(
            f"{sum(each.adrift for _, each in adrift):,} events in {len(adrift):,} files are of a "
            f"clock whose beginning is not known and are left out; the first such file is "
            f"{adrift[0][0].name}."
        )
    unpaired = sum(each.unpaired for _, each in read)
    if unpaired:
        notes.append(
            f"{unpaired:,} beginnings or ends of events have no other half in their file; they "
            "are left out."
        )
    return notes


def _natural(name: str) -> tuple[tuple[str, int], ...]:
    """algo-2 before algo-10."""
    return tuple((text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d{0,18})", name))
