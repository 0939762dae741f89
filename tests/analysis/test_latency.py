"""Do batches carry the uncertainty of a percentile's difference?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.latency import (
    QUANTILES,
    Percentiles,
    PercentileSeries,
    VariantLatency,
    batch_spread,
    compare,
    sequence_half_width,
)

START = np.datetime64("2026-03-02T00:00:00", "s")


def variant(batch_ms, window_ms=None, *, n=None, quantiles=(0.5,), offset=0) -> VariantLatency:
    ms = np.atleast_2d(np.asarray(batch_ms, dtype=np.float64).T).T
    k = len(ms)
    weight = np.full(k, 100.0) if n is None else np.asarray(n, dtype=np.float64)
    start = START + np.arange(offset, offset + k) * np.timedelta64(3600, "s")
    blocks = PercentileSeries(start, 3600, quantiles, ms, weight)
    whole = np.nanmean(ms, axis=0) if window_ms is None else np.atleast_1d(window_ms)
    return VariantLatency(
        "ModelLatency", Percentiles(quantiles, whole, int(np.nansum(weight))), blocks, blocks
    )


def compared(production, shadow, *, confidence=0.95, alpha=0.05):
    return compare(production, shadow, confidence=confidence, alpha=alpha)[0]


def noisy(seed, base=20.0, k=24):
    return base * (1 + 0.05 * np.random.default_rng(seed).normal(size=k))


@given(st.integers(0, 1000), st.integers(10, 60))
def test_swapping_the_variants_flips_the_difference(seed, k):
    """Milliseconds flip their sign; the interval is the mirror image."""
    a, b = variant(noisy(seed, 20, k)), variant(noisy(seed + 1, 22, k))
    ours, theirs = compared(a, b).difference, compared(b, a).difference
    assert (ours.value, ours.low, ours.high) == pytest.approx(
        (-theirs.value, -theirs.high, -theirs.low)
    )
    assert ours.low <= ours.value <= ours.high


def test_equal_batches_give_the_paired_t_interval():
    """With equal weights it is the t interval of the batches' differences: ± t(K−1)·sd/√K."""
    a, b = noisy(1), noisy(2, 22)
    found = compared(variant(a), variant(b)).difference
    d = b - a
    half = 2.0686576104190406 * d.std(ddof=1) / math.sqrt(24)  # t, 23 df, 97.5 %
    assert found.value == pytest.approx(d.mean())
    assert found.high - found.value == pytest.approx(half)


def test_the_value_is_the_window_s_own_percentile():
    """The mean of batches' percentiles is not the window's percentile and is never shown as it."""
    found = compared(variant(noisy(1), 50.0), variant(noisy(2), 60.0))
    assert (found.production_ms, found.shadow_ms) == (50.0, 60.0)
    assert found.difference.value == pytest.approx(10.0)
    assert found.relative.value == found.sequence.value == pytest.approx(0.2)


def test_the_unit_does_not_matter_to_the_relative_change():
    """Twice as long on both sides doubles the difference and leaves the ratio and its interval."""
    a, b = noisy(3), noisy(4, 22)
    once, twice = compared(variant(a), variant(b)), compared(variant(2 * a), variant(2 * b))
    assert twice.difference.high == pytest.approx(2 * once.difference.high)
    assert twice.sequence.low == pytest.approx(once.sequence.low)


def test_a_rhythm_both_share_does_not_widen_the_ratio():
    """Slow afternoons for both variants are no uncertainty about which is slower."""
    day = 20 * (1 + 0.5 * np.sin(np.arange(48) / 24 * 2 * np.pi))
    found = compared(variant(day), variant(1.1 * day)).relative
    assert found.high - found.low == pytest.approx(0, abs=1e-12)


def test_sequences_are_wider_than_one_look_and_narrow_with_batches():
    """Being right at every look costs width; more batches buy it back."""
    few = compared(variant(noisy(5)), variant(noisy(6)))
    assert few.sequence.high - few.sequence.low > few.relative.high - few.relative.low
    halves = [sequence_half_width(k, 0.1, alpha=0.05) for k in (10, 20, 100, 1000)]
    assert halves == sorted(halves, reverse=True)
    assert math.isnan(sequence_half_width(9, 0.1, alpha=0.05))


def test_batches_missing_on_either_side_are_left_out():
    """A block counts only where both variants have data and requests; order and gaps may differ."""
    a, b = noisy(7), noisy(8, 22)
    holes = b.copy()
    holes[3] = np.nan
    weight = np.full(24, 100.0)
    weight[5] = 0
    keep = np.setdiff1d(np.arange(24), [3, 5])
    found = batch_spread(variant(a), variant(holes, n=weight), 0.5)
    expected = batch_spread(variant(a[keep]), variant(b[keep]), 0.5)
    assert found.batches == expected.batches == 22
    assert found.absolute == pytest.approx(expected.absolute)
    shifted = batch_spread(variant(a), variant(b[4:], offset=4), 0.5)
    assert shifted.batches == 20


def test_few_batches_give_a_value_without_an_interval():
    """The percentiles are known, their uncertainty is not."""
    found = compared(variant(noisy(9, k=9)), variant(noisy(10, k=9)))
    for estimate in (found.difference, found.relative, found.sequence):
        assert estimate.known
        assert not estimate.bounded


@pytest.mark.parametrize("missing", [math.nan, None])
def test_no_data_are_no_estimate(missing):
    """A variant without percentiles, or without requests, is unknown and not equally fast."""
    there = variant(noisy(1))
    gone = (
        variant(noisy(1), math.nan)
        if missing is not None
        else variant(np.full(24, 5.0), n=[0] * 24)
    )
    for found in (compared(there, gone), compared(gone, there)):
        assert not found.difference.known
        assert not found.sequence.known


def test_every_common_percentile_is_compared():
    """Percentiles that only one variant has are left out."""
    ms = np.outer(noisy(1), [1, 2, 2.5, 4])
    both = compare(
        variant(ms, quantiles=QUANTILES),
        variant(ms[:, :2], quantiles=QUANTILES[:2]),
        confidence=0.95,
        alpha=0.05,
    )
    assert [found.quantile for found in both] == [0.5, 0.9]


def test_watching_batches_does_not_fool_the_sequence():
    """Looked at after every batch from the tenth to the 150th, fewer than 5 % of runs ever miss."""
    rng = np.random.default_rng(11)
    d = rng.normal(size=(600, 150))
    k = np.arange(1, 151)
    mean = np.cumsum(d, axis=1) / k
    sd = np.sqrt((np.cumsum(d * d, axis=1) - k * mean**2) / np.maximum(k - 1, 1))
    unit = np.array([sequence_half_width(n, 1.0, alpha=0.05) if n >= 10 else np.inf for n in k])
    assert (np.abs(mean) > unit * np.where(sd > 0, sd, 1)).any(axis=1).mean() < 0.05
