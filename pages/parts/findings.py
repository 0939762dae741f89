"""What did the rules find in a training: where, by how much, and what is to be done?"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import streamlit as st

from analysis.training.rules.sentences import number, place
from pages.parts import escape, explaining, format, tables, thresholds, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.training.findings import Finding
    from queries.trials.jobs import Evaluation
    from queries.trials.reviews import Review

FEW = 6
"""So many tensors are named on a card; the rest are in its fold."""
# A unit that is written with each number; a longer one stands once, behind both.
_SHORT = {"%", "s", "levels", "times"}
# AWS calls this one by its class.
_AWS_NAMES = {"StalledTrainingRule": "StalledTraining"}
_EXPORTED = (
    *("rule", "of", "status", "critical", "mode", "first_step", "value", "threshold", "unit"),
    *("sentence", "remedy", "tensors", "explained"),
)


def summary(found: Review) -> str:
    """Say in one line how many rules fired, how many of them are critical, and what is open."""
    fired, critical, unknown = (
        len(each) for each in (found.fired, found.critical_fired, found.of("unknown"))
    )
    rules = f"{len(found.findings):,} rules"
    said = f"None of {rules} fired"
    if fired:
        said = f"{fired:,} of {rules} fired"
        said += f", {critical:,} of them critical" if critical else ", none of them critical"
    said += f"; {unknown:,} can't tell" if unknown else ""
    others = len(found.beside_the_point)
    return f"{said}; {others:,} do not apply." if others else f"{said}."


def banner(found: Review) -> None:
    """Draw the line, and what it rests on."""
    box, icon = st.success, ":material/check_circle:"
    if found.critical_fired:
        box, icon = st.error, ":material/cancel:"
    elif found.fired:
        box, icon = st.warning, ":material/warning:"
    elif not found.of("not_fired"):
        box, icon = st.info, ":material/help:"
    box(f"#### {summary(found)}", icon=icon)
    st.caption(" · ".join(_basis(found)))


def _basis(found: Review) -> list[str]:
    parts = [
        f"{each.mode} {format.count(each.count)} saved steps, {each.first:,} to {each.last:,}"
        for each in found.steps
    ]
    parts.append(f"{format.count(len(found.tensors))} tensors")
    parts.append(f"{format.count(len(found.workers))} workers" if len(found.workers) > 1 else "")
    if found.newest is not None:
        parts.append(f"last saved {format.moment(found.newest)}")
    if found.against:
        parts.append(f"compared with {escape.markdown(found.against)}")
    parts.append(f"judged {format.clock(found.at, found.at)}")
    return [part for part in parts if part]


def draw(found: Review) -> None:
    """Draw what fired as cards, and fold away what can't tell and what did not fire."""
    for finding in found.fired:
        card(finding)
    unknown, quiet = found.of("unknown"), found.of("not_fired")
    if unknown:
        with st.expander(f"**{len(unknown):,} can't tell** — what was not saved"):
            _lines(unknown)
    if quiet:
        with st.expander(f"**{len(quiet):,} did not fire**", expanded=not found.fired):
            _lines(quiet)
    others = found.beside_the_point
    if others:
        with st.expander(f"**{len(others):,} do not apply** — of another kind of model"):
            _lines(others)


def card(finding: Finding) -> None:
    """Draw one rule that fired."""
    with st.container(border=True, gap="xsmall"):
        left, right = st.columns([9, 2], vertical_alignment="center")
        left.markdown(f"**:red[✕] {escape.markdown(finding.rule)}** {_badges(finding)}")
        with right.container(horizontal=True, horizontal_alignment="right"):
            thresholds.button(finding.rule)
        st.markdown(_said(finding.sentence))
        numbers = _numbers(finding)
        if numbers:
            st.caption(numbers)
        explaining.beside(f"rule_{finding.rule}")
        if finding.remedy:
            st.markdown(
                f":material/build: **What to do** {escape.markdown(finding.remedy, length=1000)}"
            )
        for sentence in finding.explained:
            st.caption(f":material/info: {escape.markdown(sentence, length=1000)}")
        if len(finding.tensors) > FEW:
            with st.expander(f"All {len(finding.tensors):,} tensors"):
                st.code("\n".join(map(escape.visible, finding.tensors)), language=None, height=200)


def _said(sentence: str) -> str:
    # a power of ten stays on one line
    return escape.markdown(sentence, length=2000).replace(" × 10", "\u00a0×\u00a010")


def _badges(finding: Finding) -> str:
    # red is for what fired: a critical rule that is silent alarms nobody
    colour = "red" if finding.status == "fired" else "gray"
    found = [f":{colour}-badge[critical]"] if finding.critical else []
    if finding.origin != "aws":
        found.append(f":blue-badge[{words.RULES_OF[finding.origin]}]")
    return " ".join(found)


