"""May the shadow be promoted?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from analysis.agreement import Agreement
    from analysis.coverage import HoursOfWeek, Pairing
    from analysis.deltas import Scores
    from analysis.drift import FeatureDrift
    from analysis.errors import Errors
    from analysis.estimates import Window
    from analysis.latency import Latency
    from analysis.policy import Policy

Status = Literal["ok", "breach", "inconclusive", "no_data"]
Direction = Literal["at_least", "at_most", "within"]
Decision = Literal["promote", "hold", "reject"]
PredictionKind = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One check of the policy: what was measured, what is allowed, and what follows.

    Attributes
    ----------
    name : str
        One of ``policy.GUARDRAILS``.
    status : str
        ``ok`` (interval inside the limit), ``breach`` (wholly outside), ``inconclusive`` or
        ``no_data``.
    value, low, high : float
        The measurement and its interval; for counts all three are the count.
    limit : float
    n : int
        What the measurement rests on, in pairs, rows, requests or hours.
    unit : str
        Unit of value, low, high and limit.
    direction : str
        ``at_least``, ``at_most``, or ``within`` for plus or minus the limit.
    critical : bool
        Whether a breach rejects on its own.
    used, used_low, used_high : float
        Share of the allowed change that is used up: 1 is the limit. nan without data.
    needed : int or None
        Further pairs, requests or hours that would decide; None where none are needed or none
        would.
    needed_unit : str
        ``pairs``, ``requests`` or ``hours``.
    sentence : str
    """

    name: str
    status: Status
    value: float
    low: float
    high: float
    limit: float
    n: int
    unit: str
    direction: Direction
    critical: bool
    used: float
    used_low: float
    used_high: float
    needed: int | None
    needed_unit: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision, the checks behind it, and the sentence that sums them up."""

    decision: Decision
    guardrails: tuple[Guardrail, ...]
    headline: str
    policy: Policy
    alpha_each: float


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that a verdict rests on.

    ``rows`` are the answers of both variants that could be read, ``unreadable`` those that could
    not. A part that is None has no data; ``scores`` is None also where the answers have no score.
    """

    kind: PredictionKind
    agreement: Agreement | None
    scores: Scores | None
    prediction_drift: FeatureDrift | None
    latency: Latency | None
    errors: Errors | None
    pairing: Pairing
    hours: HoursOfWeek
    window: Window
    unreadable: int
    rows: int
