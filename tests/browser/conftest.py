"""One server and one browser for all browser tests; screenshots go to test-results/browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "test-results" / "browser"
STARTS_WITHIN_S = 60
SCRIPT_RUNS_WITHIN_MS = 120_000
IMPATIENT = """
from queries import cached, cached_trials
from pages.parts.deployment import watching
from streamlit.web.cli import main
cached.LOOK_EVERY_S = cached_trials.LOOK_EVERY_S = watching.EVERY_S = {}
main()
"""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def serving(
    cache: Path, *, port: int | None = None, look_every_s: float | None = None, **settings: str
) -> Iterator[str]:
    """Run the app as a user does, on a free port unless one is given; give its address.

    ``look_every_s`` lets running tests and updates be looked at more often than a user would.
    """
    port = port or free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("UNDERSTUDY_")}
    environment |= {"XDG_CACHE_HOME": str(cache), "HOME": str(cache), **settings}
    start = ["-m", "streamlit"]
    if look_every_s is not None:
        start = ["-c", IMPATIENT.format(look_every_s)]
    log = cache / f"server-{port}.log"
    with log.open("wb") as said:
        server = subprocess.Popen(
            [
                *(sys.executable, *start, "run", "app.py"),
                *("--server.port", str(port), "--server.headless", "true"),
                *("--server.fileWatcherType", "none"),
            ],
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_healthy(f"http://localhost:{port}", server, log)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def wait_until_healthy(address: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')}")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def server(cache: Path, browser: Any) -> Iterator[str]:
    with serving(cache) as address:
        # any other page is loaded twice by a new server (test_a_first_deep_link_meets_the_frame)
        page = browser.new_page()
        page.goto(address)
        settled(page)
        page.close()
        yield address


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def shots() -> Path:
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS


@pytest.fixture
def visit(browser: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Open an address of the app in its own window; an alert or a script error fails the test."""
    opened = []
    faults: list[str] = []

    def visit(path: str = "", *, address: str = server, **context: Any) -> Any:
        given = {"viewport": {"width": 1440, "height": 1000}, "accept_downloads": True, **context}
        window = browser.new_context(**given)
        opened.append(window)
        page = window.new_page()
        page.set_default_timeout(60_000)
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{address}/{path}")
        settled(page)
        return page

    yield visit
    for window in opened:
        window.close()
    assert not faults


def settled(page: Any) -> None:
    """Wait until the script has run and everything it sent is drawn."""
    page.wait_for_selector(
        "[data-testid=stApp][data-test-script-state=notRunning]", timeout=SCRIPT_RUNS_WITHIN_MS
    )
    page.wait_for_function("document.querySelectorAll('[data-testid=stSkeleton]').length === 0")
    page.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
        ".every(chart => chart.querySelector('.main-svg'))"
    )


def photograph(page: Any, to: Path) -> None:
    """Save the whole page: Streamlit scrolls inside, so the window is made as tall as it is."""
    size = page.viewport_size
    tall = page.evaluate(
        "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight + 60"
    )
    page.set_viewport_size({**size, "height": min(max(int(tall), size["height"]), 6000)})
    page.wait_for_timeout(400)
    page.screenshot(path=to)
    page.set_viewport_size(size)
