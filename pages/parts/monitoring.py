"""How are Model Monitor's findings shown beside our own of the same features?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import escape, format, tables, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis.constraints import Broken
    from analysis.drift import FeatureDrift
    from queries.monitor import Finding, Monitored
    from queries.monitored_constraints import Checked
    from queries.violations import Reports

NOT_JUDGED = (
    "A check of Model Monitor is a fixed threshold on the data of its own execution; it has no "
    "interval and does not enter the verdict. Its reports know of no filter."
)
EXPORTED = (
    *("feature", "check", "reported", "reports", "newest_hour"),
    *("breaking", "of", "allowed", "effect_name", "effect", "low", "high", "state"),
)


def lines(found: Monitored) -> tuple[str, ...]:
    """Say as plain text what was read, of which time, and how much of it speaks of violations."""
    return (*_reports(found), *_constraints(found), *found.problems)


def beside(found: Monitored, drift: Sequence[FeatureDrift]) -> tables.Table:
    """Give each reported violation and each broken constraint, with our drift of the feature."""
    ours = {feature.name: feature for feature in drift}
    return tables.Table(
        columns=tables.columns(
            "Feature", "Check", "Model Monitor", "Constraint in this window", "Drift here"
        ),
        rows=tuple(
            (
                each.feature,
                each.check,
                _told(each, found.reports),
                _counted(each.broken),
                _drift(each, ours.get(each.feature)),
            )
            for each in found.findings
        ),
        export_columns=EXPORTED,
        export_rows=tuple(_export(each, ours.get(each.feature)) for each in found.findings),
    )


def draw(test: str, found: Monitored, drift: Sequence[FeatureDrift]) -> None:
    """Draw Model Monitor's findings beside ours."""
    st.subheader("Model Monitor", anchor=False)
    for line in lines(found):
        st.caption(escape.markdown(line, length=1200))
    if found.findings:
        tables.draw(beside(found, drift), name=f"{test}-model-monitor", key="monitor_table")
    st.caption(NOT_JUDGED)


def _reports(found: Monitored) -> Iterator[str]:
    reports = found.reports
    if reports is None:
        return
    if not reports.read:
        if not reports.problems:
            yield f"No report of Model Monitor lies under {reports.location}."
        return
    newest = reports.read[0]
    count = len(newest.violations)
    said = f"violations: {format.count(count)}" if count else "violations: none"
    at = f"of {format.moment(newest.hour)}" if newest.hour else f"{newest.name}, of unknown time"
    if not reports.inside:
        yield f"Model Monitor has no report of this window; the newest is {at}; {said}."
        return
    read = ""
    if reports.found > len(reports.read):
        read = f" The newest {format.count(len(reports.read))} are read."
    yield (
        f"Reports of Model Monitor: {format.count(reports.found)}, in "
        f"{format.span(found.window)}.{read} The newest is {at}; {said}."
    )


def _constraints(found: Monitored) -> Iterator[str]:
    checked = found.checked
    if checked is None:
        return
    n, broken = len(checked.features), len(checked.broken)
    kept = f"{format.count(broken)} broken" if broken else "all kept"
    yield (
        f"Constraints of {checked.location}, held against the requests of this window: "
        f"{format.count(n)} features, {kept}.{_missing(checked)}"
    )
    if not checked.enabled:
        yield "Model Monitor is told not to evaluate them (evaluate_constraints: Disabled)."


def _missing(checked: Checked) -> str:
    if not checked.missing:
        return ""
    return f" Not in the requests, so not checked: {', '.join(checked.missing)}."


def _told(each: Finding, reports: Reports | None) -> str:
    if each.newest is None:
        return "not reported" if reports is not None and reports.read else format.UNKNOWN
    often = ""
    if reports is not None and len(reports.read) > 1:
        often = f" ({each.reports} of {len(reports.read)} reports)"
    return f"{each.description or 'reported'}{often}"


def _counted(broken: Broken | None) -> str:
    if broken is None:
        return format.UNKNOWN
    return (
        f"{format.count(broken.count)} of {format.count(broken.n)} "
        f"({format.percent(broken.count / broken.n)}) {words.BROKEN[broken.check]}; "
        f"allowed {format.limit(broken.allowed, 'share')}"
    )


def _drift(each: Finding, drift: FeatureDrift | None) -> str:
    if not each.ours:
        return "not in the requests"
    if drift is None:
        return "not compared"
    return (
        f"{drift.effect_name} {format.number(drift.effect.value, decimals=3)} "
        f"({format.interval(drift.effect.low, drift.effect.high, '')}) "
        f"{words.DRIFT_STATES[drift.state]}"
    )


def _export(each: Finding, drift: FeatureDrift | None) -> tuple[object, ...]:
    newest, broken = each.newest, each.broken
    return (
        *(each.feature, each.check, each.description, each.reports),
        newest.hour if newest else None,
        *((broken.count, broken.n, broken.allowed) if broken else (None, None, None)),
        *(
            (drift.effect_name, drift.effect.value, drift.effect.low, drift.effect.high)
            if drift
            else (None, None, None, None)
        ),
        drift.state if drift else None,
    )
