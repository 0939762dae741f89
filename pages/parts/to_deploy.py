"""Where does the verdict lead?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import selection

if TYPE_CHECKING:
    from queries.config import Config

PAGE = "pages/deployment/deploy.py"


def line(config: Config) -> None:
    """Lead from the verdict to where it is acted on, where there is something to act on."""
    test = selection.test_of(config)
    if test.endpoint is not None or test.deployment.kind != "endpoint":
        st.page_link(PAGE, label="Promote or roll back", icon=":material/rocket_launch:")
