"""What does the shadow need to run, and what does it cost?"""

from __future__ import annotations

import streamlit as st

from pages.charts import capacity
from pages.parts import consumption, drawing, escape, format, loading, selection, states, tiles
from queries import cached

selection.title("Resources")
loading.report()
chosen = selection.current()
reading = states.load(
    lambda: cached.resources(chosen.test, chosen.window), what="the metrics of the instances"
)
used = reading.resources

if used is None:
    states.nothing("No resources to show.", reading.problem or "")
    st.caption(consumption.WHERE_FROM)
    st.stop()

demo = cached.account().demo
st.caption(f"{escape.markdown(reading.source)}. {format.span(used.times.window)}.")
st.caption(consumption.machines_line(used, demo=demo))
if reading.machines_problem:
    states.nothing("Not everything is known.", reading.machines_problem)
for warning in consumption.full_disks(used):
    st.warning(warning, icon=":material/hard_drive:")

tiles.row(consumption.tiles_of(used))
for hint in consumption.missing_prices(used):
    st.caption(hint)
if (uneven := consumption.uneven_load(used)) is not None:
    st.warning(uneven, icon=":material/balance:")

st.subheader("Over time", anchor=False)
st.caption(consumption.series_line(used))
drawing.draw(capacity.series(used, drawing.colours()), key="resources_time", zoom=True)

left, right = st.columns([3, 2], gap="large")
with left:
    st.subheader("On average, and for each request", anchor=False)
    consumption.table(chosen.test, used)
with right:
    st.subheader("How to read this", anchor=False)
    st.markdown(consumption.reading(used))
