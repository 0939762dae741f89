"""Does the page Gradients show a training: with data, with none, running, beside another?"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from demo import trials as made
from demo.hook import LOSS, Hook
from queries import cached, cached_trials
from queries.config import Aws, Config, Test, Training, Trial
from queries.errors import AwsError
from tests.pages.conftest import ROOT
from tests.pages.test_explaining import drawn, offered
from tests.pages.test_pages import charts, plain, text

PAGE = "pages/training/gradients.py"
HOSTILE = '<img src=x onerror="alert(1)">![x](http://evil.example/x.png)|:red[y] $a$'
PRODUCTION, SHADOW, RUNNING = "fraud-net-production", "fraud-net-shadow", "fraud-net-next"


def write(folder: Path, tensors: dict[str, np.ndarray], *, steps: int = 3, ends: bool = True):
    """A trial of one worker in which every step holds the same values, times the step."""
    kinds = dict.fromkeys(("weights", "biases", "gradients", "losses"), 1)
    hook = Hook(folder, "worker_0", 1, kinds)
    for step in range(steps):
        hook.save("TRAIN", step, step, tensors, time.time() - steps + step)
    hook.describe(list(tensors))
    if ends:
        (folder / "training_job_end.ts").touch()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's trainings, one whose names are hostile, one without layers, and one that runs."""
    folder = tmp_path_factory.mktemp("trials")
    made.write(folder, end_ms=round(time.time() * 1_000), seed=1)
    some = np.array([[0.5, -0.25], [0.0, 1.0]], np.float32)
    write(folder / "hostile", {f"{HOSTILE}.weight": some, f"gradient/{HOSTILE}.weight": some})
    write(folder / "losses", {LOSS: np.float32(0.5).reshape(())})
    write(folder / "weights", {"Net_fc.0.weight": some, LOSS: np.float32(0.5).reshape(())})
    one = np.float32(0.5).reshape(1)
    boosted = {f"feature_importance/gain/f{at}": (1 + at) * one for at in range(3)}
    write(folder / "boosted", {**boosted, "train-auc": one, "validation-logloss": one})
    write(folder / "running", {"gradient/Net_fc.0.weight": some}, ends=False)
    return folder


@pytest.fixture
def config(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Config]:
    """What is configured, to be changed by a test before the page is opened."""
    demo = [
        Trial(name=name, location=str(folder / name / "debug-output"))
        for name in (SHADOW, PRODUCTION)
    ]
    others = [
        Trial(name=name, location=str(folder / name))
        for name in ("hostile", "losses", "weights", "boosted", "running")
    ]
    test = Test(
        name="fraud-v7",
        captures="/captures",
        production="AllTraffic",
        shadow="Shadow",
        training=Training(production=PRODUCTION, shadow=SHADOW),
    )
    held = [Config(tests=(test,), trials=(*demo, *others), cache=tmp_path)]
    monkeypatch.setattr(cached, "configured", lambda: held[0])
    st.cache_data.clear()
    st.cache_resource.clear()
    return held


@pytest.fixture
def app(config: list[Config]) -> AppTest:
    assert config
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


def show(app: AppTest, **asked: str) -> AppTest:
    for name, value in asked.items():
        app.query_params[name] = value
    return app.switch_page(PAGE).run()


def said(app: AppTest) -> str:
    return plain(app).replace("\u202f", " ")


def heatmaps(app: AppTest) -> list[dict]:
    return [
        chart
        for chart in charts(app)
        if chart["data"][0]["type"] == "heatmap" and len(chart["data"]) > 1
    ]


def test_the_whole_training_is_one_picture(app: AppTest):
    """A row for each gradient, the input's first, under the training's name and what was saved."""
    show(app, trial=PRODUCTION)
    assert not app.exception
    assert not app.error
    assert PRODUCTION in said(app)
    assert "TRAIN 20 steps, 0 to 190" in said(app)
    assert "PyTorch, by the names" in said(app)
    (picture,) = heatmaps(app)
    names = picture["layout"]["yaxis"]["ticktext"]
    assert names[0].startswith("layers.0.")
    assert picture["data"][0]["z"]["shape"].replace(" ", "") == f"{len(names)},20"
    assert "No gradient vanishes, explodes or is not finite" in said(app)


