"""History tells what became of that which was cut off, as AWS shows it when the page is opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from queries.config import Test
from tests.actions.acting_on import AT_ONCE, Desk, desk
from tests.actions.cloud import ENDPOINT, PRODUCTION, SHADOW, served
from tests.pages.conftest import ROOT, Answers


@pytest.fixture
def at(answers: Answers, tmp_path: Path) -> Iterator[Desk]:
    """An account beside the sample, and a promotion of its endpoint that goes on."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    with served(folder) as cloud:
        found = desk(cloud, tmp_path)
        test = Test(
            name="fraud-v7",
            captures="/captures",
            production=PRODUCTION,
            shadow=SHADOW,
            endpoint=ENDPOINT,
        )
        answers.config = replace(answers.config, tests=(test,), aws=cloud.aws, demo=False)
        answers.config = replace(answers.config, actions=found.config.actions)
        found.execute(found.plan(AT_ONCE))
        yield found


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/deployment/history.py").run()
    assert not app.exception
    return app


def test_what_ended_while_nobody_looked_is_written_down(at: Desk) -> None:
    """The page is opened by one who only looks, and says what is so by now."""
    at.cloud.clock.skip(5_000)
    opened()
    assert at.stages()[-2:] == [(2, "done"), (None, "done")]


def test_what_cannot_be_looked_at_is_not_known(at: Desk) -> None:
    """AWS refuses: the change stays as it was written down, and the page says why."""
    at.cloud.clock.skip(5_000)
    before = at.stages()
    at.cloud.faults.deny("DescribeEndpoint")
    app = opened()
    assert at.stages() == before
    (said,) = (each.value.replace("\\", "") for each in app.info)
    assert said.startswith("fraud-scores goes on: AWS answered DescribeEndpoint")


def test_a_broken_chain_is_named(at: Desk) -> None:
    """And what can be trusted of it is shown."""
    first = Path(at.config.actions.audit, ENDPOINT, "00000001.json")
    first.write_bytes(first.read_bytes().replace(b"better", b"bitter"))
    app = opened()
    assert any("Record 2 of fraud" in each.value.replace("\\", "") for each in app.error)
