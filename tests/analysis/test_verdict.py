"""Does the verdict follow from the evidence, and only from it?"""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest

from analysis.coverage import PARTS
from analysis.estimates import no_test
from analysis.guardrails import decided_after, status_of, used_up
from analysis.policy import GUARDRAILS, Policy, alpha_each, statistical
from analysis.sequences import bernoulli_sequence
from analysis.verdict import decide, judge

POLICY = Policy()
# sound slices, a sound training and pairs of parts of the week are asked for by few policies
OPTIONAL = {"slices", "training", *(f"{part}_pairs" for part in PARTS)}
ASKED = [name for name in GUARDRAILS if name not in OPTIONAL]


def check(verdict, name):
    return next(guardrail for guardrail in verdict.guardrails if guardrail.name == name)


def test_a_healthy_test_is_promoted(evidence):
    """Everything inside its limit, seen for a week: promote."""
    verdict = judge(evidence(), POLICY)
    assert verdict.decision == "promote"
    assert [guardrail.name for guardrail in verdict.guardrails] == ASKED
    assert {guardrail.status for guardrail in verdict.guardrails} == {"ok"}


@pytest.mark.parametrize(
    ("fault", "name", "status"),
    [
        ({"disagreed": 2000}, "agreement", "breach"),
        ({"disagreed": 1000}, "agreement", "inconclusive"),
        ({"moved": 1000, "disagreed": 1000}, "label_shift", "breach"),
        ({"moved": 400, "disagreed": 400}, "label_shift", "inconclusive"),
        ({"bias": 0.2}, "score_bias", "breach"),
        ({"bias": -0.2}, "score_bias", "breach"),
        ({"bias": 0.1}, "score_bias", "inconclusive"),
        ({"bias": 1.0}, "prediction_drift", "breach"),
        ({"bias": 0.25}, "prediction_drift", "inconclusive"),
        ({"slower": 1.3}, "p50_latency", "breach"),
        ({"slower": 1.3}, "p99_latency", "breach"),
        ({"slower": 1.1}, "p99_latency", "inconclusive"),
        ({"batches": 8}, "p99_latency", "inconclusive"),
        ({"shadow_errors": 400}, "4xx_errors", "breach"),
        ({"shadow_errors": 100}, "5xx_errors", "breach"),
        ({"shadow_errors": 20}, "5xx_errors", "inconclusive"),
        ({"shadow_errors": 100}, "model_errors", "breach"),
        ({"unreadable": 100}, "unreadable", "breach"),
        ({"paired": 0.9}, "pairing", "breach"),
        ({"shadow_rows": 18_000}, "sample_ratio", "breach"),
        ({"n": 840}, "pairs", "inconclusive"),
        ({"hours": 100}, "hours_of_week", "inconclusive"),
        ({"hours": 100}, "days", "inconclusive"),
    ],
)
def test_each_guardrail_finds_its_fault(evidence, fault, name, status):
    """One fault taken into a healthy test, found by the guardrail that looks for it."""
    verdict = judge(evidence(**fault), POLICY)
    assert check(verdict, name).status == status
    assert verdict.decision != "promote"


@pytest.mark.parametrize(
    ("fault", "decision"),
    [
        ({"disagreed": 2000}, "reject"),
        ({"slower": 1.3}, "reject"),
        ({"shadow_errors": 100}, "reject"),
        ({"bias": 0.2}, "hold"),
        ({"unreadable": 100}, "hold"),
        ({"paired": 0.9}, "hold"),
        ({"disagreed": 1000}, "hold"),
        ({"hours": 100}, "hold"),
    ],
)
def test_only_critical_guardrails_reject(evidence, fault, decision):
    """A breach of any other holds."""
    assert judge(evidence(**fault), POLICY).decision == decision


def test_the_policy_says_what_is_critical(evidence):
    """Calling a guardrail critical turns its hold into a rejection, and back."""
    biased, wrong = evidence(bias=0.2), evidence(disagreed=2000)
    strict = dataclasses.replace(POLICY, critical=("score_bias",))
    assert judge(biased, strict).decision == "reject"
    assert judge(wrong, strict).decision == "hold"


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("agreement", {"agreement", "label_shift"}),
        ("prediction_drift", {"prediction_drift"}),
        ("latency", {"p50_latency", "p99_latency"}),
        ("errors", {"4xx_errors", "5xx_errors", "model_errors"}),
    ],
)
def test_what_is_missing_holds_and_is_never_ok(evidence, part, names):
    """No data is its own answer: not ok, not a breach, and its guardrails have no numbers."""
    verdict = judge(dataclasses.replace(evidence(), **{part: None}), POLICY)
    assert verdict.decision == "hold"
    assert {g.name for g in verdict.guardrails if g.status == "no_data"} == names
    for name in names:
        guardrail = check(verdict, name)
        assert math.isnan(guardrail.value)
        assert math.isnan(guardrail.used)
        assert guardrail.n == 0
        assert guardrail.needed is None