def test_a_shadow_stands_beside_production(app: AppTest):
    """The production model's training is compared with by itself, layer by layer, in words."""
    show(app, trial=SHADOW)
    assert not app.exception
    here, there = heatmaps(app)
    assert here["layout"]["xaxis"]["range"] == there["layout"]["xaxis"]["range"]
    assert here["data"][0]["zmin"] == there["data"][0]["zmin"]
    assert "powers of ten smaller" in said(app)
    assert f"Against {PRODUCTION}" in said(app)
    assert app.selectbox(key="against").value == PRODUCTION


def test_the_shadows_training_comes_first(app: AppTest, config: list[Config]):
    """Without a wish it is the shadow's that is reviewed, wherever it stands in the file."""
    config[0] = replace(config[0], trials=config[0].trials[::-1])
    show(app)
    assert app.selectbox(key="trial").value == SHADOW
    assert app.selectbox(key="against").value == PRODUCTION


def test_what_it_is_compared_with_follows_the_choice(app: AppTest):
    """Another training than a shadow's stands alone until one chooses."""
    show(app)
    app.selectbox(key="trial").set_value(PRODUCTION).run()
    assert not app.exception
    assert app.selectbox(key="against").value is None
    assert len(heatmaps(app)) == 1
    app.selectbox(key="against").set_value("running").run()
    assert len(heatmaps(app)) == 2


def test_activations_open_on_a_layer_that_has_some(app: AppTest):
    """The layer below is one of the family that the picture shows."""
    show(app, trial=PRODUCTION)
    app.selectbox(key="family").set_value("activation").run()
    app.selectbox(key="layer").set_value("act.1").run()
    assert not app.exception
    assert "Percentiles over the steps" in said(app)


def test_a_layer_is_shown_from_step_to_step(app: AppTest):
    """The layer that is chosen has percentiles, a histogram, its norm and every number."""
    show(app, trial=PRODUCTION)
    app.selectbox(key="layer").set_value("layers.2").run()
    assert not app.exception
    assert "Percentiles over the steps" in said(app)
    assert "20 steps of TRAIN" in said(app)
    names = [button.proto.label for button in app.get("download_button")]
    assert "Every step (CSV)" in names
    table = next(m.value for m in app.markdown if m.value.startswith("|"))
    assert table.count("\n") == 1 + 12


@pytest.mark.parametrize("family", ["gradient", "weight", "activation"])
def test_every_measure_can_be_seen(app: AppTest, family: str):
    """Each family has its measures, and each of them a picture; what was chosen may be kept."""
    show(app, trial=PRODUCTION)
    app.selectbox(key="family").set_value(family).run()
    for measure in app.selectbox(key="measure").options:
        app.selectbox(key="measure").select(measure).run()
        assert not app.exception, measure
        assert heatmaps(app), measure


@pytest.mark.parametrize("trial", [SHADOW, "boosted", "losses", "weights"])
def test_every_chart_and_table_explains_itself(app: AppTest, trial: str):
    """Pictures, a layer's charts and its table, losses, importance: each has one button beside."""
    show(app, trial=trial)
    assert not app.exception
    assert offered(app) == drawn(app) > 0


def test_a_training_without_layers_says_what_it_has(app: AppTest):
    """Losses alone are drawn, and it is said how gradients would be saved."""
    show(app, trial="losses")
    assert not app.exception
    assert "No gradients, weights or activations were saved" in said(app)
    assert any("CollectionConfig" in code.value for code in app.code)
    assert len(charts(app)) == 1


