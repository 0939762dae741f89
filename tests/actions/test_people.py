"""Does a permission come from what is there alone, and never from what is missing?"""

from __future__ import annotations

import os
import pwd
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.people import (
    AT_ONCE,
    NOBODY,
    PROOF,
    Person,
    at_terminal,
    from_claims,
    from_headers,
    may,
    may_approve,
    needs_another,
)
from queries.config import Actions, Config
from queries.config_actions import IN_WORDS, Action, ProxyHeaders, Role

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
JUST = round((NOW - timedelta(minutes=1)).timestamp())
ACTIONS = Actions(
    allow=("promote", "rollback"),
    operators=("bob@example.com",),
    approvers=("Ann@example.com",),
    groups={"ml": "operator", "leads": "approver", "guests": "viewer"},
    four_eyes=True,
    trusted_proxy_headers=ProxyHeaders(name="X-Email", groups="X-Groups"),
)
CONFIG = Config(tests=(), actions=ACTIONS)
EVE = "eve@example.com"
ANN = Person("ann@example.com", "approver", "sign-in", NOW)
BOB = Person("bob@example.com", "operator", "sign-in", NOW)


@pytest.mark.parametrize(
    ("claims", "name", "role"),
    [
        ({"email": "bob@example.com"}, "bob@example.com", "operator"),
        ({"email": "BOB@example.com"}, "BOB@example.com", "operator"),
        ({"email": "ann@example.com"}, "ann@example.com", "approver"),
        ({"email": EVE}, EVE, "viewer"),
        ({"email": EVE, "groups": ["ml"]}, EVE, "operator"),
        ({"email": EVE, "groups": "ml"}, EVE, "operator"),
        (
            {"email": EVE, "groups": ["guests", "leads"]},
            EVE,
            "approver",
        ),
        # a group that lowers nobody, one that is unknown, and one that is no group
        ({"email": "ann@example.com", "groups": ["guests"]}, "ann@example.com", "approver"),
        (
            {"email": EVE, "groups": ["ML", "", None, 7, {}]},
            EVE,
            "viewer",
        ),
        ({"email": EVE, "groups": {"ml": 1}}, EVE, "viewer"),
        ({"email": EVE, "roles": ["leads"]}, EVE, "viewer"),
        # anybody can enter ann's address where nobody verifies it
        ({"email": "ann@example.com", "email_verified": False, "sub": "4711"}, "4711", "viewer"),
        (
            {"email": "e@x.com", "email_verified": False, "preferred_username": "bob@example.com"},
            "a sign-in without a name",
            "viewer",
        ),
        ({"preferred_username": "bob@example.com", "sub": "1"}, "bob@example.com", "operator"),
        ({"sub": "4711", "groups": ["leads"]}, "4711", "approver"),
        ({"groups": ["leads"]}, "a sign-in without a name", "viewer"),
        ({"email": " ", "groups": ["leads"]}, "a sign-in without a name", "viewer"),
        ({"email": ["ann@example.com"]}, "a sign-in without a name", "viewer"),
        ({}, "a sign-in without a name", "viewer"),
    ],
)
def test_claims_give_a_name_and_a_role(claims: dict[str, Any], name: str, role: Role) -> None:
    """The highest role of name and groups; what is missing or unverified gives none."""
    found = from_claims({"iat": JUST, **claims}, ACTIONS)
    assert (found.name, found.role, found.known_by) == (name, role, "sign-in")
    assert (may(found, "promote", CONFIG, NOW) is None) == (role != "viewer")


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"iat": JUST}, None),
        ({"iat": float(JUST)}, None),
        ({"iat": JUST - 14 * 60}, None),
        ({"iat": JUST - 15 * 60}, "signed in 16 minutes ago"),
        # when the person was there counts, not when a token was made of that
        ({"iat": JUST, "auth_time": JUST - 86_400}, "signed in 1,441 minutes ago"),
        ({"iat": JUST - 86_400, "auth_time": JUST}, None),
        ({"iat": JUST + 60 * 60}, "is of the future: a clock is wrong"),
        ({"iat": JUST + 90}, None),
        ({"auth_time": None, "iat": JUST}, "does not say when it was"),
        ({"iat": str(JUST)}, "does not say when it was"),
        ({"iat": True}, "does not say when it was"),
        ({"iat": float("nan")}, "does not say when it was"),
        ({"iat": 1e300}, "does not say when it was"),
        ({}, "does not say when it was"),
    ],
)
def test_who_acts_signed_in_a_moment_ago(claims: dict[str, Any], words: str | None) -> None:
    """At the press, not when the page was drawn; a sign-in without a time is none to act on."""
    told = may(from_claims({"email": "bob@example.com", **claims}, ACTIONS), "promote", CONFIG, NOW)
    if words is None:
        assert told is None
    else:
        assert words in str(told)


