"""Sign in at a provider, act in one's own name, let another act, sign out: in a browser.

Two dashboards on one account of the demo's making: one where one person is enough, one with four
eyes. A provider of OpenID Connect on this machine vouches for people, as real ones do.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo import account
from demo.moment import Surroundings
from demo.standin import StandIn, operations
from demo.wire import application
from tests.browser.conftest import free_port, photograph, serving, settled
from tests.oidc import CLIENT, SECRET, Provider

pytestmark = pytest.mark.browser

ANN, BOB, EVE, OLD = "ann@example.com", "bob@example.com", "eve@example.com", "old@example.com"
ALONE, TOGETHER = "delivery-minutes", "fraud-scores"
SPEED = 60.0
ENDS_WITHIN_MS = 120_000
SIGN_IN_LASTS_MIN = 15
LEFT_S = 40.0
"""Of OLD's sign-in: enough to open the dialog and fill it in."""
PROXY_SECRET = "what only the proxy knows"


def person(email: str, *groups: str) -> dict[str, Any]:
    return {"email": email, "email_verified": True, "groups": list(groups)}


@dataclass(frozen=True, slots=True)
class Place:
    """A dashboard for one, one for two, and who vouches for people."""

    alone: str
    together: str
    provider: Provider


def signing_in(home: Path, provider: Provider) -> int:
    """Set a dashboard's sign-in up as docs/configuration.md says; gives its port."""
    port = free_port()
    callback = f"http://localhost:{port}/oauth2callback"
    provider.redirect_uris.add(callback)
    secrets = home / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir(parents=True)
    secrets.write_text(
        f'[auth]\nredirect_uri = "{callback}"\ncookie_secret = "{"c" * 64}"\n'
        f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
        '[auth.client_kwargs]\nscope = "openid profile email"\nprompt = "login"\n'
    )
    return port


def configured(folder: Path, name: str, url: str, *more: str) -> str:
    """The demo account's configuration as a user's own, with people in it."""
    text = (folder / "understudy.toml").read_text()
    text = text.replace("[aws]\n", f'[aws]\nendpoint_url = "{url}"\n', 1)
    people = (
        f'approvers = ["{BOB}", "{OLD}"]',
        f"max_sign_in_age_min = {SIGN_IN_LASTS_MIN}",
        'trusted_proxy_headers = { name = "X-Forwarded-User", secret = "PROXY_SECRET" }',
        *more,
        '[actions.groups]\nml-engineers = "approver"',
    )
    before, after = text.split("[actions]\n", 1)
    allow, rest = after.split("\n", 1)
    path = folder / f"{name}.toml"
    path.write_text("\n".join((f"{before}[actions]", allow, *people, rest)))
    return str(path)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("signing-in")
    folder = account.ensure(home / "account").parent
    server = StandIn(application(operations(folder, Surroundings(speed=SPEED))))
    provider = Provider(
        {
            "ann": person(ANN, "ml-engineers"),
            "bob": person(BOB),
            "eve": person(EVE, "guests"),
            "old": person(OLD),
        }
    )
    one, two = home / "one", home / "two"
    ports = [signing_in(each, provider) for each in (one, two)]
    lone = configured(folder, "lone", server.url)
    both = configured(folder, "both", server.url, "four_eyes = true")
    shared = {"look_every_s": 1.0, "XDG_CACHE_HOME": str(home), "PROXY_SECRET": PROXY_SECRET}
    try:
        with (
            serving(one, port=ports[0], UNDERSTUDY_CONFIG=lone, **shared) as alone,
            serving(two, port=ports[1], UNDERSTUDY_CONFIG=both, **shared) as together,
        ):
            for address in (alone, together):
                page = browser.new_page()
                page.goto(address)
                settled(page)
                page.close()
            yield Place(alone, together, provider)
    finally:
        server.stop()
        provider.stop()


