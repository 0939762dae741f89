"""How often do production and shadow give the same answer?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.confusion import Confusion, LabelShift, confusion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.estimates import Estimate, TestResult

__all__ = ["Agreement", "AgreementSeries", "Confusion", "LabelShift", "confusion"]


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
        The same share with an interval that holds at every look.
    worst, best : float
        The share if every missing shadow answer had disagreed, or agreed.
    missing : int
        Production answers for which a shadow answer was expected and is not there.
    confusion, kappa, bowker, stuart_maxwell, shifts
        Only for labels: None and empty for regression.
    series : AgreementSeries
    tolerance : float or None
        For regression, the relative difference up to which two numbers are the same answer.
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
