"""How much more often does shadow fail than production?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.clustered_shares import clustered_difference, clustered_difference_sequence
from analysis.clusters import ratio
from analysis.estimates import Estimate, no_estimate
from analysis.intervals import newcombe, share
from analysis.sequences import difference_sequence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.clusters import ClusterSums

ERROR_KINDS = ("4xx_errors", "5xx_errors", "model_errors")
"""Client errors, server errors, and errors the model's container gave."""


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Failures among requests, for both variants.

    ``kind`` is ``4xx_errors``, ``5xx_errors`` or ``model_errors``. A count of 0 means that there
    were requests and none failed; where nothing was measured ``n`` is 0.
    """

    kind: str
    production_errors: int
    production_n: int
    shadow_errors: int
    shadow_n: int


@dataclass(frozen=True, slots=True)
class ErrorClusters:
    """The same failures among the requests of each cluster; a of them have failed."""

    production: ClusterSums
    shadow: ClusterSums


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """One kind of failure as shares of requests, and their difference.

    Attributes
    ----------
    counts : ErrorCounts
    production, shadow : Estimate
        Shares with Wilson intervals.
    difference : Estimate
        shadow − production, Newcombe's interval for one look.
    sequence : Estimate
        The same difference with an interval that holds at every look.
    clusters : ErrorClusters or None
        What requests hang together by, which all intervals then allow for; None where each is taken
        for itself: without a key, and of CloudWatch, which does not know whose a request was.
    """

    counts: ErrorCounts
    production: Estimate
    shadow: Estimate
    difference: Estimate
    sequence: Estimate
    clusters: ErrorClusters | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ErrorSeries:
    """Failures and requests in equal blocks of time.

    All arrays have shape (t,). nan where CloudWatch has no data; 0 only where there were requests.
    """

    kind: str
    start: NDArray[np.datetime64]
    production_errors: NDArray[np.float64]
    production_n: NDArray[np.float64]
    shadow_errors: NDArray[np.float64]
    shadow_n: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Every kind of failure, over the window and over time."""

    rates: tuple[ErrorRate, ...]
    series: tuple[ErrorSeries, ...]
    production_invocations: int
    shadow_invocations: int


def error_rate(
    counts: ErrorCounts,
    *,
    confidence: float,
    alpha: float,
    planned: int,
    clusters: ErrorClusters | None = None,
) -> ErrorRate:
    """Compare one kind of failure between the variants.

    The difference for one look is Newcombe's method 10, the one for every look comes from two
    beta-binomial sequences at alpha/2 each: both see the first few errors after none, where
    asymptotic methods are blind. Requests are compared as rates, so a shadow that got fewer of them
    is compared fairly. Without requests, or with more failures than requests, a rate is unknown.
    ``clusters`` says what the same requests hang together by.

    >>> counts = ErrorCounts("5xx_errors", 0, 20_000, 40, 20_000)
    >>> rate = error_rate(counts, confidence=0.95, alpha=0.05, planned=10_000)
    >>> rate.difference.value, rate.sequence.low > 0.0005
    (0.002, True)
    """
    production = _share(counts.production_errors, counts.production_n, confidence)
    shadow = _share(counts.shadow_errors, counts.shadow_n, confidence)
    if not (production.known and shadow.known):
        nothing = no_estimate("share")
        return ErrorRate(counts, production, shadow, nothing, nothing)
    value, n = shadow.value - production.value, min(shadow.n, production.n)
    if clusters is None:
        once = newcombe(
            counts.shadow_errors,
            shadow.n,
            counts.production_errors,
            production.n,
            confidence=confidence,
        )
    else:
        production, shadow = (
            ratio(each, confidence=confidence) for each in (clusters.production, clusters.shadow)
        )
        both = clusters.shadow, clusters.production
        once = clustered_difference(*both, confidence=confidence)
    always = rate_sequence(counts, clusters, alpha=alpha, planned=planned)
    return ErrorRate(
        counts,
        production,
        shadow,
        Estimate(value, *once, n, "share"),
        Estimate(value, *always, n, "share"),
        clusters,
    )


def rate_sequence(
    counts: ErrorCounts,
    clusters: ErrorClusters | None,
    *,
    alpha: float,
    planned: int,
    times: float = 1.0,
) -> tuple[float, float]:
    """Ends of the confidence sequence of shadow − production.

    ``times`` asks for them after so many times the requests there are, all alike.
    """
    if clusters is not None:
        both = clusters.shadow, clusters.production
        return clustered_difference_sequence(*both, alpha=alpha, planned=planned, times=times)
    return difference_sequence(
        counts.shadow_errors * times,
        counts.shadow_n * times,
        counts.production_errors * times,
        counts.production_n * times,
        alpha=alpha,
        planned=planned,
    )


def _share(errors: int, n: int, confidence: float) -> Estimate:
    # More failures than requests: some requests were not counted, so there is no rate.
    return no_estimate("share") if errors > n else share(errors, n, confidence=confidence)