def _numbers(finding: Finding) -> str:
    """Write where it first fired, the number that decided it, its limit, and on what."""
    parts = []
    if finding.first_step is not None:
        parts.append(f"first at **{place(finding.mode or 'GLOBAL', finding.first_step)}**")
    unit = finding.unit
    short = f"{format.THIN_SPACE}{unit}" if unit in _SHORT else ""
    if math.isfinite(finding.value):
        measured = f"measured **{number(finding.value)}{short}**"
        if math.isfinite(finding.threshold):
            measured += f", limit {number(finding.threshold)}{short}"
        parts.append(f"{measured} ({escape.markdown(unit)})" if unit and not short else measured)
    names = [escape.markdown(name, length=60) for name in finding.tensors[:FEW]]
    if len(finding.tensors) > FEW:
        names.append(f"{len(finding.tensors) - FEW:,} more")
    parts.append(", ".join(names))
    return " · ".join(part for part in parts if part)


def _lines(findings: Sequence[Finding]) -> None:
    """Draw a rule a line: name, sentence, how it is computed, what to do, and its settings."""
    for finding in findings:
        sign = words.FINDINGS[finding.status][0]
        left, right = st.columns([9, 2], vertical_alignment="center")
        said = f"{sign} **{escape.markdown(finding.rule)}** {_badges(finding)}".rstrip()
        said += f" — {_said(finding.sentence)}"
        if finding.remedy:
            said += f" :gray[{escape.markdown(finding.remedy, length=1000)}]"
        with left:
            st.markdown(said, help=explaining.tooltip(f"rule_{finding.rule}", None))
            for sentence in finding.explained:
                st.caption(f":material/info: {escape.markdown(sentence, length=1000)}")
        with right.container(horizontal=True, horizontal_alignment="right"):
            thresholds.button(finding.rule)


def aws_verdicts(found: Review) -> None:
    """Draw what AWS's own rules said of the job, beside ours."""
    if not found.aws:
        return
    st.subheader("AWS’s own verdicts", anchor=False)
    st.caption(
        "As DescribeTrainingJob gives them. AWS judged by the settings of the job, while it ran; "
        "here the same rule is judged by the settings on this screen, on what was saved."
    )
    ours = {finding.rule: finding for finding in found.findings}
    table = tables.Table(
        columns=tables.columns("Rule", "AWS", "Here", "Last changed", "AWS’s details"),
        rows=tuple(_beside(each, ours) for each in found.aws),
        export_columns=("name", "rule", "aws_status", "here", "modified", "details"),
        export_rows=tuple(
            (
                *(each.name, each.rule, each.status, _status(each, ours)),
                *(each.modified, each.details),
            )
            for each in found.aws
        ),
    )
    tables.draw(table, name=f"{found.trial}-aws-rules", key="aws_rules")


def _beside(each: Evaluation, ours: dict[str, Finding]) -> tuple[str, ...]:
    status = _status(each, ours)
    return (
        each.name if each.rule in ("", each.name) else f"{each.name} ({each.rule})",
        words.EVALUATIONS.get(each.status, each.status),
        words.FINDINGS[status] if status else "no such rule here",
        format.moment(each.modified) if each.modified else format.UNKNOWN,
        escape.clip(each.details, 120) or format.UNKNOWN,
    )


def _status(each: Evaluation, ours: dict[str, Finding]) -> str:
    found = ours.get(_AWS_NAMES.get(each.rule, each.rule))
    return found.status if found else ""


def export(found: Review) -> None:
    """Offer all findings as a table and as the document that the command line writes."""
    from queries.trials.reviews import document

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("All findings:", width="content")
        tables.download(
            _EXPORTED,
            [_row(each) for each in found.findings],
            name=f"{found.trial}-rules",
            key="rules",
        )
        st.download_button(
            "JSON",
            data=lambda: json.dumps(document(found), indent=2).encode(),
            file_name=f"{found.trial}-rules.json",
            mime="application/json",
            key="rules_json",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )


def _row(finding: Finding) -> tuple[object, ...]:
    return (
        *(finding.rule, finding.origin, finding.status, finding.critical, finding.mode),
        *(finding.first_step, finding.value, finding.threshold, finding.unit),
        *(finding.sentence, finding.remedy),
        *("\n".join(finding.tensors), " ".join(finding.explained)),
    )


def notes(found: Review) -> None:
    """Say what of the record is missing or damaged."""
    if found.notes:
        many = "note" if len(found.notes) == 1 else "notes"
        with st.expander(f"{len(found.notes):,} {many} on what was saved"):
            st.markdown("\n".join(f"- {escape.markdown(n, length=1000)}" for n in found.notes))
