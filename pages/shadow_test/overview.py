"""May the shadow go on stage? The verdict, its reasons, and what was not compared."""

from __future__ import annotations

import streamlit as st

from pages.charts import intervals
from pages.parts import (
    accounts,
    coverage,
    doubts,
    drawing,
    equivalence,
    escape,
    filters,
    format,
    loading,
    selection,
    tables,
    tiles,
    to_deploy,
    trained,
    verdict,
)
from queries import cached

selection.title("Overview")
filters.bar(
    note="Verdict, checks and tiles judge all traffic: a verdict is not reached by choosing "
    "requests. Below them stands how often the requests inside the filter agree."
)
report = loading.report(all_traffic=True)
colours = drawing.colours()

verdict.banner(report)
to_deploy.line(cached.account())
tiles.row(
    [
        verdict.agreement_tile(report),
        verdict.latency_tile(report),
        verdict.errors_tile(report),
        tiles.Tile(
            "Pairs",
            format.count(report.pairing.paired),
            coverage.share_of_production(report.pairing),
            help="Requests that both variants answered and that could be matched one to one.",
            explained="pairs",
        ),
    ]
)
doubts.warn(report)
config = cached.account()
test = selection.test_of(config)
trained.line(config, test, report)
if selection.current().where:
    filters.beside(report)

left, right = st.columns([5, 6], gap="medium")
with left:
    st.subheader("Every check against its limit", anchor=False)
    st.caption(
        "Share of the allowed change that is used, with its interval: "
        "● within, ◆ over, ○ inconclusive, ✕ no data."
    )
    drawing.draw(intervals.checks(report.verdict.guardrails, colours), key="checks")
with right:
    st.subheader("The same in numbers", anchor=False)
    tables.draw(
        verdict.checks_table(report.verdict), name=f"{report.test}-checks", key="checks_table"
    )

with st.expander("Equivalent within each limit, and how long still", icon=":material/balance:"):
    st.markdown(f"**{escape.markdown(equivalence.headline(report.verdict))}**")
    tables.draw(
        equivalence.table(report.verdict), name=f"{report.test}-equivalence", key="equivalence"
    )
    st.caption(escape.markdown(equivalence.basis(report.verdict), length=1000))
with st.expander("In plain words, for who decides", icon=":material/diversity_3:"):
    verdict.in_plain_words(report)
with st.expander("How the verdict is reached", icon=":material/gavel:"):
    verdict.reasons(report.verdict)
with st.expander(
    "What was not compared", icon=":material/rule:", on_change="rerun", key="left_out"
) as box:
    if box.open:
        coverage.left_out(report)
with st.expander(
    "How the captures were paired, and when",
    icon=":material/link:",
    on_change="rerun",
    key="paired",
) as box:
    if box.open:
        coverage.pairing(report, selection.current().window, colours)
with st.expander(
    "In SageMaker", icon=":material/cloud:", on_change="rerun", key="in_sagemaker"
) as box:
    if box.open:
        accounts.of_chosen()
with st.expander(
    "Settings in force", icon=":material/tune:", on_change="rerun", key="settings"
) as box:
    if box.open:
        coverage.settings(config, test)
