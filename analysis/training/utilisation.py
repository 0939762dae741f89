"""How much of each part of the machines was used, by every reading there is?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.training.machines import Machines, Part, Series

METRICS: tuple[tuple[str, Part, str], ...] = (
    ("CPU", "cpu", "CPUUtilization"),
    ("I/O wait", "cpu", "I/OWaitPercentage"),
    ("GPU", "gpu", "GPUUtilization"),
    ("GPU memory", "gpu", "GPUMemoryUtilization"),
    ("Memory", "memory", "MemoryUsedPercent"),
    ("Disk operations", "io", "IOPS"),
    ("Disk read", "io", "ReadThroughputInBytesPerSecond"),
    ("Disk written", "io", "WriteThroughputInBytesPerSecond"),
    ("Received", "network", "ReceiveBytesPerSecond"),
    ("Sent", "network", "TransmitBytesPerSecond"),
)
"""What is told of a machine: its name, part, and SageMaker's name of the metric."""


@dataclass(frozen=True, slots=True)
class Used:
    """Quantiles of all readings of one metric, of all cores or cards of a node (or of all nodes).

    ``parts`` counts the cores, cards or networks; n all readings, 0 of which every number is nan.
    ``node`` is "" of all nodes together.
    """

    node: str
    name: str
    dimension: str
    unit: str
    parts: int
    n: int
    p50: float
    p95: float
    most: float


def of_node(machines: Machines, node: str = "") -> tuple[Used, ...]:
    """Each metric that was read, of one node or of all together, in the order of ``METRICS``."""
    found = []
    for name, part, dimension in METRICS:
        series = [
            each
            for each in machines.series
            if (each.part, each.dimension) == (part, dimension) and node in ("", each.node)
        ]
        if series:
            found.append(_used(node, name, series))
    return tuple(found)


def _used(node: str, name: str, series: list[Series]) -> Used:
    values = np.concatenate([each.value for each in series])
    nothing = (np.nan,) * 3
    p50, p95, most = np.quantile(values, [0.5, 0.95, 1.0]) if len(values) else nothing
    first = series[0]
    return Used(
        *(node, name, first.dimension, first.unit, len(series), len(values)),
        *(float(p50), float(p95), float(most)),
    )
