"""Do several shadows stand side by side, with the best named only where the data can tell?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from analysis.estimates import Window
from analysis.several import Entry, compare
from pages.charts import theme
from pages.parts import beside
from queries.config import Prediction
from queries.errors import SourceError
from tests.analysis.test_several import entry
from tests.pages import sample
from tests.pages.conftest import NAMES, Answers
from tests.pages.test_pages import charts, plain, show


@pytest.fixture
def app(app: AppTest, answers: Answers) -> AppTest:
    """Three tests of one endpoint that a sample's report is given for, each under its name."""
    tests = tuple(replace(test, endpoint="fraud") for test in answers.config.tests)
    answers.config = replace(answers.config, tests=tests)
    answers.reports = {name: replace(sample.report(), test=name) for name in NAMES}
    return app


def better(answers: Answers, name: str) -> None:
    """Let one test agree on all but ten pairs, and know no right answers."""
    answers.reports[name] = replace(
        answers.reports[name], agreement=entry("", 19_990).report.agreement
    )
    tests = tuple(replace(test, truth=None) for test in answers.config.tests)
    answers.config = replace(answers.config, tests=tests)


def test_tests_of_one_endpoint_stand_side_by_side(app: AppTest):
    """All of them without a word, one chart a measure and one row a test in each."""
    show(app, "several")
    assert not app.exception
    assert "The data cannot tell these apart yet." in plain(app)
    assert "The 12 intervals hold together with 95" in plain(app)
    shown = charts(app)
    assert len(shown) == 4
    for chart in shown:
        assert [text.removesuffix(" ★") for text in chart["layout"]["yaxis"]["ticktext"]] == [
            *NAMES
        ]
    table = next(m.value for m in app.markdown if m.value.startswith("|"))
    assert table.count("\n") == 1 + len(NAMES) * (1 + len(shown))


def test_the_best_is_named_where_the_data_can_tell(app: AppTest, answers: Answers):
    """One that clearly agrees more, where nobody knows the truth, is named with what it leads."""
    better(answers, "eta-v2")
    show(app, "several")
    assert not app.exception
    assert "eta-v2 is nearest to production of 3" in plain(app)
    assert any("eta-v2 ★" in chart["layout"]["yaxis"]["ticktext"] for chart in charts(app))


def test_only_who_agrees_more_is_not_called_the_best():
    """Likeness is told as likeness; who fails less is better, and is called so."""
    pair = [entry("a", 19_400, failed=600), entry("b", 19_400, failed=10)]
    assert beside.headline(compare(pair)).startswith("b is the best of 2: it leads in “More 5xx")
    pair = [entry("a", 19_900), entry("b", 19_000)]
    assert beside.headline(compare(pair)).startswith("a is nearest to production of 2: it leads")


def test_the_time_that_all_share_is_compared(app: AppTest, answers: Answers):
    """Every report is asked for the common window, none for its own."""
    common = sample.report().window
    late = Window(common.start + timedelta(hours=30), common.end + timedelta(hours=5))
    answers.spans = {"eta-v2": late}
    show(app, "several")
    asked = {call[2] for call in answers.asked if call[0] == "report" and call[1] == "eta-v2"}
    assert asked == {Window(late.start, common.end).text}


def test_without_a_common_time_none_is_the_best(app: AppTest, answers: Answers):
    """Tests that followed one another keep their own windows, and the page says what that means."""
    better(answers, "eta-v2")
    common = sample.report().window
    after = Window(common.end, common.end + timedelta(days=7))
    answers.spans = {"eta-v2": after}
    answers.reports["eta-v2"] = replace(answers.reports["eta-v2"], window=after)
    show(app, "several")
    assert not app.exception
    assert "did not run at the same time" in plain(app)
    assert "★" not in str(charts(app))


def test_a_test_alone_is_told_to_choose_others(app: AppTest, answers: Answers):
    """Without another test of the endpoint nothing is compared, and nothing read for it."""
    tests = tuple(replace(test, endpoint=test.name) for test in answers.config.tests)
    answers.config = replace(answers.config, tests=tests)
    show(app, "several")
    assert not app.exception
    assert "Nothing to set beside it" in plain(app)
    assert not charts(app)
    app.multiselect(key="beside").select("eta-v2").run()
    assert not app.exception
    assert "different endpoints" in plain(app)
    assert len(charts(app)) == 4


def test_a_rival_on_another_endpoint_is_chosen_at_first(app: AppTest, answers: Answers):
    """One that takes the same features and answers in the same form; other forms are not."""
    columns = ("amount", "country"), ("amount", "country"), ("country", "amount")
    tests = tuple(
        replace(test, endpoint=test.name, features=features, prediction=Prediction(column=0))
        for test, features in zip(answers.config.tests, columns, strict=True)
    )
    answers.config = replace(answers.config, tests=tests)
    show(app, "several")
    assert not app.exception
    assert app.multiselect(key="beside").value == [tests[1].name]
    assert "different endpoints" in plain(app)


def test_the_address_says_what_stands_beside(app: AppTest):
    """A link sets the same tests side by side, and is offered again."""
    app.query_params["beside"] = ["mail-router", "eta-v2"]
    app.query_params["test"] = "fraud-v7"
    show(app, "several")
    assert app.multiselect(key="beside").value == ["mail-router", "eta-v2"]
    assert any("beside=mail-router&beside=eta-v2" in code.value for code in app.code)


def test_another_kind_of_answers_is_left_out(app: AppTest, answers: Answers):
    """A number is not compared with a label: the page says so, and compares the rest."""
    answers.reports["eta-v2"] = replace(answers.reports["eta-v2"], kind="regression")
    show(app, "several")
    assert not app.exception
    assert "eta-v2 is left out" in plain(app)
    assert len(charts(app)[0]["layout"]["yaxis"]["ticktext"]) == 2


def test_a_test_that_cannot_be_read_is_said(app: AppTest, answers: Answers, monkeypatch):
    """The others are still compared."""
    from queries import cached_answers

    given = cached_answers.span

    def span(test: str, window: str) -> Window:
        if test == "eta-v2":
            raise SourceError("The folder /captures is not there.")
        return given(test, window)

    monkeypatch.setattr(cached_answers, "span", span)
    show(app, "several")
    assert not app.exception
    assert "not there" in plain(app)
    assert len(charts(app)[0]["layout"]["yaxis"]["ticktext"]) == 2


def test_choosing_a_test_that_stood_beside_fails_nothing(app: AppTest):
    """The chosen test never stands beside itself."""
    show(app, "several")
    app.multiselect(key="beside").set_value(["eta-v2"]).run()
    app.selectbox(key="test").select("eta-v2").run()
    assert not app.exception
    rows = [chart["layout"]["yaxis"]["ticktext"] for chart in charts(app)]
    assert all(len(row) == len(set(row)) for row in rows)


def test_no_data_is_a_dash_and_no_dot_at_zero():
    """A shadow without latency has no place in its chart, and a dash in the table."""
    silent = Entry(replace(sample.report(), test="b", latency=None))
    every = [Entry(replace(sample.report(), test="a")), silent]
    found = compare(every)
    (column,) = [each for each in found.columns if each.name == "p99_latency"]
    drawn = beside.chart(found.tests, column, theme.LIGHT)
    assert drawn.figure.data[2]["x"][1] is None
    assert "b — (no data)" in drawn.alt
    row = ("Change of p99 latency", "b", "—", "—", "no data")
    assert row in beside.table(found, every).rows
