"""Do whole requests differ, not only their features one by one?

The energy distance asks it of all features together: it is 0 only where two distributions are the
same, whatever their shape, and sees what no feature shows alone, such as a correlation that went.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

DRAWS = 999


@dataclass(frozen=True, slots=True)
class Energy:
    """How far two samples of requests are apart.

    Attributes
    ----------
    value : float
        Energy coefficient, 0 (the same) to 1: the energy distance as a part of the mean distance
        between the samples.
    chance : float
        What it stays below with the confidence asked for where nothing has moved.
    p : float
    n_reference, n_current : int
    draws : int
        Permutations behind ``chance`` and ``p``.
    """

    value: float
    chance: float
    p: float
    n_reference: int
    n_current: int
    draws: int


def one_scale(numbers: Sequence[ArrayLike], texts: Sequence[ArrayLike], n: int) -> Floats:
    """Columns of n rows of both samples together as points, (n, d), so that none outweighs another.

    A number is its rank among all rows, divided by the ranks' standard deviation: no outlier and
    no unit matters. A text is a point of its own for each category. So two different texts are as
    far apart as two numbers are on average (root mean square). A missing number is the middle
    rank, and far from those that are there in a dimension of its own.

    Parameters
    ----------
    numbers : sequence of array (n,)
        nan is missing.
    texts : sequence of array (n,) of int
        The number of each row's category.
    """
    columns: list[Floats] = [np.zeros(n)]
    for given in numbers:
        value = np.asarray(given, dtype=np.float64)
        gone = np.isnan(value)
        there = value[~gone]
        ordered = np.sort(there)
        rank = np.full(n, 0.5)
        middle = np.searchsorted(ordered, there, "left") + np.searchsorted(ordered, there, "right")
        rank[~gone] = middle / max(1, 2 * len(there))
        sd = rank.std()
        if sd > 0:
            columns.append((rank - 0.5) / sd)
        if gone.any():
            columns.append(np.where(gone, np.sqrt(2), 0.0))
    for codes in texts:
        _, place = np.unique(np.asarray(codes), return_inverse=True)
        columns += list(np.eye(place.max() + 1)[place].T)
    return np.column_stack(columns)


def energy_distance(points: Floats, n_reference: int, *, alpha: float, seed: int = 0) -> Energy:
    """Hold the first ``n_reference`` points (n, d) against the others.

    E = 2·E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖ over all pairs of points, shown as E / 2·E‖X − Y‖
    (Székely & Rizzo 2004, 2013; Baringhaus & Franz 2004). p from permutations of the points among
    the samples, (as large + 1)/(permutations + 1), so it is exact for points that are independent
    of each other. The cost grows with n².

    Raises
    ------
    ValueError
        When a sample is empty.
    """
    n = len(points)
    if not 0 < n_reference < n:
        raise ValueError("both samples need a point")
    apart = _distances(points)
    of_reference = np.zeros((n, DRAWS + 1))
    of_reference[:n_reference, 0] = 1
    rng = np.random.default_rng(seed)
    for draw in range(1, DRAWS + 1):
        of_reference[rng.permutation(n)[:n_reference], draw] = 1
    within = np.einsum("nd,nd->d", of_reference, apart @ of_reference)
    rows = apart.sum(axis=1)
    across = rows @ of_reference - within
    other = rows.sum() - within - 2 * across
    m = n - n_reference
    between = 2 * across / (n_reference * m)
    energy = between - within / n_reference**2 - other / m**2
    parts = np.divide(energy, between, out=np.zeros_like(energy), where=between > 0)
    # adding in another order moves the last digits of what is the same
    as_large = int((energy[1:] >= energy[0] * (1 - 1e-9)).sum())
    return Energy(
        value=float(max(parts[0], 0.0)),
        chance=float(np.quantile(parts[1:], 1 - alpha)),
        p=(as_large + 1) / (DRAWS + 1),
        n_reference=n_reference,
        n_current=m,
        draws=DRAWS,
    )


def _distances(points: Floats) -> Floats:
    """Euclidean distances of all points, (n, n)."""
    squares = (points**2).sum(axis=1)
    inner = squares[:, None] + squares[None, :] - 2 * points @ points.T
    apart: Floats = np.sqrt(np.maximum(inner, 0.0))
    np.fill_diagonal(apart, 0.0)
    return apart
