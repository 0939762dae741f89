"""Have the inputs moved since the baseline, and do the answers differ as a whole?"""

from __future__ import annotations

import streamlit as st

from pages.charts import categories, distributions, multiples
from pages.parts import answers, drawing, features, filters, loading, monitoring, selection, states
from queries import cached, cached_answers

FEW = 8

selection.title("Drift")
filters.bar(
    note="The requests of this window that meet the filter, against the earlier ones that do; a "
    "baseline is never filtered."
)
report = loading.report()
colours = drawing.colours()
chosen = selection.current()

inputs, predictions = st.tabs(
    ["Inputs", "Predictions"], key="drift", on_change="rerun", bind="query-params"
)

if inputs.open:
    with inputs:
        has_baseline = selection.test_of(cached.account()).baseline is not None
        reference = st.segmented_control(
            "Inputs of this window against",
            features.REFERENCES,
            default=features.REFERENCES[0 if has_baseline else 1],
            required=True,
            help="The test’s baseline, or the window of the same length just before this one.",
            key="reference",
            bind="query-params",
            persist_state="session",
        )
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
                + answers.sampled(report.scores)
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
