"""What makes the intervals of a report less sure than they look?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from analysis.drift import CRAMER_V
from pages.parts import format

if TYPE_CHECKING:
    from analysis.agreement import Agreement
    from analysis.clusters import Clusters
    from analysis.report import Report

LARGE = 10
"""A cluster is large where less than so many of its size make all pairs."""
NOTABLE = 1.2
"""From which design effect on intervals that know of none are told to be too narrow."""


def warn(report: Report) -> None:
    """Draw the doubts, where there are any."""
    if said := doubts(report):
        st.warning(said, icon=":material/link:")


def doubts(report: Report) -> str:
    """Say what makes intervals less sure than they look; "" where nothing does."""
    found = report.agreement
    if found is None:
        return ""
    said = [_contradicted(found)]
    if found.clusters is not None:
        said += [_large(found.clusters), _narrow(report, found.clusters)]
    return " ".join(filter(None, said))


def _contradicted(agreement: Agreement) -> str:
    found = agreement.independence
    if found is None or not found.contradicted:
        return ""
    spread, follows = found.dispersion, found.correlation
    what = "Pairs" if agreement.clusters is None else "Records"
    return (
        f"{what} are taken to be independent of each other, and agreement over time says they "
        f"are not: between {format.count(spread.n)} stretches of time it varies "
        f"{format.number(spread.statistic / spread.df, decimals=1)} times as much as chance "
        f"would have it (p {format.p_value(spread.p)}), and its correlation from one to the "
        f"next is {format.number(follows.statistic)} (p {format.p_value(follows.p)}). Its "
        "intervals are too narrow for that: name in `cluster` what requests hang together by, "
        "and look at when the two disagree."
    )


def _large(clusters: Clusters) -> str:
    sums = clusters.sums
    if not 0 < sums.pairs < LARGE * sums.largest:
        return ""
    part = format.percent(sums.largest / sums.pairs, decimals=0)
    return (
        f"One cluster has {part} of all pairs: how others like it would agree is hardly known, "
        "and the intervals for one look do not allow for it. Read those for every look."
    )


def _narrow(report: Report, clusters: Clusters) -> str:
    """Which intervals allow for clusters and which do not, and by how much those are too narrow."""
    if clusters.design_effect < NOTABLE:
        return ""
    wide: list[str] = ["agreement"]
    narrow: list[str] = []
    if (found := report.agreement) is not None and found.shifts:
        (narrow if found.moves is None else wide).append("label shift")
    if report.scores is not None:
        (narrow if report.scores.spreads is None else wide).append("score bias")
    if (drift := report.prediction_drift) is not None:
        allows = drift.effect_name == CRAMER_V and found is not None and found.moves is not None
        (wide if allows else narrow).append("prediction drift")
    if report.errors is not None and report.errors.rates:
        known = all(each.clusters is not None for each in report.errors.rates)
        # CloudWatch counts requests, and does not say whose they were
        (wide if known else narrow).append(
            "errors" if known else "errors (CloudWatch knows no key)"
        )
    times = format.number(math.sqrt(clusters.design_effect), decimals=1)
    rest = "Whatever else is shown of pairs takes"
    if narrow:
        rest = f"Those of {_listed(narrow)}, and whatever else is shown of pairs, take"
    return (
        f"The intervals of {_listed(wide)} allow for pairs that hang together. {rest} each for "
        "itself: where pairs hang together there as much as in agreement, an interval should be "
        f"{times} times as wide."
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
