"""A message that did not get out is told of on the page, and told as text."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from actions import notify
from actions.sending import Outbox
from queries.errors import SourceError


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> Outbox:
    """An outbox of the test's own in place of the process's."""
    from pages.parts.deployment import untold

    made = Outbox()
    monkeypatch.setattr(notify, "OUTBOX", made)
    monkeypatch.setattr(untold, "OUTBOX", made)
    return made


def page() -> None:
    from pages.parts.deployment import untold

    untold.draw()


def refuse() -> None:
    raise SourceError("it answered with 500 ![x](https://evil.example)")


def test_nothing_is_said_where_all_got_out(outbox: Outbox) -> None:
    """The page is as without notifications."""
    outbox.send("the topic", lambda: None)
    outbox.finish()
    assert not AppTest.from_function(page).run().warning


def test_what_did_not_get_out_is_said(outbox: Outbox) -> None:
    """Whither, why, and that what was done is done; what a server answers is no markdown."""
    outbox.send("the webhook of HOOK", refuse)
    outbox.finish()
    (warning,) = AppTest.from_function(page).run().warning
    assert "No message went to the webhook of HOOK" in warning.value
    assert "it answered with 500" in warning.value
    assert "What was done is done all the same." in warning.value
    assert "![x](" not in warning.value
