"""How far apart are two samples, once each of them is sorted?

Sorting costs more than all that follows, so it is done once and every distance reads the sorted
values. An :class:`Overlay` evaluates both cumulative curves on a coarse grid of their own values;
between two grid points a curve can only rise from its value at one to its value at the other, which
bounds what the exact answer can gain from looking inside. Only the few cells where that matters are
merged, so the results are exact at a small part of a full merge's cost.

Infinite values are ordinary extremes for everything that asks only about order. The Wasserstein
distance is infinite unless both samples have the same share of values at each infinity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

GRID = 6144
"""Grid points taken from each sample; more make the grid dearer and the merging cheaper."""

WINSORISED = 0.001
"""Share of each tail that a winsorised distance leaves out."""

SAFE = 1e100
"""Values up to this size can be added and multiplied without overflow."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A sample in rising order, its missing values (nan) counted and put aside."""

    values: Floats
    missing: int

    @property
    def n(self) -> int:
        """Values that are there."""
        return len(self.values)


def sort_sample(values: ArrayLike) -> Sample:
    """Sort a sample (n,) of numbers, nan meaning missing.

    >>> sort_sample([3.0, float("nan"), 1.0]).values.tolist()
    [1.0, 3.0]
    """
    return split_missing(np.sort(np.asarray(values, dtype=np.float64)))


def split_missing(ordered: Floats) -> Sample:
    """Put aside the missing values of an already sorted sample, nan last as numpy sorts them."""
    n = int(np.searchsorted(ordered, np.nan))
    return Sample(ordered[:n], len(ordered) - n)


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """Both cumulative curves on a common grid.

    Attributes
    ----------
    reference, current : ndarray (n,), (m,)
        The sorted samples, neither empty.
    grid : ndarray (g,)
        Rising values, among them the extremes of both samples.
    reference_below, reference_upto, current_below, current_upto : ndarray (g,)
        Values of each sample below, and up to and including, each grid point.
    """

    reference: Floats
    current: Floats
    grid: Floats
    reference_below: Counts
    reference_upto: Counts
    current_below: Counts
    current_upto: Counts


def overlay(reference: Floats, current: Floats) -> Overlay:
    """Evaluate both cumulative curves on a grid of their own values; neither may be empty."""
    grid = np.concatenate([_spread(reference), _spread(current)])
    grid.sort()
    grid = grid[np.concatenate([[True], grid[1:] != grid[:-1]])]
    return Overlay(reference, current, grid, *_ranks(reference, grid), *_ranks(current, grid))


def _ranks(values: Floats, grid: Floats) -> tuple[Counts, Counts]:
    """Count the values below, and up to and including, each grid point."""
    below = np.searchsorted(values, grid, "left")
    upto = below + (values[np.minimum(below, len(values) - 1)] == grid)
    # Only where a value is tied does counting those equal to it need a search of its own.
    tied = np.flatnonzero(values[np.minimum(upto, len(values) - 1)] == grid)
    tied = tied[upto[tied] < len(values)]
    upto[tied] = np.searchsorted(values, grid[tied], "right")
    return below, upto


def _spread(values: Floats) -> Floats:
    """Take some values of a sorted sample: evenly spaced ranks, both ends, and what cuts tails."""
    n = len(values)
    ranks = np.linspace(0, n - 1, min(n, GRID)).astype(np.int64)
    edges = [values[ranks], values[list(_tail_ranks(n))]]
    if math.isinf(values[0]) or math.isinf(values[-1]):
        # The outermost finite values keep every infinitely wide cell empty.
        inner = values[np.searchsorted(values, -math.inf, "right") :]
        inner = inner[: np.searchsorted(inner, math.inf, "left")]
        edges += [inner[:1], inner[-1:]]
    return np.concatenate(edges)


def _tail_ranks(n: int) -> tuple[int, int]:
    """0-based ranks between which a winsorised sample lies."""
    cut = int(WINSORISED * n)
    return cut, n - 1 - cut


