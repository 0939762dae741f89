"""How far apart are two cumulative curves on the whole, squared and summed over all values?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.sorted_samples import Counts, Floats, Overlay


def cramer_von_mises(pair: Overlay) -> float:
    """Two-sample statistic T = nm/N² · Σ (F − G)² over all N values (Anderson 1962).

    The curves are taken just after each value, so tied values count as one jump. Unlike the other
    distances it needs the place of every value among the other sample's, which costs about as much
    as a sort more: those of one sample are searched for, and the others follow from them.
    """
    mine, theirs = pair.reference, pair.current
    n, m = len(mine), len(theirs)
    below = np.empty(m, np.int64)
    total = 0.0
    for start, part, last in _blocks(theirs):
        own, runs = _runs(theirs, start, part, last)
        part = part[last]
        first, end = np.searchsorted(mine, part[0]), np.searchsorted(mine, part[-1], "right")
        near = mine[first:end]
        upto = np.searchsorted(near, part)
        below[start : start + last[-1] + 1] = first + np.repeat(upto, runs)
        if len(near):
            tied = np.flatnonzero(near[np.minimum(upto, len(near) - 1)] == part)
            upto[tied] = np.searchsorted(near, part[tied], "right")
        gap = (first + upto) / n - own / m
        total += float((gap * gap * runs).sum())
    for start, part, last in _blocks(mine):
        own, runs = _runs(mine, start, part, last)
        # one of theirs is at or below my i-th value if fewer than i of mine are below it
        first, end = np.searchsorted(below, [start, start + len(part)])
        upto = first + np.bincount(below[first:end] - start, minlength=len(part)).cumsum()[last]
        gap = own / n - upto / m
        total += float((gap * gap * runs).sum())
    return n * m / (n + m) ** 2 * total


def _blocks(values: Floats, size: int = 1 << 13) -> Iterator[tuple[int, Floats, Counts]]:
    """Yield a sorted sample in parts that stay in the cache.

    Each with its start and the last place in it of each value that is in it.
    """
    for start in range(0, len(values), size):
        part = values[start : start + size]
        yield start, part, np.flatnonzero(np.append(part[1:] != part[:-1], True))


def _runs(values: Floats, start: int, part: Floats, last: Counts) -> tuple[Counts, Counts]:
    """Count, for each value of a part, those up to it in the sample, and those of it in the part.

    Only the last value of a part can go on in the next.
    """
    own, stop = start + last + 1, start + len(part)
    if stop < len(values) and values[stop] == part[-1]:
        own[-1] = np.searchsorted(values, part[-1], "right")
    return own, np.diff(last, prepend=-1)
