"""Does any slice of the traffic disagree more than the policy allows?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis import sentences
from analysis.checks import Measure
from analysis.guardrails import status_of
from analysis.sequences import bernoulli_sequence

if TYPE_CHECKING:
    from analysis.evidence import Evidence
    from analysis.policy import Policy
    from analysis.slices import Search, Slice

CANDIDATES = 16
"""Slices whose sequences are computed: more cannot decide, and hundreds take time."""


def slices(evidence: Evidence, policy: Policy, alpha: float) -> Measure | None:
    """Measure the disagreement of the slice that is nearest to its limit, allowing for all.

    Of the half that is held out, which did not choose what is judged; at ``alpha`` divided by the
    slices that were tested, so that the worst of them may be another at every look.
    """
    found = evidence.slices
    judged = [] if found is None else _candidates(found, policy)
    if found is None or not judged:
        return None
    each, n = alpha / max(1, found.tested), found.n

    def ends(one: Slice, after: float) -> tuple[float, float]:
        held, times = one.held.agreement, after / n
        bad = (1 - held.value) * held.n
        return bernoulli_sequence(
            bad * times, held.n * times, alpha=each, planned=policy.planned_pairs
        )

    def gravity(one: Slice, after: float) -> tuple[int, float]:
        low, high = ends(one, after)
        status = status_of(low, high, policy.max_slice_disagreement, "at_most")
        return ("ok", "inconclusive", "breach").index(status), low if status == "breach" else high

    def gravest(after: float) -> Slice:
        return max(judged, key=lambda one: gravity(one, after))

    worst = gravest(n)
    hours = evidence.window.hours
    return Measure(
        "slices",
        sentences.worst_slice(worst.name, found.tested),
        1 - worst.held.agreement.value,
        lambda after: ends(gravest(after), after),
        now=n,
        per_hour=n / hours if hours > 0 else 0.0,
        n=worst.held.agreement.n,
        what="pairs of it held out",
    )


def _candidates(found: Search, policy: Policy) -> list[Slice]:
    """Choose the slices that can decide: those that disagree most, and those that might."""
    large = [each for each in found.slices if each.held.agreement.n >= policy.min_slice_pairs]

    def bad(each: Slice) -> float:
        return 1 - each.held.agreement.value

    def doubt(each: Slice) -> float:
        n = each.held.agreement.n
        return 4 * math.sqrt((bad(each) + 1 / n) / n)

    most = sorted(large, key=lambda each: bad(each) + doubt(each))[-CANDIDATES:]
    sure = sorted(large, key=lambda each: bad(each) - doubt(each))[-CANDIDATES:]
    return list({each.where: each for each in (*sure, *most)}.values())
