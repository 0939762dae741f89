"""Does the report open from disk in a browser that has no network?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def reports() -> dict[str, Path]:
    return {}


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a file with every request noted; a script error fails the test."""
    faults: list[str] = []
    windows = []

    def opened(file: Path, asked: list[str], **context: Any) -> Any:
        window = browser.new_context(offline=True, **context)
        windows.append(window)
        page = window.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.goto(file.as_uri())
        return page

    yield opened
    for window in windows:
        window.close()
    assert not faults


def download(visit: Callable, reports: dict[str, Path], folder: Path, name: str) -> Path:
    """The report of a demo test, saved as a reader does."""
    if name not in reports:
        page = visit(f"?test={name}")
        page.get_by_role("button", name="Export").click()
        with page.expect_download(timeout=120_000) as download:
            page.get_by_role("button", name="Report (HTML)").click()
        reports[name] = folder / f"{name}.html"
        download.value.save_as(reports[name])
    return reports[name]


def asked_of(page: Any, expression: str) -> Any:
    """What an expression is on the page, whose policy forbids the way that Playwright asks."""
    session = page.context.new_cdp_session(page)
    return session.send("Runtime.evaluate", {"expression": expression})["result"]["value"]


@pytest.mark.parametrize("name", ["ticket-routing", "support-replies"])
def test_a_report_opens_offline(
    visit: Callable,
    opened: Callable,
    reports: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    shots: Path,
    name: str,
):
    """Every chart is drawn with no request but for the file itself, and nothing is cut off."""
    file = download(visit, reports, tmp_path_factory.mktemp("report"), name)
    assert file.stat().st_size < 5_000_000
    asked: list[str] = []
    page = opened(file, asked, viewport={"width": 1100, "height": 1400})
    places = page.locator(".chart").count()
    page.locator(f"body[data-drawn='{places}']").wait_for(timeout=60_000)
    assert places >= 5
    assert page.locator(".chart .main-svg").count() >= places
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    assert asked_of(page, "document.documentElement.scrollWidth <= window.innerWidth")
    page.screenshot(path=shots / f"report-{name}.png", full_page=True)


def test_a_report_without_scripts_still_says_everything(
    visit: Callable,
    opened: Callable,
    reports: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
):
    """Where no script runs the tables are there, and each chart is described in its place."""
    file = download(visit, reports, tmp_path_factory.mktemp("report"), "ticket-routing")
    page = opened(file, [], java_script_enabled=False)
    assert page.locator("figcaption").first.is_visible()
    assert page.locator("figcaption").count() == page.locator(".chart").count()
    assert page.locator("table").count() >= 5
