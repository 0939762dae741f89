"""Machines put together in memory: columns of made-up readings, one node or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from analysis.training.machines import Events, Machines, Series

BEGUN = 1_795_402_380.0
_PLACES = {
    "cpu": ("cpu", "CPUUtilization", "%"),
    "wait": ("cpu", "I/OWaitPercentage", "%"),
    "gpu": ("gpu", "GPUUtilization", "%"),
    "gpu_memory": ("gpu", "GPUMemoryUtilization", "%"),
    "memory": ("memory", "MemoryUsedPercent", "%"),
    "read": ("io", "ReadThroughputInBytesPerSecond", "bytes/s"),
    "received": ("network", "ReceiveBytesPerSecond", "bytes/s"),
}


def events(rows: Sequence[tuple[str, str, str, float, float]] = ()) -> Events:
    """Events of ``(node, phase, name, start, duration)``."""
    rows = sorted(rows, key=lambda row: row[3])
    return Events(
        tuple(row[0] for row in rows),
        tuple(row[1] for row in rows),
        tuple(row[2] for row in rows),
        np.array([row[3] for row in rows], np.float64),
        np.array([row[4] for row in rows], np.float64),
    )


def machines(
    columns: Mapping[str, Sequence[ArrayLike]],
    *,
    node: str = "algo-1",
    interval_s: float = 0.5,
    happened: Events | None = None,
    ended: bool = True,
) -> Machines:
    """One node of ``{"cpu": [core 0, core 1, …], "gpu": […], …}``, readings from ``BEGUN`` on."""
    series = []
    for kind, parts in columns.items():
        part, dimension, unit = _PLACES[kind]
        for at, given in enumerate(parts):
            value = np.asarray(given, np.float64)
            name = f"{part}{at}" if part in ("cpu", "gpu") else ""
            time = BEGUN + interval_s * np.arange(len(value))
            series.append(Series(node, part, name, dimension, unit, time, value))  # type: ignore[arg-type]
    return Machines((node,), tuple(series), happened or events(), interval_s, ended)


def together(*each: Machines) -> Machines:
    """Several nodes as one training."""
    nodes = tuple(node for one in each for node in one.nodes)
    series = tuple(found for one in each for found in one.series)
    return Machines(nodes, series, each[0].events, each[0].interval_s, each[0].ended)
