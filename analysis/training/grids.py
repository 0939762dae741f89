"""How large was each tensor at each saved step, and where was it too small, too large or broken?

A grid has a row for a tensor, in network order from the input on, and a column for a saved step.
"""

from __future__ import annotations

import re
from bisect import insort
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.training.recording import MODES, Kind, Mode, Recording, Tensor
from analysis.training.rules.updates import changes, is_parameter

Family = Literal["gradient", "weight", "activation"]
Measure = Literal["norm", "mean_abs", "zeros", "non_finite", "update"]
FAMILIES: tuple[Family, ...] = ("gradient", "weight", "activation")
KINDS: dict[Family, tuple[Kind, ...]] = {
    "gradient": ("gradient",),
    "weight": ("weight", "bias"),
    "activation": ("activation_input", "activation_output"),
}
MEASURES: dict[Family, tuple[Measure, ...]] = {
    "gradient": ("norm", "mean_abs", "zeros", "non_finite"),
    "weight": ("update", "norm", "mean_abs", "zeros", "non_finite"),
    "activation": ("mean_abs", "norm", "zeros", "non_finite"),
}
"""What can be measured of each family, the one to begin with first."""

NO_DATA, USUAL, SMALL, LARGE, NOT_FINITE = range(5)
"""The states of a cell; of two the higher is the worse."""

VANISHED = 1e-7
"""AWS's VanishingGradient fires below this mean of absolute values."""
SMALL_UPDATE, LARGE_UPDATE = 1e-8, 10.0
"""AWS's WeightUpdateRatio fires outside of these."""
JUMP, JUMPED_TO = 1e3, 1.0
"""So many times what was usual before, and above this, is an explosion; ours, not AWS's."""

_START = 5
_BIAS = re.compile(r"bias|beta")


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One measure of some tensors at every saved step of a mode.

    ``rows`` count in the recording's tensors. ``value``, ``spread`` and ``state`` have the shape
    (rows, steps). ``value`` is the measure itself, no logarithm: of one worker, or the median of
    all; nan without data, and where a tensor is not finite. ``spread`` is the largest worker's
    value over the smallest's, nan with fewer than two. ``state`` is the worst of the workers'.
    ``start`` and ``end`` are seconds since 1970, nan without data; ``n`` counts the values that
    the grid rests on.
    """

    family: Family
    measure: Measure
    mode: Mode
    worker: str | None
    rows: tuple[int, ...]
    tensors: tuple[Tensor, ...]
    steps: NDArray[np.int64]
    value: NDArray[np.float64]
    spread: NDArray[np.float64]
    state: NDArray[np.int8]
    n: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A row of a grid that is not as it should be, and from when on.

    ``row`` counts in the grid's rows; ``steps`` of ``of`` saved steps are in ``state``, the first
    of them ``first_step``; ``extreme`` is the smallest value of those too small, else the largest,
    nan where none is finite.
    """

    row: int
    state: int
    first_step: int
    steps: int
    of: int
    extreme: float


def rows_of(recording: Recording, family: Family, *, biases: bool = True) -> tuple[int, ...]:
    """The tensors of a family, in network order; without those that hold one number a unit."""
    return tuple(
        at
        for at, tensor in enumerate(recording.tensors)
        if tensor.kind in KINDS[family] and (biases or not is_bias(tensor))
    )


def is_bias(tensor: Tensor) -> bool:
    """Whether a tensor is a bias, or the gradient of one."""
    return tensor.kind == "bias" or bool(_BIAS.search(tensor.parameter))


def modes_of(recording: Recording, rows: tuple[int, ...]) -> tuple[Mode, ...]:
    """The modes in which any of some tensors was saved."""
    told = recording.statistics
    found = set(told.mode[np.isin(told.tensor, rows)].tolist())
    return tuple(mode for at, mode in enumerate(MODES) if at in found)


def grid(
    recording: Recording,
    rows: tuple[int, ...],
    family: Family,
    measure: Measure,
    *,
    mode: Mode,
    worker: str | None = None,
    vanished: float = VANISHED,
) -> Grid:
    """Lay a measure out by tensor and step.

    Parameters
    ----------
    rows : tuple of int
        Which tensors, as ``rows_of`` gives them.
    worker : str, optional
        One worker; without it the median of all.
    vanished : float
        A gradient whose mean |g| is below this is too small.
    """
    told = recording.statistics
    place = np.full(len(recording.tensors), -1)
    place[list(rows)] = np.arange(len(rows))
    kept = (told.mode == MODES.index(mode)) & (told.copy == 0) & (place[told.tensor] >= 0)
    if worker is not None:
        kept &= told.worker == recording.workers.index(worker)
    at = np.flatnonzero(kept)
    told = told.take(at)
    steps, column = np.unique(told.step, return_inverse=True)
    workers, layer = np.unique(told.worker, return_inverse=True)
    where = place[told.tensor], column, layer
    shape = len(rows), len(steps), len(workers)

    def cube(values: NDArray[np.float64]) -> NDArray[np.float64]:
        made = np.full(shape, np.nan)
        made[where] = values
        return made

    n = np.where(told.n > 0, told.n, np.nan)
    shown: dict[Measure, NDArray[np.float64]] = {
        "norm": told.l2,
        "mean_abs": told.mean_abs,
        "zeros": told.zeros / n,
        "non_finite": told.non_finite / n,
    }
    value = cube(_update_ratios(recording)[at] if measure == "update" else shown[measure])
    middle = _median(value)
    # a mean that was not saved is at most the root of the mean square
    size = cube(np.where(np.isnan(told.mean_abs), told.l2 / np.sqrt(n), told.mean_abs))
    state = np.where(np.isnan(value), NO_DATA, USUAL).astype(np.int8)
    state[_too_small(value, size, family, measure, vanished) & ~np.isnan(value)] = SMALL
    state[_too_large(value, family, measure)] = LARGE
    state[cube(told.non_finite) > 0] = NOT_FINITE
    worst = state.max(axis=2, initial=NO_DATA)
    if measure != "non_finite":
        # the finite rest of such a tensor says nothing of its size
        middle[worst == NOT_FINITE] = np.nan
    known = told.time[~np.isnan(told.time)]
    return Grid(
        family,
        measure,
        mode,
        worker,
        rows,
        tuple(recording.tensors[row] for row in rows),
        steps,
        middle,
        _spread(value),
        worst,
        len(told),
        float(known.min()) if len(known) else np.nan,
        float(known.max()) if len(known) else np.nan,
    )


