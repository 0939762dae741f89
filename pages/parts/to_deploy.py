"""Where does the verdict lead?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import selection

if TYPE_CHECKING:
    from queries.config import Config

PAGE = "pages/deployment/deploy.py"


def line(config: Config) -> None:
    """Lead from the verdict to where it is acted on, where there is an endpoint to act on."""
    if selection.test_of(config).endpoint is not None:
        st.page_link(PAGE, label="Promote or roll back", icon=":material/rocket_launch:")
