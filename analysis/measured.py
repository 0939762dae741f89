"""What is one measure of quality: both models' numbers, and the difference on the same pairs?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.estimates import Estimate, no_estimate


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of both models on the same labelled pairs.

    Attributes
    ----------
    name : str
        ``accuracy``, ``precision``, ``recall``, ``f1``, their ``macro_`` means, ``auc``,
        ``log_loss``, ``brier``, ``ece``, ``rmse``, ``mae`` or ``bias``.
    better : str
        Whether the ``higher`` or the ``lower`` number is the better one; empty where neither is
        (a bias is best at 0).
    production, shadow : Estimate
    difference : Estimate
        shadow − production, with the paired interval for one look.
    sequence : Estimate or None
        The same difference with an interval that holds at every look, where there is one.
    """

    name: str
    better: Literal["higher", "lower", ""]
    production: Estimate
    shadow: Estimate
    difference: Estimate
    sequence: Estimate | None

    @property
    def state(self) -> Literal["better", "worse", "different", "unclear", "no_data"]:
        """What the interval for one look says of the shadow."""
        found = self.difference
        if not found.known:
            return "no_data"
        if not found.bounded or found.low <= 0 <= found.high:
            return "unclear"
        if not self.better:
            return "different"
        return "better" if (found.value > 0) == (self.better == "higher") else "worse"


def no_measure(name: str, unit: str = "", *, better: Literal["higher", "lower", ""]) -> Measure:
    """Return the measure of which there are no data.

    >>> no_measure("rmse", better="lower").state
    'no_data'
    """
    nothing = no_estimate(unit)
    return Measure(name, better, nothing, nothing, nothing, None)
