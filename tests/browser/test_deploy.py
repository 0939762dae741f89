"""Promote, watch, abort and roll back in a browser, on the demo account at a stand-in of our own.

One account for all, in which one test goes on where the last one stopped, as people do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo import account
from demo.faults import Faults
from demo.moment import Surroundings
from demo.standin import StandIn, operations
from demo.wire import application
from queries.config_actions import IN_WORDS
from tests.browser.conftest import photograph, serving, settled

pytestmark = pytest.mark.browser

SPEED = 60.0
ENDPOINT, BEFORE, CONFIG = "fraud-scores", "fraud-scores-before", "fraud-scores-config"
OLD, NEW = "fraud-2026-10", "fraud-2026-11"
ENDS_WITHIN_MS = 120_000
VIEWER = {"X-Forwarded-User": "mia@example.com"}


@dataclass(frozen=True, slots=True)
class Account:
    """Where the dashboard is, what lies behind it, and what may go wrong there."""

    address: str
    home: Path
    url: str
    faults: Faults


def configured(folder: Path, url: str, *more: str) -> Path:
    """The demo account's configuration, as a user's own that leads to our stand-in."""
    text = (folder / "understudy.toml").read_text()
    text = text.replace("[aws]\n", f'[aws]\nendpoint_url = "{url}"\n', 1)
    text = text.replace("[actions]\n", "[actions]\n" + "".join(f"{each}\n" for each in more), 1)
    path = folder / f"ours-{len(more)}.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Account]:
    """A dashboard that anyone who reaches it may act on; its account's hours are minutes."""
    home = tmp_path_factory.mktemp("deploying")
    folder = account.ensure(home / "account").parent
    faults = Faults()
    server = StandIn(application(operations(folder, Surroundings(speed=SPEED, faults=faults))))
    config = configured(folder, server.url, f'without_sign_in = "{IN_WORDS}"')
    try:
        with serving(home, look_every_s=1.0, UNDERSTUDY_CONFIG=str(config)) as address:
            page = browser.new_page()
            page.goto(address)
            settled(page)
            page.close()
            yield Account(address, home, server.url, faults)
    finally:
        server.stop()


def deploy(visit: Callable[..., Any], ours: Account, **context: Any) -> Any:
    return visit(f"deploy?test={ENDPOINT}", address=ours.address, **context)


def confirm(page: Any, opens: str, presses: str, reason: str, *, twice: bool = False) -> None:
    """Ask, fill the dialog in, and press, perhaps twice."""
    page.get_by_role("button", name=opens).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why?").fill(reason)
    dialog.get_by_label("to confirm").fill(ENDPOINT)
    press = dialog.get_by_role("button", name=presses, exact=True)
    if twice:
        press.dblclick()
    else:
        press.click()
    dialog.wait_for(state="detached")


def promote(page: Any, *, wait_min: float, twice: bool = False) -> None:
    for label in ("Watch (min)", "Keep old (min)"):
        box = page.get_by_label(label, exact=True)
        box.fill(str(wait_min))
        box.press("Enter")
        settled(page)
    confirm(page, "Promote…", "Promote", "better on every slice", twice=twice)


