"""Between which blocks of time did a distribution change, and is that more than chance?

Blocks are counts over the same bins. The most different way to part them in two is held against
the same blocks in other orders; where it stands out, each part is looked at in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.multiplicity import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

FEWEST_BLOCKS = 8
"""With fewer there are too few orders for one of them to stand out."""

SMALLEST_PART = 2
"""Blocks on either side of a change: a single odd block is no change of level."""

_FEWEST_DRAWS = 999
_AT_ONCE = 100
_EXCEEDED = 10
"""After so many orders as different as the one there is, the answer will not be chance's to ask."""


@dataclass(frozen=True, slots=True)
class Change:
    """The first block (its place in the series) after a change, and its p.

    p of the first change of a series is adjusted for the number of series (Benjamini–Hochberg).
    """

    at: int
    p: float


def strata(hours: NDArray[np.datetime64], block_s: int) -> Counts:
    """Which blocks (t,) come again at the same time: their hour of the day, or day of the week.

    Hours need three days and days three weeks, else no rhythm can be told from a change: then all
    blocks are of one kind.

    Parameters
    ----------
    hours : array (t,) of datetime64
        Start of each block, UTC.
    """
    place = np.asarray(hours).astype("datetime64[h]").astype(np.int64)
    block_h = max(1, block_s // 3600)
    period_h = 24 if block_h < 24 else 7 * 24
    if len(place) == 0 or place[-1] - place[0] + block_h < 3 * period_h:
        return np.zeros(len(place), dtype=np.int64)
    return place % period_h // block_h


def change_points(
    series: Sequence[Counts], kinds: Counts, *, alpha: float, seed: int = 0
) -> tuple[tuple[Change, ...], ...]:
    """Find the changes of several series of counts over the same blocks, each in rising order.

    Of each series the largest chi-square between all blocks before and all from a block on, over
    every such block (Miller & Siegmund 1982), what is usual for the block's kind taken out first.
    Its p is the share of orders of the blocks, permuted within their kinds, that give as large a
    one, + 1 (Matteson & James 2014 for other distances); whole blocks change places, so requests
    may resemble each other inside one. Where p, adjusted for the number of series, is at most
    alpha, there is a change, and each part is asked by itself at alpha. So a series without any
    change has a mark with probability alpha at most, and a part without one likewise.

    It is wrong where blocks next to each other resemble each other for another reason than their
    kind: a slow wave is found as steps.

    Parameters
    ----------
    series : sequence of array (t, k) of int
        Counts of each block over k bins, of each series its own.
    kinds : array (t,) of int
        Blocks with the same number are like each other where nothing changes (``strata``).
    """
    rng = np.random.default_rng(seed)
    draws = max(_FEWEST_DRAWS, int(np.ceil(2 * len(series) / alpha)) - 1)
    whole = [_most_different(counts, kinds, draws, rng) for counts in series]
    q = benjamini_hochberg([np.nan if found is None else found.p for found in whole])
    return tuple(
        _parted(counts, kinds, Change(found.at, float(each)), alpha, draws, rng)
        if found is not None and each <= alpha
        else ()
        for counts, found, each in zip(series, whole, q, strict=True)
    )


def _parted(
    counts: Counts,
    kinds: Counts,
    found: Change,
    alpha: float,
    draws: int,
    rng: np.random.Generator,
) -> tuple[Change, ...]:
    """A change with those before and after it."""
    marks = [found]
    for start, part in ((0, slice(0, found.at)), (found.at, slice(found.at, None))):
        inner = _most_different(counts[part], kinds[part], draws, rng)
        if inner is not None and inner.p <= alpha:
            more = _parted(counts[part], kinds[part], inner, alpha, draws, rng)
            marks += [Change(start + each.at, each.p) for each in more]
    return tuple(sorted(marks, key=lambda change: change.at))


def _most_different(
    counts: Counts, kinds: Counts, draws: int, rng: np.random.Generator
) -> Change | None:
    """The most different way to part the blocks, with its p; None for too few blocks."""
    seen = np.flatnonzero(counts.sum(axis=1) > 0)
    if len(seen) < FEWEST_BLOCKS:
        return None
    held = counts[seen][:, counts.sum(axis=0) > 0].astype(np.float64)
    kind = kinds[seen]
    n = held.sum(axis=1)
    share = held.sum(axis=0) / n.sum()
    # a chi-square is a sum of squares once each bin is divided by the root of its share
    odd = (held - n[:, None] * _usual(held, n, kind)) / np.sqrt(share)
    chi = _chi_squares(odd[None], n[None])[0]
    at = int(np.argmax(chi))
    p = _p(float(chi[at]), odd, n, kind, draws, rng)
    return Change(int(seen[at + SMALLEST_PART]), p)


def _usual(held: Floats, n: Floats, kind: Counts) -> Floats:
    """The shares of all blocks of each block's kind, (t, k)."""
    _, place = np.unique(kind, return_inverse=True)
    sums = np.zeros((place.max() + 1, held.shape[1]))
    np.add.at(sums, place, held)
    shares: Floats = (sums / np.bincount(place, n)[:, None])[place]
    return shares


def _chi_squares(odd: Floats, n: Floats) -> Floats:
    """Chi-square of every way to part the blocks, (orders, t − 2 · smallest part + 1)."""
    last = odd.shape[1] - SMALLEST_PART
    sums = odd.cumsum(axis=1)[:, SMALLEST_PART - 1 : last]
    before = n.cumsum(axis=1)[:, SMALLEST_PART - 1 : last]
    whole = n.sum(axis=1, keepdims=True)
    found: Floats = (sums**2).sum(axis=2) * whole / (before * (whole - before))
    return found


def _p(
    largest: float, odd: Floats, n: Floats, kind: Counts, draws: int, rng: np.random.Generator
) -> float:
    """Share of the orders with as large a chi-square.

    Of what is plainly no change not all orders are tried (Besag & Clifford 1991): after ten as
    large ones p is ten by the number tried, which is as valid.
    """
    first = np.argsort(kind, kind="stable")
    # a whole number by the kind and a draw below one by chance: sorted, each kind is shuffled
    exceeded = tried = 0
    while tried < draws:
        some = min(_AT_ONCE, draws - tried)
        shuffled = np.argsort(kind + rng.random((some, len(kind))), axis=1)
        order = np.empty_like(shuffled)
        order[:, first] = shuffled
        # adding in another order moves the last digits of what is the same
        as_large = _chi_squares(odd[order], n[order]).max(axis=1) >= largest * (1 - 1e-9)
        reached = np.flatnonzero(exceeded + as_large.cumsum() >= _EXCEEDED)
        if len(reached):
            return _EXCEEDED / (tried + int(reached[0]) + 1)
        exceeded += int(as_large.sum())
        tried += some
    return (exceeded + 1) / (draws + 1)
