"""How soon does a page stand in a browser, and how much memory does each viewer cost?"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BARE = Path(__file__).with_name("bare_page.py")
STARTS_WITHIN_S = 120
VIEWERS = 6
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_DRAWN = """() => {
    const app = document.querySelector('[data-testid=stApp]')
    const charts = [...document.querySelectorAll('[data-testid=stPlotlyChart]')]
    return app?.dataset.testScriptState === 'notRunning' && charts.length > 0
        && charts.every(chart => chart.querySelector('.main-svg'))
        && document.querySelectorAll('[data-testid=stSkeleton]').length === 0
}"""


@dataclass(frozen=True, slots=True)
class Visits:
    """Seconds until everything of a page is drawn.

    ``first`` is the first visit of a new server, with the caches on disk warm; ``later`` the
    median of visits by new browser windows after it.
    """

    first: float
    later: float


@dataclass(frozen=True, slots=True)
class Viewing:
    """A page beside the bare one, and megabytes of the server for each further viewer."""

    ours: Visits
    bare: Visits
    mb_a_viewer: float


def missing() -> str | None:
    """Why this cannot be measured here; None where it can."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return None if _browser() else "there is no Chromium on this machine"


def measure(folder: Path, repeats: int, page: str = "") -> Viewing:
    """Visit both pages so often, each time a new server; let some viewers stay on the last.

    ``page`` is ours by its address, "" the first of all, the Overview.
    """
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=_browser(),
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        with _serving(ROOT / "app.py", folder) as (address, _):
            _visit(chromium, address).close()  # makes the demo account and reads its captures
        seen: dict[Path, list[list[float]]] = {ROOT / "app.py": [], BARE: []}
        grown = []
        for turn in range(repeats):
            for script in list(seen)[:: -1 if turn % 2 else 1]:
                with _serving(script, folder) as (address, server):
                    if script != BARE:
                        address = f"{address}/{page}"
                    seen[script].append([_seconds(chromium, address) for _ in range(1 + repeats)])
                    if script != BARE:
                        grown.append(_growth(chromium, address, server))
        chromium.close()
    ours, bare = (
        Visits(
            statistics.median(times[0] for times in runs),
            statistics.median(t for times in runs for t in times[1:]),
        )
        for runs in seen.values()
    )
    return Viewing(ours, bare, statistics.median(grown))


def _growth(chromium: Any, address: str, server: int) -> float:
    """Megabytes of the server for each viewer beyond the first, all of them still there."""
    staying = [_visit(chromium, address)]
    before = _resident_mb(server)
    staying += [_visit(chromium, address) for _ in range(VIEWERS - 1)]
    grown = _resident_mb(server) - before
    for window in staying:
        window.close()
    return grown / (VIEWERS - 1)


def _seconds(chromium: Any, address: str) -> float:
    began = time.perf_counter()
    window = _visit(chromium, address)
    taken = time.perf_counter() - began
    window.close()
    return taken


def _visit(chromium: Any, address: str) -> Any:
    """A new window in which the page is wholly drawn."""
    window = chromium.new_context(viewport={"width": 1440, "height": 1000})
    page = window.new_page()
    page.goto(address)
    page.wait_for_function(_DRAWN, timeout=STARTS_WITHIN_S * 1000, polling=20)
    return window


@contextmanager
def _serving(script: Path, home: Path) -> Iterator[tuple[str, int]]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("UNDERSTUDY_", "AWS_"))}
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", str(script)),
            *("--server.port", str(port), "--server.headless", "true"),
            *("--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"),
        ],
        cwd=ROOT,
        env={**environment, "XDG_CACHE_HOME": str(home), "HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://localhost:{port}"
        _wait(address, server)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError(f"no server at {address}")


def _resident_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)
