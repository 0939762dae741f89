"""How does a whole model's training become one picture that a browser can carry?

A column stands for one saved step, or for several where there are many; it then shows the worst of
them, so that no spike is averaged away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.training.grids import LARGE, Grid, Measure

MOST_COLUMNS = 200
RANGES: dict[Measure, tuple[float, float]] = {
    "norm": (-8.0, 0.0),
    "mean_abs": (-8.0, 0.0),
    "update": (-8.0, 1.0),
    "zeros": (0.0, 1.0),
    "non_finite": (0.0, 1.0),
}
"""What the colours span, the same for every trial: powers of ten, or a share."""
LOGARITHMIC: tuple[Measure, ...] = ("norm", "mean_abs", "update")
# Of these a large value is the worse of two that are both in the usual range.
_LARGE_IS_WORSE: tuple[Measure, ...] = ("zeros", "non_finite")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A grid drawn together to columns.

    ``first`` and ``last`` are the steps that a column spans. The others have the shape (rows,
    columns): ``step`` is a row's worst within a column, ``value``, ``spread`` and ``state`` are
    that step's. ``shown`` is the value as the colours show it: log10 or the share itself, cut to
    the range of the measure; nan without data and where nothing is finite.
    """

    grid: Grid
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    step: NDArray[np.int64]
    value: NDArray[np.float64]
    spread: NDArray[np.float64]
    state: NDArray[np.int8]
    shown: NDArray[np.float64]

    @property
    def steps_a_column(self) -> int:
        """How many saved steps the widest column holds."""
        columns = max(len(self.first), 1)
        return -(-len(self.grid.steps) // columns)


def picture(grid: Grid, *, most: int = MOST_COLUMNS) -> Picture:
    """Draw a grid together to ``most`` columns at most, of consecutive saved steps each."""
    total = len(grid.steps)
    width = max(-(-total // most), 1)
    starts = np.arange(0, total, width)
    rows = np.arange(len(grid.rows))[:, None]
    badness = _badness(grid)
    # every column is filled up with its last step: it cannot be worse than itself
    inside = np.minimum(starts[:, None] + np.arange(width), total - 1)
    worst = inside[np.arange(len(starts)), badness[:, inside].argmax(axis=2)]
    value = grid.value[rows, worst]
    return Picture(
        grid,
        grid.steps[starts],
        grid.steps[inside[:, -1]],
        grid.steps[worst],
        value,
        grid.spread[rows, worst],
        grid.state[rows, worst],
        shown(value, grid.measure),
    )


def shown(value: NDArray[np.float64], measure: Measure) -> NDArray[np.float64]:
    """Give values as their colours show them: within the measure's range, 0 at its low end."""
    low, high = RANGES[measure]
    if measure not in LOGARITHMIC:
        return np.clip(value, low, high)
    with np.errstate(divide="ignore"):
        return np.clip(np.log10(value), low, high)


def _badness(grid: Grid) -> NDArray[np.float64]:
    """Order the cells of a row: by state, and in one state by how far on the wrong side."""
    away = shown(grid.value, grid.measure)
    low, high = RANGES[grid.measure]
    away = (away - low) / (high - low)
    if grid.measure not in _LARGE_IS_WORSE:
        # of two that explode the larger, of all others the smaller is the worse
        away = np.where(grid.state >= LARGE, away, 1 - away)
    return grid.state + 0.5 * np.nan_to_num(away)
