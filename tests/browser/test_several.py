"""Do two shadows of one production stand side by side in a real browser?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import photograph, serving, settled

pytestmark = pytest.mark.browser

REQUESTS = 400


def record(number: int, label: str) -> str:
    """A request and its answer, as SageMaker captures them."""

    def side(mode: str, data: str) -> dict[str, str]:
        return {"observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV"}

    return json.dumps(
        {
            "captureData": {
                "endpointInput": side("INPUT", f"{number % 7},{number % 3}"),
                "endpointOutput": side("OUTPUT", label),
            },
            "eventMetadata": {
                "eventId": f"e{number}",
                "inferenceId": f"order-{number}",
                "inferenceTime": f"2026-03-05T12:{number // 60:02d}:{number % 60:02d}Z",
            },
            "eventVersion": "0",
        }
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One endpoint that has had two shadows at once: one differs in 1 of 100, one in 1 of 4."""
    folder = tmp_path_factory.mktemp("several")
    for variant, every in (("AllTraffic", 0), ("Near", 100), ("Far", 4)):
        place = folder / "captures" / "shop" / variant / "2026/03/05/12"
        place.mkdir(parents=True)
        lines = [record(n, str((n + (every > 0 and n % every == 0)) % 2)) for n in range(REQUESTS)]
        (place / f"00-00-000-{variant}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    tables = [
        f'[tests.{shadow.lower()}]\ncaptures = "{folder}/captures"\nendpoint = "shop"\n'
        f'production = "AllTraffic"\nshadow = "{shadow}"\n'
        f'[tests.{shadow.lower()}.prediction]\nkind = "multiclass"\ncolumn = 0\n'
        for shadow in ("Near", "Far")
    ]
    config = folder / "understudy.toml"
    config.write_text(f'cache = "{folder}/cache"\n' + "\n".join(tables), encoding="utf-8")
    with serving(folder, UNDERSTUDY_CONFIG=str(config)) as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_nearer_shadow_leads(visit: Callable, shots: Path, address: str, scheme: str):
    """It is named with its interval clear of the other's, both have a row, nothing is cut off."""
    page = visit("", address=address, color_scheme=scheme)
    page.goto(f"{address}/several?test=far")
    settled(page)
    page.get_by_text("it leads in “Agreement with production”").wait_for()
    table = page.get_by_role("table").inner_text()
    assert "99.00" in table
    assert "75.00" in table
    assert "400" in table
    assert page.get_by_text("None of these tests has a number of it").count() == 2
    assert page.get_by_test_id("stException").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    photograph(page, shots / f"side-by-side-{scheme}.png")


def test_the_demo_names_the_better_of_two_rivals(visit: Callable, shots: Path):
    """Chosen without a word, though on another endpoint; stars stand where the data can tell."""
    page = visit("several?test=fraud-scores")
    page.get_by_text("fraud-scores is the best of 2").wait_for(timeout=60_000)
    settled(page)
    # in two charts and in their rows of the table
    assert page.get_by_text("fraud-scores ★").count() == 4
    assert page.get_by_text("fraud-compact ★").count() == 0
    assert page.get_by_text("different endpoints").count() == 1
    assert page.get_by_test_id("stException").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    photograph(page, shots / "side-by-side-demo.png")


def test_the_demos_gap_is_marked_and_can_be_read(visit: Callable, shots: Path):
    """The full disk and the gap that it made are named on the time axis, neither on the other."""
    page = visit("latency?test=fraud-compact")
    boxes = [
        page.get_by_text(name).first.bounding_box()
        for name in ("no captures, shadow", "disk full, shadow")
    ]
    above, below = sorted(boxes, key=lambda each: each["y"])
    assert above["y"] + above["height"] <= below["y"] + 1
    photograph(page, shots / "capture-gap.png")
