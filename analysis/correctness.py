"""Which of two classifiers is right more often?"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.confusion import ordered
from analysis.estimates import Estimate
from analysis.intervals import newcombe_paired, share
from analysis.measured import Measure, no_measure
from analysis.sequences import (
    TUNED_AT,
    difference_sequence,
    log_evidence,
    prior_strength,
    share_sequence,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Labelled pairs, counted by the truth and by both answers.

    Attributes
    ----------
    labels : tuple of str
    truth, production, shadow : ndarray (m,) of int64
        Places in ``labels``, one entry a combination that occurred.
    counts : ndarray (m,) of int64
    """

    labels: tuple[str, ...]
    truth: NDArray[np.int64]
    production: NDArray[np.int64]
    shadow: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def n(self) -> int:
        """Labelled pairs."""
        return int(self.counts.sum())

    def swapped(self) -> Outcomes:
        """Return the same pairs with production and shadow exchanged."""
        return Outcomes(self.labels, self.truth, self.shadow, self.production, self.counts)


@dataclass(frozen=True, slots=True)
class McNemar:
    """Pairs by who was right, and whether the two models are right equally often.

    ``exact_p`` is McNemar's test (1947) with the binomial distribution: it looks only at the pairs
    of which one model is right. ``mid_p`` (Fagerland, Lydersen & Laake 2013) is less conservative.
    nan without pairs.
    """

    both: int
    only_production: int
    only_shadow: int
    neither: int
    exact_p: float
    mid_p: float

    @property
    def n(self) -> int:
        """Labelled pairs."""
        return self.both + self.only_production + self.only_shadow + self.neither


@dataclass(frozen=True, slots=True)
class Watched:
    """McNemar's question, asked at every look.

    Attributes
    ----------
    shadow_right : Estimate
        Of the pairs that only one model gets right, the share that the shadow does, with an
        interval that holds at every look; ½ says that the two are right equally often.
    evidence : float
        The e-value against ½: of models that are right equally often it reaches e at some look
        with a chance of at most 1/e. Infinite where it is beyond what a double holds.
    p : float
        1/evidence, at most 1: a p-value that holds at every look. nan without labelled pairs.
    """

    shadow_right: Estimate
    evidence: float
    p: float


def outcomes(
    truth: Sequence[str], production: Sequence[str], shadow: Sequence[str], counts: ArrayLike
) -> Outcomes:
    """Turn counted triples of labels (long form) into places in one list of labels."""
    labels = ordered({*truth, *production, *shadow})
    place = {label: at for at, label in enumerate(labels)}

    def places(given: Sequence[str]) -> NDArray[np.int64]:
        return np.array([place[label] for label in given], dtype=np.int64)

    return Outcomes(
        labels, places(truth), places(production), places(shadow), np.asarray(counts, np.int64)
    )


def mcnemar(both: int, only_production: int, only_shadow: int, neither: int) -> McNemar:
    """McNemar's test of pairs by who was right.

    >>> found = mcnemar(1, 7, 1, 12)
    >>> round(found.exact_p, 4), round(found.mid_p, 4)
    (0.0703, 0.0391)
    """
    apart, fewer = only_production + only_shadow, min(only_production, only_shadow)
    if both + apart + neither == 0:
        exact = mid = math.nan
    elif apart == 0:
        exact = mid = 1.0
    else:
        from scipy.special import bdtr

        there = math.exp(
            math.lgamma(apart + 1)
            - math.lgamma(fewer + 1)
            - math.lgamma(apart - fewer + 1)
            - apart * math.log(2)
        )
        exact = min(1.0, 2 * float(bdtr(fewer, apart, 0.5)))
        mid = 1 - there / 2 if only_production == only_shadow else max(0.0, exact - there)
    return McNemar(both, only_production, only_shadow, neither, exact, mid)


def who_was_right(table: Outcomes) -> McNemar:
    """McNemar's test of labelled pairs."""
    production, shadow = table.production == table.truth, table.shadow == table.truth
    n = table.counts
    return mcnemar(
        int(n[production & shadow].sum()),
        int(n[production & ~shadow].sum()),
        int(n[~production & shadow].sum()),
        int(n[~production & ~shadow].sum()),
    )


APART = 0.1
"""The share of labelled pairs for which :func:`watched` is tuned to be told apart; any is valid."""


def watched(found: McNemar, *, alpha: float, planned: int) -> Watched:
    """McNemar's test for whoever looks again and again: an e-value on the discordant pairs.

    Given that only one model is right, it is the shadow with chance ½ where both are right equally
    often; the beta-binomial mixture of :mod:`analysis.sequences` holds the counts against that
    (Robbins 1970; Howard et al. 2021). The share's interval leaves out ½ when p < alpha.

    >>> round(watched(mcnemar(800, 60, 40, 100), alpha=0.05, planned=10_000).p, 3)
    0.513
    """
    apart = found.only_production + found.only_shadow
    share = share_sequence(found.only_shadow, apart, alpha=alpha, planned=round(APART * planned))
    if apart == 0:
        return Watched(share, 1.0, 1.0) if found.n else Watched(share, math.nan, math.nan)
    strength = prior_strength(TUNED_AT * round(APART * planned), alpha)
    evidence = log_evidence(found.only_shadow, apart, 0.5, strength)
    beyond = evidence > math.log(sys.float_info.max)
    return Watched(share, math.inf if beyond else math.exp(evidence), min(1.0, math.exp(-evidence)))


def accuracy(found: McNemar, *, confidence: float, alpha: float, planned: int) -> Measure:
    """Share of labelled pairs that each model gets right, and the paired difference.

    Newcombe's paired method 10 for one look; for every look, the difference of the two discordant
    shares (:func:`analysis.sequences.difference_sequence`).
    """
    if found.n == 0:
        return no_measure("accuracy", "share", better="higher")
    gained, lost, n = found.only_shadow, found.only_production, found.n
    ends = difference_sequence(gained, n, lost, n, alpha=alpha, planned=planned)
    return Measure(
        "accuracy",
        "higher",
        share(found.both + lost, n, confidence=confidence),
        share(found.both + gained, n, confidence=confidence),
        paired_share(found.both, gained, lost, found.neither, confidence=confidence),
        Estimate((gained - lost) / n, *ends, n, "share"),
    )


def paired_share(both: int, gained: int, lost: int, neither: int, *, confidence: float) -> Estimate:
    """Difference of two shares of the same pairs, shadow − production (Newcombe's method 10)."""
    n = both + gained + lost + neither
    low, high = newcombe_paired(both, gained, lost, neither, confidence=confidence)
    return Estimate((gained - lost) / n, low, high, n, "share")
