"""What became of the ground truth's labels, how many pairs have one, and how late did they come?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimates import Estimate, no_estimate
from analysis.intervals import newcombe, share

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

DELAYS = (0.5, 0.9, 0.99)
"""Quantiles of the delay that are shown."""


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """The account of everything the ground truth's files hold, whatever the window.

    ``lines = used + duplicates + without_id + unreadable + unknown_id + repeated_id + unpaired +
    misfit``: every line is one of these.

    Attributes
    ----------
    location : str
    files, failed : int
        Files read, and files that could not be.
    lines : int
        Lines, or rows of a table; blank ones do not count.
    used : int
        Lines that label at least one pair.
    duplicates, conflicts : int
        Lines that a later one of the same request replaced, and those of them that said otherwise.
    without_id, unreadable : int
    unknown_id : int
        Lines whose id no captured request of production has.
    repeated_id : int
        Lines whose id several requests have, so that it cannot be told which is meant.
    unpaired : int
        Lines whose request was captured, but has no pair.
    misfit : int
        Lines with another number of labels than their request has rows.
    problems : tuple of str
        Why files could not be read: a sentence for each of the first.
    """

    location: str
    files: int
    failed: int
    lines: int
    used: int
    duplicates: int
    conflicts: int
    without_id: int
    unreadable: int
    unknown_id: int
    repeated_id: int
    unpaired: int
    misfit: int
    problems: tuple[str, ...] = ()

    @property
    def unmatched(self) -> int:
        """Lines with an id and a label that label no pair."""
        return self.unknown_id + self.repeated_id + self.unpaired + self.misfit


@dataclass(frozen=True, slots=True)
class LabelsBehind:
    """What has come since labels were joined to their pairs, where a command joins them.

    Attributes
    ----------
    files : int
        Files that have come since.
    changed : bool
        Files were changed or removed, or are to be read otherwise.
    hours : bool
        Pairs of further hours have been written, which have no labels yet.
    problem : str
        Why nothing can be said of the files; "" where it can.
    """

    files: int = 0
    changed: bool = False
    hours: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Delay:
    """How long after its request a label was known: some quantiles, in seconds, and of how many.

    Everything is nan with ``n=0`` where no label carries a time.
    """

    quantiles: tuple[float, ...]
    seconds: tuple[float, ...]
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class LabelSeries:
    """Pairs, and those of them with a label, in equal blocks of time.

    Attributes
    ----------
    start : ndarray (t,) of datetime64[s]
    pairs, labelled : ndarray (t,) of int64
    """

    start: NDArray[np.datetime64]
    pairs: NDArray[np.int64]
    labelled: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LabelCoverage:
    """Which part of the pairs is labelled, and whether that part looks like the rest.

    Attributes
    ----------
    pairs, labelled : int
    by_method : tuple of (method, pairs)
        Which id found the request: ``inference_id`` or ``event_id``.
    delay : Delay
    agreement, agreement_rest : Estimate
        How often both models give the same answer, on labelled pairs and on the others.
    selection : Estimate
        The difference, labelled − others; far from 0, the labelled pairs are no random part.
    series : LabelSeries
    """

    pairs: int
    labelled: int
    by_method: tuple[tuple[str, int], ...]
    delay: Delay
    agreement: Estimate
    agreement_rest: Estimate
    selection: Estimate
    series: LabelSeries

    @property
    def share(self) -> float:
        """Labelled pairs as a share of all; nan without pairs."""
        return self.labelled / self.pairs if self.pairs else np.nan

    @property
    def selected(self) -> bool:
        """Whether the labelled pairs agree more, or less, often than the others."""
        return self.selection.bounded and not self.selection.low <= 0 <= self.selection.high


def delay_of(minutes: ArrayLike, counts: ArrayLike) -> Delay:
    """The quantiles of delays that are counted by the whole minute, by their nearest rank.

    >>> delay_of([60, 120], [9, 1]).seconds[0]
    3600.0
    """
    at, n = np.asarray(minutes, np.float64), np.asarray(counts, np.int64)
    total = int(n.sum())
    if total == 0:
        return Delay(DELAYS, (np.nan,) * len(DELAYS), 0)
    order = np.argsort(at)
    reached = np.cumsum(n[order])
    ranks = np.ceil(np.array(DELAYS) * total)
    seconds = 60.0 * at[order][np.searchsorted(reached, ranks)]
    return Delay(DELAYS, tuple(seconds.tolist()), total)


def selection(
    agreed: int, n: int, agreed_rest: int, n_rest: int, *, confidence: float
) -> tuple[Estimate, Estimate, Estimate]:
    """Agreement on labelled pairs, on the others, and the difference (Newcombe 1998, method 10).

    Labels seldom come at random: a payment that was blocked is never confirmed as fraud. Where
    labelled pairs agree otherwise than the rest, the quality measured on them need not hold there.
    """
    labelled = share(agreed, n, confidence=confidence)
    rest = share(agreed_rest, n_rest, confidence=confidence)
    if not (labelled.known and rest.known):
        return labelled, rest, no_estimate("share")
    low, high = newcombe(agreed, n, agreed_rest, n_rest, confidence=confidence)
    value = labelled.value - rest.value
    return labelled, rest, Estimate(value, low, high, n + n_rest, "share")
