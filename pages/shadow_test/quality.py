"""Which model is nearer to the truth?"""

from __future__ import annotations

import streamlit as st

from pages.charts import marks, reliability
from pages.charts import quality as charts
from pages.parts import (
    calibration,
    consequences,
    drawing,
    escape,
    filters,
    labels,
    loading,
    quality,
    selection,
    states,
    tables,
    tiles,
    words,
)
from queries import cached, cached_answers

selection.title("Quality")
filters.bar()
report = loading.report()
chosen = selection.current()
test = selection.test_of(cached.account())
if test.truth is None:
    states.nothing("No right answers are configured.", labels.HOW)
    st.code(labels.snippet(chosen.test), language="toml")
    if test.outcomes is not None:
        consequences.section()
    st.stop()

found = states.load(
    lambda: cached_answers.quality(chosen.test, chosen.window, chosen.where),
    what="the right answers",
)
colours = drawing.colours()
st.caption(escape.markdown(labels.source(found.counts), length=600))
for problem in found.counts.problems:
    states.nothing("Not every file of labels was read.", problem)
if found.behind is not None:
    st.info(
        escape.sentence(labels.behind(found.behind, chosen.test), length=1200),
        icon=":material/history:",
    )
reason = labels.missing(found)
if reason is not None:
    states.nothing(*reason)
    if not found.counts.used and found.counts.lines:
        tables.draw(labels.ids(found.ids), name=f"{chosen.test}-ids", key="ids")
    tables.draw(labels.account(found.counts), name=f"{chosen.test}-label-lines", key="label_lines")
    if test.outcomes is not None:
        consequences.section()
    st.stop()

st.markdown(f"#### {escape.markdown(quality.headline(found), length=400)}")
st.caption(escape.markdown(quality.basis(found), length=1200))
if found.coverage.selected:
    st.warning(labels.selection(found.coverage), icon=":material/filter_list:")
tiles.row(quality.tiles_of(found))

st.subheader("Shadow − production, on the same pairs", anchor=False)
left, right = st.columns([3, 2], gap="large")
with left:
    drawing.draw(charts.differences(found.measures, colours), key="quality_differences")
with right:
    if found.mcnemar is not None:
        st.markdown("**Who was right**")
        tables.draw(
            quality.who_was_right(found.mcnemar), name=f"{chosen.test}-mcnemar", key="mcnemar"
        )
        st.markdown(quality.surprise(found.mcnemar))
    if found.watched is not None and found.watched.shadow_right.known:
        st.markdown(quality.at_every_look(found.watched))
    st.caption(quality.INTERVALS)
with st.expander("The same as a table", icon=":material/table_rows:"):
    tables.draw(quality.measures(found), name=f"{chosen.test}-quality", key="quality")

if found.calibration is not None:
    st.subheader(calibration.TITLE, anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left:
        drawing.draw(reliability.curves(found.calibration, colours), key="reliability")
    with right:
        st.markdown(calibration.sentences(found.calibration))
        st.caption(calibration.ABOUT)
        with st.expander("The same as a table", icon=":material/table_rows:"):
            tables.draw(
                calibration.bins(found.calibration),
                name=f"{chosen.test}-calibration",
                key="calibration",
            )

if found.series is not None:
    st.subheader("Over time", anchor=False)
    st.caption("By the time of the request, not of its label; a band is each model’s own interval.")
    drawing.draw(
        marks.interrupted(charts.over_time(found.series, colours), report.interruptions, colours),
        key="quality_time",
        zoom=True,
    )

if found.classes:
    st.subheader("Class by class", anchor=False)
    measure = st.segmented_control(
        "Measure",
        quality.OF_A_CLASS,
        default=quality.OF_A_CLASS[0],
        required=True,
        format_func=lambda name: words.MEASURES[name],
        key="class_measure",
        label_visibility="collapsed",
    )
    every = len(found.classes) <= quality.MOST_CLASSES or st.toggle(
        f"Show all {len(found.classes)}", key="all_classes"
    )
    shown = found.classes if every else found.classes[: quality.MOST_CLASSES]
    tables.draw(
        quality.classes(shown, measure, found.classes),
        name=f"{chosen.test}-classes",
        key="classes",
    )

st.subheader("Which pairs have a label", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    drawing.draw(
        marks.interrupted(
            charts.coverage(found.coverage.series, colours), report.interruptions, colours
        ),
        key="label_coverage",
    )
    st.caption(labels.found_by(found.coverage))
    if not found.coverage.selected:
        st.caption(labels.selection(found.coverage))
with right:
    st.caption("Every line of the labels’ files is one of these:")
    tables.draw(labels.account(found.counts), name=f"{chosen.test}-label-lines", key="label_lines")

if test.outcomes is not None:
    consequences.section()
