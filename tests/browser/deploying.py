"""An account to deploy in, behind a stand-in of our own, and how a person presses there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from demo import account
from demo.faults import Faults
from demo.moment import Surroundings
from demo.standin import StandIn, operations
from demo.wire import application
from queries.config_actions import IN_WORDS
from tests.browser.conftest import serving, settled

SPEED = 60.0
ENDPOINT, BEFORE, CONFIG = "fraud-scores", "fraud-scores-before", "fraud-scores-config"
OLD, NEW = "fraud-2026-10", "fraud-2026-11"
ENDS_WITHIN_MS = 120_000


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


def spread_evenly(metrics: Path) -> None:
    """Let every hour have as many requests: at night minutes pass without one, for any alarm."""
    with np.load(metrics) as kept:
        arrays = dict(kept)
    for name in [each for each in arrays if each.endswith("/time_ms")]:
        times = arrays[name]
        if len(times):
            arrays[name] = np.linspace(times[0], times[-1], len(times)).astype(np.int64)
    np.savez(metrics, **arrays)


@contextmanager
def dashboard(home: Path, browser: Any) -> Iterator[Account]:
    """A dashboard that anyone who reaches it may act on; its account's hours are minutes."""
    folder = account.ensure(home / "account").parent
    spread_evenly(folder / "metrics" / f"{ENDPOINT}.npz")
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
    dialog.wait_for()
    settled(page)
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
