"""Does every sentence say value, interval, limit and n?"""

from __future__ import annotations

import dataclasses

import pytest

from analysis import scales, sentences
from analysis.coverage import PARTS
from analysis.policy import GUARDRAILS, Policy
from analysis.verdict import judge

THIN = scales.THIN


def told(evidence, name, **fault):
    verdict = judge(evidence(**fault), Policy())
    return next(g.sentence for g in verdict.guardrails if g.name == name).replace(THIN, " ")


def test_a_sentence_holds_value_interval_limit_and_n(evidence):
    """The reader needs no other place to understand a check."""
    assert told(evidence, "agreement") == (
        "Agreement is 99.0 % (98.7–99.3 % at any time, n = 20,000 pairs); "
        "at least 95 % is required."
    )


@pytest.mark.parametrize(
    ("name", "fault", "words"),
    [
        ("agreement", {"kind": "regression"}, "Agreement within 5 % is"),
        ("agreement", {"disagreed": 2000}, "The whole interval lies outside."),
        ("label_shift", {"moved": 100}, "label ‘1’ differs by +0.5 percentage points"),
        ("score_bias", {"bias": -0.05}, "by −0.05"),
        ("prediction_drift", {}, "KS D = 0.0"),
        ("prediction_drift", {"scored": False}, "Cramér V = 0.0"),
        ("prediction_drift", {"scored": False}, "for one look"),
        ("p99_latency", {}, "p99 latency is 81.6 ms against production's 80.0 ms, +2"),
        ("p99_latency", {"batches": 8}, "There is no interval yet; about"),
        ("5xx_errors", {"shadow_errors": 100}, "0.5 % against production's 0.005 %"),
        ("unreadable", {"unreadable": 3}, "3 of 40,000 answers could not be read, 0.007 %"),
        ("pairing", {"paired": 0.9}, "18,000 of 20,000 expected pairs were found, 90.0 %"),
        ("pairing", {"sampled": False}, "rows of the variant that has more"),
        ("sample_ratio", {"shadow_rows": 18_000}, "p < 0.0001"),
        ("pairs", {"n": 840}, "160 more are needed (32 h at the present rate)"),
        ("hours_of_week", {"hours": 100}, "100 of the week's 168 hours"),
        ("days", {"hours": 100}, "Pairs span 4.1 days; at least 7 are required. 3 days more"),
        ("days", {"hours": 167}, "Pairs span 6.9 days; at least 7 are required. 1 h more"),
        ("pairing", {"paired": 0.9999}, "found, 99.9 %"),
    ],
)
def test_words(evidence, name, fault, words):
    """Each guardrail's sentence in its own terms."""
    assert words in told(evidence, name, **fault)


def test_every_guardrail_has_a_title_and_words_for_no_data():
    """No guardrail can come up that cannot be told."""
    assert set(sentences.TITLES) == set(GUARDRAILS)
    counted = {"pairs", "hours_of_week", "days"} | {f"{part}_pairs" for part in PARTS}
    assert set(sentences.UNKNOWN) == set(GUARDRAILS) - counted


def test_headlines_name_what_stands_in_the_way(evidence):
    """One sentence a manager can repeat."""
    policy = Policy()
    assert judge(evidence(), policy).headline == "Promote: all 15 checks pass."
    slow = judge(evidence(slower=1.3), policy).headline
    assert slow == "Reject: p99 latency is outside its limit; 13 of 15 checks pass."
    short = judge(evidence(hours=100), policy).headline
    assert short == ("Hold: 13 of 15 checks pass; hours of the week and days are not decided.")
    blind = judge(dataclasses.replace(evidence(bias=0.2), errors=None), policy).headline
    assert blind == (
        "Hold: 10 of 15 checks pass; score bias is outside its limit; "
        "prediction drift is not decided; 4xx errors, 5xx errors and model errors are not known."
    )


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (0.001, "1 min"),
        (0.5, "30 min"),
        (1, "1 h"),
        (47, "47 h"),
        (49, "2 days"),
        (87_600, "10 years"),
    ],
)
def test_durations(hours, text):
    """A length of time in the unit that suits it."""
    assert scales.duration(hours) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0.0, 1, "0.0 %"), (-0.0001, 1, "0.0 %"), (0.012, 1, "+1.2 %"), (-0.5, 0, "−50 %")],
)
def test_signs(value, decimals, text):
    """Zero has no sign, and minus is a minus."""
    assert scales.CHANGE.write(value, decimals).replace(THIN, " ") == text
