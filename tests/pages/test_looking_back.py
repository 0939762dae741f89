"""Does a server that starts find out by itself what became of what was begun before it?"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from actions.ledger import Ledger, opened
from actions.standings import standings
from queries.config import Aws
from queries.config_actions import Actions
from tests.actions.acting_on import AT_ONCE, desk
from tests.actions.cloud import ENDPOINT, Cloud, served
from tests.actions.dying import Dying
from tests.pages.conftest import ROOT, Answers


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    folder = tmp_path / "cloud"
    folder.mkdir()
    with served(folder) as account:
        yield account


def cut_off(cloud: Cloud, folder: Path, *, point: int) -> Ledger:
    """A promotion whose process was killed when so many things had left it."""
    at = desk(cloud, folder)
    process = Dying()
    try:
        assert process.carry_out(at.plan(AT_ONCE), at, folder, point=point)
    finally:
        process.stop()
    return at.ledger


def visit(answers: Answers, cloud: Cloud, ledger: Ledger) -> AppTest:
    """Open the front page of a server, which knows nothing of any deployment, and let it end."""
    actions = Actions(audit=ledger.location)
    answers.config = replace(answers.config, aws=cloud.aws, actions=actions, demo=False)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    for each in threading.enumerate():
        if each.name == f"understudy-looking-back {ledger.location}":
            each.join(60)
            assert not each.is_alive()
    return app


def stages(ledger: Ledger) -> list[tuple[int | None, str]]:
    return [(each.step, each.stage) for each in ledger.read(ENDPOINT).records]


def test_what_was_sent_and_not_answered_is_found(
    answers: Answers, cloud: Cloud, tmp_path: Path
) -> None:
    """The overview alone has it looked at: what took effect is told, and the end of the update."""
    # killed when AWS had taken the last of two calls, before that was written down
    ledger = cut_off(cloud, tmp_path, point=7)
    assert stages(ledger)[-1] == (1, "begun")
    cloud.clock.skip(7_200)
    app = visit(answers, cloud, ledger)
    assert not app.exception
    assert stages(ledger)[-3:] == [(1, "found"), (2, "done"), (None, "done")]
    (told,) = standings(ledger.read(ENDPOINT))
    assert told.state == "done"


def test_what_was_not_sent_is_not_sent(answers: Answers, cloud: Cloud, tmp_path: Path) -> None:
    """Nobody asked this server to act: what did not take effect is told as that, and waits."""
    ledger = cut_off(cloud, tmp_path, point=6)
    before = cloud.client().describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    visit(answers, cloud, ledger)
    assert stages(ledger)[-1] == (1, "unclear")
    found = cloud.client().describe_endpoint(EndpointName=ENDPOINT)
    assert (found["EndpointConfigName"], found["EndpointStatus"]) == (before, "InService")


def test_it_is_looked_at_once(answers: Answers, cloud: Cloud, tmp_path: Path) -> None:
    """A second visit asks AWS for nothing that the first had found out."""
    ledger = cut_off(cloud, tmp_path, point=7)
    visit(answers, cloud, ledger)
    written = stages(ledger)
    cloud.clock.skip(7_200)
    visit(answers, cloud, ledger)
    assert stages(ledger) == written


def test_where_aws_refuses_the_page_stands_and_the_log_tells(
    answers: Answers, cloud: Cloud, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A region that cannot be reached fails no page and writes nothing that was not seen."""
    ledger = cut_off(cloud, tmp_path, point=7)
    written = stages(ledger)
    nowhere = replace(cloud, aws=Aws(region="eu-central-1", endpoint_url="http://127.0.0.1:9"))
    with caplog.at_level(logging.WARNING, logger="understudy.looking_back"):
        app = visit(answers, nowhere, opened(ledger.location, nowhere.aws))
    assert not app.exception
    assert app.title
    assert stages(ledger) == written
