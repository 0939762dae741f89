"""Does a page stay a page when the captured requests try to take it over?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import serving, settled

pytestmark = pytest.mark.browser

TAG = '<img src=x onerror="window.taken=1">'
LINK = "[click](http://evil.example) ![x](http://evil.example/x.png) :red[x] $x$"
PIPE = "a|b `c` **d** <a href='http://evil.example'>e</a>"
LABELS = (TAG, LINK, PIPE)
PAGES = ("", "agreement", "latency", "drift", "drift?drift=Predictions")


def record(number: int, label: str) -> str:
    def side(mode: str, data: object) -> dict[str, str]:
        return {
            "observedContentType": "application/json",
            "mode": mode,
            "data": json.dumps(data),
            "encoding": "JSON",
        }

    return json.dumps(
        {
            "captureData": {
                "endpointInput": side(
                    "INPUT", {"amount": number % 7, TAG: LABELS[number % 3], "note": PIPE}
                ),
                "endpointOutput": side("OUTPUT", {"label": label}),
            },
            "eventMetadata": {
                "eventId": f"0000{number}",
                "inferenceId": f"{TAG}{number}",
                "inferenceTime": f"2026-03-05T12:{number // 60:02d}:{number % 60:02d}Z",
            },
            "eventVersion": "0",
        }
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    for variant, shift in (("AllTraffic", 0), ("Shadow-01", 1)):
        place = folder / "captures" / "shop" / variant / "2026/03/05/12"
        place.mkdir(parents=True)
        lines = [record(n, LABELS[(n + shift * (n % 5 == 0)) % 3]) for n in range(300)] + [
            '{"<b>cut": off'
        ]
        (place / f"00-00-000-{variant}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    config = folder / "understudy.toml"
    config.write_text(
        f"""cache = "{folder / "cache"}"

[tests.hostile]
captures = "{folder / "captures"}"
production = "AllTraffic"
shadow = "Shadow-01"
prediction.path = "$.label"
prediction.kind = "multiclass"
""",
        encoding="utf-8",
    )
    with serving(folder, UNDERSTUDY_CONFIG=str(config)) as address:
        yield address


def untouched(page) -> None:
    assert page.evaluate("window.taken") is None
    inside = page.locator("[data-testid=stMain], [data-testid=stDialog]")
    assert inside.locator("img[src=x], img[src*=evil], a[href*=evil], script").count() == 0


def test_no_page_runs_or_links_what_was_captured(visit: Callable, hostile: str, shots: Path):
    """Labels, features and file names are shown as their own characters on every page."""
    visit(address=hostile)
    for path in PAGES:
        page = visit(path, address=hostile)
        assert page.get_by_test_id("stException").count() == 0
        untouched(page)
    page = visit("agreement", address=hostile)
    page.get_by_text("The same as a table").click()
    page.locator("td", has_text=TAG).first.wait_for()
    page.locator("td", has_text="evil.example").first.wait_for()
    untouched(page)
    page.screenshot(path=shots / "hostile.png")


def test_the_drawer_shows_hostile_payloads_as_text(visit: Callable, hostile: str, shots: Path):
    """Both payloads can be read and copied; nothing in them runs."""
    page = visit("agreement", address=hostile)
    grid = page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    place = grid.bounding_box()
    page.mouse.click(place["x"] + 15, place["y"] + 55)
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("values differ").first.wait_for()
    drawer.get_by_test_id("stCode").nth(5).wait_for()
    settled(page)
    assert TAG in "".join(drawer.get_by_test_id("stCode").all_inner_texts()).replace("\\", "")
    untouched(page)
    page.screenshot(path=shots / "hostile-drawer.png")