def test_no_requests_are_not_no_errors(evidence):
    """Zero errors among zero requests are not known; a missing kind of error neither."""
    whole = evidence(n=1680, production_errors=0, shadow_errors=0)
    none = dataclasses.replace(
        whole.errors.rates[1].counts, production_n=0, shadow_n=0, production_errors=0
    )
    from analysis.errors import error_rate

    rate = error_rate(none, confidence=0.95, alpha=0.05, planned=10_000)
    errors = dataclasses.replace(whole.errors, rates=(rate,))
    verdict = judge(dataclasses.replace(whole, errors=errors), POLICY)
    for name in ("4xx_errors", "5xx_errors", "model_errors"):
        assert check(verdict, name).status == "no_data"


def test_nothing_at_all_holds(evidence):
    """A test without any data is held, with a sentence for every guardrail."""
    whole = evidence()
    pairing = dataclasses.replace(
        whole.pairing, production=0, shadow=0, paired=0, expected=0.0, sample_ratio=no_test()
    )
    empty = dataclasses.replace(
        whole,
        agreement=None,
        scores=None,
        prediction_drift=None,
        latency=None,
        errors=None,
        pairing=pairing,
        rows=0,
    )
    verdict = judge(empty, POLICY)
    assert verdict.decision == "hold"
    assert all(guardrail.sentence.endswith(".") for guardrail in verdict.guardrails)
    assert check(verdict, "unreadable").status == "no_data"
    assert check(verdict, "pairing").status == "no_data"
    assert check(verdict, "sample_ratio").status == "no_data"


@pytest.mark.parametrize(
    ("kind", "scored", "left_out"),
    [
        ("binary", True, set()),
        ("multiclass", True, set()),
        ("multiclass", False, {"score_bias"}),
        ("regression", True, {"label_shift"}),
    ],
)
def test_each_kind_of_answer_has_its_guardrails(evidence, kind, scored, left_out):
    """Numbers have no label shift, labels without scores no score bias; all can be promoted."""
    verdict = judge(evidence(kind=kind, scored=scored), POLICY)
    assert {g.name for g in verdict.guardrails} == set(ASKED) - left_out
    assert verdict.decision == "promote"


def test_a_regression_without_scores_is_held(evidence):
    """Its answers are scores: without them the bias is not known, rather than not asked."""
    blind = dataclasses.replace(evidence(kind="regression"), scores=None)
    assert check(judge(blind, POLICY), "score_bias").status == "no_data"


def test_the_error_is_split_by_what_is_asked_and_not_by_what_is_there(evidence):
    """A metric that is missing must not make the others look more certain."""
    whole = judge(evidence(), POLICY)
    part = judge(dataclasses.replace(evidence(), latency=None, errors=None), POLICY)
    assert part.alpha_each == whole.alpha_each == alpha_each(POLICY, "binary", scored=True)
    assert whole.alpha_each == pytest.approx(0.05 / len(statistical(POLICY, "binary", scored=True)))
    assert check(part, "agreement").low == check(whole, "agreement").low


def test_unknown_sampling_rates_do_not_hold_for_ever(evidence):
    """Without configured rates no ratio is judged, neither as good nor as bad; pairing is."""
    good = judge(evidence(sampled=False), POLICY)
    assert "sample_ratio" not in {guardrail.name for guardrail in good.guardrails}
    assert good.decision == "promote"
    poor = judge(evidence(sampled=False, paired=0.8), POLICY)
    assert check(poor, "pairing").status != "ok"
    assert poor.decision == "hold"


def test_swapping_the_variants_flips_what_has_a_direction(evidence):
    """A slower shadow is a faster production: signed guardrails flip, symmetric ones stay."""
    ours = evidence(slower=1.05, moved=100, bias=0.05)
    table = ours.agreement.confusion.swapped()
    theirs = dataclasses.replace(
        ours,
        agreement=dataclasses.replace(ours.agreement, confusion=table),
        latency=dataclasses.replace(
            ours.latency, production=ours.latency.shadow, shadow=ours.latency.production
        ),
    )
    here, there = judge(ours, POLICY), judge(theirs, POLICY)
    assert check(there, "label_shift").value == pytest.approx(-check(here, "label_shift").value)
    assert check(there, "label_shift").status == check(here, "label_shift").status
    ratio = 1 + check(here, "p99_latency").value
    assert check(there, "p99_latency").value == pytest.approx(1 / ratio - 1)
    assert check(there, "agreement").low == check(here, "agreement").low


