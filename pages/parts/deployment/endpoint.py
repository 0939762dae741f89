"""What stands on Deploy of an endpoint: the buttons, and below them what they rest on?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from actions.standings import unfinished
from pages.parts.deployment import judged, left, more, offers, promotion, requests, target

if TYPE_CHECKING:
    from pages.parts.deployment.desk import Desk
    from queries.live import Live


def page(desk: Desk[Live]) -> None:
    """Draw the verdict, what waits for a second person, the buttons, and the plan below them."""
    judged.line(desk.report)
    requests.draw(desk)
    target.linked(desk)
    # what is pressed stands above what it rests on, which is drawn first
    buttons, behind = st.container(horizontal=True), st.container()
    if unfinished(desk.chain):
        st.caption("A change goes on: the next can be planned when it is over.")
    elif desk.live.shadow is None:
        target.without_shadow(desk.live)
    else:
        wish, plan = promotion.choose(desk)
        found = promotion.looked(desk, wish, plan)
        with buttons:
            offers.promote(desk, wish, plan, found)
    with buttons:
        offers.rollback(desk)
        offers.abort(desk)
        more.offer(desk)
    with behind:
        left.draw(desk)