@dataclass(frozen=True, slots=True, eq=False)
class _Walk:
    """Steps of F − G inside some cells, in rising order.

    ``gap`` holds from ``start`` to ``stop``; ``first`` is the place of each cell's left edge.
    """

    start: Floats
    stop: Floats
    gap: Floats
    first: Counts


def _walk(pair: Overlay, cells: Counts) -> _Walk:
    """Merge both samples inside the given cells, which must rise."""
    left, right = (pair.reference_upto[cells], pair.reference_below[cells + 1])
    other_left, other_right = (pair.current_upto[cells], pair.current_below[cells + 1])
    mine, theirs = _ranges(left, right), _ranges(other_left, other_right)
    values = np.concatenate([pair.grid[cells], pair.reference[mine], pair.current[theirs]])
    # Stable, so that a cell's left edge stays first; three sorted runs make it a quick merge.
    order = np.argsort(values, kind="stable")
    values = values[order]
    first = np.flatnonzero(order < len(cells))
    sizes = np.diff(first, append=len(order))
    from_reference = np.cumsum((order >= len(cells)) & (order < len(cells) + len(mine)))
    from_current = np.cumsum(order >= len(cells) + len(mine))
    mine_so_far = from_reference + np.repeat(left - from_reference[first], sizes)
    theirs_so_far = from_current + np.repeat(other_left - from_current[first], sizes)
    gap = mine_so_far / len(pair.reference) - theirs_so_far / len(pair.current)
    stop = np.concatenate([values[1:], [0.0]])
    stop[first + sizes - 1] = pair.grid[cells + 1]
    return _Walk(values, stop, gap, first)


def _ranges(left: Counts, right: Counts) -> Counts:
    """Indices left[0]…right[0]−1, left[1]…right[1]−1, and so on."""
    sizes = right - left
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    shift: Counts = np.repeat(left - (ends - sizes), sizes)
    return np.arange(total) + shift


def ks_distance(pair: Overlay) -> float:
    """Largest distance between the two cumulative curves (Smirnov 1939), exact.

    Branch and bound: cells are merged in the order of the most they could still add, until none
    can beat what has been found.
    """
    n, m = len(pair.reference), len(pair.current)
    low, high = pair.reference_upto / n, pair.current_upto / m
    best = float(np.abs(low - high).max())
    most = np.maximum(
        pair.reference_below[1:] / n - high[:-1], pair.current_below[1:] / m - low[:-1]
    )
    left = np.flatnonzero(most > best)
    left = left[np.argsort(-most[left])]
    while len(left):
        now, left = np.sort(left[:64]), left[64:]
        walk = _walk(pair, now)
        # Tied values are one jump: only what holds over a width is a value of the curves.
        real = walk.stop > walk.start
        if real.any():
            best = max(best, float(np.abs(walk.gap[real]).max()))
        left = left[most[left] > best]
    return best


def wasserstein(pair: Overlay) -> tuple[float, float]:
    """Area between the two cumulative curves (Vallender 1974): of all values, and winsorised.

    The winsorised area leaves out 0.1 % of each tail, of whichever sample reaches further, so that
    one absurd value cannot stand for a shift of everything. Where one curve stays above the other
    over a whole cell, the area is a difference of sums; the other cells are merged.

    Returns
    -------
    tuple of float
        In the unit of the values.
    """
    size = float(np.abs(pair.grid[np.isfinite(pair.grid)]).max(initial=0.0))
    if size > SAFE:
        small = overlay(pair.reference / size, pair.current / size)
        raw, trimmed = wasserstein(small)
        return raw * size, trimmed * size
    areas = _areas(pair)
    low, high = _tail_ranks(len(pair.reference))
    other_low, other_high = _tail_ranks(len(pair.current))
    bottom = min(pair.reference[low], pair.current[other_low])
    top = max(pair.reference[high], pair.current[other_high])
    first, last = np.searchsorted(pair.grid, [bottom, top])
    return float(areas.sum()), float(areas[first:last].sum())


