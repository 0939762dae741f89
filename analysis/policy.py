"""What must hold before the shadow may be promoted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PredictionKind = Literal[
    "binary", "multiclass", "regression", "multilabel", "multioutput", "ranking", "text", "json"
]
"""What the models answer: one of two labels, one of several, or a number; several labels at once,
several numbers, an order of items, free text, or a document of named fields."""

STRUCTURED = ("multilabel", "multioutput", "ranking", "text", "json")
"""Kinds whose answers are compared part by part: neither one label nor one number."""

GUARDRAILS = (
    "agreement",
    "label_shift",
    "score_bias",
    "prediction_drift",
    "p50_latency",
    "p99_latency",
    "4xx_errors",
    "5xx_errors",
    "model_errors",
    "slices",
    "unreadable",
    "pairing",
    "sample_ratio",
    "pairs",
    "hours_of_week",
    "days",
    "weekday_pairs",
    "weekend_pairs",
    "day_pairs",
    "night_pairs",
    "training",
)
"""Every check a policy can make, in the order in which it is reported."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of every guardrail, and which of them may reject on their own.

    Shares and relative changes are fractions: 0.05 is five per cent. docs/configuration.md has a
    paragraph on each key, docs/statistics.md on what is compared with it. The night is from the
    hour ``night_from`` to ``night_to``, UTC; of a part of the week no pairs are asked for where its
    limit is 0.
    """

    name: str = "default"
    confidence: float = 0.95
    min_agreement: float = 0.95
    tolerance: float = 0.05
    max_label_shift: float = 0.02
    max_score_bias: float = 0.10
    max_p50_increase: float = 0.10
    max_p99_increase: float = 0.10
    max_4xx_increase: float = 0.005
    max_5xx_increase: float = 0.001
    max_model_error_increase: float = 0.001
    max_prediction_drift: float = 0.10
    max_unreadable: float = 0.001
    min_pairing: float = 0.95
    min_pairs: int = 1000
    min_hours_of_week: int = 168
    min_days: float = 7.0
    min_weekday_pairs: int = 0
    min_weekend_pairs: int = 0
    min_day_pairs: int = 0
    min_night_pairs: int = 0
    night_from: int = 22
    night_to: int = 6
    planned_pairs: int = 10_000
    slower_tolerance_ms: float = 10.0
    max_slice_disagreement: float = 1.0
    min_slice_pairs: int = 200
    require_sound_training: bool = False
    critical: tuple[str, ...] = ("agreement", "p99_latency", "5xx_errors", "model_errors")

    @property
    def asks_of_slices(self) -> bool:
        """Whether a slice of the traffic may stand in the way: a limit of 1 forbids none."""
        return self.max_slice_disagreement < 1


def statistical(policy: Policy, kind: PredictionKind, *, scored: bool) -> tuple[str, ...]:
    """Name the guardrails that are judged on an interval, for answers of this kind.

    The rest are counts of what was covered and carry no error of chance.

    Parameters
    ----------
    policy : Policy
        Slices are judged only where it asks for them.
    kind : str
    scored : bool
        Whether the answers come with a score; those of a regression are scores themselves.

    >>> [len(statistical(Policy(), kind, scored=True)) for kind in ("binary", "regression")]
    [9, 8]
    """
    left_out = set() if policy.asks_of_slices else {"slices"}
    if kind in STRUCTURED:
        left_out.update(("label_shift", "score_bias", "prediction_drift"))
    elif kind == "regression":
        left_out.add("label_shift")
    elif not scored:
        left_out.add("score_bias")
    return tuple(name for name in GUARDRAILS[:10] if name not in left_out)


def alpha_each(policy: Policy, kind: PredictionKind, *, scored: bool) -> float:
    """Share the policy's error evenly over the guardrails judged on an interval (Bonferroni).

    It depends on what is asked, not on which data happen to be there: an absent metric must not
    make the others look more certain.

    >>> round(alpha_each(Policy(), "binary", scored=True), 5)
    0.00556
    """
    return (1 - policy.confidence) / len(statistical(policy, kind, scored=scored))
