"""Is a test told as SageMaker knows it, and what nobody states as not stated?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import accounts
from queries.config import Aws, Test
from queries.errors import AwsError
from queries.sagemaker import Variant
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_pages import plain

RUNNING = sample.discovery().found[0]
TEST = Test(name="t", captures="s3://bucket/fraud", production="A", shadow="B", endpoint="fraud")


def facts(test: Test = TEST, **known: object) -> dict[str, str]:
    return dict(accounts.facts(test, replace(RUNNING, **known)))


def test_what_sagemaker_knows_stands_before_what_is_configured():
    """Variants with model and fleet, sampling, and where the captures lie."""
    found = facts()
    assert found["In SageMaker"] == "inference experiment fraud-v7-shadow"
    assert found["Production"] == "AllTraffic · fraud-6 · 2 × ml.m5.large"
    assert found["Requests captured"] == "those of the experiment"
    assert found["Requests copied"].startswith("50")
    assert found["Captures"] == "s3://bucket/fraud"
    assert "Time of the test" not in found


def test_an_endpoint_captures_a_share_of_its_requests():
    """A plain endpoint has no end of its own, and says how much it captures, where it does."""
    found = facts(source="endpoint", left=None, capture_percent=20.0)
    assert found["In SageMaker"] == "endpoint with a shadow fraud-v7-shadow"
    assert found["Requests captured"].startswith("20")
    assert "Ends by itself" not in found
    unstated = facts(source="endpoint", left=None, capture_percent=None, shadow_percent=None)
    assert unstated["Requests captured"] == unstated["Requests copied"] == "not stated"


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(hours=7), "in 7.0"),
        (timedelta(days=3), "in 3.0 days"),
        (timedelta(0), "now"),
        (timedelta(hours=-2), "now"),
    ],
)
def test_the_end_is_told_with_what_is_left(left: timedelta, said: str):
    """When it ends and in how long; an end that is past is now, not a negative time."""
    end = facts(left=left)["Ends by itself"]
    assert end.startswith("2026-03-09 00:00")
    assert said in end


def test_what_is_not_known_of_a_variant_is_left_out():
    """Neither model nor fleet is made up; without any variant its configured name stands."""
    bare = facts(production=Variant("Live", None, None, None, None), shadow=None)
    assert (bare["Production"], bare["Shadow"]) == ("Live", "B")
    nameless = facts(replace(TEST, shadow=""), shadow=None)
    assert nameless["Shadow"] == "—"
    uncounted = facts(production=Variant("Live", "m", "ml.m5.large", None, None))
    assert uncounted["Production"] == "Live · m · ? × ml.m5.large"


def test_a_test_that_sagemaker_does_not_know_is_as_configured():
    """Names, log and time are those of the file."""
    log = replace(
        TEST, captures="", log="s3://bucket/log", endpoint=None, start=sample.START, end=None
    )
    assert accounts.facts(log, None) == [
        ("Production", "A"),
        ("Shadow", "B"),
        ("Log", "s3://bucket/log"),
        ("Time of the test", "2026-03-02 00:00 UTC to …"),
    ]
    assert ("Captures", "not known") in accounts.facts(replace(TEST, captures=""), None)


def test_a_refusal_costs_only_its_own_part(app: AppTest, answers: Answers, monkeypatch):
    """SageMaker refusing is told beside the verdict, which stands."""

    def refuse():
        raise AwsError(
            "AWS answered ListEndpoints with AccessDeniedException: no.",
            call="ListEndpoints",
            code="AccessDeniedException",
        )

    monkeypatch.setattr("queries.cached.discovery", refuse)
    app.session_state["in_sagemaker"] = True
    app.run()
    assert not app.exception
    assert "AccessDeniedException" in plain(app)
    assert "HOLD" in plain(app)


def test_without_a_region_sagemaker_is_not_asked(app: AppTest, answers: Answers, monkeypatch):
    """What is missing is named; nobody waits for an account that nothing names."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    answers.config = replace(answers.config, aws=Aws())
    app.session_state["in_sagemaker"] = True
    app.run()
    assert "SageMaker is not asked" in plain(app)
    assert "discovery" not in [what for what, *_ in answers.asked]
