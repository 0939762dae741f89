"""How far did a weight move between two saved steps?"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.training.recording import Measurement
from analysis.training.rules.answers import Applies, Rows, training_rows

if TYPE_CHECKING:
    from analysis.training.recording import Recording, Statistics, Tensor

RTOL, ATOL = 1e-5, 1e-8
"""Within these NumPy's ``allclose`` takes numbers for the same, and so does AWS's rule."""

_BLOCK = 1 << 17
"""So many numbers at a time stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Updates:
    """How far weights moved: ‖W − W before‖₂ and ‖W before‖₂ of each row, and over how many steps.

    ``row`` are rows of the recording of which both are known and finite, sorted by series (tensor,
    worker) and step; ``series`` numbers the series.
    """

    row: Rows
    series: NDArray[np.int64]
    update: NDArray[np.float64]
    before: NDArray[np.float64]
    steps: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)


def change(
    value: NDArray[np.generic],
    before: NDArray[np.generic] | None,
    rtol: float,
    atol: float,
    equal_nan: float,
) -> tuple[float, float, float]:
    """‖value − before‖₂, ‖before‖₂, and 1 where all elements agree as ``numpy.allclose`` has it.

    All nan where there is no value before, or it has another shape or no numbers.
    """
    if before is None or before.shape != value.shape or value.dtype.kind not in "fiub":
        return float("nan"), float("nan"), float("nan")
    new, old = value.reshape(-1), before.reshape(-1)
    moved, size, close = 0.0, 0.0, True
    for first in range(0, len(new), _BLOCK):
        a = new[first : first + _BLOCK].astype(np.float64)
        b = old[first : first + _BLOCK].astype(np.float64)
        size += float(b @ b)
        with np.errstate(invalid="ignore"):
            apart = a - b
        moved += float(apart @ apart)
        close = close and _agree(a, b, apart, rtol, atol, equal_nan)
    return moved**0.5, size**0.5, float(close)


def _agree(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    apart: NDArray[np.float64],
    rtol: float,
    atol: float,
    equal_nan: float,
) -> bool:
    same = (np.abs(apart) <= atol + rtol * np.abs(b)) & np.isfinite(b) | (a == b)
    if equal_nan:
        same |= np.isnan(a) & np.isnan(b)
    return bool(same.all())


def changes(
    recording: Recording,
    applies: Applies,
    name: str,
    *,
    rtol: float = RTOL,
    atol: float = ATOL,
    equal_nan: bool = False,
) -> NDArray[np.float64]:
    """What ``change`` says of each row against the saved step before, shape (rows, 3)."""
    columns = ("update", "before", "close")
    asked = Measurement(
        f"change of {name}", columns, applies, change, (rtol, atol, float(equal_nan))
    )
    return recording.measured(asked)


def is_parameter(tensor: Tensor) -> bool:
    """Whether it is what training moves."""
    return tensor.kind in ("weight", "bias")


def updates(recording: Recording, num_steps: int = 0) -> Updates:
    """How far weights and biases moved, in TRAIN steps, or GLOBAL where a script set no mode.

    Parameters
    ----------
    recording : Recording
    num_steps : int
        Compare with the earliest saved step that is no more than so many steps back. 0: with the
        saved step before, which reads no value anew.
    """
    told = recording.statistics
    rows = by_series(told, training_rows(recording, is_parameter))
    series = series_of(told, rows)
    if num_steps > 0:
        moved, size, steps = _reaching_back(recording, rows, series, num_steps)
    else:
        found = changes(recording, is_parameter, "weights and biases")[rows]
        moved, size = found[:, 0], found[:, 1]
        steps = np.diff(told.step[rows], prepend=0)
    known = np.isfinite(moved) & np.isfinite(size)
    return Updates(rows[known], series[known], moved[known], size[known], steps[known])


def by_series(told: Statistics, rows: Rows) -> Rows:
    """Rows sorted by tensor, mode, worker and step."""
    order = np.lexsort((told.step[rows], told.worker[rows], told.mode[rows], told.tensor[rows]))
    return rows[order]


def series_of(told: Statistics, rows: Rows) -> NDArray[np.int64]:
    """A number for each series of rows that are sorted by series."""
    columns = (told.tensor[rows], told.mode[rows], told.worker[rows])
    starts = np.zeros(len(rows), bool)
    for column in columns:
        starts[1:] |= column[1:] != column[:-1]
    return np.cumsum(starts)


def _reaching_back(
    recording: Recording, rows: Rows, series: NDArray[np.int64], num_steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Against the earliest of the last ``num_steps`` steps, reading values series by series."""
    steps = recording.statistics.step
    moved, size = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    apart = np.zeros(len(rows), np.int64)
    earlier: deque[tuple[int, NDArray[Any] | None]] = deque()
    for at, row in enumerate(rows):
        if at and series[at] != series[at - 1]:
            earlier.clear()
        step, value = int(steps[row]), recording.value(int(row))
        while len(earlier) > 0 and earlier[0][0] < step - num_steps:
            earlier.popleft()
        if earlier and value is not None:
            apart[at] = step - earlier[0][0]
            moved[at], size[at], _ = change(value, earlier[0][1], RTOL, ATOL, 0.0)
        earlier.append((step, value))
    return moved, size, apart
