"""Is the distance of counted bins the distance of the mass that they say has moved?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from analysis.drift_over_time import FEWEST_ROWS, Bins, edges, over_time, searched
from analysis.moved_mass import Yardstick, chance, moved, yardstick
from analysis.sorted_samples import winsorised_sd

HOUR = np.array(["2026-03-02T00"], dtype="datetime64[s]")
NONE = np.zeros(1, dtype=np.int64)


def held(values: NDArray[np.float64]) -> tuple[Yardstick, NDArray[np.float64]]:
    """A reference's yardstick and its edges."""
    at, _ = edges(values)
    found = yardstick(values, at)
    assert found is not None
    return found, at


def distance(reference: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """The distance of a block of these counts from the reference."""
    yard, at = held(reference)
    shares = searched(reference, at) / len(reference), counts / counts.sum()
    (found,) = moved(yard, np.cumsum(shares[0] - shares[1])[None]).tolist()
    return float(found)


@given(st.integers(0, 2**32 - 1))
def test_it_is_the_distance_to_the_reference_weighted_anew(seed: int) -> None:
    """As SciPy has it of two weighted samples; of so few values all are kept, and no tail is cut.

    The weight of each value is that of its bin, shared among the bin's values.
    """
    rng = np.random.default_rng(seed)
    reference = np.sort(rng.lognormal(size=150).round(1 + seed % 3))
    at, _ = edges(reference)
    counts = rng.integers(0, 50, len(at) + 1)
    counts[rng.integers(len(at))] += 1
    mine = searched(reference, at)
    # a last bin without values of the reference has nothing to be like
    counts[mine == 0] = 0
    bins = np.searchsorted(at, reference, "left")
    weights = (counts / counts.sum())[bins] / mine[bins]
    expected = wasserstein_distance(reference, reference, None, weights)
    assert distance(reference, counts) == pytest.approx(expected / winsorised_sd(reference))


@pytest.mark.parametrize("shift", [0.1, 0.3, 1.0])
def test_a_shift_is_told_in_standard_deviations(shift: float) -> None:
    """At most 2 % fewer than it has; of a large one what lies beyond the ends is not seen."""
    rng = np.random.default_rng(2)
    reference = np.sort(rng.normal(size=50_000))
    _, at = held(reference)
    found = distance(reference, searched(reference + shift, at))
    assert shift * (0.95 if shift == 1 else 0.98) <= found <= shift


def test_whole_numbers_are_measured_exactly() -> None:
    """Of 0 and 1, half each, a block with three quarters of 1 has moved a quarter, half an sd."""
    reference = np.repeat([0.0, 1.0], 5_000)
    _, at = held(reference)
    block = np.repeat([0.0, 1.0], [25, 75])
    assert distance(reference, searched(block, at)) == pytest.approx(0.5, abs=1e-3)


def test_what_moves_within_a_bin_is_not_seen() -> None:
    """The top twentieth ten times as large has the counts it had: the distance says 0."""
    reference = np.sort(np.random.default_rng(1).exponential(size=2_000))
    _, at = held(reference)
    now = np.where(reference > at[-1], 10 * reference, reference)
    assert distance(reference, searched(now, at)) == 0


@pytest.mark.parametrize("values", [np.empty(0), np.ones(300), np.array([3.0])])
def test_without_spread_there_is_no_yardstick(values: NDArray[np.float64]) -> None:
    """A constant has no standard deviation to tell a distance in."""
    assert yardstick(values, edges(values)[0]) is None


def test_a_unit_of_its_own_changes_nothing() -> None:
    """Millimetres or miles: the distance is in standard deviations."""
    rng = np.random.default_rng(5)
    reference = np.sort(rng.gamma(2.0, size=3_000))
    counts = rng.multinomial(500, np.full(20, 0.05))
    assert distance(reference * 1e6, counts) == pytest.approx(distance(reference, counts))
    assert distance(reference, 7 * counts) == pytest.approx(distance(reference, counts))


def test_chance_is_that_of_the_bridge() -> None:
    """Of 0 and 1, half each, |B(1/2)| ≈ N(0, 1/4): below 1.96/2 in 95 %, and sd is 1/2.

    10,000 draws know that quantile to about 0.04.
    """
    yard, at = held(np.repeat([0.0, 1.0], 5_000))
    shares = np.array([0.5, 0.5, 0.0])[: len(at) + 1]
    assert chance(yard, shares, alpha=0.05) == pytest.approx(1.96 / 2 / 0.5, abs=0.1)
    assert chance(yard, shares, alpha=0.01) > chance(yard, shares, alpha=0.05)


def _course(bins: Bins) -> tuple[float, float]:
    rows = np.array([int(bins.counts.sum())])
    found = over_time([bins], HOUR, rows, block_s=3600, tolerance=0.1, alpha=0.05)
    (course,) = (each for each in found.features[0].courses if each.name == "Wasserstein, sd")
    return float(course.value[0]), float(course.chance[0])


@pytest.mark.parametrize("n", [FEWEST_ROWS - 1, FEWEST_ROWS, 2_000])
def test_a_block_of_few_values_is_not_measured(n: int) -> None:
    """As the other measures; with enough of them there is a value, and a band that narrows."""
    rng = np.random.default_rng(3)
    reference = np.sort(rng.normal(size=4_000))
    yard, at = held(reference)
    counts = searched(np.sort(rng.normal(size=n)), at)[None]
    bins = Bins("x", "numeric", counts, searched(reference, at), NONE, NONE, 0, 0.0, yard)
    value, limit = _course(bins)
    if n < FEWEST_ROWS:
        assert math.isnan(value)
        assert math.isnan(limit)
    else:
        shares = bins.reference / bins.reference.sum()
        spread = math.sqrt(1 / n + 1 / 4_000)
        assert limit == chance(yard, shares, alpha=0.05) * spread
        assert 0 < value < 2 * limit


def test_a_sketch_has_a_distance_and_no_band() -> None:
    """How far its curve may be off is no matter of chance."""
    reference = np.sort(np.random.default_rng(4).normal(size=1_000))
    yard, at = held(reference)
    counts = searched(reference, at)
    bins = Bins("x", "numeric", counts[None], counts, NONE, NONE, 0, 0.01, yard)
    value, limit = _course(bins)
    assert value == 0
    assert math.isnan(limit)
