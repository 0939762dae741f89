"""What does a test deploy to, and what runs there at this moment?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from actions import targets
from pages.parts import escape, states
from pages.parts.deployment import offers, sides
from queries import aws
from queries.errors import NotDone

if TYPE_CHECKING:
    from actions.records import Chain
    from pages.parts.deployment.desk import Desk
    from queries.config import Config, Test
    from queries.live import Live
    from queries.live_generic import LiveAlias, LiveStage

ROLLBACK = "rollback"
"""The parameter of the address that names a config to go back to."""


def stand_in(config: Config) -> None:
    """Say on the page that the demo's AWS is none."""
    if config.demo:
        st.caption(
            ":material/theater_comedy: AWS is a stand-in on this machine, so press what you like. "
            "Its time runs faster: minutes of a rollout pass in seconds."
        )


def name(test: Test) -> str:
    """Give the name of what the test deploys to; a test without one ends the page here."""
    try:
        return targets.target_of(test)
    except NotDone as error:
        states.nothing("Nothing can be deployed.", str(error))
        st.stop()


def whole(chain: Chain) -> None:
    """Say so where the record of what was done is broken: nothing more is done then."""
    if chain.broken is not None:
        st.error(
            f"**The record of what was done is broken.** "
            f"{escape.sentence(chain.broken)} It is not repaired here, and nothing is "
            "done on this endpoint until somebody has looked into it.",
            icon=":material/link_off:",
        )


def read(config: Config, test: Test) -> Live | LiveAlias | LiveStage:
    """Read what runs anew; where AWS refuses, the page ends here."""
    return states.load(
        lambda: targets.running(test, partial(aws.client, config.aws)),
        what=f"what runs at {escape.visible(name(test))}",
    )


def without_shadow(live: Live) -> None:
    """Say that there is nothing to promote, and show what runs."""
    st.info(
        "**No shadow runs at this endpoint, so there is nothing to promote.** It was promoted or "
        "removed, or its test has ended by itself. Go back to an earlier config above, or start a "
        "shadow test under “More…”.",
        icon=":material/inbox:",
    )
    with st.container(border=True):
        sides.now(live)


def linked(desk: Desk[Live]) -> None:
    """Ask about going back to the config that the address names, once."""
    config = st.query_params.get(ROLLBACK)
    if config is None:
        return
    del st.query_params[ROLLBACK]
    if desk.refused("rollback") is None:
        offers.ask_rollback(desk, config)
        st.rerun()
