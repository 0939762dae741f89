"""Does the page know who is there, and ask for a sign-in where there is one?"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from actions.people import NOBODY
from pages.parts import people
from queries.config import Actions, Config
from queries.config_actions import ProxyHeaders

CONFIG = Config(tests=(), actions=Actions(allow=("promote",), operators=("ann@example.com",)))
SECRETS = {"auth": {"client_id": "understudy", "client_kwargs": {"prompt": "login"}}}


class User:
    """Streamlit's user, signed in with these claims."""

    def __init__(self, **claims: Any) -> None:
        self.is_logged_in = True
        self._claims = claims

    def to_dict(self) -> dict[str, Any]:
        return self._claims


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let somebody be signed in with some claims."""
    return lambda **claims: monkeypatch.setattr(people.st, "user", User(**claims))


def _page(config: object) -> None:
    # the text of this function is run by itself
    import streamlit as st

    from pages.parts import people

    people.show(config)
    people.gate(config, to="deploy")
    st.markdown("the page itself")


def page(config: Config, secrets: dict[str, Any] | None = None) -> AppTest:
    app = AppTest.from_function(_page, kwargs={"config": config}, default_timeout=30)
    for key, value in (secrets or {}).items():
        app.secrets[key] = value
    return app.run()


def labels(app: AppTest) -> list[str]:
    return [each.label for each in app.button]


def test_without_a_sign_in_there_is_nothing_to_press() -> None:
    """Where secrets.toml sets none up, the sidebar stays as it is and every page opens."""
    app = page(CONFIG)
    assert not app.exception
    assert labels(app) == []
    assert [each.value for each in app.markdown] == ["the page itself"]
    assert people.person(CONFIG) == NOBODY


def test_a_page_that_asks_for_a_sign_in_shows_it() -> None:
    """A link to it leads to the sign-in, says what for, and shows nothing else."""
    app = page(CONFIG, SECRETS)
    assert not app.exception
    assert labels(app) == ["Sign in", "Sign in"]
    assert "Sign in to deploy" in app.info[0].value
    assert not app.markdown


def test_the_demo_account_asks_nobody_in() -> None:
    """It is a stand-in: its pages open, whatever is set up."""
    app = page(replace(CONFIG, demo=True), SECRETS)
    assert [each.value for each in app.markdown] == ["the page itself"]
    assert not app.info


def test_who_signed_in_is_shown_with_what_they_may(signed_in: Any) -> None:
    """Name and role, what a sign-in must be to act, and the way out."""
    signed_in(email="ann@example.com", iat=time.time())
    app = page(CONFIG, SECRETS)
    assert not app.exception
    assert app.caption[0].value.startswith("ann")
    assert app.caption[0].value.endswith(" · may act")
    assert "within 15 minutes" in app.caption[0].help
    assert labels(app) == ["Sign out"]
    assert [each.value for each in app.markdown] == ["the page itself"]


def test_who_signed_in_long_ago_is_asked_anew(signed_in: Any) -> None:
    """Only who could act with it."""
    signed_in(email="ann@example.com", iat=time.time() - 3600)
    assert labels(page(CONFIG, SECRETS)) == ["Sign in again to act", "Sign out"]
    signed_in(email="eve@example.com", iat=time.time() - 3600)
    app = page(CONFIG, SECRETS)
    assert app.caption[0].value.endswith("may look")
    assert labels(app) == ["Sign out"]


def test_a_name_is_text_and_no_markdown(signed_in: Any) -> None:
    """A provider's name cannot draw a picture or a link."""
    signed_in(email="![x](http://evil.example/x.png)", iat=time.time())
    assert "![x](" not in page(CONFIG, SECRETS).caption[0].value


def test_a_proxy_vouches_only_where_it_is_trusted(
    monkeypatch: pytest.MonkeyPatch, signed_in: Any
) -> None:
    """Its headers come before the sign-in; without the configuration's word they are nothing."""

    class Context:
        headers = {"X-Email": "ann@example.com"}  # noqa: RUF012 # read only

    monkeypatch.setattr(people.st, "context", Context())
    assert people.person(CONFIG) == NOBODY
    headers = ProxyHeaders(name="X-Email")
    trusting = replace(CONFIG, actions=replace(CONFIG.actions, trusted_proxy_headers=headers))
    found = people.person(trusting)
    assert (found.name, found.role, found.known_by) == ("ann@example.com", "operator", "proxy")
    signed_in(email="eve@example.com", iat=time.time())
    assert people.person(trusting).name == "ann@example.com"
    assert people.person(CONFIG).name == "eve@example.com"
