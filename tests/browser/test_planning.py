"""Does a plan survive in its address, in a real browser?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import photograph, settled

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_plan_is_kept_in_its_address(visit: Callable, shots: Path, scheme: str):
    """What is typed gets into the address, the address plans the same again, nothing is cut off."""
    page = visit("planner", color_scheme=scheme)
    page.get_by_role("heading", name="Until each check is decided").wait_for()
    field = page.get_by_label("Agreement (%)")
    field.fill("95.05")
    field.press("Enter")
    page.wait_for_function("new URL(location).searchParams.get('agree') == '95.05'")
    settled(page)
    longest = page.get_by_text("Run it for").filter(has_text="Agreement")
    longest.wait_for()
    said = longest.inner_text()
    page.goto(page.url)
    settled(page)
    assert page.get_by_label("Agreement (%)").input_value() == "95.050"
    longest.wait_for()
    assert longest.inner_text() == said
    assert page.get_by_test_id("stException").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    photograph(page, shots / f"planner-{scheme}.png")