def _areas(pair: Overlay) -> Floats:
    """Area between the curves in every cell (g − 1,)."""
    n, m = len(pair.reference), len(pair.current)
    low, low_end = pair.reference_upto[:-1] / n, pair.reference_below[1:] / n
    high, high_end = pair.current_upto[:-1] / m, pair.current_below[1:] / m
    with np.errstate(invalid="ignore"):
        width = np.diff(pair.grid)
        areas = np.abs((low - high) * width)
    areas[low == high] = 0.0  # infinitely wide cells are empty: 0 × ∞ is no area
    finite = np.isfinite(width)
    sure = finite & ((low >= high_end) | (high >= low_end))
    inside = _rise(pair.reference, pair.reference_upto, pair.reference_below, pair.grid) / n
    inside -= _rise(pair.current, pair.current_upto, pair.current_below, pair.grid) / m
    areas[sure] = np.abs((low - high)[sure] * width[sure] + inside[sure])
    unsure = np.flatnonzero(finite & ~sure)
    if len(unsure):
        walk = _walk(pair, unsure)
        areas[unsure] = np.add.reduceat(np.abs(walk.gap) * (walk.stop - walk.start), walk.first)
    return areas


def _rise(values: Floats, upto: Counts, below: Counts, grid: Floats) -> Floats:
    """Sum over the values inside each cell of their distance to its right edge."""
    left, right = upto[:-1], below[1:]
    edges = np.empty(2 * len(left), np.int64)
    edges[0::2], edges[1::2] = left, right
    # reduceat cannot take an index past the end; such a cell is empty.
    sums = np.add.reduceat(values, np.minimum(edges, len(values) - 1))[0::2]
    with np.errstate(invalid="ignore"):
        return np.where(right > left, (right - left) * grid[1:] - sums, 0.0)


def decile_counts(pair: Overlay, bins: int = 10) -> tuple[Counts, Counts]:
    """Count both samples between the quantiles of the reference, the outer bins open.

    Equal quantiles, as ties make them, are one edge.

    Returns
    -------
    tuple of ndarray (b,)
        Counts of reference and current, b at most ``bins``.
    """
    n = len(pair.reference)
    ranks = np.ceil(np.arange(1, bins) * n / bins).astype(np.int64) - 1
    edges = np.unique(pair.reference[ranks])

    def count(values: Floats) -> Counts:
        inner = np.searchsorted(values, edges, "right")
        return np.diff(inner, prepend=0, append=len(values))

    return count(pair.reference), count(pair.current)


def winsorised_ends(values: Floats) -> tuple[float, float]:
    """Return the values of a sorted sample between which its winsorised one lies."""
    low, high = _tail_ranks(len(values))
    return float(values[low]), float(values[high])


def winsorised_sd(values: Floats) -> float:
    """Compute a sorted sample's standard deviation, 0.1 % of each tail pulled in; nan below 2."""
    n = len(values)
    if n < 2:
        return math.nan
    low, high = _tail_ranks(n)
    middle = values[low : high + 1]
    size = float(max(abs(middle[0]), abs(middle[-1])))
    if not math.isfinite(size):
        return math.nan
    scale = size if size > SAFE else 1.0
    middle = middle / scale
    mean = (middle.sum() + low * (middle[0] + middle[-1])) / n
    square = ((middle - mean) ** 2).sum()
    square += low * ((middle[0] - mean) ** 2 + (middle[-1] - mean) ** 2)
    return math.sqrt(square / (n - 1)) * scale


def in_sd(distance: float, sd: float) -> float:
    """Express a distance in standard deviations; any distance is infinitely many of none."""
    if math.isnan(sd):
        return math.nan
    if sd == 0:
        return 0.0 if distance == 0 else math.inf
    return distance / sd


def thin_curve(values: Floats, points: int = 200) -> tuple[Floats, Floats]:
    """Take at most ``points`` points of a sorted sample's cumulative curve, for drawing."""
    n = len(values)
    ranks = np.unique(np.linspace(0, n - 1, min(n, points)).astype(np.int64))
    return values[ranks], (ranks + 1) / n
