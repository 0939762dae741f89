"""Is a form of answers that callers would miss told apart from one that was not seen by chance?"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from analysis.compatibility import Answers, Difference, compare

ANSWERS = Answers(
    n=200,
    content_types={"application/json": 900},
    request_types={"text/csv": 900},
    outputs={"$.score": {"number": 200}, "$.label": {"text": 200}},
    labels={"0": 500, "1": 400},
)
counts = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 300), max_size=4)
answers = st.builds(
    Answers,
    n=st.integers(0, 300),
    content_types=counts,
    request_types=counts,
    outputs=st.dictionaries(st.sampled_from("xyz"), counts.filter(bool), max_size=3),
    labels=counts,
)


def test_what_production_answers_and_the_shadow_never_does_breaks_callers() -> None:
    """An output that every answer of production has, and none of the shadow's, is breaking."""
    shadow = replace(ANSWERS, outputs={"$.score": {"number": 200}})
    assert compare(ANSWERS, shadow) == (Difference("output", "$.label", 200, 200, 0, 200, True),)


def test_another_kind_of_an_output_breaks_callers() -> None:
    """A number that becomes a text is told once by each kind, and only the lost one is breaking."""
    shadow = replace(ANSWERS, outputs={**ANSWERS.outputs, "$.score": {"text": 200}})
    assert [(each.part, each.name, each.breaking) for each in compare(ANSWERS, shadow)] == [
        ("kind of output", "$.score: number", True),
        ("kind of output", "$.score: text", False),
    ]


def test_what_too_few_answers_would_have_shown_is_not_breaking() -> None:
    """Of 40 answers, 4 with what 1 of 10 of production's have are expected: not enough to tell."""
    production = replace(ANSWERS, outputs={"a": {"number": 20}}, n=200)
    few = compare(production, replace(ANSWERS, outputs={}, n=40))
    many = compare(production, replace(ANSWERS, outputs={}, n=50))
    assert [each.breaking for each in few] == [False]
    assert [each.breaking for each in many] == [True]


def test_more_than_production_answers_is_told_and_breaks_nobody() -> None:
    """A new label or output of the shadow is a difference, and not a breaking one."""
    shadow = replace(
        ANSWERS,
        labels={**ANSWERS.labels, "2": 50},
        outputs={**ANSWERS.outputs, "$.reason": {"text": 200}},
    )
    found = compare(ANSWERS, shadow)
    assert [(each.part, each.name) for each in found] == [("output", "$.reason"), ("label", "2")]
    assert not any(each.breaking for each in found)


@given(answers, answers)
def test_differences_are_the_same_seen_from_either_side(one: Answers, other: Answers) -> None:
    """Exchanging the variants exchanges the counts; equal answers have no difference."""
    there = {(e.part, e.name, e.production, e.shadow) for e in compare(one, other)}
    back = {(e.part, e.name, e.shadow, e.production) for e in compare(other, one)}
    assert there == back
    assert compare(one, one) == ()


@given(answers, answers)
def test_nothing_looked_at_is_nothing_said(one: Answers, other: Answers) -> None:
    """Without answers of both there are no differences; none is breaking that production lacks."""
    assert compare(replace(one, n=0), other) == ()
    assert all(each.production for each in compare(one, other) if each.breaking)
