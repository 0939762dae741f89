"""Recordings put together in memory, with statistics computed the plain way: an oracle as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.training.network import classify
from analysis.training.recording import MODES, SOURCES, Measurement, Mode, Statistics, Tensor

Place = tuple[Mode, int] | tuple[Mode, int, str]
"""Mode and step of a value, and the worker where it is not ``worker_0``."""

_COUNTED = ("n", "zeros", "nans", "infinite")
_MEASURED = ("mean", "std", "low", "high", "l1", "l2", "mean_abs")
# a mode's steps are told apart in the whole training by adding this
_APART = {"TRAIN": 0, "EVAL": 1_000_000, "PREDICT": 2_000_000, "GLOBAL": 0}


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A recording whose values are all in memory."""

    name: str
    tensors: tuple[Tensor, ...]
    workers: tuple[str, ...]
    statistics: Statistics
    values: tuple[NDArray[np.generic], ...]
    ended: bool = True
    notes: tuple[str, ...] = ()

    def value(self, row: int) -> NDArray[np.generic] | None:
        return self.values[row]

    def measured(self, measurement: Measurement) -> NDArray[np.float64]:
        found = np.full((len(self.values), len(measurement.columns)), np.nan)
        before: dict[tuple[int, int, int], NDArray[np.generic]] = {}
        told = self.statistics
        for row, value in enumerate(self.values):
            if (
                told.copy[row]
                or value is None
                or not measurement.applies(self.tensors[told.tensor[row]])
            ):
                continue
            series = (int(told.tensor[row]), int(told.mode[row]), int(told.worker[row]))
            found[row] = measurement.measure(value, before.get(series), *measurement.parameters)
            before[series] = value
        return found


def recording(
    given: Mapping[str, Mapping[Place, object]],
    *,
    collections: Mapping[str, Sequence[str]] | None = None,
    name: str = "made-up",
    ended: bool = True,
    started: float = 1_000_000.0,
    step_s: float = 1.0,
) -> Recorded:
    """A recording of ``{tensor: {(mode, step) or (mode, step, worker): value}}``.

    Names come in network order, gradients after; a step takes ``step_s`` seconds.
    """
    tensors = classify(list(given), collections or {})
    at = {tensor.name: index for index, tensor in enumerate(tensors)}
    places = [
        (at[name], MODES.index(place[0]), place[1], place[2] if len(place) == 3 else "worker_0", v)
        for name, values in given.items()
        for place, v in values.items()
    ]
    workers = tuple(sorted({place[3] for place in places}))
    places.sort(key=lambda place: place[:4])
    values = tuple(np.asarray(place[4]) for place in places)
    steps = [place[2] for place in places]
    columns: dict[str, list[float]] = {
        "tensor": [place[0] for place in places],
        "mode": [place[1] for place in places],
        "step": steps,
        "worker": [workers.index(place[3]) for place in places],
        "copy": [0 for _ in places],
        "global_step": [place[2] + _APART[MODES[place[1]]] for place in places],
        "source": [SOURCES.index("values") for _ in places],
        "time": [started + step_s * step for step in steps],
    }
    described = [describe(value) for value in values]
    for key in (*_COUNTED, *_MEASURED):
        columns[key] = [each[key] for each in described]
    types = {
        "tensor": np.int32,
        "mode": np.int8,
        "step": np.int64,
        "worker": np.int16,
        "copy": np.int16,
        "global_step": np.int64,
        "source": np.int8,
        "n": np.int64,
    }
    table = {key: np.array(found, types.get(key, np.float64)) for key, found in columns.items()}
    return Recorded(name, tensors, workers, Statistics(**table), values, ended)


def only_reductions(made: Recorded) -> Recorded:
    """The same recording as if no values had been saved, but their reductions."""
    nan = np.full(len(made.statistics), np.nan)
    source = np.full(len(nan), SOURCES.index("reductions"), np.int8)
    told = replace(made.statistics, source=source, zeros=nan, nans=nan, infinite=nan)
    return replace(made, statistics=told, values=(None,) * len(nan))  # type: ignore[arg-type]


def describe(value: NDArray[np.generic]) -> dict[str, float]:
    """Every statistic of a value in plain NumPy, float64."""
    if value.dtype.kind not in "fiub":
        return {"n": value.size, **dict.fromkeys((*_COUNTED[1:], *_MEASURED), np.nan)}
    flat = value.astype(np.float64).ravel()
    finite = flat[np.isfinite(flat)]
    some = len(finite) > 0
    return {
        "n": flat.size,
        "zeros": int((flat == 0).sum()),
        "nans": int(np.isnan(flat).sum()),
        "infinite": int(np.isinf(flat).sum()),
        "mean": finite.mean() if some else np.nan,
        "std": finite.std() if some else np.nan,
        "low": finite.min() if some else np.nan,
        "high": finite.max() if some else np.nan,
        "l1": np.abs(finite).sum() if some else np.nan,
        "l2": np.sqrt((finite**2).sum()) if some else np.nan,
        "mean_abs": np.abs(finite).mean() if some else np.nan,
    }