def marks(found: Grid) -> tuple[Mark, ...]:
    """Every row that is too small, too large or not finite at some step, the input's first."""
    made = []
    for row, states in enumerate(found.state):
        for state in (NOT_FINITE, LARGE, SMALL):
            held = np.flatnonzero(states == state)
            if not len(held):
                continue
            values = found.value[row, held]
            values = values[np.isfinite(values)]
            extreme = (values.min() if state == SMALL else values.max()) if len(values) else np.nan
            some = int((states != NO_DATA).sum())
            made.append(
                Mark(row, state, int(found.steps[held[0]]), len(held), some, float(extreme))
            )
    return tuple(made)


def _update_ratios(recording: Recording) -> NDArray[np.float64]:
    """‖W − W before‖₂ / ‖W before‖₂ of each row of a parameter, nan at a first step."""
    moved, size, _ = changes(recording, is_parameter, "weights and biases").T
    ratio = np.full(len(moved), np.nan)
    np.divide(moved, size, out=ratio, where=size > 0)
    return ratio


def _too_small(
    value: NDArray[np.float64],
    size: NDArray[np.float64],
    family: Family,
    measure: Measure,
    vanished: float,
) -> NDArray[np.bool_]:
    if measure == "update":
        return np.asarray(value < SMALL_UPDATE)
    if family == "gradient":
        return np.asarray(size < vanished)
    return np.asarray(size == 0)


def _too_large(value: NDArray[np.float64], family: Family, measure: Measure) -> NDArray[np.bool_]:
    if measure == "update":
        return np.asarray(value > LARGE_UPDATE)
    if measure not in ("norm", "mean_abs"):
        return np.zeros(value.shape, bool)
    found = np.zeros(value.shape, bool)
    for row in range(value.shape[0]):
        for worker in range(value.shape[2]):
            found[row, :, worker] = jumps(value[row, :, worker])
    # what only wakes up, as behind a layer that starts at zero, does not explode
    return found & (value > JUMPED_TO)


def jumps(values: NDArray[np.float64], *, times: float = JUMP) -> NDArray[np.bool_]:
    """Where a value is more than so many times what was usual before it.

    Usual is the median of the positive values before, or that of the first five where this is more:
    a training that has converged may come back to where it began.

    >>> jumps(np.array([1.0, 2.0, 3e6, 1.0, 5e3])).tolist()
    [False, False, True, False, True]
    """
    found = np.zeros(len(values), bool)
    places = np.flatnonzero(values > 0)
    some = values[places]
    # what is usual is never below the smallest value before
    high = some[1:] > times * np.minimum.accumulate(some)[:-1]
    if not high.any():
        return found
    before: list[float] = []
    start = 0.0
    for at, (place, value) in enumerate(zip(places.tolist(), some.tolist(), strict=True)):
        if at and high[at - 1]:
            found[place] = value > times * max(start, _middle(before))
        insort(before, value)
        if at < _START:
            start = _middle(before)
    return found


def _middle(ordered: list[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _median(cube: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median over the last axis of what is known, nan where nothing is."""
    if cube.shape[2] < 2:
        return cube[:, :, 0] if cube.shape[2] else np.full(cube.shape[:2], np.nan)
    ordered = np.sort(cube, axis=2)  # nan last
    known = np.maximum((~np.isnan(cube)).sum(axis=2, keepdims=True), 1)
    below = np.take_along_axis(ordered, (known - 1) // 2, 2)[:, :, 0]
    above = np.take_along_axis(ordered, known // 2, 2)[:, :, 0]
    return np.asarray((below + above) / 2)


def _spread(cube: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(cube)
    low = np.where(known, cube, np.inf).min(axis=2, initial=np.inf)
    high = np.where(known, cube, -np.inf).max(axis=2, initial=-np.inf)
    two = known.sum(axis=2) > 1
    ratio = np.full(low.shape, np.nan)
    np.divide(high, low, out=ratio, where=two & (low > 0))
    ratio[two & (low == 0)] = np.where(high[two & (low == 0)] > 0, np.inf, 1.0)
    return ratio
