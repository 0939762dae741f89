"""Stopping a training from the page: asked twice, done once, and refused in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from actions.fingerprints import JOB
from actions.ledger import opened
from pages.parts import stopping
from queries import cached, cached_trials
from queries.config import Actions, Config, Trial
from queries.config_actions import IN_WORDS
from queries.trials.jobs import Job, job
from tests.pages.conftest import ROOT
from tests.queries.trials.saved import write_trial
from tests.queries.trials.training_jobs import denied, described, served

JOBS = {"runs": described("runs", status="InProgress"), "over": described("over")}


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    """An account in which a training may be stopped; one job of it runs."""
    with served(JOBS) as aws:
        allowed = Actions(
            allow=("stop_training",),
            without_sign_in=IN_WORDS,
            audit=str(tmp_path / "audit"),
        )
        yield Config(tests=(), aws=aws, actions=allowed)


def _page(config: object, shown: object) -> None:
    # the text of this function is run by itself
    from pages.parts import stopping

    stopping.button(config, shown)


def page(config: Config, name: str = "runs", *, shown: Job | None = None) -> AppTest:
    """The button alone, about a job as it was when the page was drawn."""
    found = shown or job(name, config.aws)
    kwargs = {"config": config, "shown": found}
    return AppTest.from_function(_page, kwargs=kwargs, default_timeout=30).run()


def confirm(app: AppTest, *, reason: str = "the loss is infinite", typed: str = "runs") -> AppTest:
    """Open the dialog, fill it in and press."""
    if not app.text_area:
        app.button(key="stop_training").click().run()
    app.text_area[0].set_value(reason)
    app.text_input[0].set_value(typed)
    submit(app).click()
    return app.run()


def submit(app: AppTest) -> Any:
    return next(each for each in app.button if each.label == "Stop the job")


STOPPED = ["begun", "begun", "done", "done"]


def stages(config: Config) -> list[str]:
    ledger = opened(config.actions.audit, config.aws)
    return [record.stage for record in ledger.read(f"{JOB}runs").records]


def test_a_training_is_stopped_and_the_page_says_so(config: Config) -> None:
    """The consequence is told, the job stops, and the button says when it was asked to."""
    app = page(config)
    assert not app.button(key="stop_training").disabled
    assert not app.text_area
    app.button(key="stop_training").click().run()
    assert "SIGTERM" in app.markdown[0].value
    assert "sagemaker" in app.caption[0].value
    confirm(app)
    assert not app.exception
    assert job("runs", config.aws).status == "Stopping"
    assert stages(config) == STOPPED
    assert "runs was told to stop" in app.success[0].value.replace("**", "")
    assert not app.text_area
    pressed = app.button(key="stop_training")
    assert pressed.disabled
    assert "was told to stop at" in pressed.help


def test_nobody_is_signed_in_and_the_audit_says_so(config: Config) -> None:
    """The page makes no name up."""
    confirm(page(config))
    begun = opened(config.actions.audit, config.aws).read(f"{JOB}runs").records[0]
    assert begun.intent is not None
    assert begun.intent.known_by == "not signed in"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"typed": "run"}, "Type the name, runs, to confirm"),
        ({"reason": " "}, "Say why"),
    ],
)
def test_what_is_not_confirmed_is_told_in_the_dialog(
    config: Config, given: dict, words: str
) -> None:
    """It stays open with what was typed, and can be put right."""
    app = confirm(page(config), **given)
    assert words in app.error[0].value.replace("\\", "")
    assert stages(config) == []
    assert app.text_area
    confirm(app)
    assert stages(config) == STOPPED
    assert not app.error


def test_pressing_twice_stops_once(config: Config) -> None:
    """A second press that was queued finds the work done, of one session or of two."""
    first, second = page(config), page(config)
    second.button(key="stop_training").click().run()
    confirm(first)
    stopping_again = confirm(second)
    assert "does not run any more" in stopping_again.error[0].value
    assert stages(config) == STOPPED


def test_a_press_that_was_queued_does_nothing(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The callback of a dialog that was closed by the first press asks nobody."""
    asked: list[object] = []
    monkeypatch.setattr(stopping.stop_training, "stop", lambda *a, **k: asked.append(a))
    app = page(config)
    app.button(key="stop_training").click().run()
    app.text_area[0].set_value("why")
    app.text_input[0].set_value("runs")
    pressed = submit(app)
    app.session_state["stopping_open"] = "another"
    pressed.click()
    app.run()
    assert asked == []


def test_a_refusal_by_aws_is_told(config: Config) -> None:
    """With what helps and the request id; the dialog stays open, and the audit holds it."""
    with served(JOBS, {}, denied("StopTrainingJob")) as aws:
        app = confirm(page(replace(config, aws=aws)))
    told = app.error[0].value.replace("\\", "")
    assert "Not stopped" in told
    assert "Ask for the permission StopTrainingJob" in told
    assert "Request id" in told
    assert stages(config) == ["begun", "begun", "failed", "failed"]


def test_a_job_that_stopped_meanwhile_is_told(config: Config) -> None:
    """The screen was old: the job is looked at anew, and nothing is asked of it."""
    old = replace(job("over", config.aws), status="InProgress")
    app = confirm(page(config, shown=old), typed="over")
    assert "SageMaker says Completed" in app.error[0].value
    assert stages(config) == []


@pytest.mark.parametrize(
    ("actions", "name", "words"),
    [
        ({"allow": ()}, "runs", "Understudy may not do this here"),
        ({"without_sign_in": None}, "runs", "Nobody is signed in"),
        ({}, "over", "does not run any more"),
    ],
)
def test_where_it_cannot_be_stopped_the_button_says_why(
    config: Config, actions: dict, name: str, words: str
) -> None:
    """Disabled, with the reason; no dialog opens."""
    app = page(replace(config, actions=replace(config.actions, **actions)), name)
    pressed = app.button(key="stop_training")
    assert pressed.disabled
    assert words in pressed.help
    assert not app.text_area


@pytest.fixture
def training(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app with two trials of which the first one's job runs."""
    folder = tmp_path / "debug-output"
    write_trial(folder)
    trials = tuple(Trial(name=f"t-{name}", location=str(folder), job=name) for name in JOBS)
    given = replace(config, trials=trials, cache=tmp_path / "cache")
    monkeypatch.setattr(cached, "configured", lambda: given)
    monkeypatch.setattr(cached, "account", lambda wanted=None: given)
    st.cache_data.clear()
    st.cache_resource.clear()
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)


def test_a_training_page_offers_it_while_the_job_runs(training: AppTest, config: Config) -> None:
    """Beside its name; one that is over has no such button; the press is seen at once."""
    training.query_params["trial"] = "t-over"
    over = training.switch_page("pages/training/rules.py").run()
    assert not over.exception
    assert not any(each.key == "stop_training" for each in over.button)
    over.selectbox(key="trial").set_value("t-runs").run()
    confirm(over)
    assert not over.exception
    assert job("runs", config.aws).status == "Stopping"
    assert over.button(key="stop_training").disabled
    assert cached_trials.source("t-runs").job.status == "Stopping"