@given(
    st.dictionaries(
        st.sampled_from(["email", "sub", "groups", "iat", "auth_time"]),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(max_size=5),
            st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers()), max_size=3),
        ),
    )
)
def test_whatever_a_provider_sends_nobody_gains_by_it(claims: dict[str, Any]) -> None:
    """No claim of the wrong kind raises, and only known names and groups give a role."""
    found = from_claims(claims, ACTIONS)
    assert found.role == "viewer"
    assert may(found, "promote", CONFIG, NOW) is not None


@pytest.mark.parametrize(
    ("headers", "role"),
    [
        ({"X-Email": "bob@example.com"}, "operator"),
        ({"X-Email": EVE, "X-Groups": "guests, leads"}, "approver"),
        ({"X-Email": EVE, "X-Groups": ""}, "viewer"),
        ({"X-Email": " "}, None),
        ({"X-Groups": "leads"}, None),
        ({}, None),
    ],
)
def test_a_trusted_proxy_vouches(headers: dict[str, str], role: Role | None) -> None:
    """For a name and its groups, since the page was loaded; without a name for nobody."""
    found = from_headers(headers, ACTIONS, NOW)
    assert (found.role if found else None) == role
    if found is not None and role != "viewer":
        assert may(found, "promote", CONFIG, NOW) is None
        later = may(found, "promote", CONFIG, NOW + timedelta(minutes=16))
        assert "Reload the page" in str(later)


def test_headers_count_for_nothing_unless_trusted() -> None:
    """Any browser can send them: without the configuration's word they name nobody."""
    sent = {"X-Email": "ann@example.com", "X-Groups": "leads"}
    assert from_headers(sent, replace(ACTIONS, trusted_proxy_headers=None), NOW) is None
    names_only = replace(ACTIONS, trusted_proxy_headers=ProxyHeaders(name="X-Email"))
    eve = from_headers({**sent, "X-Email": EVE}, names_only, NOW)
    assert eve is not None
    assert eve.role == "viewer"


@pytest.mark.parametrize(
    ("kept", "sent", "believed"),
    [
        ("known to both", "known to both", True),
        ("known to both", "Known to both", False),
        ("known to both", "", False),
        ("known to both", None, False),
        ("schlüssel", "schlüssel", True),
        # what was asked for and never set is no secret that everybody knows
        ("", "", False),
        (None, "", False),
        (None, None, False),
    ],
)
def test_a_proxy_shows_its_secret_where_one_is_kept(
    monkeypatch: pytest.MonkeyPatch, kept: str | None, sent: str | None, believed: bool
) -> None:
    """Whoever reaches this page around the proxy does not know it, and is nobody."""
    if kept is not None:
        monkeypatch.setenv("OF_THE_PROXY", kept)
    proved = ProxyHeaders(name="X-Email", secret="OF_THE_PROXY")
    headers = {"X-Email": "ann@example.com"} | ({PROOF: sent} if sent is not None else {})
    found = from_headers(headers, replace(ACTIONS, trusted_proxy_headers=proved), NOW)
    assert (found is not None) == believed


