"""Which stretches of time does a file of the framework's events hold?

Chrome's trace format (https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU):
a JSON array of events, or an object that holds one, as smdebug, Horovod, SMDataParallel and
TensorFlow's profiler write it. smdebug's first line says which moment its clock counts from; the
array of a job that was killed never ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import orjson

UNNAMED = "unnamed"
# Later than any file can have been written: a damaged clock.
_LATEST_US = 4e15


@dataclass(slots=True)
class Traced:
    """The events of one file, in its order: phase, name, start and duration in µs since 1970.

    ``bad`` counts what is no event, ``first_bad`` is the line of the first where lines could be
    told apart. ``adrift`` counts events of a clock whose beginning is not known, ``unpaired``
    beginnings without an end and ends without a beginning: the other half may lie in another file.
    """

    phase: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    duration: list[float] = field(default_factory=list)
    bad: int = 0
    first_bad: int = 0
    adrift: int = 0
    unpaired: int = 0


def parse(data: bytes, *, origin_us: float = math.nan) -> Traced:
    """Read the bytes of a file; ``origin_us`` is when its clock began, where it does not say so.

    An event that only marks a moment is not kept: it is no stretch of time.
    """
    found = _Reader(origin_us)
    try:
        whole = orjson.loads(data)
    except ValueError:
        _line_by_line(data, found)
    else:
        events = whole.get("traceEvents") if isinstance(whole, dict) else whole
        if isinstance(events, list):
            for event in events:
                found.take(event, 0)
        else:
            found.traced.bad += 1
    return found.end()


def _line_by_line(data: bytes, found: _Reader) -> None:
    """Every writer but TensorFlow's gives an event a line of its own."""
    if not data.strip():
        found.traced.bad += 1
    for number, line in enumerate(data.split(b"\n"), 1):
        bare = line.strip().removesuffix(b",")
        if bare in (b"", b"[", b"]"):
            continue
        try:
            event = orjson.loads(bare.removeprefix(b"[") if number == 1 else bare)
        except ValueError:
            event = None
        found.take(event, number)


class _Reader:
    """One walk through a file: names of processes and the clock hold until others are given."""

    def __init__(self, origin_us: float) -> None:
        self.traced = Traced()
        self._origin = origin_us
        self._phases: dict[object, str] = {}
        self._begun: dict[tuple[object, object], list[tuple[str, float]]] = {}

    def take(self, event: Any, line: int) -> None:
        try:
            self._take(event)
        except (KeyError, TypeError, ValueError, AttributeError):
            self.traced.bad += 1
            self.traced.first_bad = self.traced.first_bad or line

    def end(self) -> Traced:
        self.traced.unpaired += sum(len(begun) for begun in self._begun.values())
        return self.traced

    def _take(self, event: dict[str, Any]) -> None:
        kind = event.get("ph")  # TensorFlow closes its list with an event that is empty
        if kind == "M":
            self._about(event)
        elif kind == "X":
            self._keep(event["pid"], _text(event["name"]), event["ts"], event["dur"])
        elif kind == "B":
            began = _text(event["name"]), _number(event["ts"])
            self._begun.setdefault((event["pid"], event.get("tid")), []).append(began)
        elif kind == "E":
            begun = self._begun.get((event["pid"], event.get("tid")))
            end = _number(event["ts"])
            if not begun:
                self.traced.unpaired += 1
                return
            name, start = begun.pop()
            self._keep(event["pid"], name, start, end - start)

    def _about(self, event: dict[str, Any]) -> None:
        told = event.get("args")
        if event["name"] != "process_name" or not isinstance(told, dict):
            return
        if "start_time_since_epoch_in_micros" in told:
            self._origin = _number(told["start_time_since_epoch_in_micros"])
        if "name" in told:
            self._phases[event["pid"]] = _text(told["name"])

    def _keep(self, process: object, name: str, start: Any, duration: Any) -> None:
        begun, lasted = self._origin + _number(start), _number(duration)
        if lasted < 0 or begun < 0 or begun + lasted > _LATEST_US:
            raise ValueError
        if math.isnan(begun):
            self.traced.adrift += 1
            return
        self.traced.phase.append(self._phases.get(process, UNNAMED))
        self.traced.name.append(name)
        self.traced.start.append(begun)
        self.traced.duration.append(lasted)


def _number(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise TypeError
    return float(given)


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given
