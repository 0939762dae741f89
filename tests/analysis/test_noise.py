"""Is what production differs from itself by told apart from what the shadow differs by?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intervals import newcombe_paired, wilson
from analysis.noise import NoiseFloor, Repeat, noise_floor


def floor(*repeats: Repeat) -> NoiseFloor:
    return noise_floor(
        repeats, sum(each.n for each in repeats), confidence=0.95, alpha=0.05, planned=1_000
    )


COUNTS = st.lists(
    st.builds(Repeat, st.booleans(), st.booleans(), st.booleans(), st.integers(0, 500)),
    min_size=1,
    max_size=8,
)


def test_an_example_worked_out_by_hand():
    """Of 100 inputs production changed on 10 and the shadow on 5; they disagreed on 18 of them.

    Of those 18 production changed on 6: 12 − 4 more disagree than changed.
    """
    found = floor(
        Repeat(False, True, False, 6),
        Repeat(False, True, True, 4),
        Repeat(True, False, False, 5),
        Repeat(True, True, False, 7),
        Repeat(True, True, True, 78),
    )
    shares = [found.production, found.shadow, found.disagreement]
    assert [each.value for each in shares] == [0.10, 0.05, 0.18]
    assert [(each.low, each.high) for each in shares] == [
        wilson(k, 100, confidence=0.95) for k in (10, 5, 18)
    ]
    assert found.excess.value == pytest.approx(0.08)
    ends = newcombe_paired(6, 12, 4, 78, confidence=0.95)
    assert (found.excess.low, found.excess.high) == ends
    assert found.noisy


def test_without_repeated_inputs_nothing_is_known():
    """No input twice is no floor: neither none nor all of the disagreement is noise."""
    found = floor()
    assert (found.inputs, found.production.n, found.noisy) == (0, 0, False)
    assert math.isnan(found.production.value)
    assert math.isnan(found.excess.value)


@given(COUNTS)
def test_the_excess_is_what_is_left_of_the_disagreement(repeats: list[Repeat]):
    """Disagreement = floor + excess, both intervals hold the value, one look's inside [−1, 1]."""
    found = floor(*repeats)
    if not found.inputs:
        return
    assert found.production.value + found.excess.value == pytest.approx(found.disagreement.value)
    for each in (found.excess, found.sequence):
        assert each.low <= each.value + 1e-12
        assert each.high >= each.value - 1e-12
        assert each.n == found.inputs
    assert -1 <= found.excess.low <= found.excess.high <= 1


@given(COUNTS)
def test_a_production_that_never_changes_leaves_all_to_the_shadow(repeats: list[Repeat]):
    """Without noise the excess is the disagreement."""
    found = floor(*(Repeat(True, each.shadow_same, each.agreed, each.n) for each in repeats))
    if found.inputs:
        assert not found.noisy
        assert found.excess.value == found.disagreement.value


def test_two_models_that_draw_alike_are_not_told_apart():
    """Both answer 1 with the same chance, which the input gives: the interval misses 0 in 5 %.

    A thousand tests of 300 inputs each; of them 50 are expected, with a standard deviation of 7.
    """
    draw = np.random.default_rng(11)
    missed = 0
    for _ in range(1_000):
        chance = draw.beta(0.3, 0.3, 300)
        first, again, shadow, shadow_again = draw.random((4, 300)) < chance
        answers = zip(first == again, shadow == shadow_again, first == shadow, strict=True)
        found = floor(*(Repeat(bool(p), bool(s), bool(a), 1) for p, s, a in answers))
        missed += not found.excess.low <= 0 <= found.excess.high
    assert missed < 50 + 3 * 7


def test_a_shadow_that_differs_beyond_noise_is_told():
    """Where the shadow always contradicts production's likelier answer, the excess shows it."""
    draw = np.random.default_rng(12)
    first, again = draw.random((2, 400)) < 0.9
    found = floor(
        *(Repeat(bool(p), True, bool(a), 1) for p, a in zip(first == again, ~first, strict=True))
    )
    assert found.excess.low > 0.5
