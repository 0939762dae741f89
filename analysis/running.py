"""How did an interval narrow while pairs came, and since when does it decide?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.clusters import spread_of
from analysis.design_effects import watched_effect, worth
from analysis.guardrails import status_of
from analysis.intervals import wilson_bands
from analysis.sequences import bernoulli_sequence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.agreement import AgreementSeries
    from analysis.clusters import ClusterSums
    from analysis.guardrails import Status

MOST_LOOKS = 200
"""Looks that are computed: more than a chart can show apart would only take time."""


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """A share at every look, each at the end of a block that had pairs.

    Attributes
    ----------
    start : ndarray (t,) of datetime64[s]
        Start of the block at whose end was looked, UTC.
    n : ndarray (t,) of int64
        Pairs so far.
    value, low, high : ndarray (t,) of float64
        The share so far and its confidence sequence: what the verdict would have judged.
    fixed_low, fixed_high : ndarray (t,) of float64
        Wilson's interval, which is right for one look only.
    limit : float
        What the share must at least be.
    status : str
        What the last interval says of the limit; ``no_data`` without a look.
    since : int or None
        The first look from which on every one says the same as the last, where that decides.
    """

    start: NDArray[np.datetime64]
    n: NDArray[np.int64]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    fixed_low: NDArray[np.float64]
    fixed_high: NDArray[np.float64]
    limit: float
    status: Status
    since: int | None


def running(
    series: AgreementSeries,
    *,
    limit: float,
    confidence: float,
    alpha: float,
    planned: int,
    clusters: ClusterSums | None = None,
) -> Running:
    """Follow the agreement of all pairs so far from block to block.

    The last look is at all pairs, so its intervals are those of the whole window: the sequence that
    the verdict judges, and Wilson's beside it.

    Parameters
    ----------
    series : AgreementSeries
    limit : float
        What the agreement must at least be, 0 to 1.
    confidence, alpha : float
        Of the interval for one look, and of the sequence.
    planned : int
        Pairs planned for the test.
    clusters : ClusterSums, optional
        What all pairs hang together by; at each look they are taken to have done so as they do now.
    """
    with_pairs = np.flatnonzero(series.n > 0)
    n, agreed = (np.cumsum(each)[with_pairs] for each in (series.n, series.agreed))
    chosen = _looks(n)
    n, agreed = n[chosen], agreed[chosen]

    def watched(k: int, of: int) -> tuple[float, float]:
        part = 1.0
        if clusters is not None:
            times = of / clusters.pairs
            part = 1 / watched_effect(spread_of(clusters), alpha=alpha, times=times)
        return bernoulli_sequence(k * part, of * part, alpha=alpha, planned=planned)

    both = zip(agreed.tolist(), n.tolist(), strict=True)
    ends = np.array([watched(k, of) for k, of in both]).reshape(-1, 2)
    low, high = ends[:, 0], ends[:, 1]
    once = 1.0 if clusters is None else worth(spread_of(clusters), confidence=confidence)
    fixed_low, fixed_high = wilson_bands(agreed * once, n * once, confidence=confidence)
    said = [status_of(a, b, limit, "at_least") for a, b in ends]
    status: Status = said[-1] if said else "no_data"
    since = None
    if status in ("ok", "breach"):
        since = len(said) - next((i for i, s in enumerate(said[::-1]) if s != status), len(said))
    return Running(
        start=series.start[with_pairs][chosen],
        n=n,
        value=agreed / n,
        low=low,
        high=high,
        fixed_low=fixed_low,
        fixed_high=fixed_high,
        limit=limit,
        status=status,
        since=since,
    )


def _looks(n: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose looks that lie evenly over the logarithm of the pairs: there an interval narrows."""
    if len(n) <= MOST_LOOKS:
        return np.arange(len(n))
    at = np.searchsorted(n, np.geomspace(n[0], n[-1], MOST_LOOKS))
    return np.unique(np.minimum(at, len(n) - 1))
