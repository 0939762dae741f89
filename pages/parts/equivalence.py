"""What is shown of each limit, which change could be told, and how much longer would show it?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.scales import about, duration
from pages.parts import format, tables, words

if TYPE_CHECKING:
    from analysis.guardrails import Guardrail
    from analysis.verdict import Verdict

SHOWN = {"ok": "yes", "breach": "no", "inconclusive": "not yet", "no_data": "no data"}


def headline(verdict: Verdict) -> str:
    """Say whether the two variants are equivalent within all limits, at the policy's confidence."""
    sure = format.percent(verdict.policy.confidence, decimals=0)
    every = verdict.guardrails
    if every and all(g.status == "ok" for g in every):
        return f"Equivalent within every limit, at {sure}: yes."
    if any(g.status == "breach" for g in every):
        beyond = sum(g.status == "breach" for g in every)
        return (
            f"Equivalent within every limit, at {sure}: no, {beyond} of {len(every)} are outside."
        )
    shown = sum(g.status == "ok" for g in every)
    return f"Equivalent within every limit, at {sure}: not yet, {shown} of {len(every)} are shown."


def table(verdict: Verdict) -> tables.Table:
    """Give each claim with its answer, the change that could be told, and what is still needed."""
    return tables.Table(
        columns=tables.columns(
            "Claim", "Shown", "Detectable >", "Still needed >", "At the present rate >"
        ),
        rows=tuple(_row(g) for g in verdict.guardrails),
        export_columns=(
            *("check", "direction", "limit", "unit", "shown", "detectable"),
            *("needed", "needed_unit", "needed_hours"),
        ),
        export_rows=tuple(
            (
                *(g.name, g.direction, g.limit, g.unit, SHOWN[g.status], g.detectable),
                *(g.needed, g.needed_unit, g.needed_hours),
            )
            for g in verdict.guardrails
        ),
    )


def basis(verdict: Verdict) -> str:
    """Say at which confidence a claim is shown, what is detectable, and what the forecast is."""
    sure = format.percent(verdict.policy.confidence, decimals=0)
    return (
        f"A claim is shown when its whole interval lies inside the limit, for all claims together "
        f"at {sure} and at every look (the drift of labels: at one): two one-sided tests (TOST). "
        "Detectable is the least distance from its limit at which a value is decided by as many "
        "observations as there are; a count is exact. What is still needed is a forecast from the "
        "present values and the present rate."
    )


def _row(g: Guardrail) -> tuple[str, ...]:
    signed = g.name in words.DIFFERENCES
    return (
        f"{words.CHECKS.get(g.name, g.name)} {words.LIMITS[g.direction]}"
        f"{format.limit(g.limit, g.unit, difference=signed)}",
        f"{words.STATUS_SIGNS[g.status]} {SHOWN[g.status]}",
        _detectable(g),
        "" if g.needed is None else f"{about(g.needed)} {g.needed_unit}",
        "" if g.needed_hours is None else duration(g.needed_hours),
    )


def _detectable(g: Guardrail) -> str:
    if g.status == "no_data":
        return format.UNKNOWN
    if math.isnan(g.detectable):
        return "exact" if g.low == g.high else format.UNKNOWN
    if g.unit == "share":
        return format.points(g.detectable).removeprefix("+")
    return format.quantity(g.detectable, g.unit)
