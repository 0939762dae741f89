"""In which part of the traffic do the two models disagree more than elsewhere?"""

from __future__ import annotations

import streamlit as st

from pages.charts import slices as charts
from pages.parts import (
    drawing,
    escape,
    evidence,
    filters,
    loading,
    selection,
    slicing,
    states,
    tables,
)
from queries import cached_answers

selection.title("Slices")
filters.bar()
loading.report()
colours = drawing.colours()
chosen = selection.current()
search = states.load(
    lambda: loading.told(
        lambda tell: cached_answers.slices(chosen.test, chosen.window, chosen.where, progress=tell),
        what="Searching slices, and pairs of them",
    ),
    what="the slices",
)
if not search.slices:
    states.nothing(
        "No slice can be told from the rest.",
        f"Every slice, or what is left beside it, holds fewer than {search.min_pairs} of "
        f"{search.n:,} pairs in each half of the traffic. Widen the window, or remove the filter.",
    )
    st.stop()

st.markdown(f"#### {escape.markdown(slicing.headline(search), length=500)}")
st.caption(escape.markdown(slicing.basis(search), length=2000))

shown = search.slices[: slicing.MOST_DRAWN]
st.caption(f"{slicing.HOW} Click a slice to see its requests.")
drawing.clickable(
    charts.worst(shown, colours),
    key="slices_chart",
    on_select=lambda: evidence.slice_clicked("slices_chart", shown),
)
with st.expander("The same as a table"):
    every = len(search.slices) <= slicing.MOST_DRAWN or st.toggle(
        f"Show all {len(search.slices)}", key="all_slices"
    )
    tables.draw(
        slicing.table(search.slices if every else shown, search.slices),
        name=f"{chosen.test}-slices",
        key="slices",
    )

st.subheader("Requests answered differently", anchor=False)
by_filter = {each.where: each for each in search.slices}
left, right = st.columns([5, 1], vertical_alignment="bottom")
where = left.selectbox(
    "Slice",
    list(by_filter),
    index=None,
    placeholder="All requests: choose a slice, or click one above",
    key="slice",
    bind="query-params",
    persist_state="session",
    format_func=lambda text: escape.clip(escape.visible(by_filter[text].name), 120),
)
right.button(
    "Filter by it",
    icon=":material/filter_alt:",
    help="Make the slice the filter of every page; it stays in the link.",
    disabled=where is None,
    on_click=filters.add,
    args=(where or "",),
    width="stretch",
)
if where is not None:
    st.markdown(f"{escape.markdown(by_filter[where].name)}: {slicing.comparison(by_filter[where])}")
evidence.rows(None, None, where=filters.narrowed(where or ""))
