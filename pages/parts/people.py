"""Who is looking, how do they sign in, and what shows a page that asks for a sign-in?

Streamlit reads the claims once, when the browser connects; what they allow, and how old they are,
is looked at again each time ``person`` is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from actions.people import NOBODY, Person, from_claims, from_headers, stale
from pages.parts import escape, returning

if TYPE_CHECKING:
    from queries.config import Config

_LOADED = "people_loaded_at"
_ROLES = {
    "viewer": "may look",
    "operator": "may act",
    "approver": "may act and approve",
}


def person(config: Config) -> Person:
    """Give who is there: as a trusted proxy says, else as they signed in, else nobody."""
    loaded = st.session_state.setdefault(_LOADED, datetime.now(UTC))
    vouched = from_headers(st.context.headers, config.actions, loaded)
    if vouched is not None:
        return vouched
    if not getattr(st.user, "is_logged_in", False):
        return NOBODY
    return from_claims(st.user.to_dict(), config.actions)


def can_sign_in() -> bool:
    """Whether ``.streamlit/secrets.toml`` says with whom people sign in."""
    if not st.secrets.load_if_toml_exists():
        return False
    auth = st.secrets.get("auth")
    return isinstance(auth, Mapping) and "client_id" in auth


def show(config: Config) -> None:
    """Draw who is there and what they may, in the sidebar; nothing where nobody could sign in."""
    found = person(config)
    if found.signed_in:
        st.caption(
            f"{escape.markdown(found.name)} · {_ROLES[found.role]}", help=_since(found, config)
        )
    if found.known_by == "sign-in":
        again(config, key="sign_in_again")
        st.button("Sign out", icon=":material/logout:", key="sign_out", on_click=st.logout)
    elif not found.signed_in and can_sign_in():
        _sign_in("sign_in")


def again(config: Config, *, key: str) -> None:
    """Offer a new sign-in to who signed in too long ago to act; nothing to anybody else."""
    found = person(config)
    if found.known_by != "sign-in" or found.role == "viewer":
        return
    if stale(found, config.actions, datetime.now(UTC)) is not None:
        _sign_in(key, "Sign in again to act")


def gate(config: Config, *, to: str) -> None:
    """Show the sign-in in place of the rest of a page, where there is one and nobody signed in.

    ``to`` says what for, such as "deploy".
    """
    if config.demo or not can_sign_in() or person(config).signed_in:
        return
    st.info(
        f"**Sign in to {escape.markdown(to)}.** Afterwards you are here again.",
        icon=":material/lock:",
    )
    _sign_in("sign_in_here")
    st.stop()


def _sign_in(key: str, label: str = "Sign in") -> None:
    st.button(label, icon=":material/login:", key=key, on_click=_leave)


def _leave() -> None:
    returning.keep()
    st.login()


def _since(found: Person, config: Config) -> str | None:
    if found.role == "viewer" or found.signed_in_at is None:
        return None
    return (
        f"Since {found.signed_in_at:%Y-%m-%d %H:%M} UTC. Who acts must have signed in within "
        f"{config.actions.max_sign_in_age_min} minutes."
    )
