"""How were the numbers of one tensor spread, at each saved step?

Asked of one tensor at a time, for its values must be read anew; each is read once, and what was
found is kept as every measurement is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.training.recording import Measurement, Mode, Recording

LEVELS = (0.0, 0.0668, 0.1587, 0.3085, 0.5, 0.6915, 0.8413, 0.9332, 1.0)
"""TensorBoard's nine: minimum, maximum, and where a normal distribution has −1.5 σ to +1.5 σ by
half ones (tensorboard/plugins/distribution/compressor.py)."""
BINS = 40
MOST_ELEMENTS = 1_000_000
"""Of a larger tensor every k-th element stands for all: a share is off by about 0.1 points."""


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The numbers of one tensor, saved by one worker in one mode.

    ``quantiles`` has a row for each of ``step`` and a column for each of ``LEVELS``; ``share`` a
    row for each step and a column between two ``edges`` each, adding up to 1. Both are of the
    finite elements, nan where there is none. ``n`` counts elements, ``every`` is 1 where all were
    looked at, else k for every k-th. ``scale`` is where the edges turn from even to logarithmic.
    """

    worker: str
    step: NDArray[np.int64]
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
    low, high = told.low[rows], told.high[rows]
    if not np.isfinite(low).any():
        return None
    name = recording.tensors[tensor].name
    quantiles = recording.measured(
        Measurement(
            f"quantiles of {name}",
            tuple(f"q{level:g}" for level in LEVELS[1:-1]),
            lambda each: each.name == name,
            inner_quantiles,
        )
    )[rows]
    known = np.isfinite(quantiles[:, 0])
    if not known.any():
        return None
    # the usual size, rounded, so that a further step seldom moves the edges
    usual = float(np.nanmedian(told.mean_abs[rows]))
    scale = 10.0 ** math.floor(math.log10(usual)) if usual > 0 else 1.0
    ends = (
        _outward(float(np.nanmin(low)), math.floor),
        _outward(float(np.nanmax(high)), math.ceil),
    )
    shares = recording.measured(
        Measurement(
            f"histogram of {name}",
            tuple(f"bin {at}" for at in range(BINS)),
            lambda each: each.name == name,
            bin_shares,
            (*ends, scale),
        )
    )[rows]
    most = int(told.n[rows].max())
    return Distribution(
        recording.workers[number],
        told.step[rows],
        np.column_stack([low, quantiles, high]),
        edges(*ends, scale),
        shares,
        told.n[rows],
        -(-most // MOST_ELEMENTS),
        scale,
    )


def inner_quantiles(
    value: NDArray[np.generic], before: NDArray[np.generic] | None
) -> tuple[float, ...]:
    """The levels between minimum and maximum, of the finite elements."""
    some = _sample(value)
    if not len(some):
        return (float("nan"),) * (len(LEVELS) - 2)
    return tuple(float(each) for each in np.quantile(some, LEVELS[1:-1]))


def bin_shares(
    value: NDArray[np.generic],
    before: NDArray[np.generic] | None,
    low: float,
    high: float,
    scale: float,
) -> tuple[float, ...]:
    """The share of the finite elements in each bin."""
    some = _sample(value)
    if not len(some):
        return (float("nan"),) * BINS
    counts, _ = np.histogram(some, edges(low, high, scale))
    return tuple((counts / len(some)).tolist())


def edges(low: float, high: float, scale: float) -> NDArray[np.float64]:
    """Edges of the bins between two ends: even in asinh(x / scale)."""
    first, last = math.asinh(low / scale), math.asinh(high / scale)
    if first == last:
        first, last = first - 0.5, last + 0.5
    found = np.sinh(np.linspace(first, last, BINS + 1)) * scale
    # so that rounding leaves neither end outside
    found[0], found[-1] = min(found[0], low), max(found[-1], high)
    return np.asarray(found, np.float64)


def _outward(end: float, outward: Callable[[float], float]) -> float:
    """Round an end to two digits, down or up."""
    if end == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(end))) - 1)
    return float(outward(end / unit) * unit)


def _sample(value: NDArray[np.generic]) -> NDArray[np.float64]:
    if value.dtype.kind not in "fiub":
        return np.zeros(0)
    flat = value.reshape(-1)
    some = flat[:: -(-len(flat) // MOST_ELEMENTS) or 1].astype(np.float64)
    return np.asarray(some[np.isfinite(some)])