def back(page: Any, config: str) -> None:
    """Go back to an earlier config from the list of them."""
    page.get_by_role("button", name="Roll back to…").click()
    row = page.get_by_test_id("stHorizontalBlock").filter(has_text=config).last
    row.get_by_role("button", name="Roll back…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("is put back on").wait_for()
    dialog.get_by_label("Why?").fill("callers complain")
    dialog.get_by_label("to confirm").fill(ENDPOINT)
    dialog.get_by_role("button", name="Roll back", exact=True).click()
    dialog.wait_for(state="detached")
    told(page, "Roll back: done.")


def told(page: Any, words: str) -> None:
    page.get_by_text(words).first.wait_for(timeout=ENDS_WITHIN_MS)
    settled(page)
    assert page.get_by_test_id("stException").count() == 0


def serves(page: Any, model: str) -> None:
    page.get_by_text(f"AllTraffic: {model}").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_before_a_press(
    visit: Callable[..., Any], ours: Account, shots: Path, scheme: str
) -> None:
    """Both sides, the difference, how, the checks and the exact calls, in both themes."""
    page = deploy(visit, ours, color_scheme=scheme)
    serves(page, OLD)
    page.get_by_text("The exact calls").click()
    settled(page)
    page.get_by_text("sagemaker.UpdateEndpoint").first.wait_for()
    page.get_by_role("tab", name="AWS CLI").click()
    page.get_by_text("update-endpoint").first.wait_for()
    photograph(page, shots / f"deploy-{scheme}.png")


def test_a_canary_to_success_pressed_twice_is_one_change(
    visit: Callable[..., Any], ours: Account, shots: Path
) -> None:
    """The experiment makes way, half of the traffic moves, then all; a second viewer sees it."""
    page = deploy(visit, ours)
    promote(page, wait_min=8, twice=True)
    page.get_by_text("50 % of the traffic is on").wait_for(timeout=ENDS_WITHIN_MS)
    second = deploy(visit, ours, color_scheme="dark")
    second.get_by_text("of the traffic is on the new fleet").first.wait_for()
    photograph(second, shots / "deploy-going-on.png")
    told(page, "Promote: done.")
    serves(page, NEW)
    told(second, "Promote: done.")
    photograph(page, shots / "deploy-done.png")
    page.goto(f"{ours.address}/history?test={ENDPOINT}")
    settled(page)
    page.get_by_text("better on every slice").first.wait_for()
    assert page.get_by_role("cell", name="Promote", exact=True).count() == 1


def test_back_to_an_older_revision_from_history(
    visit: Callable[..., Any], ours: Account, shots: Path
) -> None:
    """The list has every earlier config; the one with the shadow brings it back as well."""
    page = deploy(visit, ours)
    back(page, CONFIG)
    serves(page, OLD)
    page.get_by_text(f"Shadow-01: {NEW}").first.wait_for()
    page.goto(f"{ours.address}/history?test={ENDPOINT}")
    settled(page)
    page.get_by_text("callers complain").first.wait_for()
    photograph(page, shots / "history.png")
    page.get_by_role("link", name="Roll back to").first.click()
    settled(page)
    page.get_by_role("button", name="Roll back to…").wait_for()


def test_an_abort_brings_it_back(visit: Callable[..., Any], ours: Account, shots: Path) -> None:
    """While it bakes, the abort takes all traffic back, and the page says who did it and why."""
    page = deploy(visit, ours)
    promote(page, wait_min=30)
    page.get_by_text("50 % of the traffic is on").wait_for(timeout=ENDS_WITHIN_MS)
    confirm(page, "Abort…", "Abort", "wrong model")
    told(page, "Promote: not done.")
    page.get_by_text("aborted it").wait_for()
    page.get_by_text("wrong model").first.wait_for()
    serves(page, OLD)
    photograph(page, shots / "deploy-aborted.png")


def test_an_alarm_takes_it_back_and_is_named(
    visit: Callable[..., Any], ours: Account, shots: Path
) -> None:
    """The new model breaks at every second request: the alarm on the new fleet fires."""
    ours.faults.break_model(NEW, 0.5)
    page = deploy(visit, ours)
    promote(page, wait_min=60)
    told(page, "Promote: not done.")
    page.get_by_text("understudy-errors-").first.wait_for()
    serves(page, OLD)
    photograph(page, shots / "deploy-alarm.png")
    ours.faults.reset()


def test_a_silent_rollback_is_told(visit: Callable[..., Any], ours: Account, shots: Path) -> None:
    """AWS says InService and nothing else; the page says that the old config serves."""
    ours.faults.roll_back(ENDPOINT)
    page = deploy(visit, ours)
    promote(page, wait_min=1)
    told(page, "Promote: not done.")
    page.get_by_text("gives no reason").first.wait_for()
    serves(page, OLD)
    photograph(page, shots / "deploy-silent.png")


@pytest.fixture(scope="module")
def guarded(ours: Account, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard on the same account where one signs in, or a proxy says who is there."""
    home = tmp_path_factory.mktemp("guarded")
    secrets = home / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text(
        '[auth]\nredirect_uri = "http://localhost/oauth2callback"\ncookie_secret = "secret"\n'
        'client_id = "understudy"\nclient_secret = "secret"\n'
        'server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"\n'
    )
    config = configured(
        ours.home / "account",
        ours.url,
        'operators = ["ann@example.com"]',
        'trusted_proxy_headers = { name = "X-Forwarded-User" }',
    )
    with serving(home, UNDERSTUDY_CONFIG=str(config)) as address:
        yield address


def test_a_deep_link_without_a_sign_in_shows_the_sign_in(
    visit: Callable[..., Any], guarded: str, shots: Path
) -> None:
    """The first address a new server is asked for is Deploy: no button of it is there."""
    page = visit(f"deploy?test={ENDPOINT}", address=guarded)
    page.get_by_text("Sign in to deploy.").wait_for()
    assert page.get_by_role("button", name="Promote…").count() == 0
    assert page.get_by_role("button", name="Roll back to…").count() == 0
    photograph(page, shots / "deploy-sign-in.png")


def test_a_viewer_sees_no_live_button(visit: Callable[..., Any], guarded: str, shots: Path) -> None:
    """Known by the proxy and named nowhere: everything is shown, and nothing can be pressed."""
    page = visit(f"deploy?test={ENDPOINT}", address=guarded, extra_http_headers=VIEWER)
    serves(page, OLD)
    for name in ("Promote…", "Roll back to…", "Abort…"):
        for button in page.get_by_role("button", name=name).all():
            assert button.is_disabled()
    photograph(page, shots / "deploy-viewer.png")
