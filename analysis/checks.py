"""How is a measurement judged against the policy?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis import scales, sentences
from analysis.guardrails import Direction, Guardrail, decided_after, status_of, used_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.policy import Policy

    Interval = Callable[[float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Term:
    """What a guardrail is held to: which key of the policy, in which direction, in which unit."""

    key: str
    direction: Direction
    unit: str
    scale: scales.Scale

    def limit(self, policy: Policy) -> float:
        """Look the limit up in a policy."""
        return float(getattr(policy, self.key))


TERMS = {
    "agreement": Term("min_agreement", "at_least", "share", scales.SHARE),
    "label_shift": Term("max_label_shift", "within", "share", scales.POINTS),
    "score_bias": Term("max_score_bias", "within", "sd", scales.DEVIATIONS),
    "prediction_drift": Term("max_prediction_drift", "at_most", "", scales.BARE),
    "p50_latency": Term("max_p50_increase", "at_most", "ratio", scales.CHANGE),
    "p99_latency": Term("max_p99_increase", "at_most", "ratio", scales.CHANGE),
    "4xx_errors": Term("max_4xx_increase", "at_most", "share", scales.POINTS),
    "5xx_errors": Term("max_5xx_increase", "at_most", "share", scales.POINTS),
    "model_errors": Term("max_model_error_increase", "at_most", "share", scales.POINTS),
    "slices": Term("max_slice_disagreement", "at_most", "share", scales.SHARE),
}
"""The guardrails judged on an interval."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A guardrail judged on an interval, before it is judged.

    ``interval`` gives the ends after any number of observations at the present rate, ``now`` the
    observations so far and ``per_hour`` how many come in an hour. ``n`` and ``what`` are what the
    reader is told; ``watched`` says whether the interval holds at every look.
    """

    name: str
    subject: str
    value: float
    interval: Interval
    now: float
    per_hour: float
    n: int
    what: str
    watched: bool = True
    wait_unit: str = "pairs"


def judged(measure: Measure, policy: Policy) -> Guardrail:
    """Judge one measure on its interval, and forecast where it is not decided."""
    term = TERMS[measure.name]
    limit, direction = term.limit(policy), term.direction
    low, high = measure.interval(measure.now)
    status = status_of(low, high, limit, direction)
    needed: int | None = None
    hours: float | None = None
    wait = ""
    if status == "inconclusive":
        enough = decided_after(measure.interval, measure.now, limit, direction)
        more = None if enough is None else enough - measure.now
        hours = None if more is None or measure.per_hour <= 0 else more / measure.per_hour
        if measure.wait_unit == "hours":
            more = hours
        needed = None if more is None else math.ceil(more)
        wait = sentences.waiting(more, measure.wait_unit, hours, interval=not math.isnan(low))
    used, used_low, used_high = used_up(
        measure.value, low, high, limit, direction, share=term.unit == "share"
    )
    return Guardrail(
        name=measure.name,
        status=status,
        value=measure.value,
        low=low,
        high=high,
        limit=limit,
        n=int(measure.n),
        unit=term.unit,
        direction=direction,
        critical=measure.name in policy.critical,
        used=used,
        used_low=used_low,
        used_high=used_high,
        needed=needed,
        needed_unit=measure.wait_unit if needed is not None else "",
        sentence=sentences.measured(
            measure.subject,
            term.scale,
            status,
            measure.value,
            low,
            high,
            n=measure.n,
            what=measure.what,
            limit=sentences.allowed(direction, term.scale, limit),
            watched=measure.watched,
            wait=wait,
        ),
        detectable=max(measure.value - low, high - measure.value),
        needed_hours=hours,
    )


def unknown(name: str, policy: Policy) -> Guardrail:
    """Answer for a guardrail without data, which is neither ok nor a breach."""
    term, nan = TERMS[name], math.nan
    return Guardrail(
        name=name,
        status="no_data",
        value=nan,
        low=nan,
        high=nan,
        limit=term.limit(policy),
        n=0,
        unit=term.unit,
        direction=term.direction,
        critical=name in policy.critical,
        used=nan,
        used_low=nan,
        used_high=nan,
        needed=None,
        needed_unit="",
        sentence=sentences.UNKNOWN[name],
    )
