"""How often do production and shadow give the same answer?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.clusters import ratio, ratio_sequence
from analysis.confusion import (
    Confusion,
    LabelShift,
    bowker,
    confusion,
    kappa,
    label_shift,
    stuart_maxwell,
)
from analysis.estimates import Estimate, TestResult
from analysis.independence import over_time
from analysis.intervals import share, wilson_bands
from analysis.sequences import share_sequence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from analysis.clustered_shares import Moves
    from analysis.clusters import Clusters
    from analysis.independence import Independence

__all__ = [
    "Agreement",
    "AgreementSeries",
    "Confusion",
    "LabelShift",
    "agreement_bounds",
    "agreement_sequence",
    "agreement_series",
    "assess",
    "bowker",
    "confusion",
    "kappa",
    "label_agreement",
    "label_shift",
    "stuart_maxwell",
]


@dataclass(frozen=True, slots=True, eq=False)
class AgreementSeries:
    """Agreement in equal blocks of time, each with its own Wilson interval.

    Attributes
    ----------
    start : ndarray (t,) of datetime64[s]
        Start of each block, UTC.
    n, agreed : ndarray (t,) of int64
    value, low, high : ndarray (t,) of float64
        Shares; nan in a block without pairs.
    """

    start: NDArray[np.datetime64]
    n: NDArray[np.int64]
    agreed: NDArray[np.int64]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Everything known about how often the two variants agree.

    Attributes
    ----------
    fixed : Estimate
        Share of pairs with the same answer, Wilson interval: right for one look.
    sequence : Estimate
        The same share with an interval that holds at every look. Both mind the clusters, if any.
    worst, best : float
        The share if every missing shadow answer had disagreed, or agreed.
    missing : int
        Production answers for which a shadow answer was expected and is not there.
    confusion, kappa, bowker, stuart_maxwell, shifts
        Only for labels: None and empty for regression.
    series : AgreementSeries
    tolerance : float or None
        For regression, the relative difference up to which two numbers are the same answer.
    rule : str
        For answers of several parts, in words when two of them are the same.
    clusters : Clusters or None
        What pairs hang together by; None where each is taken to be independent of the others.
    moves : tuple of Moves or None
        What each label of the table gained and lost in those clusters; None without either.
    independence : Independence or None
        Whether agreement over time contradicts that; None where a key says what hangs together.
    """

    fixed: Estimate
    sequence: Estimate
    worst: float
    best: float
    missing: int
    confusion: Confusion | None
    kappa: Estimate | None
    bowker: TestResult | None
    stuart_maxwell: TestResult | None
    shifts: tuple[LabelShift, ...]
    series: AgreementSeries
    tolerance: float | None
    rule: str = ""
    clusters: Clusters | None = None
    moves: tuple[Moves, ...] | None = None
    independence: Independence | None = None


def label_agreement(agreed: int, n: int, *, confidence: float) -> Estimate:
    """Share of pairs with the same answer, with a Wilson interval for one look.

    No pairs give nan with ``n=0``.

    >>> label_agreement(3, 4, confidence=0.95).value
    0.75
    """
    return share(agreed, n, confidence=confidence)


def agreement_sequence(agreed: int, n: int, *, alpha: float, planned: int) -> Estimate:
    """Share of pairs with the same answer, with an interval that holds at every look.

    A beta-binomial confidence sequence (see :func:`analysis.sequences.bernoulli_sequence`). It
    assumes that pairs do not hang together; where they do, see :mod:`analysis.clusters`.
    """
    return share_sequence(agreed, n, alpha=alpha, planned=planned)


def agreement_bounds(agreed: int, n: int, missing: int) -> tuple[float, float]:
    """Agreement if every missing shadow answer had disagreed, and if every one had agreed.

    Missing answers are seldom missing at random: a shadow that times out on the hard requests
    looks better on the rest.

    >>> agreement_bounds(95, 100, 10)
    (0.8636363636363636, 0.9545454545454546)
    """
    whole = n + missing
    if whole <= 0:
        return np.nan, np.nan
    return agreed / whole, (agreed + missing) / whole


def agreement_series(
    start: ArrayLike, agreed: ArrayLike, n: ArrayLike, *, confidence: float
) -> AgreementSeries:
    """Agreement in each block of time, nan where a block has no pairs.

    Parameters
    ----------
    start : array (t,) of datetime64
    agreed, n : array (t,) of int
    """
    pairs, same = np.asarray(n, dtype=np.int64), np.asarray(agreed, dtype=np.int64)
    low, high = wilson_bands(same, pairs, confidence=confidence)
    value = same / np.where(pairs > 0, pairs, np.nan)
    return AgreementSeries(np.asarray(start, "datetime64[s]"), pairs, same, value, low, high)


def assess(
    agreed: int,
    n: int,
    missing: int,
    series: AgreementSeries,
    *,
    confidence: float,
    alpha: float,
    planned: int,
    table: Confusion | None = None,
    tolerance: float | None = None,
    rule: str = "",
    clusters: Clusters | None = None,
    moves: tuple[Moves, ...] | None = None,
) -> Agreement:
    """Put together all that is known about agreement.

    Parameters
    ----------
    agreed, n, missing : int
        Pairs with the same answer, all pairs, and expected pairs without a shadow answer.
    series : AgreementSeries
    confidence, alpha : float
        Of the intervals for one look, and of those for every look.
    planned : int
        Pairs planned for the test.
    table : Confusion, optional
        For labels: production × shadow. It must hold the same pairs.
    tolerance : float, optional
        For numbers: the relative difference that still counts as the same answer.
    rule : str, optional
        For answers of several parts: when two of them are the same, in words.
    clusters : Clusters, optional
        What the same pairs hang together by.
    moves : tuple of Moves, optional
        For labels with clusters: what each gained and lost, in the order of the table.
    """
    fixed = label_agreement(agreed, n, confidence=confidence)
    sequence = agreement_sequence(agreed, n, alpha=alpha, planned=planned)
    if clusters is not None:
        fixed = ratio(clusters.sums, confidence=confidence)
        low, high = ratio_sequence(clusters.sums, alpha=alpha, planned=planned)
        sequence = replace(sequence, low=low, high=high)
    keyed = clusters is not None and clusters.key
    effect = 1.0 if clusters is None else clusters.design_effect
    worst, best = agreement_bounds(agreed, n, missing)
    return Agreement(
        fixed=fixed,
        sequence=sequence,
        worst=worst,
        best=best,
        missing=missing,
        confusion=table,
        kappa=None if table is None else kappa(table, confidence=confidence),
        bowker=None if table is None else bowker(table),
        stuart_maxwell=None if table is None else stuart_maxwell(table),
        shifts=()
        if table is None
        else label_shift(table, alpha=alpha, confidence=confidence, planned=planned, moves=moves),
        series=series,
        tolerance=tolerance,
        rule=rule,
        clusters=clusters,
        moves=moves,
        independence=None if keyed else over_time(series, effect=effect),
    )
