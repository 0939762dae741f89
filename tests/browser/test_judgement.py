"""Does what a judgement rests on show in a real browser: drift, slices, looks and plain words?"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import photograph, settled
from tests.browser.test_slices import click_dot

pytestmark = pytest.mark.browser
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


def fits(page: Any) -> bool:
    """Nothing failed, and nothing is wider than the screen."""
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return not wide and page.get_by_test_id("stException").count() == 0


def cells(page: Any, row: str) -> list[str]:
    """The cells of the row of a table that begins with ``row``."""
    found = page.locator("tr").filter(has=page.locator("td").get_by_text(row, exact=True))
    return [" ".join(text.split()) for text in found.first.locator("td").all_inner_texts()]


def pairs_listed(page: Any) -> int:
    """How many pairs there are, by the words above the list of them."""
    said = page.get_by_text(re.compile(r"of [\d,]+ pairs, the newest first")).first
    said.wait_for()
    return int(re.search(r"of ([\d,]+) pairs", said.inner_text())[1].replace(",", ""))


def test_the_first_page_is_drawn_without_an_error(visit: Callable):
    """The browser's console holds no error of the front page, loaded anew."""
    page = visit()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.reload()
    settled(page)
    page.get_by_text("Every check against its limit").wait_for()
    assert said == []


@SCHEMES
def test_a_feature_has_a_course_of_its_own(visit: Callable, shots: Path, scheme: str):
    """All features are in the heat map and in the table; the one that is chosen is drawn below."""
    page = visit("drift?test=ticket-routing&drift=Over+time", color_scheme=scheme)
    page.get_by_text(re.compile("features moved. sentiment most")).wait_for()
    heat, course = page.locator(".js-plotly-plot").nth(0), page.locator(".js-plotly-plot").nth(1)
    names = heat.locator(".ytick text").all_text_contents()
    assert names[0] == "sentiment"
    assert heat.locator(".heatmaplayer image").count() == 1
    course.get_by_text("KS D").wait_for()
    moved = {name: int(cells(page, name)[1].split(" of ")[0]) for name in names}
    assert moved["sentiment"] == max(moved.values()) > 0
    page.get_by_test_id("stMain").get_by_role("combobox", name="Feature").click()
    page.get_by_role("option", name="channel").click()
    course.get_by_text(re.compile("Cramér V")).wait_for()
    settled(page)
    assert fits(page)
    photograph(page, shots / f"drift-over-time-{scheme}.png")


@SCHEMES
def test_requests_are_compared_as_a_whole(visit: Callable, shots: Path, scheme: str):
    """A baseline of sums says that it holds no requests; the earlier window is held against."""
    page = visit("drift?test=ticket-routing&drift=Together&window=24h", color_scheme=scheme)
    page.get_by_text("whole requests cannot be held against it").wait_for()
    page.get_by_test_id("stMain").get_by_role("radio", name="previous").click()
    page.get_by_text(re.compile("As a whole the requests")).wait_for()
    settled(page)
    energy = cells(page, "Energy distance")
    assert 0 <= float(energy[1].removesuffix(" of 1")) <= 1
    assert energy[2].startswith("without drift below ")
    if importlib.util.find_spec("sklearn"):
        area = cells(page, "Classifier: area under the curve")
        low, high = re.match(r"([\d.]+) to ([\d.]+); guessing is 0.5", area[2]).groups()
        assert float(low) <= float(area[1]) <= float(high)
    else:
        page.get_by_text("asked where scikit-learn is installed").wait_for()
    assert fits(page)
    photograph(page, shots / f"drift-together-{scheme}.png")


def test_a_slice_inside_a_slice_narrows_every_page(visit: Callable, shots: Path):
    """A click lists the pairs of a slice alone; as a filter it is searched, and narrowed, again."""
    page = visit("slices", color_scheme="dark")
    listed = everything = pairs_listed(page)
    for conditions in (1, 2):
        click_dot(page, 0)
        page.wait_for_function("new URL(location).searchParams.get('slice')")
        settled(page)
        inside = pairs_listed(page)
        assert 0 < inside <= listed
        assert inside < everything
        assert fits(page)
        photograph(page, shots / f"slice-{conditions}.png")
        page.get_by_role("button", name="Filter by it").click()
        page.wait_for_function("!new URL(location).searchParams.get('slice')")
        page.locator(f"[class*=st-key-chip_{conditions - 1}]").wait_for()
        settled(page)
        listed = pairs_listed(page)
        assert listed == inside
    where = parse_qs(urlsplit(page.url).query)["where"][0]
    for name in ("Agreement", "Slices"):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        page.get_by_role("heading", name=f"· {name}").wait_for()
        settled(page)
        assert page.get_by_role("textbox", name="Filter requests").input_value() == where
        assert pairs_listed(page) == inside


@SCHEMES
def test_how_the_interval_narrowed_is_explained(visit: Callable, shots: Path, scheme: str):
    """The sequence is drawn against its limit, and beside it stands how, by whom, and when not."""
    page = visit("agreement?test=ticket-routing", color_scheme=scheme)
    page.get_by_role("heading", name="How the interval narrowed").wait_for()
    page.get_by_text(re.compile("looks so far, drawn here one after the other")).wait_for()
    chart = page.locator(".st-key-running .js-plotly-plot")
    chart.get_by_text(re.compile("limit 95")).wait_for()
    chart.get_by_text("interval for every look").wait_for()
    page.locator(".st-key-running_how button").click()
    told = page.get_by_test_id("stPopoverBody")
    told.get_by_text("How it is computed:").wait_for()
    said = told.inner_text()
    for words in (
        "Wilson",
        "Source:",
        "Howard",
        "2021",
        "Assumes:",
        "Wrong when:",
        "statistics.md",
    ):
        assert words in said
    assert fits(page)
    page.locator(".st-key-running").scroll_into_view_if_needed()
    page.screenshot(path=shots / f"narrowed-{scheme}.png")
    page.keyboard.press("Escape")
    told.wait_for(state="detached")


def test_plain_words_go_out_on_one_page(visit: Callable, browser: Any, shots: Path):
    """What the overview tells who decides is the file to send on: offline, on one sheet of A4."""
    page = visit("?test=ticket-routing", color_scheme="dark")
    page.get_by_text("In plain words, for who decides").click()
    box = page.get_by_test_id("stExpander").filter(has_text="for who decides")
    box.get_by_text("What is not known").wait_for()
    sentences = box.get_by_role("listitem").all_inner_texts()
    assert len(sentences) >= 8
    assert fits(page)
    photograph(page, shots / "plain-words.png")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="In plain words (HTML)").click()
    file = shots / download.value.suggested_filename
    assert file.name == "ticket-routing-in-plain-words.html"
    download.value.save_as(file)
    with browser.new_context(offline=True) as window:
        sheet = window.new_page()
        asked: list[str] = []
        sheet.on("request", lambda request: asked.append(request.url))
        sheet.goto(file.as_uri())
        sheet.get_by_role("heading", name="May the new model take over?").wait_for()
        assert sheet.get_by_role("listitem").all_inner_texts() == sentences
        assert asked == [file.as_uri()]
        sheet.screenshot(path=shots / "in-plain-words.png", full_page=True)
        printed = sheet.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