def sign_in(page: Any, who: str) -> None:
    """From the sign-in to the provider's page and back again."""
    page.get_by_role("button", name="Sign in").first.click()
    page.get_by_role("link", name=who, exact=True).click()
    page.get_by_role("button", name="Sign out").wait_for()
    settled(page)


def deploy(visit: Callable[..., Any], address: str, endpoint: str, who: str, **context: Any) -> Any:
    page = visit(f"deploy?test={endpoint}", address=address, **context)
    sign_in(page, who)
    return page


def open_dialog(page: Any, opens: str, endpoint: str) -> Any:
    page.get_by_role("button", name=opens).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why?").fill("better on every slice")
    dialog.get_by_label("to confirm").fill(endpoint)
    agree = dialog.get_by_text("all the same")
    if agree.count():
        agree.first.click()
    return dialog


def written(name: str) -> re.Pattern[str]:
    """An address as pages write it: no link, by a sign of no width behind the @."""
    return re.compile(name.replace("@", "@\\W?"))


def in_history(page: Any, name: str) -> None:
    page.get_by_text(written(name)).first.wait_for()


def told(page: Any, words: str) -> None:
    page.get_by_text(words).first.wait_for(timeout=ENDS_WITHIN_MS)
    settled(page)
    assert page.get_by_test_id("stException").count() == 0


def test_a_link_to_deploy_leads_over_the_sign_in_back_to_it(
    visit: Callable[..., Any], place: Place, shots: Path
) -> None:
    """Nothing can be pressed before; afterwards the same address is shown, of the same test."""
    page = visit(f"deploy?test={ALONE}", address=place.alone)
    page.get_by_text("Sign in to deploy.").wait_for()
    assert page.get_by_role("button", name="Promote…").count() == 0
    photograph(page, shots / "sign-in-before.png")
    sign_in(page, "ann")
    page.wait_for_url(f"{place.alone}/deploy?test={ALONE}")
    page.get_by_role("button", name="Promote…").first.wait_for()
    assert place.provider.asked[-1]["prompt"] == "login"
    photograph(page, shots / "sign-in-after.png")


def test_who_signs_in_on_the_front_page_stays_there(
    visit: Callable[..., Any], place: Place
) -> None:
    """And nobody is led anywhere by what another browser left."""
    other = visit(f"deploy?test={ALONE}", address=place.alone)
    other.get_by_role("button", name="Sign in").first.click()
    other.get_by_role("link", name="bob", exact=True).wait_for()
    page = visit("", address=place.alone)
    sign_in(page, "ann")
    assert page.url.split("?")[0] == f"{place.alone}/"
    other.get_by_role("link", name="bob", exact=True).click()
    other.get_by_role("button", name="Sign out").wait_for()
    other.wait_for_url(f"{place.alone}/deploy?test={ALONE}")


def test_a_viewer_sees_all_and_presses_nothing_and_signs_out(
    visit: Callable[..., Any], place: Place, shots: Path
) -> None:
    """Groups that nobody named give no role; signing out ends the provider's session too."""
    page = deploy(visit, place.alone, ALONE, "eve", color_scheme="dark")
    page.get_by_text("may look").first.wait_for()
    page.get_by_role("button", name="Promote…").first.wait_for()
    for name in ("Promote…", "Roll back to…", "Abort…"):
        for button in page.get_by_role("button", name=name).all():
            assert button.is_disabled()
    photograph(page, shots / "sign-in-viewer.png")
    page.get_by_role("button", name="More…").click()
    more = page.get_by_test_id("stPopoverBody")
    more.wait_for()
    settled(page)
    pressed = more.get_by_test_id("stButton").get_by_role("button").all()
    assert all(each.is_disabled() for each in pressed)
    page.keyboard.press("Escape")
    ended = place.provider.ended
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").first.wait_for()
    settled(page)
    assert place.provider.ended == ended + 1
    page.goto(f"{place.alone}/deploy?test={ALONE}")
    page.get_by_text("Sign in to deploy.").wait_for()


