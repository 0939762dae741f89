"""What is the verdict, in one sentence, and how was it reached?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import answers, escape, format, tables, tiles, words
from pages.parts.plain import plain

if TYPE_CHECKING:
    from analysis.report import Report
    from analysis.verdict import Guardrail, Verdict

LOOKS = {
    "promote": (st.success, ":material/check_circle:"),
    "hold": (st.warning, ":material/pause_circle:"),
    "reject": (st.error, ":material/cancel:"),
}


def banner(report: Report) -> None:
    """Draw the decision, its sentence, and what it rests on."""
    verdict = report.verdict
    box, icon = LOOKS[verdict.decision]
    box(
        f"#### {words.DECISIONS[verdict.decision].upper()} — "
        f"{escape.markdown(_said(verdict), length=500)}",
        icon=icon,
    )
    st.caption(" · ".join(_basis(report)))


def _said(verdict: Verdict) -> str:
    """Give the headline without the decision it opens with: that stands before it in capitals."""
    said = verdict.headline.removeprefix(f"{words.DECISIONS[verdict.decision]}: ")
    return said[:1].upper() + said[1:]


def _basis(report: Report) -> list[str]:
    verdict = report.verdict
    parts = [f"{format.count(report.pairing.paired)} pairs"]
    if report.pairing.production:
        share = report.pairing.paired / report.pairing.production
        parts[0] += f" ({format.percent(share, decimals=1)} of production’s rows)"
    parts += [
        format.span(report.window),
        f"confidence {format.percent(verdict.policy.confidence, decimals=0)} over all checks "
        f"together",
        f"policy {escape.markdown(verdict.policy.name)}",
        "read " + _reading(report),
    ]
    return parts


def _reading(report: Report) -> str:
    return escape.markdown(report.reading) + (" (guessed)" if report.reading_guessed else "")


def checks_table(verdict: Verdict) -> tables.Table:
    """Give the checks as a table: value, interval, limit and status in words."""
    return tables.Table(
        columns=tables.columns("Check", "Value >", "Interval >", "Limit >", "Status"),
        rows=tuple(_row(guardrail) for guardrail in verdict.guardrails),
        export_columns=(
            *("check", "status", "value", "low", "high", "limit", "unit", "n", "critical"),
            "sentence",
        ),
        export_rows=tuple(
            (g.name, g.status, g.value, g.low, g.high, g.limit, g.unit, g.n, g.critical, g.sentence)
            for g in verdict.guardrails
        ),
    )


def _row(guardrail: Guardrail) -> tuple[str, ...]:
    g = guardrail
    exact = g.low == g.high or math.isnan(g.low)
    signed = g.name in words.DIFFERENCES
    return (
        words.CHECKS.get(g.name, g.name) + (" *" if g.critical else ""),
        format.quantity(g.value, g.unit, signed=signed),
        format.UNKNOWN if exact else format.interval(g.low, g.high, g.unit, signed=signed),
        words.LIMITS[g.direction] + format.limit(g.limit, g.unit, difference=signed),
        f"{words.STATUS_SIGNS[g.status]} {words.STATUSES[g.status]}",
    )


def reasons(verdict: Verdict) -> None:
    """Say how the verdict follows from the checks, each in its own sentence."""
    policy = verdict.policy
    st.markdown(
        "A check is **within its limit** when its whole interval is inside, **over** when all of "
        "it is "
        "outside, otherwise **inconclusive**: too early to say. Any critical check (*) over its "
        "limit "
        "rejects; all checks within theirs promote; everything else holds."
    )
    st.markdown(
        f"The intervals stay valid however often this page is opened. Their error of "
        f"{format.percent(1 - policy.confidence, decimals=0)} is shared out over the statistical "
        f"checks: "
        f"{format.percent(verdict.alpha_each, decimals=2)} each."
    )
    lines = (
        f"- {words.STATUS_SIGNS[g.status]} **{words.CHECKS.get(g.name, g.name)}** — "
        f"{escape.markdown(g.sentence, length=600)}"
        for g in verdict.guardrails
    )
    st.markdown("\n".join(lines))


def in_plain_words(report: Report) -> None:
    """Tell the verdict without a term of statistics or of AWS."""
    told = plain(report)
    st.markdown(f"**{told.answer}** {told.reason}")
    for title, sentences in told.chapters:
        st.markdown(f"**{title}**")
        st.markdown("\n".join(f"- {escape.markdown(each, length=1000)}" for each in sentences))


def agreement_tile(report: Report) -> tiles.Tile:
    """Make the tile of agreement, with the interval the verdict judges."""
    found = report.agreement
    if found is None:
        return tiles.Tile(
            "Agreement",
            format.UNKNOWN,
            "no comparable answers",
            explained="agreement_sequence",
        )
    return answers.watched(
        answers.name_of(found), found, help="Share of pairs with the same answer."
    )


def latency_tile(report: Report) -> tiles.Tile:
    """Make the tile of the shadow's p99 latency and its distance from production's."""
    found = report.latency
    if found is None:
        return tiles.Tile(
            "p99 latency", format.UNKNOWN, "no data", report.latency_problem, "p99_latency"
        )
    for difference in found.differences:
        if difference.quantile == 0.99 and difference.relative.known:
            limit = format.percent(report.verdict.policy.max_p99_increase, decimals=0, signed=True)
            return tiles.Tile(
                "p99 latency of the shadow",
                format.milliseconds(difference.shadow_ms),
                f"{format.quantity(difference.relative.value, 'ratio', signed=True)} on "
                f"production’s "
                f"{format.milliseconds(difference.production_ms)}, limit {limit}",
                explained="p99_latency",
            )
    return tiles.Tile("p99 latency", format.UNKNOWN, "no data", explained="p99_latency")


def errors_tile(report: Report) -> tiles.Tile:
    """Make the tile of the shadow's 5xx errors and their distance from production's."""
    found = report.errors
    rates = found.rates if found is not None else ()
    for rate in rates:
        if rate.counts.kind == "5xx_errors" and rate.difference.known:
            return tiles.Tile(
                "5xx errors of the shadow",
                format.percent(rate.shadow.value),
                f"{format.points(rate.difference.value)} on production’s "
                f"{format.percent(rate.production.value)}, {format.n(rate.shadow.n)}",
                explained="errors_5xx",
            )
    return tiles.Tile("5xx errors", format.UNKNOWN, "no data", report.latency_problem, "errors_5xx")
