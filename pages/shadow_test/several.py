"""How do several shadows of one production compare, and is one of them the best?"""

from __future__ import annotations

import streamlit as st

from analysis.several import compare
from pages.parts import beside, drawing, escape, loading, selection, states, tables
from queries import cached

selection.title("Side by side", beside.KEY)
loading.report(all_traffic=True)
config = cached.account()
chosen = selection.current()
others = beside.choose(config)
if not others:
    states.nothing(
        "Nothing to set beside it.",
        "No other test of this endpoint is configured; choose tests above that had the same "
        "production.",
    )
    st.stop()

entries = beside.entries(config, [chosen.test, *others], chosen.window)
if len(entries) < 2:
    states.nothing("Nothing is left to compare.", "Choose another test above, or another window.")
    st.stop()

found = compare(entries)
endpoints = {config.test(entry.test).endpoint or entry.test for entry in entries}
st.markdown(f"#### {escape.markdown(beside.headline(found), length=500)}")
st.caption(escape.markdown(beside.basis(found, entries, len(endpoints)), length=1500))

for at in range(0, len(found.columns), 2):
    for cell, column in zip(st.columns(2, gap="large"), found.columns[at : at + 2], strict=False):
        with cell:
            st.subheader(beside.NAMES[column.name], anchor=False)
            if any(each.known for each in column.estimates):
                shown = beside.chart(found.tests, column, drawing.colours())
                drawing.draw(shown, key=f"beside_{column.name}")
            else:
                states.nothing("No data.", "None of these tests has a number of it in this time.")
tables.draw(beside.table(found, entries), name="side-by-side", key="side_by_side")
