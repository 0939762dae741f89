"""Who acts, and may that person do this now?

A role comes from the sign-in's claims or a trusted proxy's headers and ``[actions]``, each time
anew; who is not named there looks on. What is missing is never taken for a permission.
"""

from __future__ import annotations

import hmac
import math
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from actions.kept import kept
from queries.config_actions import IN_WORDS, Role

if TYPE_CHECKING:
    from queries.config import Config
    from queries.config_actions import Action, Actions

KnownBy = Literal["sign-in", "proxy", "terminal", "not signed in"]

AT_ONCE: frozenset[Action] = frozenset({"abort", "rollback", "repair", "stop_training", "publish"})
"""What waits for no second person, no window and no end of a freeze.

It stops something or goes back, or changes nothing that serves.
"""

PROOF = "X-Understudy-Proxy"
"""The header in which a proxy sends the secret that is kept for it."""

_RANK: dict[Role, int] = {"viewer": 0, "operator": 1, "approver": 2}
_UNNAMED = "a sign-in without a name"
_SKEW = timedelta(minutes=1)  # by which two honest clocks may differ


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, as far as it is known: a name and what it is known by.

    ``signed_in_at`` is aware UTC, None where it is not said.
    """

    name: str
    role: Role
    known_by: KnownBy
    signed_in_at: datetime | None = None

    @property
    def signed_in(self) -> bool:
        """Whether the name comes from a sign-in, of Understudy's or of a proxy's."""
        return self.known_by in ("sign-in", "proxy")

    @property
    def vouched_for(self) -> bool:
        """Whether somebody vouches for the name who is not the person: at a terminal the system."""
        return self.signed_in or self.known_by == "terminal"


NOBODY = Person("not signed in", "viewer", "not signed in")


def from_claims(claims: Mapping[str, object], actions: Actions) -> Person:
    """Who signed in with OpenID Connect, from the claims of the ID token.

    Without a name, a person looks on. An address that its provider calls unverified is no name:
    anybody can enter anybody's. The sign-in is as old as ``auth_time`` says, else ``iat``
    (https://openid.net/specs/openid-connect-core-1_0.html, section 2).
    """
    email = claims.get("email") if claims.get("email_verified", True) is not False else None
    given = (email, None if "email" in claims else claims.get("preferred_username"))
    words = [each for each in (*given, claims.get("sub")) if isinstance(each, str)]
    name = next((each.strip() for each in words if each.strip()), "")
    if not name:
        return Person(_UNNAMED, "viewer", "sign-in")
    stated_groups = claims.get(actions.groups_claim)
    listed = stated_groups if isinstance(stated_groups, list | tuple) else [stated_groups]
    found = [each for each in listed if isinstance(each, str)]
    stated = claims["auth_time"] if "auth_time" in claims else claims.get("iat")
    return Person(name, _role(name, found, actions), "sign-in", _moment(stated))


def from_headers(headers: Mapping[str, str], actions: Actions, since: datetime) -> Person | None:
    """Whom a proxy vouches for that ``[actions]`` trusts; None where none does.

    Where a secret is kept for it, what comes without the secret in the header ``PROOF`` comes from
    somebody else. ``since`` is when the page was loaded: from then on the proxy was not asked
    again. ``headers`` are found whatever their capitals, if the mapping does so.
    """
    trusted = actions.trusted_proxy_headers
    name = (headers.get(trusted.name) or "").strip() if trusted is not None else ""
    if trusted is None or not name or not _proved(headers.get(PROOF) or "", trusted.secret):
        return None
    groups = (headers.get(trusted.groups) or "") if trusted.groups else ""
    found = [each.strip() for each in groups.split(",") if each.strip()]
    return Person(name, _role(name, found, actions), "proxy", since)


def at_terminal(actions: Actions, now: datetime) -> Person:
    """Who started this process. Where ``[actions]`` names nobody, whoever can start it may act."""
    name = _account()
    anyone = not (actions.operators or actions.approvers or actions.groups)
    role: Role = "operator" if anyone else _role(name, (), actions)
    return Person(name, role, "terminal", now)


def may(person: Person, action: Action, config: Config, now: datetime) -> str | None:
    """Why a person may not do this, as a sentence with what to do; None if it may be done.

    Where ``needs_another``, it may only be asked for. In the demo account anyone may what is
    allowed there.
    """
    actions = config.actions
    if action not in actions.allow:
        allowed = ", ".join(f'"{each}"' for each in (*actions.allow, action))
        return f"Understudy may not do this here; `allow = [{allowed}]` in [actions] lets it."
    if config.demo:
        return None
    if person.known_by == "not signed in":
        if actions.without_sign_in == IN_WORDS:
            return None
        return (
            "Nobody is signed in, and without a sign-in nothing is changed. Set one up in "
            ".streamlit/secrets.toml, or say in words in [actions] that anyone may act: "
            f'`without_sign_in = "{IN_WORDS}"`.'
        )
    if person.role == "viewer":
        return (
            f"{person.name} may look, not act: neither `operators` nor `approvers` in [actions] "
            "has that name, and no group of the sign-in has such a role in [actions.groups]."
        )
    return stale(person, actions, now)


def may_approve(
    person: Person, action: Action, config: Config, now: datetime, *, asked_by: str
) -> str | None:
    """Why a person may not let through what another asked for; None if it may be let through.

    An account of this machine and the address that begins with its name are taken for one person.
    """
    if not person.vouched_for:
        return "Two people are asked for here, and nobody is signed in who could be the second."
    why = may(person, action, config, now)
    if why is not None:
        return why
    if person.role != "approver":
        return (
            f"{person.name} may ask for this, not approve it: `approvers` in [actions] has not "
            "that name, and no group of the sign-in has the role approver."
        )
    if _same(person.name.casefold(), asked_by.casefold()):
        return f"{person.name} asked for this: another has to approve it."
    return None


def needs_another(action: Action, actions: Actions) -> bool:
    """Whether what one asks for is done only when a second person lets it through."""
    return actions.four_eyes and action not in AT_ONCE


def stale(person: Person, actions: Actions, now: datetime) -> str | None:
    """Why a sign-in is too old to act on, as a sentence with what to do; None if it is not."""
    again = "Reload the page" if person.known_by == "proxy" else "Sign in again"
    if person.signed_in_at is None:
        return (
            f"The sign-in of {person.name} does not say when it was (`auth_time` or `iat`), so "
            "nothing is changed on it; ask whoever runs the sign-in to add one of the two."
        )
    age = now - person.signed_in_at
    if age < -_SKEW:
        return f"The sign-in of {person.name} is of the future: a clock is wrong. {again}."
    if age > timedelta(minutes=actions.max_sign_in_age_min):
        return (
            f"{person.name} signed in {age // timedelta(minutes=1):,} minutes ago, and who acts "
            f"must have done so in the last {actions.max_sign_in_age_min}. {again}."
        )
    return None


def _proved(sent: str, secret: str | None) -> bool:
    """Whether the proxy sent what is kept for it; what is asked for and not kept is not proved."""
    if secret is None:
        return True
    known = kept(secret)
    return bool(known) and hmac.compare_digest(sent.encode(), known.encode())


def _account() -> str:
    """The account that this process runs as; whoever starts it can set what the environment says.

    An account without an entry, as in a container, is told by its number.
    """
    if sys.platform == "win32":
        return os.getlogin()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def _same(one: str, other: str) -> bool:
    return one == other or any(
        "@" not in short and long.partition("@")[0] == short
        for short, long in ((one, other), (other, one))
    )


def _role(name: str, groups: Iterable[str], actions: Actions) -> Role:
    """The highest role that a name and its groups have."""
    roles: list[Role] = ["viewer"]
    roles += [actions.groups[each] for each in groups if each in actions.groups]
    if _among(name, actions.operators):
        roles.append("operator")
    if _among(name, actions.approvers):
        roles.append("approver")
    return max(roles, key=_RANK.__getitem__)


def _among(name: str, names: Iterable[str]) -> bool:
    return name.casefold() in {each.casefold() for each in names}


def _moment(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    if not math.isfinite(seconds):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
