"""Does a page of a running test renew itself, and leave the reader where he is?"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.browser.conftest import photograph, serving, settled
from tests.queries.capturing import capture_file, line

pytestmark = pytest.mark.browser

PAIRS_A_FILE = 40
EVERY_S = 1.0
WITHIN_MS = 30_000
# Notes what the tile of the pairs shows at every frame, and whether anything is waited for.
EVERY_FRAME = """() => {
    window.seen = new Set();
    window.waited = false;
    (function look() {
        const tile = [...document.querySelectorAll('[data-testid=stMetric]')]
            .find(each => each.innerText.startsWith('Pairs'));
        const value = tile?.querySelector('[data-testid=stMetricValue]');
        window.seen.add(value ? value.innerText : null);
        window.waited ||= Boolean(
            document.querySelector('[data-testid=stSpinner], [data-testid=stSkeleton]')
        );
        requestAnimationFrame(look);
    })();
}"""


class Running:
    """A test of which captures still come, and the address of a server that shows it."""

    def __init__(self, folder: Path, address: str = "") -> None:
        self.folder = folder
        self.address = address
        self._files = 0

    def capture(self, *, shadow: bool = True, age: timedelta = timedelta(minutes=1)) -> None:
        """One file more of both variants: every tenth pair disagrees."""
        self._files += 1
        at = datetime.now(UTC).replace(microsecond=0) - age
        arrived = (at + timedelta(minutes=1)).timestamp()
        for variant in ("AllTraffic", "Shadow") if shadow else ("AllTraffic",):
            lines = [
                line(
                    f"{n % 7}.5,{n % 3}",
                    "0.2" if variant == "Shadow" and n % 10 == 0 else f"0.{60 + n % 37}",
                    at=at - timedelta(seconds=n),
                    inference=f"r{self._files}-{n}",
                )
                for n in range(PAIRS_A_FILE)
            ]
            # the name is finished at once, as an object of S3 is
            path = capture_file(
                self.folder, lines, variant=variant, hour=at, name=f"{self._files:04}.tmp"
            )
            os.utime(path, times=(arrived, arrived))
            path.rename(path.with_suffix(".jsonl"))

    @property
    def pairs(self) -> int:
        return self._files * PAIRS_A_FILE


def table(name: str, captures: Path) -> str:
    """A test of understudy.toml."""
    return (
        f'[tests.{name}]\ncaptures = "{captures}"\nproduction = "AllTraffic"\n'
        f'shadow = "Shadow"\nfeatures = ["amount", "kind"]\n[tests.{name}.prediction]\n'
        'kind = "binary"\ncolumn = 0\n'
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Running]]:
    """A test whose captures come, and one whose shadow has stopped, looked at every second."""
    home = tmp_path_factory.mktemp("live")
    running, stopped = Running(home / "running"), Running(home / "stopped")
    for minutes in (14, 12):
        for each in (running, stopped):
            each.capture(age=timedelta(minutes=minutes))
    running.capture()
    stopped.capture(shadow=False)
    config = home / "understudy.toml"
    config.write_text(table("running", running.folder) + table("stopped", stopped.folder))
    with serving(home, look_every_s=EVERY_S, UNDERSTUDY_CONFIG=str(config)) as address:
        running.address = stopped.address = address
        yield running, stopped


@pytest.fixture
def running(both: tuple[Running, Running]) -> Running:
    return both[0]


def shown_pairs(page, pairs: int) -> None:
    """Wait until the tile of the pairs shows a number."""
    tile = page.get_by_test_id("stMetric").filter(has_text="Pairs")
    tile.get_by_text(f"{pairs:,}", exact=True).wait_for(timeout=WITHIN_MS)


def open_page(visit: Callable, running: Running, path: str = "", **context: object):
    page = visit(address=running.address, **context)  # a new server's first page is the front page
    if path:
        page.goto(f"{running.address}/{path}")
        settled(page)
    return page


def test_the_numbers_rise_by_themselves(visit: Callable, running: Running, shots: Path):
    """New captures show on two screens; the filter and what was unfolded stay.

    At every frame in between there is a number on the screen, the old one or the new.
    """
    pages = [open_page(visit, running, "?where=kind+%3C+2") for _ in range(2)]
    for page in pages:
        shown_pairs(page, running.pairs)
        page.get_by_text("How the captures were paired, and when").click()
        page.get_by_text("How the verdict is reached").click()
        page.get_by_text("inference id", exact=False).first.wait_for()
        settled(page)
    before = running.pairs
    pages[0].evaluate(EVERY_FRAME)
    running.capture()
    for page in pages:
        shown_pairs(page, running.pairs)
        settled(page)
        assert page.get_by_role("textbox", name="Filter requests").input_value() == "kind < 2"
        assert page.get_by_text("inference id", exact=False).first.is_visible()
        assert page.locator("details[open]").count() == 2
    assert pages[0].evaluate("[...window.seen]") == [f"{n:,}" for n in (before, running.pairs)]
    assert not pages[0].evaluate("window.waited")
    sidebar = pages[0].get_by_test_id("stSidebar")
    sidebar.get_by_text(re.compile(r"Newest capture \d\d:\d\d UTC, .* ago")).wait_for()
    sidebar.get_by_text(re.compile("Half delivered within")).wait_for()
    photograph(pages[0], shots / "live-overview.png")


def test_what_is_read_is_not_taken_away(visit: Callable, running: Running, shots: Path):
    """A drawer stays open on its pair, and an open table stays where it was scrolled to."""
    page = open_page(visit, running, "slices?where=kind+%3C+2")
    grid = page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    place = grid.bounding_box()
    page.mouse.click(place["x"] + 15, place["y"] + 55)
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("Inference id").first.wait_for()
    settled(page)
    pair = drawer.get_by_test_id("stCode").all_inner_texts()
    main = page.get_by_test_id("stMain")
    scrolled = main.evaluate("element => element.scrollTop")
    before = page.get_by_text(re.compile(r"of \d+ pairs, the newest")).inner_text()
    running.capture()
    page.wait_for_function(
        "before => [...document.querySelectorAll('p')].some(p => /of \\d+ pairs, the newest/"
        ".test(p.innerText) && p.innerText !== before)",
        arg=before,
        timeout=WITHIN_MS,
    )
    settled(page)
    assert drawer.get_by_test_id("stCode").all_inner_texts() == pair
    assert abs(main.evaluate("element => element.scrollTop") - scrolled) < 3
    page.screenshot(path=shots / "live-drawer.png")


def test_live_can_be_switched_off(visit: Callable, running: Running):
    """Off, the page keeps its numbers through clicks and page changes; on, it catches up."""
    page = open_page(visit, running)
    shown_pairs(page, running.pairs)
    before = running.pairs
    switch = page.get_by_test_id("stSidebar").get_by_text("Live", exact=True)
    switch.click()
    settled(page)
    running.capture()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Agreement").click()
    page.get_by_role("heading", name="· Agreement").wait_for()
    settled(page)
    page.wait_for_timeout(4 * EVERY_S * 1000)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Overview").click()
    page.get_by_role("heading", name="· Overview").wait_for()
    settled(page)
    shown_pairs(page, before)
    switch.click()
    shown_pairs(page, running.pairs)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shadow_that_stopped_is_warned_of(
    visit: Callable, both: tuple[Running, Running], shots: Path, scheme: str
):
    """Where production comes and the shadow does not, the sidebar says so, in either theme."""
    page = open_page(visit, both[1], "?test=stopped", color_scheme=scheme)
    page.get_by_test_id("stSidebar").get_by_text("newest capture is").wait_for()
    assert page.get_by_test_id("stException").count() == 0
    photograph(page, shots / f"live-warning-{scheme}.png")
