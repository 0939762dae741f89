"""Can somebody who does not compute read the verdict, and does it say what the checks say?"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from analysis.policy import GUARDRAILS
from pages.document import brief
from pages.parts import plain_checks
from pages.parts.plain import ANSWERS, plain
from tests.pages import sample
from tests.pages.conftest import Answers
from tests.pages.test_marks import FOUND
from tests.pages.test_pages import plain as shown
from tests.pages.test_pages import show

JARGON = re.compile(
    r"interval|confiden|quantile|percentile|p\d\d|sequence|signific|\bKS\b|Cram|drift|kappa|bias|"
    r"variant|guardrail|payload|inference|4xx|5xx|\bsd\b|\bpp\b|policy|shadow\b|Wilson|hypothes",
    re.IGNORECASE,
)
AT = datetime(2026, 3, 9, 8, tzinfo=UTC)


def sentences(report) -> list[str]:
    told = plain(report)
    return [told.answer, told.reason, *(s for _, chapter in told.chapters for s in chapter)]


@pytest.mark.parametrize("decision", ["promote", "hold", "reject"])
def test_no_sentence_has_a_term_of_the_trade(decision: str):
    """Neither statistics nor AWS: the names of the models are the only foreign words."""
    for said in sentences(sample.report(decision=decision)):
        own = said.replace("AllTraffic", "").replace("Shadow-01", "")
        assert not JARGON.search(own), said


def test_every_check_has_plain_words():
    """What it is about, and what to do where it is missed; time mends some by itself."""
    assert set(GUARDRAILS) <= set(plain_checks.SUBJECTS)
    assert set(GUARDRAILS) - plain_checks.TIME_BRINGS <= set(plain_checks.REMEDIES)


def test_each_check_is_told_once_where_its_status_belongs():
    """What is decided is found, what is not is not known; nothing is left out or told twice."""
    found = sample.report()
    told = plain(found)
    for guardrail in found.verdict.guardrails:
        subject = plain_checks.SUBJECTS[guardrail.name]
        decided = guardrail.status in ("ok", "breach")
        assert sum(subject in said for said in told.found) == decided
        assert sum(subject in said for said in told.unknown) == (not decided)
    assert told.found[0].startswith("✕ How long the slowest one in a hundred answers takes")
    assert "11 conditions were set (“default”): 8 are met, 1 is missed, 2 are open." in told.tested


def test_the_answer_is_the_decision():
    """Each decision has its own answer, and only a promotion says that it may take over."""
    answers = {d: plain(sample.report(decision=d)) for d in ("promote", "hold", "reject")}
    assert {d: (told.answer, told.reason) for d, told in answers.items()} == ANSWERS
    assert "step by step" in answers["promote"].todo[-1]
    assert "Keep the present model" in answers["reject"].todo[-1]
    assert "Let the test run on" in " ".join(answers["hold"].todo)


def test_what_is_missing_is_said():
    """Answers that never came and times without captures are among what is not known."""
    told = " ".join(plain(replace(sample.report(), interruptions=FOUND)).unknown)
    assert "222 requests" in told
    assert "What the new model answered from 2026-03-03 04:00" in told
    assert "of the present model was recorded" in told


def test_nothing_at_all_is_no_good_news():
    """Without pairs nothing is found, and nothing says that the model may take over."""
    told = plain(sample.without_pairs())
    assert "0 requests" in told.tested[1]
    assert told.answer != ANSWERS["promote"][0]


@given(st.floats(0, 1), st.sampled_from(plain_checks.MANY))
def test_so_many_of_a_round_number_are_never_none_or_all_by_rounding(share: float, many: int):
    """None is none, all is all, and what is written is within half of one of the share."""
    said = plain_checks.of_many(share, many)
    assert said.startswith("none") == (share == 0)
    if (found := re.fullmatch(r"([\d,]+) of ([\d,]+)", said)) is not None:
        shown, of = (int(part.replace(",", "")) for part in found.groups())
        assert of == many
        assert abs(shown - share * many) <= 0.5
        assert shown < many or share == 1


@given(st.floats(0.5, 1), st.sampled_from([0.9, 0.95, 0.99, 0.995, 0.999]))
def test_value_and_limit_are_told_apart(value: float, limit: float):
    """Whenever they differ by a millionth or more, the two counts are not the same."""
    check = sample.guardrail("agreement", "ok", 0.5, 0.1, value=value, limit=limit)
    said = plain_checks.found(replace(check, direction="at_least"))
    counts = re.findall(r"(all but fewer than 1|none|fewer than 1|[\d,]+) of ([\d,]+)", said)
    assert len(counts) == 2
    assert counts[0][1] == counts[1][1]
    if abs(value - limit) > 2e-6:
        assert counts[0][0] != counts[1][0]


def test_it_is_on_the_overview_and_is_one_page_as_a_file(app: AppTest, answers: Answers):
    """The page and the file say the same sentences; the file has no chart and no script to run."""
    show(app, "overview")
    text = brief.as_html(answers.report, at=AT)
    for said in plain(answers.report).todo:
        assert said in shown(app)
        assert said in text.replace("&#x27;", "'")
    assert len(text) < 20_000
    assert "<script" not in text


def test_names_of_models_are_only_text():
    """A variant may be named as a tag is."""
    text = brief.as_html(replace(sample.report(), shadow="<img src=x onerror=alert(1)>"), at=AT)
    assert "<img" not in text
