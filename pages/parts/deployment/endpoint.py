"""What stands on Deploy of an endpoint: the buttons, and below them what they rest on?

Going back and aborting rest on no verdict: they are there before any capture is read, and above a
change that goes on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from actions.standings import unfinished
from pages.parts.deployment import judged, left, more, offers, promotion, requests, target

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from pages.parts.deployment.desk import Desk
    from queries.live import Live


def page(desk: Desk[Live], top: DeltaGenerator) -> None:
    """Draw the verdict, what waits for a second person, the buttons, and the plan below them.

    ``desk`` has no report yet. ``top`` lies above the change that goes on, where one does.
    """
    target.linked(desk)
    goes_on = bool(unfinished(desk.chain))
    verdict = st.container()
    buttons = (top if goes_on else st).container(horizontal=True)
    with buttons:
        first = None if goes_on or desk.live.shadow is None else st.container(width="content")
        offers.rollback(desk)
        offers.abort(desk)
        more.offer(desk)
    left.draw(desk)
    with verdict:
        desk = replace(desk, report=judged.report(desk.test.name))
        judged.line(desk.report)
        requests.draw(desk)
    if goes_on:
        st.caption("A change goes on: the next can be planned when it is over.")
    elif first is None:
        target.without_shadow(desk.live)
    else:
        wish, plan = promotion.choose(desk)
        found = promotion.looked(desk, wish, plan)
        with first:
            offers.promote(desk, wish, plan, found)
