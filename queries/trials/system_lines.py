"""Which readings does a file of system metrics hold, and which of its lines are none?

``profiler-output/system/incremental/[<hour>/]<epoch>.<node>.json`` holds a JSON object a line, with
Type, Name, Dimension, Value, NodeId and Timestamp. A job that is killed leaves a line cut.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import orjson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.training.machines import Part

Metric = tuple[str, "Part", str, str, str]
"""Node, part, name, dimension and unit, as a ``Series`` has them."""

# A rate over a period that was measured a little short comes out a little above all there is.
MOST_PERCENT = 101.0
# A reading that is further from the time in its file's name than this has a damaged time.
FURTHEST_S = 86_400.0

_PARTS: dict[str, Part] = {
    "cpu": "cpu",
    "gpu": "gpu",
    "memory": "memory",
    "i/o": "io",
    "network": "network",
}
_EPOCH = re.compile(r"^(\d{9,11})\.")


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What one file holds; every line that is not blank is one of ``kept``, ``bad``, ``foreign``.

    ``series`` are times and values of each metric, in the order of the file. ``bad`` are lines that
    are no reading, ``first_bad`` the first of them (counted from 1); ``cut`` says whether the last
    line is one. ``foreign`` counts readings of metrics that are not known here, by name.
    """

    series: dict[Metric, tuple[NDArray[np.float64], NDArray[np.float64]]]
    kept: int
    bad: int
    first_bad: int
    cut: bool
    foreign: dict[str, int]


def parse(data: bytes, name: str) -> Readings:
    """Read the bytes of a file; ``name`` is the file's own, which says when it was begun."""
    begun = _EPOCH.match(name)
    middle = float(begun[1]) if begun else math.nan
    metrics: dict[tuple[str, str, str, str], int] = {}
    kept: tuple[list[int], list[float], list[float]] = [], [], []
    numbers: list[int] = []  # of the lines kept
    bad: list[int] = []
    lines = data.rstrip().split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            found = orjson.loads(line)
            key = found["Type"], found.get("Name", ""), found.get("Dimension", ""), found["NodeId"]
            metric = metrics.get(key)
            if metric is None:
                if not all(isinstance(each, str) for each in key):
                    raise TypeError
                metric = metrics[key] = len(metrics)
            value, time = found["Value"], found["Timestamp"]
        except (ValueError, KeyError, TypeError, AttributeError):
            if line.strip():
                bad.append(number)
            continue
        if type(value) not in (float, int) or type(time) not in (float, int):
            bad.append(number)
            continue
        kept[0].append(metric)
        kept[1].append(time)
        kept[2].append(value)
        numbers.append(number)
    return _sorted(metrics, kept, np.array(numbers, np.int64), bad, len(lines), middle)


def _sorted(
    metrics: dict[tuple[str, str, str, str], int],
    kept: tuple[list[int], list[float], list[float]],
    numbers: NDArray[np.int64],
    bad: list[int],
    last: int,
    middle: float,
) -> Readings:
    """Columns by metric; what cannot be a reading is told apart from what is not known here."""
    known = [_metric(*key) for key in metrics]
    most = np.array(
        [MOST_PERCENT if each and each[4] == "%" else np.inf for each in known] or [0.0]
    )
    metric = np.array(kept[0], np.intp)
    time, value = np.array(kept[1], np.float64), np.array(kept[2], np.float64)
    sound = np.isfinite(time) & np.isfinite(value) & (value >= 0) & (value <= most[metric])
    sound &= (time > 0) if math.isnan(middle) else (np.abs(time - middle) <= FURTHEST_S)
    wrong = sorted([*bad, *numbers[~sound].tolist()])
    order = np.flatnonzero(sound)
    order = order[np.argsort(metric[order], kind="stable")]
    ends = np.searchsorted(metric[order], np.arange(len(known) + 1))
    series: dict[Metric, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    foreign: dict[str, int] = {}
    shared: dict[bytes, NDArray[np.float64]] = {}
    for key, at in metrics.items():
        rows = order[ends[at] : ends[at + 1]]
        found = known[at]
        if not len(rows):
            continue
        if found is None:
            called = " ".join(each for each in key[:3] if each)
            foreign[called] = foreign.get(called, 0) + len(rows)
            continue
        times = time[rows]
        # the metrics of one look at the machine have the same times: one column for all of them
        times = shared.setdefault(times.tobytes(), times)
        series[found] = times, value[rows]
    count = sum(len(values) for _, values in series.values())
    first = wrong[0] if wrong else 0
    return Readings(series, count, len(wrong), first, bool(wrong) and wrong[-1] == last, foreign)


def _metric(kind: str, name: str, dimension: str, node: str) -> Metric | None:
    """A line's metric as a series has it; None where what it measures is not known."""
    part = _PARTS.get(kind)
    # memory and I/O have the metric's name where the others have the core's or the card's
    own, metric = (name, dimension) if part in ("cpu", "gpu") else (dimension, name)
    unit = _unit(metric)
    return None if part is None or unit is None else (node, part, own, metric, unit)


def _unit(metric: str) -> str | None:
    if metric.endswith(("Utilization", "Percent", "Percentage")):
        return "%"
    if metric.endswith("BytesPerSecond"):
        return "bytes/s"
    return "1/s" if metric == "IOPS" else None