def test_more_of_the_same_decides(evidence):
    """What is needed, once it is there, decides; half of it does not."""
    few = judge(evidence(n=5040, disagreed=202), POLICY)
    agreement = check(few, "agreement")
    assert agreement.status == "inconclusive"
    rate = agreement.value

    def after(n: float) -> str:
        ends = bernoulli_sequence(rate * n, n, alpha=few.alpha_each, planned=POLICY.planned_pairs)
        return status_of(*ends, POLICY.min_agreement, "at_least")

    assert after(agreement.n + agreement.needed) == "ok"
    assert after(agreement.n + agreement.needed / 2) == "inconclusive"
    assert "more pairs" in agreement.sentence


def test_a_value_on_its_limit_is_never_decided(evidence):
    """No number of further pairs is promised where none would do."""
    sitting = check(judge(evidence(disagreed=1000), POLICY), "agreement")
    assert sitting.value == pytest.approx(0.95)
    assert sitting.status == "inconclusive"
    assert sitting.needed is None
    assert "No reasonable number" in sitting.sentence


def test_undecided_guardrails_say_how_long(evidence):
    """Everything undecided either names what would decide or says that nothing would."""
    verdict = judge(evidence(n=2016, disagreed=90, shadow_errors=2, batches=8), POLICY)
    undecided = [g for g in verdict.guardrails if g.status == "inconclusive"]
    assert len(undecided) >= 4
    for guardrail in undecided:
        assert (guardrail.needed is None) == ("No reasonable" in guardrail.sentence)
        if guardrail.needed is not None:
            assert guardrail.needed > 0
            assert guardrail.needed_unit in {"pairs", "requests", "hours"}
    for guardrail in verdict.guardrails:
        if guardrail.status == "ok":
            assert guardrail.needed is None


@pytest.mark.parametrize("n", [840, 2016, 20_000])
@pytest.mark.parametrize("fault", [{}, {"disagreed": 30}, {"bias": 0.09}, {"slower": 1.13}])
def test_what_lies_further_than_detectable_is_decided(evidence, n, fault):
    """A value further from its limit than that is ok or a breach; an undecided one lies nearer."""
    decided = 0
    for g in judge(evidence(n=n, **fault), POLICY).guardrails:
        if math.isnan(g.detectable):
            assert math.isnan(g.low) or g.low == g.high
            continue
        ends = (-g.limit, g.limit) if g.direction == "within" else (g.limit,)
        far = min(abs(g.value - end) for end in ends) > g.detectable
        assert g.detectable > 0
        assert not far or g.status in ("ok", "breach")
        assert g.status in ("ok", "breach") or not far
        decided += far
    assert decided or n == 840


