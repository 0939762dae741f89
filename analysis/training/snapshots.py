"""What did all parts of a node do at the same moment?

The profiler looks at a node every so many milliseconds, and asks cores and GPUs one after the
other. A *snapshot* is what was read of all of them nearest to one moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.training.machines import Machines, Part, Series

CPU, WAITS = "CPUUtilization", "I/OWaitPercentage"
GPU, GPU_MEMORY = "GPUUtilization", "GPUMemoryUtilization"
MEMORY = "MemoryUsedPercent"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshots:
    """Columns of one node at the m moments at which its GPUs (without any, its cores) were read.

    ``cpu`` and ``waits`` have a row for each core, ``gpu`` and ``gpu_memory`` one for each GPU,
    shape (rows, m), in percent; nan where nothing was read within one sampling interval.
    """

    node: str
    time: Floats
    cpu: Floats
    waits: Floats
    gpu: Floats
    gpu_memory: Floats
    gpus: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time)

    @property
    def mean_cpu(self) -> Floats:
        """The mean over the cores that were read; nan where none was."""
        read = np.isfinite(self.cpu)
        total, count = np.where(read, self.cpu, 0.0).sum(axis=0), read.sum(axis=0)
        mean = np.full(len(self), np.nan)
        np.divide(total, count, out=mean, where=count > 0)
        return mean


def series_of(machines: Machines, dimension: str, node: str | None = None) -> tuple[Series, ...]:
    """The series of a metric, of one node or of all, that hold a reading at least."""
    return tuple(
        each
        for each in machines.series
        if each.dimension == dimension and node in (None, each.node) and len(each.value)
    )


def of_node(machines: Machines, node: str) -> Snapshots:
    """The snapshots of a node; of a node of which nothing was read, none."""
    gpus = series_of(machines, GPU, node)
    cores = series_of(machines, CPU, node)
    leading = max(gpus or cores, key=lambda each: len(each.time), default=None)
    time = leading.time if leading is not None else np.zeros(0)
    memory = {each.name: each for each in series_of(machines, GPU_MEMORY, node)}
    empty = Series(node, "gpu", "", GPU_MEMORY, "%", np.zeros(0), np.zeros(0))
    return Snapshots(
        node,
        time,
        _aligned(cores, time),
        _aligned(series_of(machines, WAITS, node), time),
        _aligned(gpus, time),
        _aligned([memory.get(each.name, empty) for each in gpus], time),
        tuple(each.name for each in gpus),
    )


def nearest(series: Series, time: Floats) -> Floats:
    """The reading nearest to each moment, nan where none lies within one sampling interval."""
    if series.time is time or len(series.time) == 0 or len(time) == 0:
        return series.value if series.time is time else np.full(len(time), np.nan)
    after = np.clip(np.searchsorted(series.time, time), 0, len(series.time) - 1)
    before = np.maximum(after - 1, 0)
    closer = np.abs(series.time[before] - time) <= np.abs(series.time[after] - time)
    rows = np.where(closer, before, after)
    interval = float(np.median(np.diff(series.time))) if len(series.time) > 1 else 0.0
    found = series.value[rows].astype(np.float64)
    found[np.abs(series.time[rows] - time) > interval] = np.nan
    return found


def pooled(machines: Machines, dimension: str, part: Part, node: str | None = None) -> Floats:
    """Every reading of a metric, of all cores, GPUs or nodes together."""
    found = [each.value for each in series_of(machines, dimension, node) if each.part == part]
    return np.concatenate(found) if found else np.zeros(0)


def _aligned(series: Sequence[Series], time: Floats) -> Floats:
    rows = [nearest(each, time) for each in series]
    return np.array(rows, np.float64).reshape(len(rows), len(time))
