"""Is one of several shadows named the best only where the data can tell?"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from analysis.agreement import agreement_series, assess
from analysis.bland_altman import DeltaSums
from analysis.correctness import mcnemar
from analysis.errors import ErrorCounts, error_rate
from analysis.estimates import Window
from analysis.losses import mean_loss
from analysis.sequences import share_sequence
from analysis.several import Entry, compare, estimate, overlap
from tests.pages import sample, sample_quality

HALF = {"confidence": 0.95, "alpha": 0.05, "planned": 10_000}
WHOLE = sample.report()
NO_BLOCKS = agreement_series(np.array([], "datetime64[s]"), [], [], confidence=0.95)


def entry(name: str, agreed: int, n: int = 20_000, *, failed: int | None = None, **more) -> Entry:
    """A shadow that agrees so often, and fails so often, and of which nothing else is known."""
    errors = None
    if failed is not None:
        rate = error_rate(ErrorCounts("5xx_errors", 10, n, failed, n), **HALF)
        errors = replace(WHOLE.errors, rates=(rate,))
    report = replace(
        WHOLE,
        verdict=replace(WHOLE.verdict, decision=more.get("decision", "hold")),
        test=name,
        agreement=assess(agreed, n, 0, NO_BLOCKS, **HALF),
        latency=None,
        errors=errors,
    )
    return Entry(report, more.get("quality"))


def column(found, name):
    return next(each for each in found.columns if each.name == name)


def test_a_clear_lead_is_named_in_any_order():
    """Whichever way round they stand, the same test leads, and is the best."""
    three = [entry("a", 19_000), entry("b", 19_800), entry("c", 19_100)]
    for order in itertools.permutations(three):
        found = compare(order)
        assert column(found, "agreement").leader == "b"
        assert found.best == "b"
        assert found.tests == tuple(each.test for each in order)


def test_alike_shadows_are_hardly_ever_told_apart():
    """Of 200 tests of four shadows that are the same, one is named in no more than 1 in 20."""
    rng, named = np.random.default_rng(17), 0
    for _ in range(200):
        agreed = rng.binomial(3_000, 0.97, 4)
        named += compare([entry(f"t{i}", k, 3_000) for i, k in enumerate(agreed)]).best is not None
    assert named <= 10


def test_half_of_the_winners_by_value_alone_would_be_luck():
    """The largest value is not enough: here it is one more pair of 20,000."""
    found = compare([entry("a", 19_400), entry("b", 19_401)])
    assert column(found, "agreement").leader is None
    assert found.best is None


def test_fewer_failures_lead_too():
    """What is better when it is lower is led by the lowest."""
    found = compare([entry("a", 19_400, failed=600), entry("b", 19_400, failed=10)])
    assert column(found, "5xx_errors").leader == "b"
    assert found.best == "b"


def test_two_leaders_are_no_best():
    """One agrees more, the other fails less: neither is the best of all."""
    found = compare([entry("a", 19_900, failed=600), entry("b", 19_000, failed=10)])
    assert {each.leader for each in found.columns} == {"a", "b", None}
    assert found.best is None


def test_the_error_is_shared_over_all_shadows_and_measures():
    """Bonferroni over what is asked, whether or not there are data of it."""
    every = [entry(name, 19_400) for name in "abcd"]
    found = compare(every)
    assert found.alpha_each == pytest.approx(0.05 / (4 * 3))
    expected = share_sequence(19_400, 20_000, alpha=0.05 / 12, planned=10_000)
    assert column(found, "agreement").estimates == (expected,) * 4
    wider = compare(every[:2]).columns[0].estimates[0]
    assert expected.low < wider.low < wider.high < expected.high


def test_what_is_missing_leaves_no_leader():
    """Of a shadow without data it is not known whether it is worse."""
    silent = entry("c", 1)
    silent = replace(silent, report=replace(silent.report, agreement=None))
    found = compare([entry("a", 19_800), entry("b", 19_000), silent])
    assert column(found, "agreement").leader is None
    assert not column(found, "agreement").estimates[2].known
    assert found.best is None


def test_other_times_are_another_question():
    """Shadows that ran one after the other stand side by side, and none leads."""
    first, later = entry("a", 19_900), entry("b", 19_000)
    window = later.report.window
    after = Window(window.end, window.end + timedelta(days=7))
    found = compare([first, replace(later, report=replace(later.report, window=after))])
    assert not found.together
    assert found.best is None
    assert {each.leader for each in found.columns} == {None}


def test_likeness_is_not_truth():
    """Where right answers are known, agreeing more with production makes no shadow the best."""
    quality = sample_quality.classified()
    wrong = replace(quality, mcnemar=mcnemar(7_000, 700, 100, 600))
    right = replace(quality, mcnemar=mcnemar(7_000, 100, 700, 600))
    like = entry("like", 19_900, quality=quality)
    found = compare([like, entry("other", 19_000, quality=quality)])
    assert column(found, "agreement").leader == "like"
    assert found.best is None
    found = compare([replace(like, quality=wrong), entry("right", 19_000, quality=right)])
    assert column(found, "accuracy").leader == "right"
    assert found.best == "right"


def test_a_rejected_shadow_is_not_the_best():
    """It may lead in something; its own verdict stands."""
    found = compare([entry("a", 19_900, decision="reject"), entry("b", 19_000)])
    assert column(found, "agreement").leader == "a"
    assert found.best is None


def test_an_error_of_numbers_has_the_sequence_of_its_mean():
    """Made of one look's interval alone, the sequence is that of the pairs themselves."""
    rng, n = np.random.default_rng(2), 900
    p, s = np.abs(rng.normal(0, 3, n)), np.abs(rng.normal(0.4, 3.2, n))
    sums = DeltaSums(n, *(float(each.sum()) for each in (p, s, p * p, s * s, p * s)))
    measure = mean_loss("mae", sums, better="lower", confidence=0.95, alpha=0.004, planned=10_000)
    quality = replace(sample_quality.numbers(), measures=(measure,))
    found = estimate(entry("a", 100, quality=quality), "mae", alpha=0.004)
    assert found.value == pytest.approx(measure.sequence.value)
    assert (found.low, found.high) == pytest.approx((measure.sequence.low, measure.sequence.high))
    few = replace(measure, difference=replace(measure.difference, n=99))
    one = Entry(entry("a", 100).report, replace(quality, measures=(few,)))
    assert math.isnan(estimate(one, "mae", alpha=0.004).low)


def test_latency_is_that_of_the_verdict_at_the_shared_error():
    """A smaller error gives a wider interval around the same change."""
    report = WHOLE
    wide, narrow = (estimate(Entry(report), "p99_latency", alpha=a) for a in (0.001, 0.05))
    assert wide.value == narrow.value
    assert wide.low < narrow.low < narrow.high < wide.high


def test_windows_overlap_where_all_do():
    """The common time of windows is that of any order of them; apart they share none."""
    start = sample.START
    windows = [
        Window(start + timedelta(hours=a), start + timedelta(hours=b))
        for a, b in ((0, 10), (4, 12), (2, 9))
    ]
    for order in itertools.permutations(windows):
        assert overlap(order) == Window(start + timedelta(hours=4), start + timedelta(hours=9))
    assert overlap([windows[0], Window(windows[0].end, windows[1].end)]) is None


def test_one_shadow_or_two_kinds_are_refused():
    """Nothing is compared with nothing, nor a label with a number."""
    one = entry("a", 19_000)
    with pytest.raises(ValueError, match="alone"):
        compare([one])
    other = replace(one, report=replace(one.report, kind="regression"))
    with pytest.raises(ValueError, match="several kinds"):
        compare([one, other])
