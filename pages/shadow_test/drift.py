"""Have the inputs moved since the baseline, and do the answers differ as a whole?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.charts import categories, distributions, drift_over_time, marks, multiples
from pages.charts import together as charts
from pages.parts import (
    drawing,
    escape,
    features,
    filters,
    loading,
    monitoring,
    over_time,
    score_differences,
    selection,
    states,
    tables,
    together,
)
from queries import cached, cached_answers
from queries.inputs_over_time import fitting, possible

if TYPE_CHECKING:
    from queries.inputs import Reference

FEW = 8

selection.title("Drift")
filters.bar(
    note="The requests of this window that meet the filter, against the earlier ones that do; a "
    "baseline is never filtered."
)
report = loading.report()
colours = drawing.colours()
chosen = selection.current()

inputs, when, whole, predictions = st.tabs(
    ["Inputs", "Over time", "Together", "Predictions"],
    key="drift",
    on_change="rerun",
    bind="query-params",
)


def reference_chosen() -> Reference:
    has_baseline = selection.test_of(cached.account()).baseline is not None
    return st.segmented_control(
        "Inputs of this window against",
        features.REFERENCES,
        default=features.REFERENCES[0 if has_baseline else 1],
        required=True,
        help="The test’s baseline, or the window of the same length just before this one.",
        key="reference",
        bind="query-params",
        persist_state="session",
    )


if inputs.open:
    with inputs:
        reference = reference_chosen()
        # without a distribution to compare there are still Model Monitor's constraints
        drift = states.attempt(
            lambda: cached_answers.input_drift(chosen.test, chosen.window, reference, chosen.where),
            what="the inputs",
        )
        if drift is not None:
            st.caption(features.basis(drift))
            if not drift.features:
                states.nothing(
                    "No input can be compared.", drift.note or "No feature is in both samples."
                )
            else:
                st.markdown(f"**{features.summary(drift.features)}**")
                show_all = len(drift.features) <= FEW or st.toggle(
                    f"Show all {len(drift.features)}", key="show_all"
                )
                shown = drift.features if show_all else drift.features[:FEW]
                drawing.draw(multiples.features(shown, colours), key="small_multiples")
                features.table(report.test, drift.features)
                features.why_effect_decides()
        monitored = states.load(
            lambda: cached_answers.monitored(chosen.test, chosen.window, chosen.where),
            what="Model Monitor’s files",
        )
        if monitored is not None:
            monitoring.draw(report.test, monitored, drift.features if drift is not None else ())

if when.open:
    with when:
        left, right = st.columns(2)
        with left:
            reference = reference_chosen()
        blocks = possible(report.window)
        every = right.segmented_control(
            "One block of time is",
            blocks,
            default=fitting(report.window, report.pairing.production),
            required=True,
            help="Longer blocks hold more requests, so that smaller changes show.",
            key="every",
        )
        course = states.attempt(
            lambda: cached_answers.inputs_over_time(
                chosen.test, chosen.window, reference, every, chosen.where
            ),
            what="the inputs over time",
        )
        if course is not None and not course.drift.features:
            states.nothing(
                "No input can be compared.", course.note or "No feature is in both samples."
            )
        elif course is not None:
            drifts = course.drift
            st.markdown(f"**{escape.markdown(over_time.headline(drifts), length=500)}**")
            st.caption(escape.markdown(over_time.basis(course), length=2000))
            drawing.draw(
                marks.interrupted(
                    drift_over_time.features(drifts, colours), report.interruptions, colours
                ),
                key="drift_heat_map",
            )
            st.caption(over_time.LEGEND)
            left, right = st.columns([3, 2])
            by_name = {each.name: each for each in drifts.features}
            feature = by_name[
                left.selectbox(
                    "Feature",
                    list(by_name),
                    key="feature_over_time",
                    format_func=lambda name: escape.clip(escape.visible(name), 80),
                )
            ]
            of = {each.name: each for each in feature.courses}
            measure = right.segmented_control(
                "Measure",
                list(of),
                default=feature.effect.name,
                required=True,
                key=f"measure_{feature.kind}",
            )
            drawing.draw(
                marks.interrupted(
                    drift_over_time.course(drifts, feature, of[measure], colours),
                    report.interruptions,
                    colours,
                ),
                key="drift_course",
            )
            st.caption(
                "Grey band: what the measure stays in without drift; ◆ moved; dotted: a change."
            )
            tables.draw(
                over_time.features(drifts), name=f"{report.test}-drift-over-time", key="over_time"
            )

if whole.open:
    with whole:
        reference = reference_chosen()
        joint = states.load(
            lambda: cached_answers.inputs_together(
                chosen.test, chosen.window, reference, chosen.where
            ),
            what="the inputs together",
        )
        confidence = report.verdict.policy.confidence
        st.markdown(f"**{together.headline(joint, 1 - confidence)}**")
        st.caption(escape.markdown(together.basis(joint), length=2000))
        tables.draw(
            together.numbers(joint, confidence),
            name=f"{report.test}-inputs-together",
            key="together",
        )
        if joint.separation is None:
            st.info(together.WITHOUT, icon=":material/extension:")
        elif joint.separation.p < 1 - confidence:
            st.subheader("Features that tell them apart", anchor=False)
            told = joint.separation.explained[: together.MOST_EXPLAINED]
            drawing.draw(charts.explained(told, colours), key="told_apart")
            st.caption("● mean of the two halves, line from one half to the other.")

if predictions.open:
    with predictions:
        found = report.prediction_drift
        if found is None:
            states.nothing(
                "No predictions to compare.", "The answers in this window could not be read."
            )
        else:
            st.caption(
                "Answers of the shadow against those of production, as two distributions. Two "
                "models can "
                "agree as a whole and still differ on many requests: that is the page Agreement. "
                + score_differences.sampled(report.scores)
            )
            left, right = st.columns(2, gap="large")
            with left:
                chart = (
                    distributions.prediction_curves(found, colours)
                    if found.kind == "numeric"
                    else categories.share_differences(found, colours)
                )
                drawing.draw(chart, key="prediction_drift")
            with right:
                features.details(found)
            features.why_effect_decides()
