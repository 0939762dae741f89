"""Does each session see one state of a training, and is only what is new read again?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from demo.hook import Hook
from queries import cached, cached_trials
from queries.config import Config, Test, Training, Trial
from queries.errors import SourceError
from queries.trials import scanning
from queries.trials.files import IndexFile

NAME = "gradient/Net_fc.0.weight"


def session(what: str) -> None:
    """What a page does, and its fragment or button where it is its turn."""
    import streamlit as st

    from queries import cached_trials

    if what == "look":
        st.session_state["news"] = cached_trials.look("net")
    if what == "refresh":
        cached_trials.refresh("net")
    opened = cached_trials.prepare("net", lambda progress: None)
    drawn = cached_trials.picture("net", "gradient", "norm", mode="TRAIN")
    st.session_state["steps"] = (len(opened.statistics), len(drawn.grid.steps))


class Growing:
    """A training that goes on, and which of its index files were read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read: list[str] = []
        self._hook = Hook(folder, "worker_0", 1, {"gradients": 1, "losses": 1})
        self._steps = 0

    def save(self) -> None:
        """One step more."""
        value = {NAME: np.full((2, 2), 1.0 + self._steps, np.float32)}
        self._hook.save("TRAIN", self._steps, self._steps, value, 1_700_000_000.0 + self._steps)
        self._hook.describe([NAME])
        self._steps += 1

    def visit(self, app: AppTest, what: str = "") -> tuple[int, int]:
        """How many values and steps a session sees."""
        app.args = (what,)
        app.run()
        assert not app.exception
        found: tuple[int, int] = app.session_state["steps"]
        return found


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Growing]:
    """Two steps of a training that is configured as ``net``."""
    made = Growing(tmp_path / "net")
    made.save()
    made.save()
    config = Config(
        tests=(), trials=(Trial(name="net", location=str(made.folder)),), cache=tmp_path / "cache"
    )
    monkeypatch.setattr(cached, "configured", lambda: config)
    monkeypatch.setattr(cached_trials, "LOOK_EVERY_S", 0)
    real = scanning.read_step

    def counted(folder: Path, file: IndexFile, *rest: object) -> object:
        made.read.append(file.path)
        return real(folder, file, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(scanning, "read_step", counted)
    st.cache_data.clear()
    st.cache_resource.clear()
    yield made
    st.cache_data.clear()
    st.cache_resource.clear()


def app() -> AppTest:
    return AppTest.from_function(session, args=("",))


def test_only_new_steps_are_read(running: Growing):
    """A look at a running training reads the index files that were not there before."""
    page = app()
    assert running.visit(page) == (2, 2)
    assert len(running.read) == 2
    running.save()
    assert running.visit(page, "look") == (3, 3)
    assert page.session_state["news"] is True
    assert len(running.read) == 3
    assert running.visit(page, "look") == (3, 3)
    assert page.session_state["news"] is False
    assert len(running.read) == 3


def test_a_session_keeps_what_it_sees_until_it_looks(running: Growing):
    """What stands on a page belongs together: another session's look changes nothing in it."""
    one, other = app(), app()
    assert running.visit(one) == running.visit(other) == (2, 2)
    running.save()
    assert running.visit(one, "look") == (3, 3)
    assert running.visit(other) == (2, 2)
    assert running.visit(other, "look") == (3, 3)
    assert other.session_state["news"] is True
    assert len(running.read) == 3


def test_the_button_looks_at_once(running: Growing):
    """What was saved since is there after a click."""
    page = app()
    running.visit(page)
    running.save()
    assert running.visit(page, "refresh") == (3, 3)


def test_the_end_is_news(running: Growing):
    """A training that ends without a further step is drawn anew: it is looked at no more."""
    page = app()
    running.visit(page)
    (running.folder / "training_job_end.ts").touch()
    running.visit(page, "look")
    assert page.session_state["news"] is True
    running.visit(page, "look")
    assert page.session_state["news"] is False


def test_a_look_that_fails_leaves_what_was(running: Growing):
    """A folder that is gone for a while is told, and the page keeps its steps."""
    page = app()
    running.visit(page)
    away = running.folder.rename(running.folder.with_name("away"))
    assert running.visit(page, "look") == (2, 2)
    assert "cannot be read" in (cached_trials.problem("net") or "")
    away.rename(running.folder)
    assert running.visit(page, "look") == (2, 2)
    assert cached_trials.problem("net") is None


def test_a_training_without_tensors_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Where a trial lies nowhere, the error says so instead of showing nothing."""
    config = Config(tests=(), trials=(Trial(name="gone", location=str(tmp_path / "gone")),))
    monkeypatch.setattr(cached, "configured", lambda: config)
    st.cache_data.clear()
    st.cache_resource.clear()
    with pytest.raises(SourceError, match="gone"):
        cached_trials.trial("gone")


def test_trainings_are_known_by_their_tests(monkeypatch: pytest.MonkeyPatch):
    """Without an account that can be asked, those of the configuration are the choice."""
    trials = (Trial(name="a", location="/a"), Trial(name="b", location="/b"))
    test = Test(name="fraud", training=Training(shadow="b"))
    monkeypatch.setattr(cached, "configured", lambda: Config(tests=(test,), trials=trials))
    found = cached_trials.choices("fraud")
    assert [(each.trial.name, each.test, each.side) for each in found] == [
        ("a", "", None),
        ("b", "fraud", "shadow"),
    ]
    assert cached_trials.missing("fraud") == ()
