"""Which tables and sentences say how far shadow's scores lie from production's?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import format, tables

if TYPE_CHECKING:
    from analysis.deltas import Scores

SHOWN_QUANTILES = (0.01, 0.025, 0.25, 0.5, 0.75, 0.975, 0.99)


def quantiles(scores: Scores) -> tables.Table:
    """Give the quantiles of shadow minus production."""
    every = tuple(zip(scores.quantiles.tolist(), scores.delta_quantiles.tolist(), strict=True))
    rows = tuple(min(every, key=lambda row: abs(row[0] - shown)) for shown in SHOWN_QUANTILES)
    return tables.Table(
        columns=tables.columns("Quantile", "Shadow − production >"),
        rows=tuple(
            (format.quantile(q), format.number(d, decimals=4, signed=True)) for q, d in rows
        ),
        export_columns=("quantile", "difference"),
        export_rows=every,
    )


def robust_limits(scores: Scores) -> str:
    """Give the limits that hold whatever the shape of the differences."""
    return (
        "Where differences are not normal, these limits hold without that assumption: "
        f"2.5 % {format.estimate(scores.quantile_lower, signed=True)}; "
        f"97.5 % {format.estimate(scores.quantile_upper, signed=True)}. "
        f"{_at_every_look(scores)}{sampled(scores)}"
    ).strip()


def _at_every_look(scores: Scores) -> str:
    lower, upper = (
        format.interval(each.low, each.high, each.unit, signed=True)
        for each in (scores.lower_watched, scores.upper_watched)
    )
    if not scores.lower_watched.known:
        return ""
    return f"However often one looks: 2.5 % {lower}; 97.5 % {upper}. "


def sampled(scores: Scores | None) -> str:
    """Say of which pairs quantiles and curves are, where they are not of all."""
    if scores is None or scores.step == 1:
        return ""
    return (
        f"Quantiles and curves are those of {format.every(scores.step, 'pair')}; whatever is "
        "counted or summed is of all."
    )


def quantiles_table(test: str, scores: Scores) -> None:
    """Draw the quantiles of shadow minus production."""
    tables.draw(
        quantiles(scores),
        name=f"{test}-score-differences",
        key="quantiles_table",
    )
    st.caption(robust_limits(scores))
