"""How did one tensor go from step to step, and how far were its workers apart?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.training.grids import Family, Measure, grid
from analysis.training.recording import Mode, Recording


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One measure of one tensor: a number for each saved step, nan without data.

    ``middle`` is the median of the workers, ``low`` and ``high`` the smallest and the largest of
    them; all three are the same with one worker.
    """

    measure: Measure
    step: NDArray[np.int64]
    middle: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    workers: int

    @property
    def known(self) -> int:
        """How many steps have a number."""
        return int((~np.isnan(self.middle)).sum())


def series(
    recording: Recording, tensor: int, family: Family, measure: Measure, *, mode: Mode
) -> Series:
    """Follow one measure of one tensor over the saved steps of a mode."""
    every = grid(recording, (tensor,), family, measure, mode=mode)
    each = [
        grid(recording, (tensor,), family, measure, mode=mode, worker=worker)
        for worker in (recording.workers if len(recording.workers) > 1 else ())
    ]
    low, high = every.value[0].copy(), every.value[0].copy()
    workers = 0
    for one in each:
        workers += one.n > 0
        at = np.searchsorted(every.steps, one.steps)
        low[at] = np.fmin(low[at], one.value[0])
        high[at] = np.fmax(high[at], one.value[0])
    return Series(measure, every.steps, every.value[0], low, high, max(workers, min(every.n, 1)))
