"""What did the machine of a made-up training do, as SageMaker's profiler would have written it?

One node with four cores and two GPUs. A *starved* training waits for its data: in each step one
core prepares a batch at full load while both GPUs stand idle.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

NODE = "algo-1"
INTERVAL_S = 0.5
_CORES, _GPUS = 4, 2
_A_FILE_S = 60  # the profiler closes a file a minute
_WAITING = 0.62  # share of a step in which a starved training prepares its batch
_Row = tuple[str, str, str, float]


def write(
    folder: Path,
    *,
    steps: Sequence[float],
    begun: float,
    until: float,
    starved: bool = False,
    ended: bool = True,
    seed: int = 0,
) -> None:
    """Write ``folder``, a job's profiler-output.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    steps : sequence of float
        When each TRAIN step began, in seconds since 1970, rising; two at least.
    begun, until : float
        First and last moment of the machine; before the first step it fetches its data.
    starved : bool
        Whether the GPUs wait for data.
    ended : bool
        Whether the training says that it ended.
    """
    rng = np.random.default_rng([seed, 7])
    begins = np.asarray(steps, np.float64)
    lasts = np.append(np.diff(begins), np.median(np.diff(begins)))
    files: dict[int, list[str]] = {}
    for time in np.arange(begun, until, INTERVAL_S) + rng.uniform(0, 0.004):
        at = int(np.searchsorted(begins, time, side="right")) - 1
        share = -1.0 if at < 0 else float((time - begins[at]) / lasts[at])
        lines = files.setdefault(int(time // _A_FILE_S) * _A_FILE_S, [])
        for kind, name, dimension, value in _look(share, rng, starved=starved):
            told = {"Type": kind, "Name": name, "Dimension": dimension, "Value": round(value, 2)}
            lines.append(json.dumps({**told, "NodeId": NODE, "Timestamp": round(time, 6)}))
    for minute, lines in files.items():
        place = folder / f"system/incremental/{_hour(minute)}/{minute}.{NODE}.json"
        _put(place, "\n".join(lines) + "\n")
    _events(folder, begins, lasts, until=until, starved=starved)
    if ended:
        for part in ("system", "framework"):
            _put(folder / part / "training_job_end.ts", "")


def _look(share: float, rng: np.random.Generator, *, starved: bool) -> list[_Row]:
    """One look at the machine; ``share`` is how much of a step is over, below 0 before the first.

    Above 1 training is over: the model is packed.
    """
    fetching, waiting = share < 0, starved and 0 <= share < _WAITING
    idle = fetching or share > 1
    cores = rng.normal(24 if idle else 58 if waiting else 41, 4, _CORES)
    if waiting:
        cores[0] = rng.uniform(96, 100)
    gpus = rng.normal(0.4 if idle else 2.5 if waiting else 89, 1.5, _GPUS)
    awaited = rng.gamma(2, 4 if fetching else 0.6, _CORES)
    filled = rng.normal(1.5 if idle else 63, 0.05, _GPUS)
    received = rng.normal(9e7 if fetching else 3e4, 4e3)
    read = rng.normal(2e6 if idle else 4.4e7 if waiting else 1.8e7, 1e6)
    rows: list[_Row] = []
    for core in range(_CORES):
        rows.append(("cpu", f"cpu{core}", "CPUUtilization", _percent(cores[core])))
        rows.append(("cpu", f"cpu{core}", "I/OWaitPercentage", _percent(awaited[core])))
    for gpu in range(_GPUS):
        rows.append(("gpu", f"gpu{gpu}", "GPUUtilization", _percent(gpus[gpu])))
        rows.append(("gpu", f"gpu{gpu}", "GPUMemoryUtilization", _percent(filled[gpu])))
    memory = _percent(rng.normal(12 if fetching else 46, 0.3))
    rows.append(("memory", "MemoryUsedPercent", "", memory))
    rows.append(("i/o", "IOPS", "", max(0.0, read / 1.3e5)))
    rows.append(("i/o", "ReadThroughputInBytesPerSecond", "", max(0.0, read)))
    rows.append(("i/o", "WriteThroughputInBytesPerSecond", "", rng.gamma(2, 2e4)))
    rows.append(("network", "ReceiveBytesPerSecond", "Algorithm", max(0.0, received)))
    rows.append(("network", "TransmitBytesPerSecond", "Algorithm", rng.gamma(2, 3e3)))
    return rows


def _events(
    folder: Path, begins: np.ndarray, lasts: np.ndarray, *, until: float, starved: bool
) -> None:
    """The framework's timeline: each step, and within it the wait for its batch."""
    origin = round(begins[0] * 1e6)
    events: list[dict[str, object]] = [
        _named(0, start_time_since_epoch_in_micros=origin),
        _named(1, name="Step:ModeKeys.TRAIN"),
        _named(2, name="DataIterator"),
    ]
    for at, (begin, last) in enumerate(zip(begins, lasts, strict=True)):
        if begin + last > until:
            break
        start, length = round(begin * 1e6) - origin, round(last * 1e6)
        loading = round(length * (_WAITING if starved else 0.04))
        events.append(_event("Step:ModeKeys.TRAIN", 1, start, length, step_num=at))
        events.append(_event("dataset::GetNext", 2, start, loading, step_num=at))
    name = f"{round(until * 1e6)}_1-{NODE}_pythontimeline.json"
    text = ",\n".join(json.dumps(event) for event in events)
    _put(folder / f"framework/pevents/{_hour(until)}/{name}", f"[\n{text}\n]\n")


def _named(process: int, **told: object) -> dict[str, object]:
    return {"name": "process_name", "ph": "M", "pid": process, "args": told}


def _event(name: str, process: int, start: int, length: int, **told: object) -> dict[str, object]:
    return {"name": name, "pid": process, "ph": "X", "ts": start, "dur": length, "args": told}


def _percent(value: float) -> float:
    return float(np.clip(value, 0, 100))


def _hour(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y%m%d%H")


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
