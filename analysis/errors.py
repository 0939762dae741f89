"""How much more often does shadow fail than production?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.estimates import Estimate, no_estimate
from analysis.intervals import newcombe, share
from analysis.sequences import difference_sequence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    """

    counts: ErrorCounts
    production: Estimate
    shadow: Estimate
    difference: Estimate
    sequence: Estimate


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


def error_rate(counts: ErrorCounts, *, confidence: float, alpha: float, planned: int) -> ErrorRate:
    """Compare one kind of failure between the variants.

    The difference for one look is Newcombe's method 10, the one for every look comes from two
    beta-binomial sequences at alpha/2 each: both see the first few errors after none, where
    asymptotic methods are blind. Requests are compared as rates, so a shadow that got fewer of them
    is compared fairly. Without requests, or with more failures than requests, a rate is unknown.

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
    table = (counts.shadow_errors, shadow.n, counts.production_errors, production.n)
    value, n = shadow.value - production.value, min(shadow.n, production.n)
    once = newcombe(*table, confidence=confidence)
    always = difference_sequence(*table, alpha=alpha, planned=planned)
    return ErrorRate(
        counts,
        production,
        shadow,
        Estimate(value, *once, n, "share"),
        Estimate(value, *always, n, "share"),
    )


def _share(errors: int, n: int, confidence: float) -> Estimate:
    # More failures than requests: some requests were not counted, so there is no rate.
    return no_estimate("share") if errors > n else share(errors, n, confidence=confidence)
