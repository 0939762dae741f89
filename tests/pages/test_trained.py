"""Does the verdict's page say how the shadow was trained, without reading anything for it?"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from queries import cached_trials
from queries.config import CustomRule, Training
from queries.errors import SourceError
from queries.trials.reviews import Review
from tests.pages.conftest import Answers
from tests.pages.sample import guardrail
from tests.pages.test_rules import HOSTILE, fired, quiet, told

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def trained(answers: Answers) -> Answers:
    """The chosen test names the trial of its shadow."""
    first, *others = answers.config.tests
    named = replace(first, training=Training(shadow="fraud-net"))
    answers.config = replace(answers.config, tests=(named, *others))
    return answers


def known(monkeypatch: pytest.MonkeyPatch, found: Review) -> None:
    """The training was opened before, and this is what the rules say of it."""
    monkeypatch.setattr(cached_trials, "looked_at", lambda name: AT)
    monkeypatch.setattr(cached_trials, "review", lambda name: found)


def links(app: AppTest) -> list[str]:
    """What the links to the review of a training say, as it is read."""
    app.run()
    assert not app.exception
    found = [each.proto for each in app.get("page_link")]
    labels = [each.label for each in found if each.query_string == "trial=fraud-net"]
    assert not any("![x](" in label for label in labels)
    return [re.sub(r"\\(.)", r"\1", label) for label in labels]


def test_a_test_without_a_trial_has_no_line(app: AppTest) -> None:
    """Where no training is named there is nothing to review, and no link into nowhere."""
    assert links(app) == []


def test_nothing_is_read_for_the_line(
    app: AppTest, trained: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that nobody has opened is only linked to, and so is one with rules to run."""

    def read(name: str) -> Review:
        raise AssertionError(f"{name} was read")

    monkeypatch.setattr(cached_trials, "review", read)
    assert links(app) == ["Review how the shadow was trained"]
    monkeypatch.setattr(cached_trials, "looked_at", lambda name: AT)
    rule = CustomRule(name="Spread", file="spread.py", rule="Spread")
    trained.config = replace(trained.config, custom_rules=(rule,))
    assert links(app) == ["Review how the shadow was trained"]


def test_what_is_known_is_said(
    app: AppTest, trained: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules that fired are counted, and a few of them named; names are only text."""
    known(
        monkeypatch,
        told(
            *(fired(each) for each in ("A", HOSTILE, "C", "D")), quiet("E"), quiet("F", "unknown")
        ),
    )
    (label,) = links(app)
    assert label.startswith(
        "Training: 4 of 6 rules fired, none of them critical; 1 can't tell (A, "
    )
    assert label.endswith(", C and 1 more)")
    known(monkeypatch, told(quiet("E")))
    assert links(app) == ["Training: None of 1 rules fired"]


def test_a_training_that_cannot_be_read_is_still_linked_to(
    app: AppTest, trained: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict's page does not fail for its training; the review says why it cannot be read."""

    def gone(name: str) -> Review:
        raise SourceError("It is gone.")

    monkeypatch.setattr(cached_trials, "looked_at", lambda name: AT)
    monkeypatch.setattr(cached_trials, "review", gone)
    assert links(app) == ["Review how the shadow was trained"]


def test_the_verdicts_own_sentence_comes_first(app: AppTest, trained: Answers) -> None:
    """Where the policy asks, the line is what the check says."""
    asked = guardrail(
        "training",
        "breach",
        1,
        0,
        unit="rules",
        sentence="1 of 5 critical rules fired in the shadow's training (fraud-net): A.",
    )
    report = trained.report
    checks = (*report.verdict.guardrails, asked)
    trained.report = replace(report, verdict=replace(report.verdict, guardrails=checks))
    (label,) = links(app)
    assert label.startswith("1 of 5 critical rules fired in the shadow's training")
