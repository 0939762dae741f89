"""Where is a number cut into bins that a reader can remember?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

BINS = 8
# An edge may move by this share of the gap beside it to become a rounder number.
MOVED_AT_MOST = 0.1


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge between two bins; ``alone`` says that its value fills a bin by itself."""

    value: float
    alone: bool = False


def edges_of(values: np.ndarray[Any, Any]) -> tuple[Edge, ...]:
    """Edges of at most eight bins of about equal numbers, from a sample without nan.

    A value so frequent that it is several quantiles at once gets a bin of its own, as the zeros of
    an amount do; the other edges are rounded to as few digits as keep them apart.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return ()
    shares = np.arange(1, BINS) / BINS
    cuts = np.quantile(finite, shares, method="lower")
    found, times = np.unique(cuts, return_counts=True)
    alone = {float(v) for v, count in zip(found, times, strict=True) if count > 1}
    exact = [float(value) for value in found]
    # a bin below the smallest value would hold nothing
    if exact[0] == float(finite.min()) and exact[0] not in alone:
        exact = exact[1:]
    rounded = [value if value in alone else _rounded(value, exact) for value in exact]
    if any(not low < high for low, high in pairwise(rounded)):
        rounded = exact
    return tuple(Edge(value, value in alone) for value in rounded)


def _rounded(value: float, among: list[float]) -> float:
    """The value with the fewest digits that is still much nearer to it than to its neighbours."""
    at = among.index(value)
    gaps = [abs(value - among[beside]) for beside in (at - 1, at + 1) if 0 <= beside < len(among)]
    allowed = MOVED_AT_MOST * min(gaps, default=abs(value) or 1.0)
    for digits in range(1, 17):
        shorter = float(f"{value:.{digits - 1}e}")
        if math.isfinite(shorter) and abs(shorter - value) <= allowed:
            return shorter
    return value
