"""Promote, watch, abort and roll back in a browser, on the demo account at a stand-in of our own.

One account for all, in which one test goes on where the last one stopped, as people do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import photograph, serving, settled
from tests.browser.deploying import (
    CONFIG,
    ENDPOINT,
    ENDS_WITHIN_MS,
    NEW,
    OLD,
    Account,
    back,
    configured,
    confirm,
    dashboard,
    deploy,
    promote,
    serves,
    told,
)

pytestmark = pytest.mark.browser

VIEWER = {"X-Forwarded-User": "mia@example.com"}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Account]:
    with dashboard(tmp_path_factory.mktemp("deploying"), browser) as found:
        yield found


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
    promote(page, wait_min=20, twice=True)
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
    told(page, "went into ALARM, and SageMaker took the update back")
    page.get_by_text("[understudy-errors-").first.wait_for()
    serves(page, OLD)
    photograph(page, shots / "deploy-alarm.png")
    ours.faults.reset()


def test_a_silent_rollback_is_told(visit: Callable[..., Any], ours: Account, shots: Path) -> None:
    """AWS says InService and nothing else; the page says that the old config serves."""
    ours.faults.roll_back(ENDPOINT)
    page = deploy(visit, ours)
    promote(page, wait_min=1)
    told(page, "gives no reason")
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
