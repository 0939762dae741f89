"""Which tiles and tables say how much the answers agree?"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from analysis import running
from pages.parts import escape, format, tables, tiles, words

if TYPE_CHECKING:
    from analysis.agreement import Agreement, Confusion
    from analysis.clusters import Clusters
    from analysis.deltas import Scores
    from analysis.report import Report
    from analysis.running import Running
    from analysis.verdict import Verdict

AT_ANY_TIME = "The interval the verdict judges: it holds however often one looks."


def name_of(agreement: Agreement) -> str:
    """Call the share what it is: the same label, or numbers that are close enough."""
    if agreement.tolerance is None:
        return "Agreement"
    return f"Within ±{format.percent(agreement.tolerance, decimals=0)}"


def tiles_of(report: Report) -> list[tiles.Tile]:
    """Make the tiles of the page: agreement for one look and for every look, kappa, the scores."""
    made: list[tiles.Tile] = []
    if report.agreement is not None:
        made += _of_agreement(report.agreement, report.verdict.policy.confidence)
    if report.scores is not None:
        made += _of_scores(report.scores)
    return made


def _of_agreement(agreement: Agreement, confidence: float) -> list[tiles.Tile]:
    name = name_of(agreement)
    one_look = format.percent(confidence, decimals=0)
    made = [
        tiles.of(
            name,
            agreement.fixed,
            explained="agreement",
            help=f"Wilson interval, {one_look}, for one look at the end.",
        ),
        watched(f"{name}, at any time", agreement, help=AT_ANY_TIME),
    ]
    if agreement.clusters is not None:
        made.append(_worth(agreement.clusters))
    if agreement.kappa is not None:
        meaning = (
            "Cohen’s kappa: agreement beyond what the label shares alone would give. "
            "1 is perfect, 0 is chance."
        )
        made.append(tiles.of("Kappa", agreement.kappa, explained="kappa", help=meaning))
    return made


def watched(name: str, agreement: Agreement, *, help: str) -> tiles.Tile:
    """Make the tile of the interval that the verdict judges, with what its pairs are worth."""
    made = tiles.of(name, agreement.sequence, explained="agreement_sequence", help=help)
    if agreement.clusters is None:
        return made
    worth = f", worth at least {format.count(agreement.clusters.least)}"
    return replace(made, basis=made.basis + worth)


def _worth(found: Clusters) -> tiles.Tile:
    sums = found.sums
    correlation = (
        "cannot be told yet"
        if math.isnan(found.icc)
        else f"is {format.number(found.icc, decimals=3)}"
    )
    alike, whole, without = "The rows of one record", "records", ""
    if found.key:
        alike, whole = f"Pairs of one {escape.markdown(found.key)}", "clusters"
        if sums.keyless:
            without = (
                f" {format.count(sums.keyless)} pairs have no such key: each record is then one."
            )
    return tiles.Tile(
        "Independent pairs",
        f"≈ {format.count(found.effective)}",
        f"of {format.count(sums.pairs)} in {format.count(sums.clusters)} {whole} · "
        f"design effect {format.number(found.design_effect)}",
        help=f"{alike} resemble each other, so together they say less than as many single ones. "
        f"Their correlation {correlation}; the largest of these {whole} has "
        f"{format.count(sums.largest)} pairs. The intervals of agreement allow for it; the one for "
        f"every look counts them as {format.count(found.least)}, for few {whole} may hide how "
        f"alike their pairs are.{without}",
        explained="independent_pairs",
    )


def _of_scores(scores: Scores) -> list[tiles.Tile]:
    found = scores.bland_altman
    low, high = (
        format.number(limit.value, decimals=3, signed=True) for limit in (found.lower, found.upper)
    )
    return [
        tiles.of(
            "Bias",
            found.bias,
            explained="bias",
            signed=True,
            help="Mean of shadow minus production.",
        ),
        tiles.Tile(
            "95 % limits of agreement",
            f"{low} to {high}",
            f"sd of differences {format.number(found.sd, decimals=3)} · {format.n(found.bias.n)}",
            help="Bias ± 1.96 standard deviations of the differences.",
            explained="limits_of_agreement",
        ),
        tiles.of(
            "Concordance",
            found.ccc,
            explained="concordance",
            help="Lin’s concordance: correlation, less what bias and scale cost.",
        ),
    ]


def bounds(agreement: Agreement) -> str:
    """Say between which two shares agreement lies whatever the missing answers were."""
    if not agreement.missing:
        return "No answer of the shadow is missing: agreement needs no best and worst case."
    missing = (
        "One production row has"
        if agreement.missing == 1
        else f"{format.count(agreement.missing)} production rows have"
    )
    return (
        f"{missing} no answer by the shadow. Had "
        f"all of them "
        f"disagreed, agreement would be {format.percent(agreement.worst)}; had all agreed, "
        f"{format.percent(agreement.best)}."
    )


def running_of(report: Report) -> Running | None:
    """Follow the agreement from the first pair to the last; None where no pair was compared."""
    found, judged = report.agreement, report.verdict
    if found is None or not found.series.n.any():
        return None
    return running.running(
        found.series,
        limit=judged.policy.min_agreement,
        confidence=judged.policy.confidence,
        alpha=judged.alpha_each,
        planned=judged.policy.planned_pairs,
        clusters=None if found.clusters is None else found.clusters.sums,
    )


def looks_so_far(found: Running, verdict: Verdict) -> str:
    """Say in one sentence what looking so often does to either interval, and what is decided."""
    looks, error = format.count(len(found.n)), format.percent(verdict.alpha_each)
    fixed = format.percent(1 - verdict.policy.confidence, decimals=0)
    said = (
        f"{looks} looks so far, drawn here one after the other: the interval for every look is "
        f"ever wrong in at most {error} of tests, however many more there will be; the one for "
        f"one look (dotted) is wrong in {fixed} at its first and in more with each further one."
    )
    if found.since is None:
        return f"{said} It has not decided: part of it lies on either side of the limit."
    return (
        f"{said} It lies {words.SINCE[found.status]} since {format.count(found.n[found.since])} "
        "pairs."
    )


def labels(confusion: Confusion) -> tables.Table:
    """Give the label table as text: counts, rows production, columns shadow."""
    counts = np.asarray(confusion.counts)
    pairs = tuple(
        (a, b, int(counts[i, j]))
        for i, a in enumerate(confusion.labels)
        for j, b in enumerate(confusion.labels)
    )
    totals = dict(zip(confusion.labels, counts.sum(axis=1).tolist(), strict=True))
    return tables.Table(
        columns=tables.columns("Production", "Shadow", "Pairs >", "Of production’s row >"),
        rows=tuple(
            (
                a,
                b,
                format.count(n),
                format.percent(n / totals[a]) if totals[a] else format.UNKNOWN,
            )
            for a, b, n in pairs
            if n or a == b
        ),
        export_columns=("production", "shadow", "pairs"),
        export_rows=pairs,
    )


def confusion_table(test: str, confusion: Confusion) -> None:
    """Draw the label table as text: counts, rows production, columns shadow."""
    tables.draw(
        labels(confusion),
        name=f"{test}-labels",
        key="confusion_table",
    )


def shifts(agreement: Agreement) -> tables.Table:
    """Give the share of each label by production and by shadow, with the paired difference."""
    return tables.Table(
        columns=tables.columns("Label", "Production >", "Shadow >", "Difference >", "Interval >"),
        rows=tuple(
            (
                s.label,
                format.percent(s.production),
                format.percent(s.shadow),
                format.quantity(s.difference.value, "share", signed=True),
                format.interval(s.difference.low, s.difference.high, "share", signed=True),
            )
            for s in agreement.shifts
        ),
        export_columns=("label", "production", "shadow", "difference", "low", "high", "n"),
        export_rows=tuple(
            (s.label, s.production, s.shadow, d.value, d.low, d.high, d.n)
            for s in agreement.shifts
            for d in (s.difference,)
        ),
    )


def symmetry(agreement: Agreement) -> str:
    """Say what the two tests of the label table find."""
    lines = [
        f"{name}: χ² {format.number(found.statistic)}, df {format.number(found.df, decimals=0)}, "
        f"p {format.p_value(found.p)}"
        for name, found in (
            ("Stuart–Maxwell (are the label shares equal?)", agreement.stuart_maxwell),
            ("Bowker (are disagreements symmetric?)", agreement.bowker),
        )
        if found is not None
    ]
    return " · ".join(lines)


def shifts_table(test: str, agreement: Agreement) -> None:
    """Draw the share of each label by production and by shadow, with the paired difference."""
    st.subheader("Share of each label", anchor=False)
    tables.draw(
        shifts(agreement),
        name=f"{test}-label-shares",
        key="shifts_table",
    )
    st.caption(symmetry(agreement))
