"""Who did what, when, why and on which evidence, and is the record of it whole?"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from actions.acting import THE_READER
from actions.steps import Call, Wait
from pages.charts import histories as charts
from pages.parts import drawing, escape, format, states, tables, words
from pages.parts.deployment import phases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actions.histories import Entry
    from actions.ledger import Ledger
    from actions.records import Chain
    from actions.steps import Check, Step

NEWEST = 50
EVERY = ""
SIGNS = {"done": "✓", "found": "✓", "failed": "✕"}
DEPLOY = "pages/deployment/deploy.py"
ROLLBACK = "rollback"
"""The parameter of Deploy's address that names the config to go back to."""


def choose(targets: Sequence[str], *, preferred: str | None) -> tuple[str, ...]:
    """Let one endpoint or all of them be looked at; first the chosen test's."""
    offered = [EVERY, *targets]
    chosen: str = st.selectbox(
        "Endpoint",
        offered,
        index=offered.index(preferred) if preferred is not None and preferred in targets else 0,
        format_func=lambda each: "all" if each == EVERY else escape.visible(each),
        key="history_target",
    )
    return tuple(targets) if chosen == EVERY else (chosen,)


def chains(found: Sequence[Chain]) -> None:
    """Say of every chain whether each record follows from the one before."""
    for chain in found:
        name = escape.markdown(chain.target)
        if chain.broken is not None:
            st.error(
                f"**The record of {name} is broken.** {escape.sentence(chain.broken)} "
                "What stands before that place is shown below; it is not repaired here, and "
                "nothing more is done on it until somebody has looked into it.",
                icon=":material/link_off:",
            )
    whole = [chain for chain in found if chain.broken is None and chain.records]
    if whole:
        told = "; ".join(
            f"{escape.markdown(chain.target)}: {len(chain.records):,} records, newest sum "
            f"{chain.head[:12]}…"
            for chain in whole
        )
        st.caption(f":green[✓] Each record holds the sum of the one before, and all follow. {told}")


def retention(found: Check | None) -> None:
    """Say whether records can be taken out of a bucket; nothing of a folder."""
    if found is None:
        return
    told = escape.sentence(found.sentence)
    if found.status == "ok":
        st.caption(f":green[✓] {told}")
    else:
        st.warning(
            f"{told}  \n:small[{escape.sentence(found.remedy)}]", icon=":material/lock_open:"
        )


def draw(entries: Sequence[Entry]) -> None:
    """Draw changes over time, and as a table, the newest first."""
    drawing.draw(charts.changes(entries, drawing.colours()), key="history")
    shown = entries[:NEWEST]
    if len(shown) < len(entries):
        st.caption(f"The newest {len(shown):,} of {len(entries):,}; the files below hold all.")
    with st.container(horizontal=True, wrap=False):
        st.markdown(tables.markdown(_table(shown)), width="content")
    export(entries)


def _table(entries: Sequence[Entry]) -> tables.Table:
    return tables.Table(
        tables.columns("When", "Endpoint", "Who", "What", "Why", "Verdict then", "Result"),
        tuple(
            (
                format.moment(each.begun),
                each.target,
                _people(each),
                words.ACTIONS[each.action],
                escape.clip(each.intent.reason, 80),
                each.intent.verdict or format.UNKNOWN,
                f"{words.OUTCOME_SIGNS[each.state]} {escape.clip(each.result, 90)}",
            )
            for each in entries
        ),
        (),
        (),
    )


def export(entries: Sequence[Entry]) -> None:
    """Offer all changes as files."""
    left, right, _ = st.columns([1, 1, 6])
    names = (
        *("begun", "ended", "target", "action", "person", "known_by", "asked_by", "reason"),
        *("verdict", "evidence", "state", "result", "request_ids"),
    )
    rows = [
        (
            *(each.begun.isoformat(), each.ended.isoformat() if each.ended else ""),
            *(each.target, each.action, each.intent.person, each.intent.known_by),
            *(each.intent.asked_by, each.intent.reason, each.intent.verdict),
            *(each.intent.evidence, each.state, each.result),
            " ".join(request for _, request in each.requests),
        )
        for each in entries
    ]
    with left:
        tables.download(
            names,
            rows,
            name="deployments",
            key="history",
        )
    right.download_button(
        "JSON",
        data=lambda: as_json(entries),
        file_name="deployments.json",
        mime="application/json",
        key="history_json",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def as_json(entries: Sequence[Entry]) -> bytes:
    """Write changes with all of their records as JSON; times are ISO 8601 in UTC."""

    def text(value: object) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)

    found = [asdict(each) for each in entries]
    return json.dumps(found, ensure_ascii=False, indent=1, default=text).encode()


