"""When can the two answers of a pair be compared, and when do they agree?

Said once, in the dialect of the questions, for each engine to select from the pairs it keeps: a
threshold or a tolerance of the test needs nothing read or written anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.athena.literals import literal

if TYPE_CHECKING:
    from queries.reading import Kind


def answers(kind: Kind, threshold: float) -> str:
    """The columns of the label and the score of each variant, from those that were read."""
    return ", ".join(
        f"{_label(f'{side}_label', f'{side}_score', kind, threshold)} AS {side}_label, {side}_score"
        for side in ("production", "shadow")
    )


def comparison(kind: Kind, tolerance: float) -> str:
    """The columns ``comparable`` and ``agreed``, over those of ``answers``."""
    if kind == "regression":
        return (
            "production_score IS NOT NULL AND shadow_score IS NOT NULL AS comparable, "
            "shadow_score = production_score OR is_finite(production_score) AND "
            "abs(shadow_score - production_score) "
            f"<= {literal(float(tolerance))} * abs(production_score) AS agreed"
        )
    return (
        "production_label IS NOT NULL AND shadow_label IS NOT NULL AS comparable, "
        "production_label = shadow_label AS agreed"
    )


def _label(label: str, score: str, kind: Kind, threshold: float) -> str:
    if kind == "regression":
        return "CAST(NULL AS varchar)"
    if kind == "binary":
        limit = literal(float(threshold))
        return (
            f"coalesce({label}, CASE WHEN {score} >= {limit} THEN '1' "
            f"WHEN {score} < {limit} THEN '0' END)"
        )
    return label