def test_more_pairs_detect_less(evidence):
    """With ten times the pairs at the same rates every share's detectable change is smaller."""
    few, many = (judge(evidence(n=n, disagreed=n // 100), POLICY) for n in (2_000, 20_000))
    for name in ("agreement", "label_shift", "score_bias", "prediction_drift", "5xx_errors"):
        assert check(many, name).detectable < check(few, name).detectable


def test_the_hours_still_needed_are_at_the_rate_so_far(evidence):
    """What is needed, over what came in an hour, is the time; nothing needed takes no time."""
    whole = evidence(n=2016, disagreed=90, shadow_errors=2, batches=8, hours=100)
    rate = 2016 / whole.window.hours
    told = 0
    for g in judge(whole, POLICY).guardrails:
        if g.needed is None:
            assert g.needed_hours is None
        elif g.needed_unit == "hours":
            assert g.needed == pytest.approx(g.needed_hours, abs=1)
        elif g.name in ("agreement", "label_shift"):
            assert g.needed == pytest.approx(g.needed_hours * rate, abs=1)
            told += 1
    assert told


def test_intervals_contain_their_values(evidence):
    """Every measured guardrail's value lies in its interval."""
    for fault in ({}, {"n": 2016, "disagreed": 90}, {"scored": False, "kind": "multiclass"}):
        for guardrail in judge(evidence(**fault), POLICY).guardrails:
            if not math.isnan(guardrail.low):
                assert guardrail.low <= guardrail.value <= guardrail.high


def test_two_looks_do_not_contradict_each_other(evidence):
    """The same evidence gives the same verdict: nothing is drawn by lot."""
    assert judge(evidence(), POLICY) == judge(evidence(), POLICY)


@pytest.mark.parametrize(
    ("low", "high", "limit", "direction", "status"),
    [
        (0.96, 0.98, 0.95, "at_least", "ok"),
        (0.95, 0.98, 0.95, "at_least", "ok"),
        (0.90, 0.94, 0.95, "at_least", "breach"),
        (0.94, 0.96, 0.95, "at_least", "inconclusive"),
        (0.01, 0.09, 0.10, "at_most", "ok"),
        (0.11, 0.12, 0.10, "at_most", "breach"),
        (0.09, 0.11, 0.10, "at_most", "inconclusive"),
        (-0.5, -0.4, 0.10, "at_most", "ok"),
        (-0.01, 0.01, 0.02, "within", "ok"),
        (-0.05, -0.03, 0.02, "within", "breach"),
        (0.03, 0.05, 0.02, "within", "breach"),
        (-0.05, 0.05, 0.02, "within", "inconclusive"),
        (math.nan, math.nan, 0.02, "within", "inconclusive"),
        (-math.inf, math.inf, 0.02, "at_most", "inconclusive"),
    ],
)
def test_status(low, high, limit, direction, status):
    """Inside is ok, wholly outside a breach, anything else undecided."""
    assert status_of(low, high, limit, direction) == status


@pytest.mark.parametrize(
    ("value", "low", "high", "limit", "direction", "share", "used"),
    [
        (0.97, 0.96, 0.98, 0.95, "at_least", True, (0.6, 0.4, 0.8)),
        (0.05, 0.02, 0.08, 0.10, "at_most", False, (0.5, 0.2, 0.8)),
        (-0.05, -0.08, 0.02, 0.10, "at_most", False, (-0.5, -0.8, 0.2)),
        (-0.01, -0.03, 0.01, 0.02, "within", False, (0.5, 0.0, 1.5)),
        (-0.03, -0.04, -0.02, 0.02, "within", False, (1.5, 1.0, 2.0)),
        (500, 500, 500, 1000, "at_least", False, (2.0, 2.0, 2.0)),
        (0, 0, 0, 1000, "at_least", False, (math.inf, math.inf, math.inf)),
        (1.0, 1.0, 1.0, 1.0, "at_least", True, (0.0, 0.0, 0.0)),
        (0.1, 0.1, 0.1, 0.0, "at_most", False, (math.inf, math.inf, math.inf)),
        (math.nan, math.nan, math.nan, 0.1, "at_most", False, (math.nan, math.nan, math.nan)),
    ],
)
def test_used_up(value, low, high, limit, direction, share, used):
    """The limit is 1 in every direction, and the interval rises."""
    found = used_up(value, low, high, limit, direction, share=share)
    assert found == pytest.approx(used, nan_ok=True)


def test_the_decision_is_a_table(evidence):
    """Critical breach, then all ok, then hold; for every pair of statuses."""
    sample = judge(evidence(), POLICY).guardrails[0]
    statuses = ("ok", "breach", "inconclusive", "no_data")
    for (one, fatal), (other, also) in itertools.product(
        itertools.product(statuses, (True, False)), repeat=2
    ):
        pair = [
            dataclasses.replace(sample, status=one, critical=fatal),
            dataclasses.replace(sample, status=other, critical=also),
        ]
        if (one, fatal) == ("breach", True) or (other, also) == ("breach", True):
            expected = "reject"
        else:
            expected = "promote" if one == other == "ok" else "hold"
        assert decide(pair) == expected


def test_waiting_stops_at_what_decides():
    """An interval of half width 1/n around 0.5 clears 0.49 after a hundred."""
    found = decided_after(lambda n: (0.5 - 1 / n, 0.5 + 1 / n), 10, 0.49, "at_least")
    assert found == pytest.approx(100, rel=0.02)
    assert decided_after(lambda n: (0.5 - 1 / n, 0.5 + 1 / n), 10, 0.5, "at_least") is None


def test_parts_of_the_week_are_judged_only_where_they_are_asked_for(evidence):
    """A week has five weekdays and two days of weekend, and eight hours of night in 24."""
    found = evidence()
    asked = {"min_weekday_pairs": 1000, "min_weekend_pairs": 5000, "min_night_pairs": 6000}
    verdict = judge(found, dataclasses.replace(POLICY, **asked))
    n = found.hours.grid.sum()
    told = {g.name: (g.value, g.status) for g in verdict.guardrails if g.name not in ASKED}
    assert told == {
        "weekday_pairs": (n * 5 // 7, "ok"),
        "weekend_pairs": (n * 2 // 7, "ok"),
        "night_pairs": (n // 3, "ok"),
    }
    assert verdict.decision == "promote"


def test_a_part_that_is_short_holds_and_says_what_it_needs(evidence):
    """Pairs of the night that are missing are waited for; the hours are those of the policy."""
    found = evidence()
    more = dataclasses.replace(POLICY, min_night_pairs=20_000, night_from=20, night_to=4)
    verdict = judge(found, more)
    night = check(verdict, "night_pairs")
    assert (night.status, verdict.decision) == ("inconclusive", "hold")
    assert night.needed == 20_000 - found.hours.grid.sum() // 3
    assert "pairs came from 20:00 to 4:00 (UTC); at least 20,000 are required" in night.sentence
    day = judge(found, dataclasses.replace(POLICY, min_day_pairs=10, night_from=20, night_to=4))
    assert "pairs came from 4:00 to 20:00 (UTC)" in check(day, "day_pairs").sentence
