"""May the shadow be promoted?

Each guardrail is judged on an interval against its limit: inside is ok, wholly outside is a breach,
anything else is undecided, and no data is its own answer. So too few data can never look like good
data: the absence of a significant difference is not evidence that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from analysis import checks, completeness, measures, sentences, soundness, worst_slice
from analysis.coverage import PARTS
from analysis.evidence import Evidence
from analysis.guardrails import Direction, Guardrail, Status
from analysis.policy import GUARDRAILS, Policy, alpha_each, statistical

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Decision",
    "Direction",
    "Evidence",
    "Guardrail",
    "Status",
    "Verdict",
    "decide",
    "judge",
]

Decision = Literal["promote", "hold", "reject"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision, the checks behind it, and the sentence that sums them up.

    ``alpha_each`` is the share of the policy's error that each interval was made with.
    """

    decision: Decision
    guardrails: tuple[Guardrail, ...]
    headline: str
    policy: Policy
    alpha_each: float


def judge(evidence: Evidence, policy: Policy) -> Verdict:
    """Judge every guardrail of the policy and decide.

    Any breach of a critical guardrail rejects; everything ok promotes; anything else holds. The
    intervals are confidence sequences at ``alpha_each``, so that looking every day does not turn
    chance into a verdict, and all of them together hold with the policy's confidence.
    """
    scored = evidence.scores is not None
    alpha = alpha_each(policy, evidence.kind, scored=scored)
    on_intervals = statistical(policy, evidence.kind, scored=scored)
    guardrails = []
    for name in GUARDRAILS:
        if name in COUNTED:
            guardrail = COUNTED[name](evidence, policy)
            if guardrail is not None:
                guardrails.append(guardrail)
        elif name in on_intervals:
            measure = MEASURED[name](evidence, policy, alpha)
            guardrails.append(
                checks.unknown(name, policy) if measure is None else checks.judged(measure, policy)
            )
    decision = decide(guardrails)
    return Verdict(
        decision, tuple(guardrails), sentences.headline(decision, guardrails), policy, alpha
    )


def decide(guardrails: list[Guardrail]) -> Decision:
    """Turn judged guardrails into a decision.

    >>> decide([])
    'hold'
    """
    if any(guardrail.status == "breach" and guardrail.critical for guardrail in guardrails):
        return "reject"
    if guardrails and all(guardrail.status == "ok" for guardrail in guardrails):
        return "promote"
    return "hold"


COUNTED: dict[str, Callable[[Evidence, Policy], Guardrail | None]] = {
    "unreadable": completeness.unreadable,
    "pairing": completeness.pairing,
    "sample_ratio": completeness.sample_ratio,
    "pairs": completeness.pairs,
    "hours_of_week": completeness.hours_of_week,
    "days": completeness.days,
    **{f"{part}_pairs": partial(completeness.pairs_in, part) for part in PARTS},
    "training": soundness.training,
}

MEASURED: dict[str, Callable[[Evidence, Policy, float], checks.Measure | None]] = {
    "agreement": measures.agreement,
    "label_shift": measures.label_shift,
    "score_bias": measures.score_bias,
    "prediction_drift": measures.prediction_drift,
    "p50_latency": measures.p50_latency,
    "p99_latency": measures.p99_latency,
    "4xx_errors": measures.client_errors,
    "5xx_errors": measures.server_errors,
    "model_errors": measures.model_errors,
    "slices": worst_slice.slices,
}
