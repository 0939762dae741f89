"""Can a bad slice stand in the way, where the policy asks, and only then?"""

from __future__ import annotations

import dataclasses

import pytest

from analysis.policy import Policy, alpha_each, statistical
from analysis.sequences import bernoulli_sequence
from analysis.verdict import judge
from tests.pages import sample

ASKING = Policy(max_slice_disagreement=0.10)
HOURS = tuple((("hour",), f"hour = {at}", f"hour = {at}") for at in range(4))


def searched(*agreed: int, n: int = 5_000):
    """Four hours of so many pairs in each half, of which so many agree."""
    parts = [(*named, n, k) for named, k in zip(HOURS, agreed, strict=True)]
    return sample.searched(parts, (4 * n, sum(agreed)))


def check(evidence, policy, slices):
    verdict = judge(dataclasses.replace(evidence(), slices=slices), policy)
    found = [each for each in verdict.guardrails if each.name == "slices"]
    return verdict, found[0] if found else None


def test_it_is_asked_for_or_is_not_there(evidence) -> None:
    """Without a limit below 1 the other guardrails keep all of the error to themselves."""
    assert check(evidence, Policy(), searched(1, 1, 1, 1))[1] is None
    nine, ten = (len(statistical(p, "binary", scored=True)) for p in (Policy(), ASKING))
    assert (nine, ten) == (9, 10)
    assert alpha_each(ASKING, "binary", scored=True) == pytest.approx(0.05 / 10)


@pytest.mark.parametrize(
    ("agreed", "status", "decision"),
    [
        ((4_900, 4_900, 4_900, 4_900), "ok", "promote"),
        ((4_900, 4_480, 4_900, 4_900), "inconclusive", "hold"),
        ((4_900, 4_000, 4_900, 4_900), "breach", "hold"),
    ],
)
def test_the_gravest_slice_decides(evidence, agreed, status, decision) -> None:
    """2 % everywhere is within 10 %; 10.4 % in one hour is not decided; 20 % is beyond."""
    verdict, found = check(evidence, ASKING, searched(*agreed))
    assert (found.status, verdict.decision) == (status, decision)
    if status != "ok":
        assert "‘hour = 1’" in found.sentence
    assert "worst of 4 slices" in found.sentence


def test_it_rejects_where_the_policy_calls_it_critical(evidence) -> None:
    """As every other guardrail."""
    strict = dataclasses.replace(ASKING, critical=("slices",))
    verdict, _ = check(evidence, strict, searched(4_900, 4_000, 4_900, 4_900))
    assert verdict.decision == "reject"
    assert "worst slice is outside its limit" in verdict.headline


def test_the_interval_is_that_of_the_half_held_out_for_all_slices(evidence) -> None:
    """The sequence of 1,000 of 5,000 at a tenth of the error, divided by the slices tested."""
    slices = searched(4_900, 4_000, 4_900, 4_900)
    _, found = check(evidence, ASKING, slices)
    low, high = bernoulli_sequence(1_000, 5_000, alpha=0.005 / slices.tested, planned=10_000)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert (found.value, found.n, found.limit) == (pytest.approx(0.2), 5_000, 0.10)


def test_no_slice_that_is_large_enough_is_no_data(evidence) -> None:
    """Nor is a search that was not made: neither is taken for good."""
    for slices in (searched(90, 90, 90, 90, n=100), None):
        verdict, found = check(evidence, ASKING, slices)
        assert (found.status, verdict.decision) == ("no_data", "hold")


def test_a_small_slice_is_not_judged(evidence) -> None:
    """Half of a hundred pairs are wrong; with two hundred asked for they stand in nobody's way."""
    parts = [(*HOURS[0], 100, 50), *((*each, 5_000, 4_950) for each in HOURS[1:])]
    found = sample.searched(parts, (15_100, 14_900))
    assert check(evidence, ASKING, found)[1].status == "ok"
    stricter = dataclasses.replace(ASKING, min_slice_pairs=100)
    assert check(evidence, stricter, found)[1].status == "breach"
