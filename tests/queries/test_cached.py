"""Does each session see one state of a test, and are answers kept for as long as they hold?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from queries import cached, cached_answers, reports
from tests.queries.capturing import NOON, capture_file, line

NAMES = ("one", "other")


def session(test: str, renew: bool, look: bool) -> None:
    """What a page does, and its fragment if it is its turn."""
    import streamlit as st

    from queries import cached, cached_answers

    if look:
        st.session_state["news"] = cached.look(test)
    else:
        cached.prepare(test, lambda progress: None, renew=renew)
    st.session_state["pairs"] = cached_answers.report(test, "all").pairing.paired
    st.session_state["state"] = cached.state(test)


@dataclass
class Account:
    """Two tests in folders, and how often a report was made of each."""

    folder: Path
    reported: list[str]

    def capture(self, test: str, minute: int, *, at: datetime = NOON) -> None:
        """One file more of both variants, of three pairs."""
        for variant in ("AllTraffic", "Shadow"):
            times = [at + timedelta(minutes=minute, seconds=n) for n in range(3)]
            lines = [line("1,2", "0.5", at=t, event=f"{minute}-{t}") for t in times]
            capture_file(self.folder / test, lines, variant=variant, name=f"{minute:03}.jsonl")

    def visit(self, app: AppTest, test: str, *, renew: bool = True, look: bool = False) -> int:
        """The pairs that a session sees."""
        app.args = (test, renew, look)
        app.run()
        assert not app.exception
        found: int = app.session_state["pairs"]
        return found


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """A configuration of its own, with nothing kept from another test."""
    tables = [
        f'[tests.{name}]\ncaptures = "{tmp_path / name}"\nproduction = "AllTraffic"\n'
        'shadow = "Shadow"\n'
        for name in NAMES
    ]
    (tmp_path / "understudy.toml").write_text(f'cache = "{tmp_path / "cache"}"\n{"".join(tables)}')
    monkeypatch.setenv("UNDERSTUDY_CONFIG", str(tmp_path / "understudy.toml"))
    st.cache_data.clear()
    st.cache_resource.clear()
    found = Account(tmp_path, [])
    made = reports.report

    def counted(opened, window):
        found.reported.append(opened.test.name)
        return made(opened, window)

    monkeypatch.setattr(reports, "report", counted)
    for name in NAMES:
        found.capture(name, 0)
    yield found
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def viewers() -> tuple[AppTest, AppTest]:
    """Two sessions of one server."""
    first, second = (AppTest.from_function(session, default_timeout=30) for _ in range(2))
    return first, second


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks are due as soon as they are asked for."""
    monkeypatch.setattr(cached, "LOOK_EVERY_S", 0)
    for module in (cached, cached_answers):
        monkeypatch.setattr(module, "FRESH_S", 0)


@pytest.mark.usefixtures("at_once")
def test_news_of_one_test_leave_the_others_answers(
    account: Account, viewers: tuple[AppTest, AppTest]
) -> None:
    """What was answered about a test is asked again when that test has new captures only."""
    first, second = viewers
    assert account.visit(first, "one") == account.visit(second, "other") == 3
    assert account.reported == ["one", "other"]
    account.capture("one", 1)
    assert account.visit(first, "one", look=True) == 6
    assert account.visit(second, "other", look=True) == 3
    assert account.visit(second, "one") == 6
    assert account.reported == ["one", "other", "one"]


@pytest.mark.usefixtures("at_once")
def test_a_look_says_whether_there_are_news(
    account: Account, viewers: tuple[AppTest, AppTest]
) -> None:
    """Only new captures are a reason to draw the page again; each session learns of them once."""
    first, second = viewers
    for each in viewers:
        account.visit(each, "one")
    account.visit(first, "one", look=True)
    assert first.session_state["news"] is False
    account.capture("one", 1)
    for each in viewers:
        assert account.visit(each, "one", look=True) == 6
        assert each.session_state["news"] is True
        account.visit(each, "one", look=True)
        assert each.session_state["news"] is False
    assert account.reported == ["one", "one"]
    assert second.session_state["state"] == "quiet"


@pytest.mark.usefixtures("at_once")
def test_who_holds_still_sees_what_was_there(
    account: Account, viewers: tuple[AppTest, AppTest]
) -> None:
    """A session that does not renew stays with its numbers while another one goes on."""
    still, moving = viewers
    account.visit(still, "one", renew=False)
    account.capture("one", 1)
    assert account.visit(moving, "one") == 6
    assert account.visit(still, "one", renew=False) == 3
    assert account.visit(still, "one") == 6


@pytest.mark.usefixtures("at_once")
def test_who_holds_still_too_long_moves_on(
    account: Account, viewers: tuple[AppTest, AppTest]
) -> None:
    """Once the superseded files are removed the session sees the newest, and no error."""
    still, moving = viewers
    account.visit(still, "one", renew=False)
    before = set((account.folder / "cache").rglob("*.parquet"))
    account.capture("one", 1)
    account.visit(moving, "one")
    for file in before:
        file.unlink()
    assert account.visit(still, "one", renew=False) == 6


def test_a_wish_to_look_is_met(account: Account, viewers: tuple[AppTest, AppTest]) -> None:
    """Looking by hand finds what is new at once, holding still or not, and asks all anew."""
    first, _ = viewers
    account.visit(first, "one")
    account.capture("one", 1)
    assert account.visit(first, "one") == 3
    wanted = cached._watch("one").want()
    first.session_state[cached._WANTED] = wanted
    assert account.visit(first, "one", renew=False) == 6
    assert account.reported == ["one", "one"]


@pytest.mark.usefixtures("at_once")
def test_a_finished_test_is_not_looked_at_again(
    account: Account, viewers: tuple[AppTest, AppTest]
) -> None:
    """After its end and the last late file, a visit reads nothing, whatever lies there."""
    config = account.folder / "understudy.toml"
    config.write_text(config.read_text() + "end = 2024-03-31T13:00:00Z\n")
    first, second = viewers
    assert account.visit(first, "other") == 3
    assert first.session_state["state"] == "ended"
    account.capture("other", 1)
    for each in (first, second):
        assert account.visit(each, "other") == 3


@pytest.mark.usefixtures("at_once")
def test_captures_that_still_come_make_a_test_live(
    account: Account, viewers: tuple[AppTest, AppTest]
) -> None:
    """With no end stated and none asked, a test lives while its captures are young."""
    first, _ = viewers
    account.visit(first, "one")
    assert first.session_state["state"] == "quiet"
    account.capture("one", 1, at=datetime.now(NOON.tzinfo) - timedelta(minutes=2))
    account.visit(first, "one", look=True)
    assert first.session_state["state"] == "live"


@pytest.mark.usefixtures("at_once")
def test_a_look_that_fails_keeps_the_numbers(
    account: Account, viewers: tuple[AppTest, AppTest]
) -> None:
    """The sentence is there, the page is not drawn again, and the numbers stand."""
    first, _ = viewers
    account.visit(first, "one")
    (account.folder / "one").rename(account.folder / "gone")
    assert account.visit(first, "one", look=True) == 3
    assert first.session_state["news"] is False
    assert "do not exist" in (cached.problem("one") or "")
    assert account.visit(first, "one") == 3
    (account.folder / "gone").rename(account.folder / "one")
    account.visit(first, "one", look=True)
    assert cached.problem("one") is None
