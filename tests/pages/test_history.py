"""History tells what became of that which was cut off, as AWS shows it when the page is opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from actions import histories
from actions.documents import history_document
from actions.steps import Check
from pages.document import terminal_deployment
from pages.parts.deployment import histories as shown
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


NOT_HELD = Check("retention", "warn", "The bucket a has no `Object Lock`.", "Turn it on.")


def _held(found: object) -> None:
    from pages.parts.deployment import histories

    histories.retention(found)


@pytest.mark.parametrize(
    ("found", "warnings", "captions"),
    [
        (None, 0, 0),
        (NOT_HELD, 1, 0),
        (replace(NOT_HELD, status="unknown"), 1, 0),
        (replace(NOT_HELD, status="ok"), 0, 1),
    ],
)
def test_what_holds_the_records_is_said(found: Check | None, warnings: int, captions: int) -> None:
    """What does not hold them, or is not known to, is a warning with the remedy."""
    app = AppTest.from_function(_held, kwargs={"found": found}, default_timeout=30).run()
    assert not app.exception
    assert (len(app.warning), len(app.caption)) == (warnings, captions)
    if warnings:
        assert "Turn it on" in app.warning[0].value


def test_what_holds_the_records_is_said_at_the_terminal(at: Desk) -> None:
    """In a line of its own; of a folder nothing."""
    chain = at.ledger.read(ENDPOINT)
    told = terminal_deployment.history(history_document("s3://a/b", chain, NOT_HELD))
    assert "The bucket a has no `Object Lock`. Turn it on." in told.splitlines()
    assert "Lock" not in terminal_deployment.history(history_document("/a", chain, None))


def test_who_asked_is_told_beside_who_let_it_through(at: Desk) -> None:
    """In the table, closely and in the file; where one person was enough, that one alone."""
    chain = at.ledger.read(ENDPOINT)
    (entry,) = histories.entries(chain)
    both = replace(entry, intent=replace(entry.intent, asked_by="bob"))
    assert shown._people(entry) == entry.intent.person
    assert shown._people(both) == f"{entry.intent.person}, asked by bob"
