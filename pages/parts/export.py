"""How does a reader take the whole report away as a file?"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from queries import cached, cached_answers


def buttons(test: str, window: str) -> None:
    """Offer everything known of a test in a window, put together when a button is pressed."""
    st.caption(
        "The verdict in plain words on one page, or all pages, charts and tables of this test and "
        "window in one file that opens offline, or the same facts as data."
    )

    def html() -> bytes:
        from pages.document.report import as_html

        found = cached_answers.dossier(test, window)
        return as_html(found, demo=cached.account().demo).encode()

    def data() -> bytes:
        from queries.dossier import as_json

        return as_json(cached_answers.dossier(test, window)).encode()

    def in_plain_words() -> bytes:
        from pages.document.brief import as_html

        found = cached_answers.report(test, window)
        return as_html(found, at=datetime.now(UTC), demo=cached.account().demo).encode()

    for label, make, name, mime in (
        ("In plain words (HTML)", in_plain_words, "in-plain-words.html", "text/html"),
        ("Report (HTML)", html, "report.html", "text/html"),
        ("Data (JSON)", data, "report.json", "application/json"),
    ):
        st.download_button(
            label,
            data=make,
            file_name=f"{test}-{name}",
            mime=mime,
            key=f"export_{name}",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )
