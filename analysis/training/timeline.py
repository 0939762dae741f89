"""What did one node do over time, in as many points as a screen has?

Hundreds of thousands of readings become bins of equal length. Of each bin the lowest, the mean and
the highest reading are kept, so that no peak is averaged away.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.training import snapshots
from analysis.training.machines import Machines, Series
from analysis.training.snapshots import Floats

BINS = 600
PHASES = 6
MOST_LINES = 4
"""More GPUs than this are one band, and a row each of a picture."""
MOST_CORES = 8
STRETCHES = 120
"""The whole time is cut into so many pieces at most to find what holds the GPUs up."""
GPU_IDLE, CORE_FULL, CORE_WAITS = 10.0, 90.0, 50.0
"""The thresholds of CPUBottleneck and IOBottleneck, in percent."""

Panel = Literal["cpu", "gpu", "gpu_memory", "memory", "io_wait", "disk", "network"]
_OF_A_PANEL: tuple[tuple[Panel, tuple[str, ...]], ...] = (
    ("cpu", (snapshots.CPU,)),
    ("gpu", (snapshots.GPU,)),
    ("gpu_memory", (snapshots.GPU_MEMORY,)),
    ("memory", (snapshots.MEMORY,)),
    ("io_wait", (snapshots.WAITS,)),
    ("disk", ("ReadThroughputInBytesPerSecond", "WriteThroughputInBytesPerSecond")),
    ("network", ("ReceiveBytesPerSecond", "TransmitBytesPerSecond")),
)
_DIRECTIONS = {
    "ReadThroughputInBytesPerSecond": "read",
    "WriteThroughputInBytesPerSecond": "written",
    "ReceiveBytesPerSecond": "received",
    "TransmitBytesPerSecond": "sent",
}


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Lowest, mean and highest of each bin, of one part or of several together; nan where none."""

    name: str
    parts: int
    low: Floats
    mean: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One picture: bands of the same unit; ``each`` are means by part, where there are many."""

    panel: Panel
    unit: str
    bands: tuple[Band, ...]
    each: Floats | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Phase:
    """The share of each of b bins that the framework spent in a phase, 0 to 1."""

    name: str
    share: Floats


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which mostly a GPU idled while the CPU was full, or while the disk was awaited."""

    kind: Literal["cpu", "io"]
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """One node; times in seconds since 1970, ``middle`` those of the b bins of ``bin_s`` seconds.

    ``steps`` are times of saved training steps, one a bin at most, of ``all_steps`` there were.
    ``hidden_phases`` counts phases that are not among the longest. ``readings`` counts all.
    ``piece_s`` is how long the pieces are of which ``stretches`` are made.
    """

    node: str
    begin: float
    end: float
    middle: Floats
    bin_s: float
    readings: int
    rows: tuple[Row, ...]
    phases: tuple[Phase, ...]
    hidden_phases: int
    steps: Floats
    all_steps: int
    stretches: tuple[Stretch, ...]
    piece_s: float


def of_node(machines: Machines, node: str, steps: Floats | None = None) -> Timeline | None:
    """Lay a node out over time; None where nothing of it was read.

    The time is that of the readings; of a node with events alone, that of the events.
    """
    series = [each for each in machines.series if each.node == node and len(each.value)]
    span = _span(machines, node, series)
    if span is None:
        return None
    begin, end = span
    apart = [float(np.median(np.diff(each.time))) for each in series if len(each.time) > 1]
    # two readings a bin: they are not taken at exactly equal times, and no bin is to be empty
    wanted = (end - begin) / (2 * max(apart)) if apart and max(apart) > 0 else BINS
    edges = np.linspace(begin, end, max(1, min(BINS, int(wanted))) + 1)
    bin_s = float(edges[1] - edges[0])
    rows = tuple(row for panel in _OF_A_PANEL if (row := _row(*panel, series, edges)) is not None)
    phases, hidden = _phases(machines, node, edges)
    inside = np.zeros(0) if steps is None else steps[(steps >= begin) & (steps <= end)]
    stretches, piece_s = _stretches(machines, node)
    return Timeline(
        *(node, begin, end, (edges[:-1] + edges[1:]) / 2, bin_s),
        *(sum(len(each.value) for each in series), rows, phases, hidden),
        *(_one_a_bin(inside, edges), len(inside), stretches, piece_s),
    )


def _span(machines: Machines, node: str, series: Sequence[Series]) -> tuple[float, float] | None:
    if series:
        begin = min(float(each.time[0]) for each in series)
        end = max(float(each.time[-1]) for each in series)
    else:
        at = [row for row, name in enumerate(machines.events.node) if name == node]
        if not at:
            return None
        begin = float(machines.events.start[at].min())
        end = float((machines.events.start[at] + machines.events.duration[at]).max())
    return begin, max(end, begin + 1.0)


