"""Does the page of drift say what moved, against what, and when nothing can be compared?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import charts, plain, show


def predictions(app: AppTest) -> AppTest:
    app.session_state["drift"] = "Predictions"
    return show(app, "drift")


@pytest.mark.parametrize(
    "found", [sample.numeric("score", 0.1), sample.categorical("answer")], ids=["scores", "labels"]
)
def test_predictions_are_compared_as_two_distributions(
    app: AppTest, answers: Answers, found: object
):
    """Scores as curves, labels as shares, each with its effect and interval; inputs not asked."""
    answers.report = replace(sample.report(), prediction_drift=found)
    predictions(app)
    assert not app.exception
    assert len(charts(app)) == 1
    assert "as two distributions" in plain(app)
    assert "input_drift" not in [what for what, *_ in answers.asked]


def test_predictions_that_cannot_be_read_are_told(app: AppTest, answers: Answers):
    """No answer that was read is no drift of 0."""
    answers.report = replace(sample.report(), prediction_drift=None)
    predictions(app)
    assert not app.exception
    assert "No predictions to compare." in plain(app)
    assert not charts(app)


def test_without_a_baseline_the_window_before_is_the_reference(app: AppTest, answers: Answers):
    """What the test has decides what is asked first."""
    tests = tuple(replace(test, baseline=None) for test in answers.config.tests)
    answers.config = replace(answers.config, tests=tests)
    show(app, "drift")
    assert answers.asked[-1] == ("input_drift", "fraud-v7", "all", "previous")


def test_no_common_feature_is_a_sentence(app: AppTest, answers: Answers):
    """Nothing in both samples: no chart and no summary of nothing."""
    answers.features = ()
    show(app, "drift")
    assert not app.exception
    assert "No input can be compared." in plain(app)
    assert not charts(app)


def test_all_features_are_shown_when_asked(app: AppTest, answers: Answers):
    """The worst eight first; the others are one click away."""
    show(app, "drift")
    (toggle,) = [each for each in app.toggle if each.key == "show_all"]
    assert toggle.label == f"Show all {len(answers.features)}"
    few = len(charts(app)[0]["data"])
    toggle.set_value(True).run()
    assert not app.exception
    assert len(charts(app)[0]["data"]) > few