def test_what_one_asks_for_another_approves(
    visit: Callable[..., Any], place: Place, shots: Path
) -> None:
    """Who asked cannot approve it, though an approver; in another browser a second person can."""
    page = deploy(visit, place.together, TOGETHER, "ann")
    dialog = open_dialog(page, "Ask to promote…", TOGETHER)
    dialog.get_by_role("button", name="Ask a second person").click()
    dialog.wait_for(state="detached")
    page.get_by_text("asks for a second person").first.wait_for()
    settled(page)
    assert page.get_by_role("button", name="Approve…").is_disabled()
    second = deploy(visit, place.together, TOGETHER, "bob")
    photograph(second, shots / "sign-in-approve.png")
    dialog = open_dialog(second, "Approve…", TOGETHER)
    dialog.get_by_role("button", name="Approve and do it").click()
    dialog.wait_for(state="detached")
    told(second, "Promote: done.")
    second.goto(f"{place.together}/history?test={TOGETHER}")
    in_history(second, ANN)
    in_history(second, BOB)
    photograph(second, shots / "sign-in-history.png")


def test_a_sign_in_grows_old_while_the_dialog_is_open(
    visit: Callable[..., Any], place: Place, shots: Path
) -> None:
    """What was fresh when it was opened is refused at the press; a new sign-in leads back here."""
    place.provider.age_s["old"] = SIGN_IN_LASTS_MIN * 60 - LEFT_S
    until = time.monotonic() + LEFT_S + 1
    page = deploy(visit, place.alone, ALONE, "old")
    dialog = open_dialog(page, "Promote…", ALONE)
    page.wait_for_timeout(1_000 * max(0.0, until - time.monotonic()))
    dialog.get_by_role("button", name="Promote", exact=True).click()
    dialog.get_by_text("Not done.").wait_for()
    dialog.get_by_text("minutes ago, and who acts must have done so in the last").first.wait_for()
    photograph(page, shots / "sign-in-old.png")
    place.provider.age_s["old"] = 0
    dialog.get_by_role("button", name="Sign in again to act").click()
    page.get_by_role("link", name="old", exact=True).click()
    page.wait_for_url(f"{place.alone}/deploy?test={ALONE}")
    page.get_by_role("button", name="Promote…").first.wait_for()
    assert page.get_by_role("button", name="Promote…").first.is_enabled()
    page.goto(f"{place.alone}/history?test={ALONE}")
    settled(page)
    page.get_by_text("Nothing was changed").or_(page.get_by_role("cell")).first.wait_for()
    # it stands in the sidebar, and among the changes nowhere
    assert page.get_by_test_id("stMain").get_by_text(written(OLD)).count() == 0


def test_a_proxy_is_believed_that_shows_its_secret(visit: Callable[..., Any], place: Place) -> None:
    """The same header without the secret, or with another, is nobody's."""
    for proof in ({}, {"X-Understudy-Proxy": "a guess"}):
        headers = {"X-Forwarded-User": BOB, **proof}
        page = visit(f"deploy?test={ALONE}", address=place.alone, extra_http_headers=headers)
        page.get_by_text("Sign in to deploy.").wait_for()
        assert page.get_by_text("may act").count() == 0
    headers = {"X-Forwarded-User": BOB, "X-Understudy-Proxy": PROXY_SECRET}
    page = visit(f"deploy?test={ALONE}", address=place.alone, extra_http_headers=headers)
    page.get_by_text("may act and approve").wait_for()
    assert page.get_by_role("button", name="Promote…").first.is_enabled()


def test_an_approver_promotes_in_their_own_name(visit: Callable[..., Any], place: Place) -> None:
    """The role comes of a group of the sign-in, and History has the name that it gave."""
    page = deploy(visit, place.alone, ALONE, "ann")
    dialog = open_dialog(page, "Promote…", ALONE)
    dialog.get_by_role("button", name="Promote", exact=True).click()
    dialog.wait_for(state="detached")
    told(page, "Promote: done.")
    page.goto(f"{place.alone}/history?test={ALONE}")
    in_history(page, ANN)
