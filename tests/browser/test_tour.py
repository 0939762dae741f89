"""Does the whole way from a verdict to one pair of answers work in a real browser?"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import photograph, serving, settled

pytestmark = pytest.mark.browser

PAGES = {
    "Overview": "Every check against its limit",
    "Agreement": "Agreement over time",
    "Latency & errors": "Difference by quantile",
    "Drift": "features drifted",
    "Quality": "Which pairs have a label",
    "Resources": "On average, and for each request",
}


def go(page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    page.get_by_role("heading", name=f"· {name}").wait_for()
    settled(page)


def demo_tests(page) -> list[str]:
    page.get_by_test_id("stSidebar").get_by_role("combobox").click()
    names = page.get_by_role("option").all_inner_texts()
    page.keyboard.press("Escape")
    return names


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_tour_shows_every_page(visit: Callable, shots: Path, scheme: str):
    """Every page draws its charts in either theme, with nothing cut off and nothing failed."""
    page = visit(color_scheme=scheme)
    for name, words in PAGES.items():
        go(page, name)
        page.get_by_text(words).first.wait_for()
        assert page.get_by_test_id("stPlotlyChart").count() >= 1
        assert page.get_by_test_id("stException").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        background = page.evaluate(
            "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        )
        assert (background == "rgb(255, 255, 255)") == (scheme == "light")
        stem = re.sub(r"\W+", "-", name.lower())
        photograph(page, shots / f"{stem}-{scheme}.png")


def test_the_demo_holds_every_verdict(visit: Callable, shots: Path):
    """The demo account has a test to promote, one to hold and one to reject."""
    page = visit()
    said = set()
    for name in demo_tests(page):
        shown = visit(f"?test={name}")
        banner = shown.get_by_test_id("stAlert").first.inner_text()
        said.add(re.search(r"PROMOTE|HOLD|REJECT", banner)[0])
        photograph(shown, shots / f"verdict-{name}.png")
    assert said == {"PROMOTE", "HOLD", "REJECT"}


def test_a_first_deep_link_meets_the_frame(visit: Callable, cache: Path):
    """A new server asked first for an inner page draws it inside app.py, and nothing over it."""
    with serving(cache) as address:
        page = visit("latency", address=address)
        page.get_by_role("heading", name="Latency & errors").wait_for()
        settled(page)
        assert page.get_by_test_id("stSidebar").get_by_role("combobox").count() == 1
        assert page.get_by_test_id("stException").count() == 0
        assert page.get_by_role("dialog").count() == 0
        page.get_by_role("link", name="Agreement").click()
        page.get_by_role("heading", name="Agreement", exact=False).first.wait_for()


def test_a_click_on_a_cell_leads_to_both_payloads(visit: Callable, shots: Path):
    """From a cell of the label table to its pairs, from a pair to what was sent and answered."""
    page = visit("agreement")
    chart = page.locator(".js-plotly-plot").first
    off_diagonal = chart.locator(".heatmaplayer text").nth(1)
    off_diagonal.scroll_into_view_if_needed()
    box = off_diagonal.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(middle[0] - 5, middle[1])
    page.mouse.move(*middle)
    chart.locator(".hoverlayer .hovertext").wait_for()
    page.mouse.click(*middle)
    page.wait_for_function(
        "['production', 'shadow'].every(k => new URL(location).searchParams.has(k))"
    )
    settled(page)
    grid = page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    place = grid.bounding_box()
    page.mouse.click(place["x"] + 15, place["y"] + 55)
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("values differ").first.wait_for()
    drawer.get_by_test_id("stCode").nth(5).wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=shots / "drawer.png")
    page.keyboard.press("Escape")
    drawer.wait_for(state="detached")


def test_a_shared_link_opens_the_same_view(visit: Callable):
    """The address offered under Share leads to the same test, window and page."""
    page = visit()
    last = demo_tests(page)[-1]
    page = visit(f"latency?test={last}&window=7d")
    page.get_by_role("button", name="Share").click()
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()
    assert f"test={last}&window=7d" in link
    again = visit(link.split("/", 3)[3])
    again.get_by_role("heading", name=last).wait_for()
    again.get_by_role("heading", name="Latency & errors").wait_for()


def test_a_wrong_name_in_the_address_is_a_sentence(visit: Callable):
    """No other test's verdict is shown under a name that does not exist."""
    page = visit("?test=no-such-test")
    page.get_by_text("There is none of that name").wait_for()
    assert page.get_by_test_id("stMetric").count() == 0
    page.get_by_test_id("stMain").get_by_role("button").first.click()
    page.get_by_test_id("stMetric").first.wait_for()


def test_a_table_becomes_a_file(visit: Callable):
    """The checks can be saved, one row a check, with unrounded numbers."""
    page = visit()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").first.click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {"agreement", "pairs"} <= {row["check"] for row in rows}


def test_a_phone_can_read_the_verdict(visit: Callable, shots: Path):
    """At 390 px the page is as wide as the screen and no wider."""
    page = visit(viewport={"width": 390, "height": 844})
    page.get_by_text(re.compile("PROMOTE|HOLD|REJECT")).first.wait_for()
    page.locator("table").first.wait_for()
    for part in ("documentElement", "querySelector('[data-testid=stMain]')"):
        assert page.evaluate(f"document.{part}.scrollWidth <= window.innerWidth"), part
    photograph(page, shots / "phone.png")
