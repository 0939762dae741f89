"""How does a reader take the whole report away as a file?"""

from __future__ import annotations

import streamlit as st

from queries import cached, cached_answers


def buttons(test: str, window: str) -> None:
    """Offer everything known of a test in a window, put together when a button is pressed."""
    st.caption(
        "All pages, charts and tables of this test and window in one file that opens offline, "
        "or the same facts as data."
    )

    def html() -> bytes:
        from pages.document.report import as_html

        found = cached_answers.dossier(test, window)
        return as_html(found, demo=cached.account().demo).encode()

    def data() -> bytes:
        from queries.dossier import as_json

        return as_json(cached_answers.dossier(test, window)).encode()

    for label, make, suffix, mime in (
        ("Report (HTML)", html, "html", "text/html"),
        ("Data (JSON)", data, "json", "application/json"),
    ):
        st.download_button(
            label,
            data=make,
            file_name=f"{test}-report.{suffix}",
            mime=mime,
            key=f"export_{suffix}",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )
