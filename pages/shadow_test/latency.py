"""Is the shadow slower, and does it fail more often?"""

from __future__ import annotations

import streamlit as st

from pages.charts import intervals, marks, timelines
from pages.parts import (
    drawing,
    escape,
    filters,
    loading,
    performance,
    selection,
    states,
    tiles,
    words,
)
from queries import cached

selection.title("Latency & errors")
# CloudWatch does not know one request from another
by_request = selection.test_of(cached.account()).log is not None
filters.bar(note=filters.PAIRS_ONLY if by_request else performance.NOT_FILTERED)
report = loading.report(all_traffic=not by_request)
colours = drawing.colours()
policy = report.verdict.policy
latency, errors, paired = report.latency, report.errors, report.paired_latency

if latency is None and errors is None:
    states.nothing(
        "No latency and no errors to show.",
        report.latency_problem
        or "Name the `endpoint` of this test so that CloudWatch can be asked.",
    )
    st.caption(performance.NO_LATENCY_IN_CAPTURES)
    st.stop()

if latency is not None:
    beside = performance.NO_LATENCY_IN_CAPTURES if paired is None else ""
    st.caption(f"{escape.markdown(latency.source.rstrip('.'), length=400)}. {beside}")
if report.latency_problem:
    states.nothing("Something is missing here.", report.latency_problem)

if paired is not None:
    tiles.row(performance.tiles_of_requests(paired))
    st.caption(performance.requests_line(paired))

if latency is not None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Difference by quantile", anchor=False)
        limits = {0.5: policy.max_p50_increase, 0.99: policy.max_p99_increase}
        drawing.draw(
            intervals.latency_differences(latency.differences, limits, colours),
            key="latency_differences",
        )
        performance.latency_table(report.test, latency)
        if paired is not None:
            st.caption(performance.INTERVALS_OF_A_LOG)
        if report.overhead is not None:
            with st.expander("Overhead that SageMaker adds", icon=":material/add_circle:"):
                st.caption(performance.OVERHEAD)
                performance.latency_table(report.test, report.overhead, key="overhead")
    with right:
        st.subheader("Over time", anchor=False)
        st.caption(performance.period_line(latency))
        drawing.draw(
            marks.interrupted(timelines.latency(latency, colours), report.interruptions, colours),
            key="latency_time",
            zoom=True,
        )

if errors is not None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Errors", anchor=False)
        increases = {
            "4xx_errors": policy.max_4xx_increase,
            "5xx_errors": policy.max_5xx_increase,
            "model_errors": policy.max_model_error_increase,
        }
        drawing.draw(
            intervals.error_differences(errors.rates, increases, colours), key="error_differences"
        )
        performance.errors_table(report.test, errors)
    with right:
        if errors.series:
            st.subheader("Requests", anchor=False)
            st.caption(performance.mirrored(errors))
            drawing.draw(
                marks.interrupted(
                    timelines.invocations(errors.series[0], colours), report.interruptions, colours
                ),
                key="invocations",
                zoom=True,
            )
            kinds = {s.kind: s for s in errors.series}
            kind = st.segmented_control(
                "Error rate over time",
                list(kinds),
                default=next(iter(kinds)),
                required=True,
                format_func=lambda k: words.ERRORS.get(k, k),
                key="error_kind",
            )
            drawing.draw(
                marks.interrupted(
                    timelines.errors(kinds[kind], words.ERRORS.get(kind, kind), colours),
                    report.interruptions,
                    colours,
                ),
                key="error_rates",
                zoom=True,
            )
