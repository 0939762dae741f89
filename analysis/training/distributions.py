"""How were the numbers of one tensor spread, at each saved step?

Asked of one tensor at a time, for its values must be read anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.training.recording import SOURCES, Mode, Recording

LEVELS = (0.0, 0.0668, 0.1587, 0.3085, 0.5, 0.6915, 0.8413, 0.9332, 1.0)
"""TensorBoard's nine: minimum, maximum, and where a normal distribution has −1.5 σ to +1.5 σ by
half ones (tensorboard/plugins/distribution/compressor.py)."""
BINS = 40
MOST_STEPS = 300
"""Of more steps so many stand for all, evenly apart, with the first and the last."""
MOST_ELEMENTS = 250_000
"""Of a larger tensor every k-th element stands for all: a share is off by about 0.1 points."""


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The numbers of one tensor, saved by one worker in one mode.

    ``quantiles`` has a row for each of ``step`` and a column for each of ``LEVELS``; ``share`` a
    row for each step and a column between two ``edges`` each, adding up to 1. Both are of the
    finite elements, nan where there is none. ``saved`` counts the steps there are, of which
    ``step`` are shown. ``n`` counts elements, ``every`` is 1 where all were looked at, else k for
    every k-th. ``scale`` is where the edges turn from even to logarithmic.
    """

    worker: str
    step: NDArray[np.int64]
    saved: int
    quantiles: NDArray[np.float64]
    edges: NDArray[np.float64]
    share: NDArray[np.float64]
    n: NDArray[np.int64]
    every: int
    scale: float


def distribution(
    recording: Recording, tensor: int, *, mode: Mode, worker: str | None = None
) -> Distribution | None:
    """How one tensor was spread, of one worker or the first; None where its values were not saved.

    The edges are the same at every step, so that steps can be compared: even around 0, and
    logarithmic further out, for one explosion must not flatten all else.
    """
    told = recording.statistics
    rows = told.rows_of(tensor, mode)
    if not len(rows):
        return None
    number = int(told.worker[rows[0]]) if worker is None else recording.workers.index(worker)
    rows = rows[told.worker[rows] == number]
    rows = rows[told.source[rows] == SOURCES.index("values")]
    low, high = told.low[rows], told.high[rows]
    if not np.isfinite(low).any():
        return None
    # the usual size, rounded, so that a further step seldom moves the edges
    usual = float(np.nanmedian(told.mean_abs[rows]))
    saved, rows = len(rows), _thinned(rows)
    scale = 10.0 ** math.floor(math.log10(usual)) if usual > 0 else 1.0
    bounds = edges(float(np.nanmin(low)), float(np.nanmax(high)), scale)
    quantiles = np.full((len(rows), len(LEVELS)), np.nan)
    share = np.full((len(rows), BINS), np.nan)
    for at, row in enumerate(rows.tolist()):
        some = _sample(recording.value(row))
        if len(some):
            quantiles[at] = np.quantile(some, LEVELS)
            # of all elements, sampled or not
            quantiles[at, [0, -1]] = told.low[row], told.high[row]
            share[at] = np.histogram(some, bounds)[0] / len(some)
    return Distribution(
        recording.workers[number],
        told.step[rows],
        saved,
        quantiles,
        bounds,
        share,
        told.n[rows],
        -(-int(told.n[rows].max()) // MOST_ELEMENTS),
        scale,
    )


def edges(low: float, high: float, scale: float) -> NDArray[np.float64]:
    """Edges of the bins between two ends: even in asinh(x / scale)."""
    first, last = math.asinh(low / scale), math.asinh(high / scale)
    if first == last:
        first, last = first - 0.5, last + 0.5
    found = np.sinh(np.linspace(first, last, BINS + 1)) * scale
    # so that rounding leaves neither end outside
    found[0], found[-1] = min(found[0], low), max(found[-1], high)
    return np.asarray(found, np.float64)


def _thinned(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    if len(rows) <= MOST_STEPS:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MOST_STEPS).round().astype(np.intp)]


def _sample(value: NDArray[np.generic] | None) -> NDArray[np.float64]:
    """The finite elements, or those of every k-th."""
    if value is None or value.dtype.kind not in "fiub":
        return np.zeros(0)
    flat = value.reshape(-1)
    some = flat[:: -(-len(flat) // MOST_ELEMENTS) or 1].astype(np.float64)
    return np.asarray(some[np.isfinite(some)])
