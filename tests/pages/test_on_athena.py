"""Does every page show on Athena what it shows on this machine, and say what that cost?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis import slice_search
from pages.parts import asking
from queries.athena import engine
from tests.athena_demo import AthenaDemo, four_hours
from tests.pages.test_pages import charts, text

ROOT = Path(__file__).parents[2]
SCANNED = (
    r"Athena scanned [\d.]+.(bytes|kB|MB) in \d+ questions?, [\d.]+ s, about 0\.\d+.USD"
    r"|Nothing was asked of Athena for this page"
)
PAGES = ("overview", "agreement", "slices", "latency", "drift", "resources")
WRITTEN, EMPTY, BEHIND = "fraud-scores", "ticket-routing", "delivery-minutes"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AthenaDemo]:
    """Hours of the demo's tests: written of one, of one not yet, and of one all but the last."""
    with four_hours(tmp_path_factory.mktemp("account")) as found:
        found.write(WRITTEN)
        found.set_up(EMPTY)
        found.write(BEHIND, until=timedelta(hours=1))
        yield found
        assert found.service.untested == []


@pytest.fixture(autouse=True)
def fresh(account: AthenaDemo) -> Iterator[None]:
    """Nothing is kept from one test to the next, and what was to go wrong in one is over."""
    forget()
    yield
    account.service.troubles.release()
    account.around.faults.reset()


def forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def opened(page: str, path: Path, patch: pytest.MonkeyPatch, test: str = WRITTEN) -> AppTest:
    patch.setenv("UNDERSTUDY_CONFIG", str(path))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["test"] = test
    app.run()
    return app if page == "overview" else app.switch_page(f"pages/shadow_test/{page}.py").run()


def sidebar(app: AppTest) -> str:
    return "\n".join(each.value for each in app.sidebar.caption)


def plain(said: str) -> str:
    return re.sub(r"\\(.)", r"\1", said)


def body(app: AppTest) -> list[str]:
    kinds = (app.main.markdown, app.main.caption, app.main.info, app.main.warning)
    return [str(each.value) for kind in kinds for each in kind]


def alike(one: Any, other: Any) -> bool:
    """Whether two charts draw the same: sums of floats may differ in their last digits."""
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_the_same_on_both_engines(
    account: AthenaDemo, monkeypatch: pytest.MonkeyPatch, page: str
):
    """Each sentence, number, table and chart; besides, Athena's says what was scanned for it."""
    # four hours hold a hundred pairs, too few for a slice of either half
    monkeypatch.setattr(slice_search, "MIN_PAIRS", 5)
    there = opened(page, account.path, monkeypatch)
    assert not there.exception
    assert not there.error
    said, drawn = body(there), charts(there)
    tables = [each.value.to_csv() for each in there.main.dataframe]
    assert re.search(SCANNED, sidebar(there))
    forget()
    here = opened(page, account.local, monkeypatch)
    assert not here.exception
    assert "Athena" not in sidebar(here)
    assert said == body(here)
    assert tables == [each.value.to_csv() for each in here.main.dataframe]
    assert drawn
    assert alike(drawn, charts(here))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_written_hours_says_what_to_run(
    account: AthenaDemo, monkeypatch: pytest.MonkeyPatch, page: str
):
    """Tables without hours are no zero but a sentence with a command."""
    app = opened(page, account.path, monkeypatch, EMPTY)
    assert not app.exception
    assert "cli.py athena update ticket-routing" in text(app)
    assert not charts(app)