def _row(
    panel: Panel, dimensions: tuple[str, ...], series: Sequence[Series], edges: Floats
) -> Row | None:
    found = [each for dimension in dimensions for each in series if each.dimension == dimension]
    if not found:
        return None
    unit = found[0].unit
    many = len(found) > (MOST_LINES if panel in ("gpu", "gpu_memory") else MOST_CORES)
    if panel in ("disk", "network"):
        by_direction = [[s for s in found if s.dimension == each] for each in dimensions]
        bands = [band(_DIRECTIONS[s[0].dimension], s, edges) for s in by_direction if s]
        return Row(panel, unit, tuple(bands))
    if panel in ("gpu", "gpu_memory") and not many:
        return Row(panel, unit, tuple(band(each.name, [each], edges) for each in found))
    row = Row(panel, unit, (band("", found, edges),))
    if not many or panel == "io_wait":
        return row
    means = np.array([band("", [each], edges).mean for each in found])
    return Row(panel, unit, row.bands, means, tuple(each.name for each in found))


def band(name: str, series: Sequence[Series], edges: Floats) -> Band:
    """Lowest, mean and highest reading of all series in each of b bins; the last bin is closed."""
    bins = len(edges) - 1
    time = np.concatenate([each.time for each in series])
    value = np.concatenate([each.value for each in series])
    at = np.minimum(np.searchsorted(edges, time, side="right") - 1, bins - 1)
    at, value = at[at >= 0], value[at >= 0]
    count = np.bincount(at, minlength=bins).astype(np.float64)
    total = np.bincount(at, weights=value, minlength=bins)
    mean = np.full(bins, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    low, high = np.full(bins, np.inf), np.full(bins, -np.inf)
    np.minimum.at(low, at, value)
    np.maximum.at(high, at, value)
    low[count == 0] = high[count == 0] = np.nan
    return Band(name, len(series), low, mean, high)


def _phases(machines: Machines, node: str, edges: Floats) -> tuple[tuple[Phase, ...], int]:
    """The phases that last longest in all, in the order in which they begin; and how many more."""
    events = machines.events
    rows: dict[str, list[int]] = {}
    for at, phase in enumerate(events.phase):
        if events.node[at] == node or len(machines.nodes) == 1:
            rows.setdefault(phase, []).append(at)
    found = []
    for name, places in rows.items():
        start, stop = events.start[places], events.start[places] + events.duration[places]
        share = _covered(start, stop, edges) / np.diff(edges)
        if share.any():
            found.append((float(share.sum()), int(np.flatnonzero(share)[0]), Phase(name, share)))
    longest = sorted(found, key=lambda each: -each[0])[:PHASES]
    shown = tuple(phase for _, _, phase in sorted(longest, key=lambda each: each[1]))
    return shown, len(found) - len(shown)


def _covered(start: Floats, stop: Floats, edges: Floats) -> Floats:
    """How much of each bin is covered by stretches, in order of their starts; none counts twice."""
    reached = np.maximum.accumulate(stop)
    first = np.append(True, start[1:] > reached[:-1])
    last = np.append(first[1:], True)
    begins, ends = start[first], reached[last]
    before = np.append(0.0, np.cumsum(ends - begins)[:-1])
    knots = np.column_stack([begins, ends]).ravel()
    total = np.column_stack([before, before + ends - begins]).ravel()
    covered: Floats = np.diff(np.interp(edges, knots, total))
    return covered


def _one_a_bin(times: Floats, edges: Floats) -> Floats:
    _, first = np.unique(np.searchsorted(edges, times, side="right"), return_index=True)
    return times[first]


def _stretches(machines: Machines, node: str) -> tuple[tuple[Stretch, ...], float]:
    """Pieces of the time in which more than half of the snapshots show a GPU held up, joined."""
    shot = snapshots.of_node(machines, node)
    if not (len(shot) > 1 and len(shot.gpu)):
        return (), math.nan
    length = max(10 * machines.interval_s, float(shot.time[-1] - shot.time[0]) / STRETCHES)
    at = ((shot.time - shot.time[0]) // length).astype(np.intp)
    idle = (shot.gpu < GPU_IDLE).any(axis=0)
    kinds: tuple[tuple[Literal["cpu", "io"], Floats, float], ...] = (
        ("cpu", shot.cpu, CORE_FULL),
        ("io", shot.waits, CORE_WAITS),
    )
    found: list[Stretch] = []
    for kind, cores, limit in kinds:
        held = idle & (cores > limit).any(axis=0)
        share = np.bincount(at, weights=held) / np.maximum(np.bincount(at), 1)
        over = np.concatenate([[False], share > 0.5, [False]])
        changes = np.flatnonzero(over[1:] != over[:-1])
        for first, last in zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True):
            end = min(shot.time[0] + last * length, shot.time[-1])
            found.append(Stretch(kind, float(shot.time[0] + first * length), float(end)))
    return tuple(sorted(found, key=lambda each: each.start)), length
