"""What does the shadow need to run, and what does it cost?"""

from __future__ import annotations

import streamlit as st

from pages.charts import capacity, marks
from pages.parts import (
    consumption,
    drawing,
    escape,
    filters,
    format,
    loading,
    performance,
    selection,
    states,
    tiles,
    usage,
)
from queries import cached, cached_answers

selection.title("Resources")
filters.bar(note=performance.NOT_FILTERED)
report = loading.report(all_traffic=True)
colours = drawing.colours()
chosen = selection.current()
reading = states.load(
    lambda: cached_answers.resources(chosen.test, chosen.window),
    what="the metrics of the instances",
)
used = reading.resources

if used is None:
    states.nothing("No resources to show.", reading.problem or "")
    st.caption(consumption.WHERE_FROM)
    st.stop()

demo = cached.account().demo
st.caption(f"{escape.markdown(reading.source)}. {format.span(used.times.window)}.")
st.caption(escape.markdown(consumption.machines_line(used, demo=demo), length=800))
if reading.machines_problem:
    states.nothing("Not everything is known.", reading.machines_problem)
for warning in consumption.full_disks(used):
    st.warning(warning, icon=":material/hard_drive:")

tiles.row(usage.tiles_of(used))
for hint in consumption.missing_prices(used):
    st.caption(escape.markdown(hint))
if (uneven := consumption.uneven_load(used)) is not None:
    st.warning(uneven, icon=":material/balance:")

st.subheader("Over time", anchor=False)
st.caption(f"{consumption.series_line(used)} {consumption.SCALES}")
drawing.draw(
    marks.interrupted(capacity.series(used, colours), report.interruptions, colours),
    key="resources_time",
    zoom=True,
)

st.subheader("On average, and for each request", anchor=False)
usage.table(chosen.test, used)
with st.expander("How to read this", icon=":material/help:"):
    st.markdown("\n".join(f"- {escape.markdown(s, length=800)}" for s in consumption.reading(used)))