def test_a_test_without_tables_says_what_to_run(
    account: AthenaDemo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """What Glue does not know has to be set up first."""
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text(f'{account.path.read_text()}\ndatabase = "elsewhere"\n')
    app = opened("overview", elsewhere, monkeypatch)
    assert not app.exception
    assert "cli.py athena setup fraud-scores" in text(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_whose_query_fails_says_so(
    account: AthenaDemo, monkeypatch: pytest.MonkeyPatch, page: str
):
    """The call, its code and the query's id stand there, with a button to try again."""
    account.service.troubles.fail("HIVE_CURSOR_ERROR: a file went away", times=40)
    app = opened(page, account.path, monkeypatch)
    while account.service.troubles.failure() is not None:
        pass
    assert not app.exception
    assert "HIVE\\_CURSOR\\_ERROR" in text(app)
    shown = "\n".join(each.value for each in app.code)
    assert "AWS call: StartQueryExecution" in shown
    assert re.search(r"Request id: [0-9a-f-]{36}", shown)
    assert [each for each in app.button if each.label == "Try again"]


def test_a_page_that_ends_early_says_its_sum(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """What was scanned before is said, and no question is left running on the screen."""
    app = opened("agreement", account.path, monkeypatch)
    asked = len(account.service.statements)
    app.text_input(key="where").set_value("hour = 3").run()
    assert not app.exception
    assert len(account.service.statements) > asked
    assert not charts(app)
    said = sidebar(app)
    assert re.search(r"Athena scanned [\d.]+.(bytes|kB) in \d+ questions", said)
    assert "in Athena:" not in said


def test_credentials_that_expired_are_told(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """Where Glue refuses nothing is drawn, and the refusal is a sentence."""
    account.around.faults.expire()
    app = opened("overview", account.path, monkeypatch)
    assert not app.exception
    assert "expired" in text(app)
    assert not charts(app)


def test_what_was_asked_before_is_kept(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """A page drawn again asks nothing, and says still what it asked when it was opened."""
    app = opened("overview", account.path, monkeypatch)
    before, said = len(account.service.statements), sidebar(app)
    app.run()
    assert len(account.service.statements) == before
    line = re.search(r"Athena scanned .*", said)
    assert line is not None
    assert line[0] in sidebar(app)


def test_an_earlier_answer_costs_nothing(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """Who asks Athena the same within an hour gets its earlier answers, and reads how many."""
    opened("overview", account.path, monkeypatch)
    forget()
    again = sidebar(opened("overview", account.path, monkeypatch))
    found = re.search(r"scanned 0.bytes in (\d+) questions.*; (\d+) answered from cache", again)
    assert found is not None
    assert found[1] == found[2]


def test_an_expensive_question_is_asked_only_after_a_word(
    account: AthenaDemo, monkeypatch: pytest.MonkeyPatch
):
    """It says what it might cost; a press asks it, and it is not asked about again."""
    monkeypatch.setattr(asking, "ASK_FROM_USD", 0.0)
    before = len(account.service.statements)
    app = opened("overview", account.path, monkeypatch)
    assert len(account.service.statements) == before
    assert not charts(app)
    warned = "\n".join(each.value for each in app.warning)
    assert "not asked for yet" in warned
    assert "cost up to" in warned
    (press,) = [each for each in app.button if each.label == "Ask anyway"]
    press.click().run()
    assert not [each for each in app.button if each.label == "Ask anyway"]
    assert charts(app)
    app.switch_page("pages/shadow_test/agreement.py").run()
    assert charts(app)


def test_hours_that_are_not_written_are_told(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """Closed hours that no answer holds are said, with the command that writes them."""
    app = opened("overview", account.path, monkeypatch, BEHIND)
    assert (
        "1 hour is over and not in Athena’s tables yet, from 2026-03-31 16:00 UTC on: "
        "`cli.py athena update delivery-minutes`"
    ) in plain(sidebar(app))
    assert "tables yet" not in sidebar(opened("overview", account.path, monkeypatch))


def test_a_sample_says_of_how_many(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """Rows that travel are a part of them where there are many, and the page says which part."""
    monkeypatch.setattr(engine, "MOST_ROWS", 20)
    app = opened("agreement", account.path, monkeypatch)
    assert re.search(r"every \d+(st|nd|rd|th) pair", "\n".join(body(app)))
    app = opened("drift", account.path, monkeypatch)
    assert re.search(r"every \d+(st|nd|rd|th) request", "\n".join(body(app)))


def test_a_pair_is_shown_as_it_was_captured(account: AthenaDemo, monkeypatch: pytest.MonkeyPatch):
    """The drawer shows the same two records, found in their objects, on both engines."""
    shown = []
    for path in (account.path, account.local):
        forget()
        app = opened("agreement", path, monkeypatch)
        app.session_state["open_pair"] = app.session_state["listed_pairs"][0]
        app.run()
        assert not app.exception
        # but for the addresses, whose references are each engine's own
        shown.append([each.value for each in app.code if not each.value.startswith("?test=")])
    assert any(each.startswith("s3://captures/fraud-scores/Shadow-01/2026") for each in shown[0])
    assert shown[0] == shown[1]
