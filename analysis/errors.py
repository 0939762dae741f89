"""How much more often does shadow fail than production?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.estimates import Estimate


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
