"""Does the page of drift say what moved, against what, and when nothing can be compared?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.drift_over_time import Course
from analysis.interruptions import Interruption
from queries import cached_answers
from queries.errors import NotComparable
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


def over_time(app: AppTest) -> AppTest:
    app.session_state["drift"] = "Over time"
    return show(app, "drift")


def test_the_course_of_every_feature_is_drawn(app: AppTest):
    """All features over time, the most moved beside its chance, and when it changed."""
    over_time(app)
    assert not app.exception
    heat, course = charts(app)
    assert heat["layout"]["yaxis"]["ticktext"][0] == "amount"
    assert "of 3 features moved. amount most: 53 of 91 blocks of an hour" in plain(app)
    assert "1 change found; what comes again every day was taken out first." in plain(app)
    assert "1 block has no rows." in plain(app)
    dotted = [each for each in course["layout"]["shapes"] if each["line"].get("dash") == "dot"]
    assert [each["x0"][:13] for each in dotted] == ["2026-03-05T03"]
    assert "2026-03-05 03:00 UTC (p " in plain(app)


def test_where_captures_are_missing_is_marked(app: AppTest, answers: Answers):
    """Both pictures are shaded where rows should have come and did not."""
    stretch = Interruption(
        "gap", "production", sample.START, sample.START + timedelta(hours=9), missing=900.0
    )
    answers.report = replace(sample.report(), interruptions=(stretch,))
    over_time(app)
    for chart in charts(app):
        shaded = [each for each in chart["layout"]["shapes"] if each["type"] == "rect"]
        assert [each["x1"][:13] for each in shaded] == ["2026-03-02T09"]


def test_another_feature_and_measure_can_be_looked_at(app: AppTest):
    """The feature and its measure are choices; a text has Cramér's V where a number has KS D."""
    over_time(app)
    assert charts(app)[1]["layout"]["yaxis"]["title"]["text"] == "KS D"
    app.get_by_key("feature_over_time").select("country").run()
    assert charts(app)[1]["layout"]["yaxis"]["title"]["text"] == "Cramér V"
    app.get_by_key("measure_categorical").select("PSI").run()
    assert not app.exception
    assert charts(app)[1]["layout"]["yaxis"]["title"]["text"] == "PSI"


def test_blocks_and_reference_are_asked_for(app: AppTest, answers: Answers):
    """Blocks long enough for what came in them are asked first; what is chosen is asked next."""
    over_time(app)
    assert answers.asked[-1] == ("inputs_over_time", "fraud-v7", "all", "baseline", "6 hours")
    app.get_by_key("every").select("day").run()
    assert answers.asked[-1] == ("inputs_over_time", "fraud-v7", "all", "baseline", "day")
    app.get_by_key("reference").select("previous").run()
    assert answers.asked[-1][3] == "previous"


def test_the_distance_of_a_number_has_a_course(app: AppTest):
    """Hour by hour in standard deviations, above its band of chance; a text has no distance."""
    over_time(app)
    app.get_by_key("measure_numeric").select("Wasserstein, sd").run()
    assert not app.exception
    assert charts(app)[1]["layout"]["yaxis"]["title"]["text"] == "Wasserstein, sd"
    courses = {
        each.name: {course.name: course for course in each.courses}
        for each in sample.over_time().features
    }
    moved = courses["amount"]["Wasserstein, sd"]
    beyond, judged = moved.value > moved.chance, ~np.isnan(moved.value)
    assert beyond[75:][judged[75:]].mean() > 0.95
    assert beyond[:75][judged[:75]].mean() < 0.15
    assert "Wasserstein, sd" not in courses["country"]


def test_no_course_without_features(app: AppTest, answers: Answers):
    """Nothing in both samples is a sentence, and no empty picture."""
    answers.over_time = replace(sample.over_time(), features=())
    over_time(app)
    assert not app.exception
    assert "No input can be compared." in plain(app)
    assert not charts(app)


def test_a_course_that_cannot_be_asked_is_told(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    """What cannot be compared is a sentence in place of the charts; the page stays."""

    def refused(*asked: object) -> None:
        raise NotComparable("fraud-v7 has no baseline.")

    monkeypatch.setattr(cached_answers, "inputs_over_time", refused)
    over_time(app)
    assert not app.exception
    assert "The inputs over time cannot be compared." in plain(app)
    assert "fraud-v7 has no baseline." in plain(app)
    assert not charts(app)


def test_too_few_values_everywhere_is_said(app: AppTest, answers: Answers):
    """Where no hour holds enough values nothing is called still."""
    found = sample.over_time()
    nothing = np.full(len(found.start), np.nan)
    answers.over_time = replace(
        found,
        features=tuple(
            replace(
                each,
                courses=tuple(Course(of.name, nothing, nothing) for of in each.courses),
                q=nothing,
                changes=(),
            )
            for each in found.features
        ),
    )
    over_time(app)
    assert not app.exception
    assert "Nothing can be told: no block of time holds 100 values" in plain(app)


def whole(app: AppTest) -> AppTest:
    app.session_state["drift"] = "Together"
    return show(app, "drift")


def test_whole_requests_are_told_apart_by_their_features(app: AppTest, answers: Answers):
    """The size in words a reader can use, both tests in numbers, and the features that tell."""
    whole(app)
    assert not app.exception
    assert answers.asked[-1] == ("inputs_together", "fraud-v7", "all", "baseline")
    said = " ".join(plain(app).split())
    assert "a model picks the one of now in 58 % of cases" in said
    assert "without drift below 0.0016" in said
    assert "0.571 to 0.595; guessing is 0.5" in said
    (chart,) = charts(app)
    assert chart["layout"]["yaxis"]["ticktext"][0] == "amount"


def test_without_scikit_learn_there_is_one_sentence(app: AppTest, answers: Answers):
    """The energy distance is there all the same; what the other test needs is said."""
    answers.together = replace(sample.together(), separation=None)
    whole(app)
    assert not app.exception
    assert "pip install -r requirements-classifier.txt" in app.info[0].value
    assert "differ from the reference beyond chance." in plain(app)
    assert not charts(app)


def test_what_cannot_be_told_apart_has_nothing_to_explain(app: AppTest, answers: Answers):
    """No features are named as telling where the model only guesses."""
    found = sample.together()
    answers.together = replace(
        found, energy=replace(found.energy, p=0.3), separation=replace(found.separation, p=0.06)
    )
    whole(app)
    assert not app.exception
    assert "do not differ from the reference beyond chance" in plain(app)
    assert not charts(app)


def test_whole_requests_that_cannot_be_compared_are_told(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
):
    """A reference without rows is a sentence, not an empty table."""

    def refused(*asked: object) -> None:
        raise NotComparable("The baseline holds no rows of numbers.")

    monkeypatch.setattr(cached_answers, "inputs_together", refused)
    whole(app)
    assert not app.exception
    assert "The inputs together cannot be compared." in plain(app)
    assert "no rows of numbers" in plain(app)
