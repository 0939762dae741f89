"""In a real browser: are the numbers of every page those of the other engine?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.athena_demo import KEYS, AthenaDemo, four_hours
from tests.browser.conftest import photograph, serving, settled

PAGES = ("", "agreement", "latency", "slices", "drift", "quality", "resources")
NAME = "delivery-minutes"
CHARTS = """() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => [
    ...plot.querySelectorAll('text')].map(each => each.textContent))"""


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AthenaDemo]:
    """Four hours of a test with labels, all of them written."""
    with four_hours(tmp_path_factory.mktemp("account")) as found:
        found.write(NAME)
        yield found


def shown(browser: Any, path: Path, cache: Path, shots: Path, engine: str) -> dict[str, Any]:
    """What stands on each page, and in its charts; a picture of each is kept."""
    found: dict[str, Any] = {}
    with serving(cache, **KEYS, UNDERSTUDY_CONFIG=str(path)) as address:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(address)
        settled(page)
        for name in PAGES:
            page.goto(f"{address}/{name}?test={NAME}")
            settled(page)
            main = page.locator('[data-testid="stMain"]')
            sidebar = page.locator('[data-testid="stSidebar"]').inner_text()
            found[name] = main.inner_text(), page.evaluate(CHARTS), sidebar
            photograph(page, shots / f"on-{engine}-{name or 'overview'}.png")
        page.emulate_media(color_scheme="dark")
        page.reload()
        settled(page)
        photograph(page, shots / f"on-{engine}-{name}-dark.png")
        page.close()
    return found


def test_every_page_shows_the_same_numbers(
    account: AthenaDemo, browser: Any, tmp_path: Path, shots: Path
):
    """Texts, tables and what is written in charts; Athena's says what it scanned besides."""
    there = shown(browser, account.path, tmp_path, shots, "athena")
    here = shown(browser, account.local, tmp_path, shots, "duckdb")
    for name in PAGES:
        said, drawn, sidebar = there[name]
        assert said == here[name][0], name
        assert drawn == here[name][1], name
        assert re.search("Athena scanned|Nothing was asked of Athena", sidebar), name
        assert "Athena" not in here[name][2], name
        assert len(said) > 200, name
