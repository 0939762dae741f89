"""Was this page the first that a new server was asked for?

Streamlit takes the folder ``pages/`` for a list of pages of its own until ``st.navigation`` has run
once. Whoever opens a new server at any page but the front one is told "Page not found" in a box
that lies over the right page. Loaded once more, it is there without the box.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_visited = Event()


def load_again(page: StreamlitPage, front: StreamlitPage) -> None:
    """Let the browser load the page once more where that is so; to be called before it runs."""
    first = not _visited.is_set()
    _visited.set()
    # a test of a page has neither a browser nor an address
    if first and page != front and st.context.url:
        st.html("<script>window.location.reload()</script>", unsafe_allow_javascript=True)
        st.stop()
