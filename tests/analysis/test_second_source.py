"""Is what a second fleet of one model answers otherwise told apart from what the shadow does?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from analysis.clusters import ratio, ratio_sequence
from analysis.design_effects import design_effect
from analysis.intervals import newcombe_paired, wilson
from analysis.second_source import (
    Differing,
    Fates,
    SecondFloor,
    second_floor,
    spread_of_difference,
)
from analysis.sequences import difference_sequence


def sums(sizes: ArrayLike, second: ArrayLike, shadow: ArrayLike, both: ArrayLike) -> Differing:
    """The sums over clusters of these sizes, with so many answered otherwise in each."""
    n, x, y, b = (np.asarray(each, dtype=np.int64) for each in (sizes, second, shadow, both))
    return Differing(
        *(len(n), int(n.sum()), int(n.max(initial=0)), int(x.sum()), int(y.sum()), int(b.sum())),
        *(float(each.sum()) for each in (n * n, n * x, n * y, x * x, y * y, x * y)),
        *(float((each * each / n).sum()) for each in (x, y)),
    )


def single(both: int, only_second: int, only_shadow: int, neither: int) -> Differing:
    """Requests that do not hang together, counted by who answered otherwise than production."""
    counts = [both, only_second, only_shadow, neither]
    second, shadow = (np.repeat(marks, counts) for marks in ([1, 1, 0, 0], [1, 0, 1, 0]))
    return sums(np.ones(sum(counts)), second, shadow, second * shadow)


def floor(found: Differing, *, unanswered: int = 0) -> SecondFloor:
    fates = Fates(found.requests, unanswered, 0, 0)
    return second_floor(fates, found, confidence=0.95, alpha=0.05, planned=10_000)


def test_an_example_worked_out_by_hand() -> None:
    """Of 500 requests the second fleet answered 20 otherwise and the shadow 45, 15 of them both.

    45/500 − 20/500 = 5 pp, with Newcombe's interval of 15, 30, 5 and 450.
    """
    found = floor(single(15, 5, 30, 450), unanswered=40)
    assert (found.noise.value, found.disagreement.value) == (0.04, 0.09)
    assert (found.noise.low, found.noise.high) == wilson(20, 500, confidence=0.95)
    assert (found.disagreement.low, found.disagreement.high) == wilson(45, 500, confidence=0.95)
    assert found.excess.value == pytest.approx(0.05)
    ends = newcombe_paired(15, 30, 5, 450, confidence=0.95)
    assert (found.excess.low, found.excess.high) == ends
    watched = difference_sequence(45, 500, 20, 500, alpha=0.05, planned=10_000)
    assert (found.sequence.low, found.sequence.high) == pytest.approx(watched)
    assert {each.n for each in (found.noise, found.excess, found.sequence)} == {500}
    assert found.fates.pairs == 540


def test_without_common_requests_nothing_is_known() -> None:
    """No request that both fleets answered is no floor: neither none nor all of it is noise."""
    found = floor(sums([], [], [], []), unanswered=7)
    for each in (found.noise, found.disagreement, found.excess, found.sequence):
        assert (each.n, each.known) == (0, False)
        assert math.isnan(each.low)
    assert found.fates.pairs == 7


def test_requests_that_hang_together_count_as_what_they_are_worth() -> None:
    """Ten users of ten requests, wholly alike, say as much as ten requests: the effect is 10.

    Of users the second fleet answers 1 otherwise and the shadow 4, none of them both: the
    difference of users is 1, −1 or 0, and m/(m − 1) times its variance over that of a hundred
    independent requests is 10 · 10/9, cut at the largest size, 10.
    """
    second, shadow = np.repeat([10, 0], [1, 9]), np.repeat([0, 10, 0], [1, 4, 5])
    found = sums(np.full(10, 10), second, shadow, np.zeros(10))
    assert design_effect(spread_of_difference(found)) == 10
    alone = floor(single(0, 10, 40, 50))
    wide = floor(found)
    assert wide.excess.value == alone.excess.value == pytest.approx(0.3)
    assert wide.excess.high - wide.excess.low > 2 * (alone.excess.high - alone.excess.low)
    noise = ratio(found.of_second, confidence=0.95)
    assert (wide.noise.low, wide.noise.high) == (noise.low, noise.high)
    ends = [
        ratio_sequence(each, alpha=0.025, planned=10_000)
        for each in (found.of_shadow, found.of_second)
    ]
    assert wide.sequence.low == ends[0][0] - ends[1][1]
    assert wide.sequence.high == ends[0][1] - ends[1][0]


def test_one_cluster_gives_no_interval_for_one_look() -> None:
    """What one user's requests vary by says nothing of other users."""
    found = floor(sums([50], [5], [10], [2]))
    assert found.excess.value == pytest.approx(0.1)
    assert math.isnan(found.excess.low)
    assert math.isnan(found.excess.high)


CLUSTERS = st.lists(
    st.tuples(*(st.integers(0, 6) for _ in range(4))).filter(any), min_size=1, max_size=30
)


@given(CLUSTERS)
def test_disagreement_is_noise_and_what_is_beyond(clusters: list[tuple[int, ...]]) -> None:
    """Noise + excess = disagreement; exchanging the second fleet and the shadow flips the sign.

    Each cluster is counted by who answered otherwise: both, one, the other, neither.
    """
    both, second, shadow, neither = np.array(clusters).T
    sizes = both + second + shadow + neither
    found = floor(sums(sizes, both + second, both + shadow, both))
    other = floor(sums(sizes, both + shadow, both + second, both))
    assert found.noise.value + found.excess.value == pytest.approx(found.disagreement.value)
    assert found.excess.value == -other.excess.value
    assert found.excess.low == pytest.approx(-other.excess.high, nan_ok=True)
    for each in (found.excess, found.sequence):
        if not math.isnan(each.low):
            assert each.low - 1e-9 <= each.value <= each.high + 1e-9


@given(CLUSTERS)
def test_the_design_effect_is_between_one_and_the_largest(clusters: list[tuple[int, ...]]) -> None:
    """It says that requests are worth no more than independent ones, and no less than clusters."""
    both, second, shadow, neither = np.array(clusters).T
    sizes = both + second + shadow + neither
    found = sums(sizes, both + second, both + shadow, both)
    assert 1 <= design_effect(spread_of_difference(found)) <= found.largest


def test_a_model_that_draws_is_not_told_from_itself() -> None:
    """Three fleets draw the same answers, twenty to a user: 0 is missed in 5 % of a thousand tests.

    Of them 50 are expected, with a standard deviation of 7.
    """
    draw = np.random.default_rng(21)
    missed = 0
    for _ in range(1_000):
        chance = draw.beta(0.4, 0.4, 60)[:, None]
        production, second, shadow = draw.random((3, 60, 20)) < chance
        x, y = second != production, shadow != production
        counts = (each.sum(axis=1) for each in (x, y, x & y))
        found = floor(sums(np.full(60, 20), *counts))
        missed += not found.excess.low <= 0 <= found.excess.high
    assert missed < 50 + 3 * 7