def test_without_a_sign_in_nothing_is_changed_unless_in_words() -> None:
    """On AWS actions stay off; the configuration's sentence, or the demo account, lets them be."""
    assert "Nobody is signed in" in str(may(NOBODY, "promote", CONFIG, NOW))
    in_words = replace(CONFIG, actions=replace(ACTIONS, without_sign_in=IN_WORDS))
    assert may(NOBODY, "promote", in_words, NOW) is None
    almost = replace(CONFIG, actions=replace(ACTIONS, without_sign_in="yes"))
    assert may(NOBODY, "promote", almost, NOW) is not None
    assert may(NOBODY, "promote", replace(CONFIG, demo=True), NOW) is None
    # what is not allowed at all, nobody may, in the demo account either
    for config in (CONFIG, in_words, replace(CONFIG, demo=True)):
        assert "`allow =" in str(may(NOBODY, "abort", config, NOW))
        assert "`allow =" in str(may(ANN, "abort", config, NOW))


def test_the_second_pair_of_eyes_is_another_persons() -> None:
    """An approver who is not the one who asked, in whatever capitals, and somebody vouches for."""
    assert may_approve(ANN, "promote", CONFIG, NOW, asked_by="bob@example.com") is None
    same = may_approve(ANN, "promote", CONFIG, NOW, asked_by="ANN@example.com")
    assert "another has to approve" in str(same)
    other = may_approve(BOB, "promote", CONFIG, NOW, asked_by=EVE)
    assert "may ask for this, not approve it" in str(other)
    old = replace(ANN, signed_in_at=NOW - timedelta(hours=1))
    assert "Sign in again" in str(may_approve(old, "promote", CONFIG, NOW, asked_by="bob"))
    in_words = replace(CONFIG, demo=True, actions=replace(ACTIONS, without_sign_in=IN_WORDS))
    told = may_approve(NOBODY, "promote", in_words, NOW, asked_by="bob@example.com")
    assert "nobody is signed in who could be the second" in str(told)


def test_a_terminal_and_a_sign_in_of_one_name_are_one_person() -> None:
    """Who asks on the page and approves at the terminal is not two, whichever way round."""
    local = Person("ann", "approver", "terminal", NOW)
    assert may_approve(local, "promote", CONFIG, NOW, asked_by="bob@example.com") is None
    for asked, person in (("Ann@example.com", local), ("ann", ANN), ("ann", local)):
        told = may_approve(person, "promote", CONFIG, NOW, asked_by=asked)
        assert "another has to approve" in str(told), asked
    assert may_approve(local, "promote", CONFIG, NOW, asked_by="annette@example.com") is None
    assert may_approve(ANN, "promote", CONFIG, NOW, asked_by="ann@example.org") is None


def test_the_environment_names_nobody_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be set by who starts a command gives no role: the system says who runs it."""
    before = at_terminal(ACTIONS, NOW).name
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "ann@example.com")
    assert at_terminal(ACTIONS, NOW) == Person(before, "viewer", "terminal", NOW)


def test_what_stops_or_goes_back_waits_for_nobody() -> None:
    """Two people are asked for only where the configuration says so, and never to undo."""
    for action in get_args(Action):
        assert needs_another(action, ACTIONS) == (action not in AT_ONCE)
        assert not needs_another(action, replace(ACTIONS, four_eyes=False))
    assert {"abort", "rollback", "repair"} <= AT_ONCE
    assert not {"promote", "blue_green", "complete_experiment", "shift_weights"} & AT_ONCE


def test_who_started_the_command_acts_at_the_terminal() -> None:
    """By the machine's name for them; where the configuration names people, it must be one."""
    me = pwd.getpwuid(os.getuid()).pw_name
    assert at_terminal(Actions(), NOW) == Person(me, "operator", "terminal", NOW)
    assert at_terminal(ACTIONS, NOW).role == "viewer"
    assert at_terminal(replace(ACTIONS, operators=(me,)), NOW).role == "operator"
    assert at_terminal(replace(ACTIONS, approvers=(me,)), NOW).role == "approver"
