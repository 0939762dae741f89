"""Is who has signed in led back to where they were, and nobody else anywhere?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts import returning

PAGES = [SimpleNamespace(url_path=path) for path in ("", "deploy", "history")]
FRONT, DEPLOY, HISTORY = PAGES
TOKEN = bytes(range(16))


def cookie(token: bytes = TOKEN, mask: bytes = b"\x01\x02\x03\x04") -> str:
    """Streamlit's cookie against forged requests, by its own words ``2|mask|masked|time``."""
    masked = bytes(each ^ mask[at % 4] for at, each in enumerate(token))
    return f"2|{mask.hex()}|{masked.hex()}|1760000000"


@dataclass
class Session:
    """What Streamlit is to a session: a browser, an address and whether somebody signed in."""

    cookie: str | None
    parameters: dict[str, str] = field(default_factory=dict)
    signed_in: bool = True
    session_state: dict[str, Any] = field(default_factory=dict)
    switched: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        cookies = {} if self.cookie is None else {"_streamlit_xsrf": self.cookie}
        self.context = SimpleNamespace(cookies=cookies)
        self.user = SimpleNamespace(is_logged_in=self.signed_in)
        self.query_params = SimpleNamespace(to_dict=lambda: dict(self.parameters))

    def switch_page(self, page: Any, *, query_params: dict[str, str]) -> None:
        self.switched.append((page.url_path, query_params))

    def run(self, page: Any) -> None:
        """Draw a page of this session."""
        returning.st = self  # type: ignore[assignment]
        returning.lead_back(page, PAGES)

    def leave(self, page: Any) -> None:
        self.run(page)
        returning.keep()


@pytest.fixture(autouse=True)
def nobody_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returning, "_left", {})
    monkeypatch.setattr(returning, "st", returning.st)


def left(**more: Any) -> None:
    Session(cookie(), {"test": "fraud"}, signed_in=False, **more).leave(DEPLOY)


def test_a_browser_is_led_back_once() -> None:
    """To page and parameters, under another mask of the same token; a later session is not."""
    left()
    back = Session(cookie(mask=b"\xff\x00\x10\x20"))
    back.run(FRONT)
    assert back.switched == [("deploy", {"test": "fraud"})]
    later = Session(cookie())
    later.run(FRONT)
    assert later.switched == []


def test_where_one_was_last_is_kept() -> None:
    """Of two places of one browser, and of a session that went from page to page."""
    left()
    session = Session(cookie(), {"test": "mail"}, signed_in=False)
    session.run(FRONT)
    session.leave(HISTORY)
    back = Session(cookie())
    back.run(FRONT)
    assert back.switched == [("history", {"test": "mail"})]


@pytest.mark.parametrize(
    "session",
    [
        Session(cookie(bytes(16))),
        Session(cookie(), signed_in=False),
        Session(None),
        Session("2|00|zz|1"),
        Session("2||00|1"),
        Session(""),
    ],
)
def test_nobody_else_is_led_anywhere(session: Session) -> None:
    """Another browser, who did not sign in, and who has no token that can be read."""
    left()
    session.run(FRONT)
    assert session.switched == []


def test_only_the_first_run_of_a_session_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who goes on working elsewhere is not torn away when they sign in again in another tab."""
    session = Session(cookie())
    session.run(FRONT)
    left()
    session.run(HISTORY)
    assert session.switched == []


def test_a_place_is_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not for ever: neither for one browser nor for very many."""
    monkeypatch.setattr(returning, "KEPT", timedelta(0))
    left()
    back = Session(cookie())
    back.run(FRONT)
    assert back.switched == []
    monkeypatch.undo()
    monkeypatch.setattr(returning, "_MOST", 3)
    monkeypatch.setattr(returning, "_left", {})
    monkeypatch.setattr(returning, "st", returning.st)
    for number in range(5):
        Session(cookie(bytes([number] * 16)), signed_in=False).leave(DEPLOY)
    assert list(returning._left) == [bytes([number] * 16) for number in (2, 3, 4)]


def test_a_page_that_there_is_not_is_not_gone_to() -> None:
    """What is kept is compared with the pages: an address leads nowhere outside of them."""
    Session(cookie(), signed_in=False).leave(SimpleNamespace(url_path="//evil.example"))
    back = Session(cookie())
    back.run(FRONT)
    assert back.switched == []


@given(st.text())
def test_any_cookie_is_a_browser_or_none(text: str) -> None:
    """A browser may send whatever it likes."""
    Session(text).run(FRONT)
