"""How large are the elements of a tensor, in one pass over its bytes?

Blocks are copied into a buffer that stays in the processor's cache, and every statistic is taken
there, so the tensor itself is read from memory once. Sums are taken of rows of 1,024 elements, and
those are added up in float64. Blocks of float32 whose squares float32 cannot hold (a gradient of
1e21 has one of 1e42) and all other types are widened to float64 first.
"""

from __future__ import annotations

import math
import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

ROW = 1 << 10
BLOCK = 128 * ROW
# widening so few elements costs less than it gains in precision
_FEW = 4 * ROW
# E[x²] − m² has lost digits: the spread is then summed around the mean
_CANCELLED = 0.05
# sums of squares below these have lost digits, as those that are no longer finite have
_NARROW: np.dtype[Any] = np.dtype(np.float32)
_WIDE: np.dtype[Any] = np.dtype(np.float64)
_LEAST = {_NARROW: 1e-20, _WIDE: 1e-280}


class Described(NamedTuple):
    """The columns of ``Statistics`` for one value, named as there; counts may be unknown too."""

    n: int
    zeros: float = math.nan
    nans: float = math.nan
    infinite: float = math.nan
    mean: float = math.nan
    std: float = math.nan
    low: float = math.nan
    high: float = math.nan
    l1: float = math.nan
    l2: float = math.nan
    mean_abs: float = math.nan


