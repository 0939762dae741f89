"""Is a region all the configuration there needs to be, from the list of tests to a verdict?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import photograph, serving, settled
from tests.queries.region_only import region_only

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose only setting is a region; S3, SageMaker and CloudWatch answer over HTTP."""
    home = tmp_path_factory.mktemp("region")
    with (
        region_only(home, scale=0.1) as (config, environment),
        serving(home, UNDERSTUDY_CONFIG=str(config), **environment) as served,
    ):
        yield served


def test_every_test_of_the_account_is_found_and_one_opened(
    address: str, visit: Callable, shots: Path
):
    """Experiments and endpoints are listed with their state; a click leads to a verdict."""
    page = visit("", address=address)
    page.goto(f"{address}/tests")
    settled(page)
    for name in ("fraud-scores-shadow", "delivery-minutes-shadow", "ticket-routing"):
        page.get_by_role("heading", name=name, exact=True).wait_for()
    page.get_by_text("cancelled", exact=True).wait_for()
    photograph(page, shots / "region-only-tests.png")
    page.locator('a[href="./?test=fraud-scores-shadow"]').click()
    page.get_by_text("p99 latency of the shadow").wait_for(timeout=120_000)
    settled(page)
    assert page.get_by_role("heading", name="fraud-scores-shadow").count() == 1
    assert page.get_by_test_id("stException").count() == 0
    photograph(page, shots / "region-only-overview.png")
