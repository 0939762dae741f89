"""Does a filter reach every page, say what it does not reach, and never guess?"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import performance
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import HOSTILE, PAGES, plain, show, text

WHERE = 'amount >= 900 and country = "BR"'


def filtered(app: AppTest, answers: Answers, where: str, page: str) -> AppTest:
    """A page on which the reader has typed a filter."""
    show(app, page)
    answers.asked.clear()
    return app.text_input(key="where").set_value(where).run()


@pytest.mark.parametrize("page", ["agreement", "slices", "drift", "quality"])
def test_a_filter_reaches_what_is_asked(app: AppTest, answers: Answers, page: str):
    """Every loader that knows requests is asked with the filter, spelt one way."""
    filtered(app, answers, 'amount>=900 AND country="BR"', page)
    assert not app.exception
    kinds = {"report", "slices", "input_drift", "disagreements", "quality"}
    asked = [each for each in answers.asked if each[0] in kinds]
    assert asked
    assert [each for each in asked if each[-1] != WHERE] == []


def test_a_link_opens_with_its_filter(app: AppTest, answers: Answers):
    """What the address says is in the bar and in what is asked."""
    app.query_params["where"] = WHERE
    app.run()
    assert app.text_input(key="where").value == WHERE
    assert ("report", "fraud-v7", "all", WHERE) in answers.asked


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("overview", "a verdict is not reached by choosing"),
        ("latency", performance.NOT_FILTERED),
        ("resources", performance.NOT_FILTERED),
        ("drift", "a baseline is never filtered"),
        ("agreement", "a shadow answer without a partner belongs to none"),
    ],
)
def test_what_a_filter_does_not_reach_is_said(app: AppTest, answers: Answers, page: str, said: str):
    """Beside the filter stands its limit; without a filter nothing is said of it."""
    filtered(app, answers, WHERE, page)
    assert said in plain(app).replace("\n", " ")
    app.text_input(key="where").set_value("").run()
    assert not app.exception
    assert said not in plain(app).replace("\n", " ")


@pytest.mark.parametrize("page", ["overview", "latency", "resources"])
def test_the_verdict_and_cloudwatch_keep_to_all_traffic(app: AppTest, answers: Answers, page: str):
    """The report that is judged is asked without the filter."""
    filtered(app, answers, WHERE, page)
    reports = [each for each in answers.asked if each[0] in ("report", "resources")]
    assert ("report", "fraud-v7", "all") in reports
    assert ("resources", "fraud-v7", "all", WHERE) not in reports


def test_the_overview_sets_the_inside_beside_all(app: AppTest, answers: Answers):
    """How often requests inside agree stands beside all traffic, or that there are none."""
    filtered(app, answers, WHERE, "overview")
    assert "**Inside the filter** 97.27" in text(app)
    assert "of all traffic" in text(app)
    assert answers.asked[-1] == ("report", "fraud-v7", "all", WHERE)
    answers.report = replace(sample.report(), agreement=None)
    app.run()
    assert not app.exception
    assert "no pair of this window meets it" in plain(app)


def test_a_filter_without_pairs_is_its_own_answer(app: AppTest, answers: Answers):
    """No pair meets the filter: what to do is to remove a condition, not to turn capture on."""
    answers.report = replace(sample.without_pairs(), where=WHERE)
    filtered(app, answers, WHERE, "agreement")
    assert "No pair of this window meets the filter" in text(app)
    assert "capture on" not in text(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_filter_that_is_not_understood_ends_the_page(app: AppTest, answers: Answers, page: str):
    """No number is shown under a filter that was guessed at; the way out is a button."""
    filtered(app, answers, "amuont >= 900", page)
    assert not app.exception
    assert "The filter is not understood" in app.error[0].value
    assert "amuont" in plain(app)
    assert not app.metric
    assert not [each for each in answers.asked if each[0] in ("slices", "disagreements", "quality")]
    app.button(key="remove_filter").click().run()
    assert not app.error
    assert app.text_input(key="where").value == ""


def test_each_condition_can_be_taken_away(app: AppTest, answers: Answers):
    """A chip for each condition; taking one away leaves the others, then none."""
    filtered(app, answers, WHERE, "agreement")
    chips = [app.button(key=f"chip_{at}").label.replace("\\", "") for at in range(2)]
    assert chips == ["amount >= 900", 'country = "BR"']
    app.button(key="chip_0").click().run()
    assert app.text_input(key="where").value == 'country = "BR"'
    assert answers.asked[-1][-1] == 'country = "BR"'
    assert not [button for button in app.button if button.key == "chip_all"]
    app.button(key="chip_0").click().run()
    assert app.text_input(key="where").value == ""
    assert answers.asked[-1] == ("disagreements", "fraud-v7", "all", None, None)


def test_all_conditions_can_be_taken_away_at_once(app: AppTest, answers: Answers):
    """One button removes the whole filter."""
    filtered(app, answers, WHERE, "slices")
    app.button(key="chip_all").click().run()
    assert app.text_input(key="where").value == ""
    assert not [button for button in app.button if (button.key or "").startswith("chip")]


def test_a_slice_becomes_the_filter(app: AppTest, answers: Answers):
    """The chosen slice narrows the filter there is, and its requests are asked for."""
    filtered(app, answers, "hour != 3", "slices")
    app.selectbox(key="slice").select("amount >= 412.5").run()
    assert answers.asked[-1][-1] == "hour != 3 and amount >= 412.5"
    (button,) = [each for each in app.button if each.label == "Filter by it"]
    button.click().run()
    assert app.text_input(key="where").value == "hour != 3 and amount >= 412.5"
    assert app.selectbox(key="slice").value is None


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_value_of_a_filter_is_never_markup(app: AppTest, answers: Answers, hostile: str):
    """A link may hold anything: in chips and in sentences it is text."""
    value = hostile.replace('"', '""')
    filtered(app, answers, f'country = "{value}"', "agreement")
    assert not app.exception
    labels = [button.label for button in app.button if (button.key or "").startswith("chip")]
    assert labels
    for said in (*labels, text(app)):
        unescaped = re.sub(r"\\.", "", said)
        assert "<img" not in unescaped
        assert "](http" not in unescaped
        assert ":red[x]" not in unescaped


def test_the_help_names_what_can_be_filtered_by(app: AppTest):
    """Every feature and what is known of any request, each spelt as a filter spells it."""
    show(app, "agreement")
    said = plain(app)
    for name in ("amount", "country", "hour", "weekday", "content_type", "input_bytes"):
        assert f"{name} :gray[" in said
    assert "<b>odd" not in text(app)
