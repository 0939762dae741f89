"""How often do production and shadow give the same answer, and where do they not?"""

from __future__ import annotations

import streamlit as st

from pages.charts import distributions, heatmaps, marks, running, similarity, timelines
from pages.parts import (
    answers,
    doubts,
    drawing,
    escape,
    evidence,
    filters,
    format,
    likeness,
    loading,
    noise,
    score_differences,
    second_source,
    selection,
    states,
    tiles,
    unread,
)
from queries import cached, cached_answers

selection.title("Agreement")
filters.bar()
report = loading.report()
colours = drawing.colours()
agreement, scores, comparison = report.agreement, report.scores, report.comparison

if agreement is None:
    states.nothing(
        "No agreement can be computed.", "No pair of this window holds two answers that were read."
    )
    unread.question(report)
    st.stop()

tiles.row([*answers.tiles_of(report), *likeness.tiles_of(report)])
st.caption(answers.bounds(agreement))
doubts.warn(report)

left, right = st.columns(2, gap="large")
with left:
    if agreement.confusion is not None:
        st.subheader("Who answered what", anchor=False)
        st.caption("Pairs, and share of production’s row. Click a cell to see its pairs below.")
        labels = agreement.confusion.labels
        drawing.clickable(
            heatmaps.confusion(agreement.confusion, colours),
            key="confusion",
            on_select=lambda: evidence.cell_clicked("confusion", labels),
        )
        with st.expander("The same as a table"):
            answers.confusion_table(report.test, agreement.confusion)
    elif scores is not None:
        st.subheader("Differences of the answers", anchor=False)
        drawing.draw(distributions.differences(scores, colours), key="differences")
        score_differences.quantiles_table(report.test, scores)
    elif comparison is not None:
        main = likeness.main_measure(comparison)
        st.subheader(likeness.NAMES[main.name], anchor=False)
        rule = f"Answers agree when {escape.markdown(comparison.rule, length=300)}."
        st.caption(f"{rule} {likeness.sampled(comparison)}".strip())
        drawing.draw(
            similarity.spread(main, likeness.NAMES[main.name], colours, limit=comparison.limit),
            key="similarity",
        )
with right:
    if scores is not None:
        st.subheader("Difference against size", anchor=False)
        st.caption(
            "Bland–Altman: stronger cells hold more pairs, the dashed lines about 95 % of them."
        )
        drawing.draw(distributions.bland_altman(scores, colours), key="bland_altman")
    elif agreement.shifts:
        answers.shifts_table(report.test, agreement)
    elif comparison is not None and comparison.fields:
        st.subheader(f"Which {likeness.FIELD_WORDS[comparison.kind][1]} differ", anchor=False)
        drawing.draw(likeness.fields_chart(comparison, colours), key="fields")
    elif comparison is not None:
        st.subheader("How alike the answers are", anchor=False)
        likeness.quantiles_table(report.test, comparison)

if comparison is not None and comparison.fields:
    with st.expander(f"All {len(comparison.fields)} in numbers", icon=":material/table_rows:"):
        likeness.fields_table(report.test, comparison)

st.subheader("Agreement over time", anchor=False)
limit = report.verdict.policy.min_agreement
drawing.draw(
    marks.interrupted(
        timelines.agreement(agreement.series, limit, colours), report.interruptions, colours
    ),
    key="agreement_time",
    zoom=True,
)

followed = answers.running_of(report)
if followed is not None:
    st.subheader("How the interval narrowed", anchor=False)
    st.caption(answers.looks_so_far(followed, report.verdict))
    drawing.draw(running.sequence(followed, colours), key="running", zoom=True)

st.subheader(noise.TITLE, anchor=False)
chosen = selection.current()
second = None
named = selection.test_of(cached.account()).noise_source is not None
if named:
    st.markdown(f"**{second_source.TITLE}**")
    second = states.attempt(
        lambda: loading.beside(
            chosen.test,
            lambda tell: cached_answers.second_source(
                chosen.test, chosen.window, chosen.where, progress=tell
            ),
        ),
        what="the answers of the second source",
    )
    if second is not None:
        st.markdown(second_source.sentence(second))
        tiles.row(second_source.tiles_of(second))
        st.caption(escape.markdown(second_source.basis(second), length=2000))
    st.markdown(f"**{noise.BY_INPUTS}**")
repeated = states.attempt(
    lambda: cached_answers.noise(chosen.test, chosen.window, chosen.where),
    what="the answers to repeated inputs",
)
if repeated is not None:
    judged = second is None or not second.floor.fates.compared
    st.markdown(noise.sentence(repeated, judged=judged))
    tiles.row(noise.tiles_of(repeated))
    st.caption(noise.ABOUT)

if agreement.confusion is not None and scores is not None:
    left, right = st.columns(2, gap="large")
    with left:
        answers.shifts_table(report.test, agreement)
    with right:
        st.subheader("Differences of the scores", anchor=False)
        score_differences.quantiles_table(report.test, scores)

st.subheader("Pairs with different answers", anchor=False)
production_label = shadow_label = None
if agreement.confusion is not None:
    production_label, shadow_label = evidence.choose_cell(agreement.confusion)
elif agreement.tolerance is not None:
    apart = format.percent(agreement.tolerance, decimals=1)
    st.caption(f"Further apart than {apart} of production’s answer.")
evidence.rows(production_label, shadow_label)
