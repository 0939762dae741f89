"""Does the page of quality show on Athena what it shows on this machine, and what is missing?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from queries.athena import labels
from queries.config import Truth
from tests.athena_demo import AthenaDemo, four_hours
from tests.pages import test_on_athena as pages
from tests.pages.test_pages import charts, plain

NAME = "delivery-minutes"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AthenaDemo]:
    """Some hours of the demo's test whose right answers are known within minutes, all written."""
    with four_hours(tmp_path_factory.mktemp("account")) as found:
        truth = found.config.test(NAME).truth
        assert truth is not None
        # the minutes that a delivery took are what came of it, too
        outcomes = f'[tests.{NAME}.outcomes]\nlocation = "{truth.location}"\n'
        for path in (found.path, found.local):
            path.write_text(path.read_text() + outcomes + 'columns = ["actual"]\n')
        found.write(NAME)
        yield found
        assert found.service.untested == []


@pytest.fixture(autouse=True)
def fresh(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is kept from one test to the next."""
    pages.forget()
    monkeypatch.setattr(labels, "LOOK_EVERY_S", -1.0)
    yield
    account.service.troubles.release()


def opened(path: Path, patch: pytest.MonkeyPatch) -> AppTest:
    return pages.opened("quality", path, patch, NAME)


def test_the_page_is_the_same_on_both_engines(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """Each sentence, number, table and chart; and what Athena scanned for it."""
    there = opened(account.path, monkeypatch)
    assert not there.exception
    assert not there.error
    assert not there.info
    said, drawn = pages.body(there), charts(there)
    tables = [each.value.to_csv() for each in there.main.dataframe]
    assert "nearer to the truth" in plain(there)
    assert "pairs have this outcome" in plain(there)
    assert "Athena scanned" in pages.sidebar(there)
    pages.forget()
    here = opened(account.local, monkeypatch)
    assert said == pages.body(here)
    assert tables == [each.value.to_csv() for each in here.main.dataframe]
    assert len(drawn) == 4
    assert pages.alike(drawn, charts(here))


def test_labels_that_came_since_are_told(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """A file that was written anew is told above the numbers, which stay as they were joined."""
    truth = account.config.test(NAME).truth
    assert isinstance(truth, Truth)
    file = Path(truth.location)
    before, times = file.read_bytes(), file.stat()
    file.write_bytes(before + b"nobody,12\n")
    try:
        app = opened(account.path, monkeypatch)
        assert not app.exception
        assert f"`cli.py athena update {NAME}` joins them again" in app.info[0].value
        assert "1 file of labels has come" in app.info[0].value
        assert charts(app)
    finally:
        file.write_bytes(before)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_question_that_fails_says_so(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """The call and its code stand there, with a button to try again."""
    account.service.troubles.fail("HIVE_CURSOR_ERROR: a file went away", times=40)
    app = opened(account.path, monkeypatch)
    while account.service.troubles.failure() is not None:
        pass
    assert not app.exception
    assert "HIVE_CURSOR_ERROR" in plain(app)
    assert [each for each in app.button if each.label == "Try again"]


def test_labels_that_were_never_joined(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """Nothing is drawn, and the command that joins them stands there."""
    catalogue, table = account.service.catalogue, "delivery_minutes_truth"
    (state,) = catalogue.partitions("understudy", table)
    catalogue.drop_partition("understudy", table, state["Values"])
    try:
        app = opened(account.path, monkeypatch)
        assert not app.exception
        assert f"cli.py athena update {NAME}" in plain(app)
        assert not charts(app)
    finally:
        catalogue.add_partition("understudy", table, state)
