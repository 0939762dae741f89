"""Does the list of all tests say what SageMaker knows, and stay useful where it does not?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from streamlit.testing.v1 import AppTest

from queries import discovery
from queries.config import Aws, Config
from queries.errors import AwsError
from tests.pages.conftest import NAMES, Answers
from tests.pages.test_pages import plain, show, text


def test_every_test_is_listed_with_its_state(app: AppTest, answers: Answers):
    """Configured and discovered tests stand in one list, with state, fleet, end and warnings."""
    answers.config = discovery.merge(answers.config, answers.discovery)
    show(app, "tests")
    assert not app.exception
    said = plain(app)
    for name in NAMES:
        assert f"##### {name}" in said
    assert "AllTraffic · fraud-6 · 2 × ml.m5.large" in said
    assert "ends by itself in less than a day" in said
    assert "eta-v3 is not shown whole" in said
    assert "in 7.0" in said
    assert "<b>other" not in text(app)


def test_a_test_is_opened_from_the_list(app: AppTest, answers: Answers):
    """Each test has a link to its verdict, in which its name cannot break out."""
    answers.config = discovery.merge(answers.config, answers.discovery)
    show(app, "tests")
    links = [element.proto.body for element in app.get("html")]
    assert any(f'<a href="./?test={NAMES[1]}"' in each for each in links)
    assert any("%3Cb%3Eother" in link for link in links)


def test_without_sagemaker_the_configured_tests_stay(app: AppTest, answers: Answers):
    """A refusal names call and code, and hides none of the tests that the file names."""
    app.run()
    answers.problem = AwsError(
        "AWS answered ListInferenceExperiments with AccessDeniedException: no.",
        call="ListInferenceExperiments",
        code="AccessDeniedException",
        request_id="r-1",
    )
    show(app, "tests")
    assert "AccessDeniedException" in plain(app)
    assert f"##### {NAMES[2]}" in plain(app)


def test_without_a_region_nothing_is_asked(app: AppTest, answers: Answers, monkeypatch):
    """Where nothing names an account, the list says so and shows what is configured."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    answers.config = replace(answers.config, aws=Aws())
    show(app, "tests")
    assert "No AWS region is configured" in plain(app)
    assert "discovery" not in [what for what, *_ in answers.asked]


def test_an_empty_account_says_where_it_looked(app: AppTest, answers: Answers):
    """With no test anywhere, the region is named, and what to do."""
    answers.config = Config(tests=(), aws=Aws(region="eu-north-1"))
    app.run()
    assert "eu-north-1" in plain(app)
    assert app.code


def test_the_overview_shows_what_sagemaker_knows(app: AppTest, answers: Answers):
    """The chosen test's own facts are one click away; a test it does not know is told."""
    app.session_state["in_sagemaker"] = True
    app.run()
    assert "AllTraffic · fraud-6" in plain(app)
    running, other = answers.discovery.found
    answers.discovery = replace(
        answers.discovery, found=(replace(running, endpoint="x", left=timedelta(days=3)), other)
    )
    app.run()
    assert "SageMaker does not know this test" in plain(app)