def closer(ledger: Ledger, entries: Sequence[Entry]) -> None:
    """Let one change be looked at: its requests, its report, and the way back."""
    st.subheader("One change, closely", anchor=False)
    chosen = st.selectbox(
        "Change",
        range(len(entries)),
        format_func=lambda number: _named(entries[number]),
        key="history_chosen",
    )
    entry = entries[chosen]
    left, right = st.columns([3, 2], gap="large")
    with left:
        _told(entry)
    with right:
        _evidence(ledger, entry)
        _way_back(entry)
    _steps(entry)


def _named(entry: Entry) -> str:
    return escape.visible(
        f"{format.moment(entry.begun)} · {words.ACTIONS[entry.action]} {entry.target} · "
        f"{entry.intent.person}"
    )


def _people(entry: Entry) -> str:
    """Who did it, and who had asked for it where that was another."""
    intent = entry.intent
    return f"{intent.person}, asked by {intent.asked_by}" if intent.asked_by else intent.person


def _told(entry: Entry) -> None:
    intent = entry.intent
    sign = words.OUTCOME_SIGNS[entry.state]
    ended = f" at {format.moment(entry.ended)}" if entry.ended else ""
    st.markdown(
        f"{sign} **{words.OUTCOMES[entry.state].capitalize()}**{ended}. "
        f"{escape.markdown(entry.result, length=900)}"
    )
    role = "the role that reads" if intent.role == THE_READER else intent.role
    known = "" if intent.known_by == intent.person else f" ({escape.markdown(intent.known_by)})"
    st.caption(
        f"{escape.markdown(_people(entry))}{known}, as {escape.markdown(role)}: "
        f"“{escape.markdown(intent.reason, length=1100)}”"
    )


def _steps(entry: Entry) -> None:
    """Each step of the plan: when it was begun, what came of it, and AWS's id of the request."""
    rows = []
    for number, step in enumerate(entry.intent.plan.steps):
        records = [record for record in entry.records if record.step == number]
        if not records:
            rows.append(("", _step(step), "– not begun", "", ""))
            continue
        last = records[-1]
        rows.append(
            (
                f"{records[0].at:%H:%M:%S}",
                _step(step),
                f"{SIGNS.get(last.stage, '○')} {last.stage}",
                escape.clip(last.text, 160),
                " ".join(record.request_id for record in records if record.request_id),
            )
        )
    table = tables.Table(
        tables.columns("UTC", "Step", "State", "What came of it", "Request id"),
        tuple(rows),
        (),
        (),
    )
    with st.container(horizontal=True, wrap=False):
        st.markdown(tables.markdown(table), width="content")


def _step(step: Step) -> str:
    if isinstance(step, Call):
        return f"{step.service}.{step.operation}"
    return f"wait: {step.until}" if isinstance(step, Wait) else "rehearse"


def _evidence(ledger: Ledger, entry: Entry) -> None:
    sum_of_it = entry.intent.evidence
    if not sum_of_it:
        st.caption("No report was kept with it.")
        return
    said = escape.markdown(entry.intent.verdict or "no verdict")
    st.markdown(f"**Evidence** {said}")
    st.code(f"sha256 {sum_of_it}", language=None, wrap_lines=True)
    report = states.attempt(lambda: ledger.report(entry.target, sum_of_it), what="the report")
    if report is not None:
        st.download_button(
            "The report as it was (HTML)",
            data=report,
            file_name=f"{entry.target}-{sum_of_it[:12]}.html",
            mime="text/html",
            key="history_report",
            icon=":material/description:",
            on_click="ignore",
        )


def _way_back(entry: Entry) -> None:
    plan = entry.intent.plan
    if not phases.updates(plan):
        return
    placed = entry.placed if entry.state == "done" else ""
    ways = ((placed, "what it put in place"), (entry.came_from, "what ran before it"))
    for config, said in ways:
        if config:
            st.page_link(
                DEPLOY,
                label=f"Roll back to {escape.markdown(config)}",
                help=f"To {said}: asked for once more on Deploy.",
                icon=":material/undo:",
                query_params={ROLLBACK: config},
            )