def test_a_boosted_model_shows_its_features(app: AppTest):
    """Trees have no gradients: importance over the rounds, metrics and losses are drawn instead."""
    show(app, trial="boosted")
    assert not app.exception
    assert "XGBoost, by the names" in said(app)
    assert "3 features, 3 saved rounds" in said(app)
    importance, losses = (charts(app)[at] for at in (0, -1))
    assert [each["name"] for each in importance["data"]] == ["f2", "f1", "f0"]
    assert losses["data"][0]["name"].endswith("validation-logloss")


def test_a_training_without_gradients_shows_its_weights(app: AppTest):
    """What was saved is drawn; what was not is named with its remedy."""
    show(app, trial="weights")
    assert not app.exception
    assert "No gradients were saved" in said(app)
    assert heatmaps(app)


def test_a_running_training_is_looked_at(app: AppTest):
    """Without an end file and with a fresh step it runs, and can be looked at again."""
    show(app, trial="running")
    assert not app.exception
    assert "Running · last step" in said(app)
    assert any(button.label == "Look for new steps" for button in app.button)


def test_a_training_that_was_left_is_told_apart(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    """No end file and no step for long: it was killed, or saves nothing."""
    monkeypatch.setattr("pages.parts.trials.LONG", timedelta(seconds=-1))
    show(app, trial="running")
    assert "No end file" in said(app)


def test_without_trials_it_is_said_how_to_name_one(app: AppTest, config: list[Config]):
    """Tests alone: the page says what a trial is and where it is named."""
    config[0] = replace(config[0], trials=(), tests=config[0].tests[:0])
    show(app)
    assert not app.exception
    assert app.title[0].value == "No training to review"
    assert any("[trials." in code.value for code in app.code)


def test_trials_alone_are_enough(app: AppTest, config: list[Config]):
    """Without a test the training is shown all the same, and the front page leads there."""
    config[0] = replace(config[0], tests=())
    app.run()
    assert not app.exception
    assert app.title[0].value == "No shadow test yet"
    assert [link.proto.page for link in app.get("page_link")] == ["gradients"]
    show(app, trial=PRODUCTION)
    assert not app.exception
    assert heatmaps(app)


def test_a_wrong_name_is_told(app: AppTest):
    """An address that names no training shows the first one and says so."""
    show(app, trial="no-such")
    assert not app.exception
    assert "none of that name" in said(app)


def test_a_folder_that_is_none_is_a_sentence(app: AppTest, config: list[Config], tmp_path: Path):
    """Where nothing lies, the sentence names the folder, and trying again is offered."""
    wrong = Trial(name="wrong", location=str(tmp_path / "nowhere"))
    config[0] = replace(config[0], trials=(wrong,), tests=())
    show(app)
    assert not app.exception
    assert "nowhere" in said(app)
    assert app.button(key="try_again_the training")


def test_a_refused_call_is_named(app: AppTest, config: list[Config], monkeypatch):
    """A job that SageMaker does not tell of: call, code and request id are on the page."""
    refusal = AwsError(
        "AWS refused to tell of the job: the role lacks sagemaker:DescribeTrainingJob.",
        call="DescribeTrainingJob",
        code="AccessDeniedException",
        request_id="4442587FB7D0A2F9",
    )

    def refuse(name: str) -> None:
        raise refusal

    monkeypatch.setattr(cached_trials, "source", refuse)
    job = Trial(name="job", job="fraud-2026")
    config[0] = replace(config[0], trials=(job,), tests=(), aws=Aws(region="eu-central-1"))
    show(app)
    assert not app.exception
    named = " ".join(code.value for code in app.code).split()
    assert {"DescribeTrainingJob", "AccessDeniedException", "4442587FB7D0A2F9"} <= set(named)


def test_names_of_tensors_are_text(app: AppTest):
    """A name full of markup is shown as its characters: in the picture, in words, in the choice."""
    show(app, trial="hostile")
    assert not app.exception
    assert heatmaps(app)
    for chart in app.get("plotly_chart"):
        assert "<img" not in chart.proto.spec
        assert "\\u003cimg" not in chart.proto.spec
    assert "![x]" not in text(app)
    assert ":red[y]" not in text(app)
