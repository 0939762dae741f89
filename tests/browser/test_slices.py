"""Does the way from a slice of the traffic to one of its requests work in a real browser?"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import photograph, settled

pytestmark = pytest.mark.browser


def where(page) -> str:
    return parse_qs(urlsplit(page.url).query).get("where", [""])[0]


def click_dot(page, row: int) -> None:
    """Click the dot of one slice: its trace is the last of the chart."""
    chart = page.locator(".js-plotly-plot").first
    dot = chart.locator(".scatterlayer .trace").last.locator("path.point").nth(row)
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(middle[0] - 3, middle[1])
    page.mouse.move(*middle)
    chart.locator(".hoverlayer .hovertext").wait_for()
    page.mouse.click(*middle)


def click_row(page, number: int) -> None:
    grid = page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    place = grid.bounding_box()
    page.mouse.click(place["x"] + 15, place["y"] + 55 + 35 * number)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_slices_are_drawn(visit: Callable, shots: Path, scheme: str):
    """The page fits its screen in either theme, and its headline names a slice."""
    page = visit("slices", color_scheme=scheme)
    page.get_by_text(re.compile("answers agree|No slice stands out")).first.wait_for()
    assert page.get_by_test_id("stException").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_text("The same as a table").click()
    page.locator("table").first.wait_for()
    photograph(page, shots / f"slices-{scheme}.png")


def test_a_click_on_a_slice_leads_to_its_requests(visit: Callable, shots: Path):
    """From a dot to the pairs of the slice, from a pair to its payloads and to the next pair."""
    page = visit("slices")
    click_dot(page, 1)
    page.wait_for_function("new URL(location).searchParams.has('slice')")
    settled(page)
    page.get_by_text("answers agree").nth(1).wait_for()
    assert where(page) == ""
    photograph(page, shots / "slice-chosen.png")
    click_row(page, 0)
    drawer = page.get_by_role("dialog")
    drawer.get_by_text(re.compile(r"1 of \d+ listed")).wait_for()
    drawer.get_by_text("values differ").first.wait_for()
    assert drawer.get_by_role("button", name="Previous").is_disabled()
    drawer.get_by_role("button", name="Next").click()
    drawer.get_by_text(re.compile(r"2 of \d+ listed")).wait_for()
    drawer.get_by_text("Inference id").first.wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=shots / "slice-drawer.png")
    drawer.get_by_role("button", name="Link to this pair").click()
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()
    shown = drawer.get_by_test_id("stCode").all_inner_texts()
    again = visit(link.split("/", 3)[3])
    linked = again.get_by_role("dialog")
    linked.get_by_text("Inference id").first.wait_for()
    settled(again)
    assert set(shown) & set(linked.get_by_test_id("stCode").all_inner_texts())
    again.keyboard.press("Escape")
    linked.wait_for(state="detached")


def test_a_slice_becomes_the_filter_of_every_page(visit: Callable, shots: Path):
    """What is filtered by goes into the address, from page to page, and away with its chip."""
    page = visit("slices")
    click_dot(page, 1)
    page.wait_for_function("new URL(location).searchParams.has('slice')")
    settled(page)
    page.get_by_role("button", name="Filter by it").click()
    page.wait_for_function("new URL(location).searchParams.has('where')")
    settled(page)
    chosen = where(page)
    assert chosen
    for name in ("Agreement", "Drift", "Overview", "Latency & errors"):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        page.get_by_role("heading", name=f"· {name}").wait_for()
        settled(page)
        assert page.get_by_role("textbox", name="Filter requests").input_value() == chosen
        assert where(page) == chosen
        photograph(page, shots / f"filtered-{re.sub(r'[^a-z]+', '-', name.lower())}.png")
    page.get_by_text("shows all traffic").wait_for()
    page.locator("[class*=st-key-chip_0] button").first.click()
    page.wait_for_function("!new URL(location).searchParams.get('where')")


def test_a_shared_filter_is_understood_or_explained(visit: Callable, shots: Path):
    """A link with a filter opens inside it; a name that does not exist is a sentence."""
    page = visit("agreement?where=hour+%3C+12")
    page.locator("[class*=st-key-chip_0]").wait_for()
    page.get_by_role("button", name="Share").click()
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text()
    assert "where=hour+%3C+12" in link
    page = visit("agreement?where=huor+%3C+12")
    page.get_by_text("Did you mean hour").wait_for()
    assert page.get_by_test_id("stPlotlyChart").count() == 0
    photograph(page, shots / "filter-refused.png")
    page.get_by_role("button", name="Remove the filter").click()
    page.get_by_test_id("stPlotlyChart").first.wait_for()
