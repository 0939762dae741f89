"""What did the machines of a training do, second by second?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Part = Literal["cpu", "gpu", "memory", "io", "network"]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One metric of one part of one node over time.

    ``name`` is the part's own (``cpu0``, ``gpu1``, or "" of the node as a whole), ``dimension``
    SageMaker's name of the metric (``CPUUtilization``); ``unit`` is "%", "bytes/s" or "1/s".
    ``time`` is in seconds since 1970, increasing; ``value`` has as many elements.
    """

    node: str
    part: Part
    name: str
    dimension: str
    unit: str
    time: NDArray[np.float64]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """What the framework did: one row an event, in the order of their starts.

    ``start`` is in seconds since 1970, ``duration`` in seconds. ``phase`` is the timeline's process
    (``Step:ModeKeys.TRAIN``, ``DataIterator``), ``name`` the event's own.
    """

    node: tuple[str, ...]
    phase: tuple[str, ...]
    name: tuple[str, ...]
    start: NDArray[np.float64]
    duration: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True, eq=False)
class Machines:
    """All that profiler-output holds; ``notes`` says in sentences what was damaged or missing.

    ``interval_s`` is the median time between two readings, nan where there are none.
    ``ended`` says whether the training wrote that it ended.
    """

    nodes: tuple[str, ...]
    series: tuple[Series, ...]
    events: Events
    interval_s: float
    ended: bool
    notes: tuple[str, ...] = ()