class _Buffers(threading.local):
    """Room for one block in each thread, by type: its elements, sums of its rows, and flags."""

    def __init__(self) -> None:
        self.of = {dtype: np.zeros(BLOCK, dtype) for dtype in _LEAST}
        self.sums = {dtype: np.zeros((3, BLOCK // ROW), dtype) for dtype in _LEAST}
        self.flags = np.zeros(BLOCK, bool)


_buffers = _Buffers()
_ONES = {dtype: np.ones(ROW, dtype) for dtype in _LEAST}


def describe(value: NDArray[np.generic]) -> Described:
    """Every statistic of a tensor of floats, integers or booleans.

    ``zeros``, ``nans`` and ``infinite`` count elements; the others are of the finite elements:
    mean, standard deviation with divisor n, least, largest, Σ|x|, √Σx², mean |x|, in float64.
    Complex numbers have no order and texts no size: of them, as of an empty tensor, only ``n`` is
    known, and the counts of the empty one.

    >>> describe(np.array([3.0, -4.0, 0.0, np.inf])).l2
    5.0
    """
    if value.dtype.kind not in "fiub":
        return Described(value.size)
    if value.size == 1:
        return _of_one(float(value.item()))
    flat = value.ravel()
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        found = _sums(flat)
        if found.n and not found.holds(_WIDE):
            return _scaled(flat, found.largest)
        return _described(flat, found)


class _Sums(NamedTuple):
    """What is added up over blocks, of ``n`` finite elements."""

    n: int = 0
    zeros: int = 0
    total: float = 0.0
    squares: float = 0.0
    l1: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    nans: int = 0
    infinite: int = 0

    @property
    def largest(self) -> float:
        """The largest |x|."""
        return max(self.high, -self.low)

    def holds(self, dtype: np.dtype[Any]) -> bool:
        """Whether a type could hold the squares."""
        return _LEAST[dtype] < self.squares < math.inf or self.low == self.high == 0

    def joined(self, other: _Sums) -> _Sums:
        """Of two blocks."""
        return _Sums(
            self.n + other.n,
            self.zeros + other.zeros,
            self.total + other.total,
            self.squares + other.squares,
            self.l1 + other.l1,
            min(self.low, other.low),
            max(self.high, other.high),
            self.nans + other.nans,
            self.infinite + other.infinite,
        )


def _of_one(x: float) -> Described:
    """A scalar, by far the most frequent tensor of some trials."""
    if not math.isfinite(x):
        return Described(1, 0, math.isnan(x), math.isinf(x))
    size = abs(x)
    return Described(1, x == 0, 0, 0, x, 0.0, x, x, size, size, size)


def _sums(flat: NDArray[Any]) -> _Sums:
    found = _Sums()
    for start in range(0, len(flat), BLOCK):
        block = flat[start : start + BLOCK]
        part = None
        if flat.dtype == _NARROW and len(block) >= _FEW:
            part = _of_finite(block, _NARROW)
            # a NaN or ±∞ anywhere in the block shows in its sum of squares
            if not part.holds(_NARROW):
                part = None
        if part is None:
            part = _of_finite(block, _WIDE)
            if not math.isfinite(part.squares):
                part = _of_some(block)
        found = found.joined(part) if start else part
    return found


def _of_finite(block: NDArray[Any], dtype: np.dtype[Any]) -> _Sums:
    n = len(block)
    if n < ROW:
        return _of_few(block.astype(np.float64))
    buffer, ones = _buffers.of[dtype], _ONES[dtype]
    # the last row is filled up with zeros, which add nothing
    rows = -(-n // ROW)
    x = buffer[:n]
    x[:] = block
    buffer[n : rows * ROW] = 0
    table = buffer[: rows * ROW].reshape(rows, ROW)
    sums = _buffers.sums[dtype][:, :rows]
    low, high = float(np.minimum.reduce(x)), float(np.maximum.reduce(x))
    np.vecdot(table, ones, out=sums[0])
    np.vecdot(table, table, out=sums[1])
    least = low
    if low < 0:
        np.vecdot(np.abs(table, out=table), ones, out=sums[2])
        least = float(np.minimum.reduce(x))
    total, squares, l1 = np.add.reduce(sums, axis=1, dtype=np.float64).tolist()
    zeros = 0
    if least == 0:
        zeros = n - int(np.count_nonzero(np.not_equal(x, 0, out=_buffers.flags[:n])))
    return _Sums(n, zeros, total, squares, l1 if low < 0 else total, low, high)


def _of_few(x: NDArray[np.float64]) -> _Sums:
    """Where calls cost more than elements."""
    low, high = float(np.minimum.reduce(x)), float(np.maximum.reduce(x))
    total = float(np.add.reduce(x))
    l1 = float(np.add.reduce(np.abs(x))) if low < 0 else total
    zeros = 0 if low > 0 or high < 0 else len(x) - int(np.count_nonzero(x))
    return _Sums(len(x), zeros, total, float(np.dot(x, x)), l1, low, high)


def _of_some(block: NDArray[Any]) -> _Sums:
    """Of a block with NaN or ±∞ in it, or with squares beyond float64."""
    finite = block[np.isfinite(block)]
    nans = int(np.count_nonzero(np.isnan(block)))
    found = _of_finite(finite, _WIDE) if len(finite) else _Sums()
    return found._replace(nans=nans, infinite=len(block) - len(finite) - nans)


def _described(flat: NDArray[Any], found: _Sums) -> Described:
    counts = (len(flat), found.zeros, found.nans, found.infinite)
    n = found.n
    if not n:
        return Described(*counts)
    # rounding may carry a mean out of its range, which would read as a contradiction
    mean = min(max(found.total / n, found.low), found.high)
    square = found.squares / n
    variance = square - mean * mean
    if found.low == found.high:
        variance = 0.0
    elif variance < _CANCELLED * square:
        variance = _around(flat, mean) / n
    return Described(
        *counts,
        mean,
        math.sqrt(variance),
        found.low,
        found.high,
        found.l1,
        math.sqrt(found.squares),
        found.l1 / n,
    )


def _around(flat: NDArray[Any], mean: float) -> float:
    """Σ(x − mean)² of the finite elements."""
    total = 0.0
    for start in range(0, len(flat), BLOCK):
        x = flat[start : start + BLOCK] - np.float64(mean)
        square = float(np.vecdot(x, x))
        total += square if math.isfinite(square) else float(np.vecdot(y := x[np.isfinite(x)], y))
    return total


def _scaled(flat: NDArray[Any], largest: float) -> Described:
    """Of numbers whose squares float64 cannot hold: bring them near 1, and the answers back."""
    exponent = math.frexp(largest)[1]
    near = np.ldexp(flat.astype(np.float64), -exponent)
    found = _described(near, _sums(near))
    return Described(*found[:4], *(float(np.ldexp(each, exponent)) for each in found[4:]))
