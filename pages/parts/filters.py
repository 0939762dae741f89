"""Which requests does the page speak of, and how does the reader say so?

The filter lives in the address (``?where=amount >= 900``) and stays while one goes from page to
page. What it does not reach is said beside it: every page names its own limits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from analysis.estimates import no_estimate
from pages.parts import escape, format, loading, selection, states
from queries import cached_answers
from queries.errors import QuestionError
from queries.filters import joined

if TYPE_CHECKING:
    from analysis.report import Report
    from queries.conditions import Filter
    from queries.dimensions import Dimension

KEY = "where"
PAIRS_ONLY = (
    "Inside a filter only requests of production are known: a shadow answer without a partner "
    "belongs to none, and is not counted."
)


def bar(*, note: str = PAIRS_ONLY) -> None:
    """Let the reader filter requests; a filter that cannot be read ends the page with a sentence.

    ``note`` says what the page shows regardless; it is written only while there is a filter.
    """
    chosen = selection.current()
    left, right = st.columns([7, 1], vertical_alignment="bottom")
    text = left.text_input(
        "Filter requests",
        key=KEY,
        bind="query-params",
        persist_state="session",
        icon=":material/filter_alt:",
        label_visibility="collapsed",
        placeholder='Filter requests: amount >= 900 and country = "BR"',
    )
    loading.ready()
    with right.popover("Help", icon=":material/help:", width="stretch"):
        _help(chosen.test)
    where = (text or "").strip()
    try:
        found = cached_answers.filtered(chosen.test, where) if where else None
    except QuestionError as error:
        _refused(error)
    if found is not None:
        st.session_state["selection"] = replace(chosen, where=found.text)
        _chips(found)
        st.caption(note)


def beside(whole: Report) -> None:
    """Say how often the requests inside the filter agree, beside all traffic."""
    chosen = selection.current()
    found = states.load(
        lambda: cached_answers.report(chosen.test, chosen.window, chosen.where),
        what="the requests inside the filter",
    )
    inside = found.agreement.fixed if found.agreement is not None else no_estimate("share")
    outside = whole.agreement.fixed if whole.agreement is not None else no_estimate("share")
    if not inside.known:
        states.nothing("Inside the filter:", "no pair of this window meets it.")
        return
    st.info(
        f"**Inside the filter** {format.percent(inside.value)} of the answers agree "
        f"({format.interval(inside.low, inside.high, 'share')}, {format.n(inside.n)}); of all "
        f"traffic {format.estimate(outside)}.",
        icon=":material/filter_alt:",
    )


def narrowed(where: str) -> str:
    """Give the filter of the page, narrowed by one more; "" narrows nothing."""
    return joined(selection.current().where, where)


def add(where: str) -> None:
    """Narrow the filter of every page; for callbacks, which run before the bar is drawn."""
    st.session_state[KEY] = narrowed(where)
    st.session_state["slice"] = None


def _chips(found: Filter) -> None:
    with st.container(horizontal=True, gap="small"):
        for at, condition in enumerate(found.conditions):
            st.button(
                escape.markdown(condition.text, length=80),
                key=f"chip_{at}",
                icon=":material/close:",
                help="Remove this condition",
                on_click=_replace,
                args=(found.without(at),),
            )
        if len(found.conditions) > 1:
            st.button("Remove all", key="chip_all", type="tertiary", on_click=_replace, args=("",))


def _replace(where: str) -> None:
    st.session_state[KEY] = where


def _refused(error: QuestionError) -> None:
    """Say what is wrong with the filter; numbers under a filter not understood would mislead."""
    st.error(
        f"**The filter is not understood.** {escape.markdown(str(error), length=2000)}",
        icon=":material/filter_alt_off:",
    )
    st.button("Remove the filter", key="remove_filter", on_click=_replace, args=("",))
    st.stop()


def _help(test: str) -> None:
    st.markdown(
        "Conditions joined by `and`: a name, a comparison, a value.\n\n"
        "- `amount >= 900`, `hour != 14`: `=  !=  <  <=  >  >=`\n"
        '- `country = "BR"`, `country in ("BR", "AR")`, `channel not in ("web")`\n'
        "- `amount is missing`, `amount is not missing`\n\n"
        "A missing value meets no other comparison. Hours and weekdays are in UTC."
    )
    known = states.load(lambda: cached_answers.dimensions(test), what="the names of the features")
    st.caption("Names in this test")
    st.markdown(" · ".join(_name(each) for each in known))


def _name(dimension: Dimension) -> str:
    return f"{escape.markdown(dimension.written, length=60)} :gray[{_kind(dimension)}]"


def _kind(dimension: Dimension) -> str:
    return "number" if dimension.numeric else "text" if dimension.kind == "text" else "Monday …"
