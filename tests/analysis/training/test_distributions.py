"""Are quantiles and histograms those of the values, at every step and any size?"""

from __future__ import annotations

import numpy as np
import pytest

from analysis.training.distributions import (
    BINS,
    LEVELS,
    MOST_ELEMENTS,
    MOST_STEPS,
    distribution,
    edges,
)
from tests.analysis.training.recorded import only_reductions, recording

NAME = "gradient/Net_fc.0.weight"


def made(*values: np.ndarray):
    return recording({NAME: {("TRAIN", 10 * at): value for at, value in enumerate(values)}})


def test_bands_are_numpys_quantiles():
    """Nine levels from minimum to maximum; reference: numpy.quantile of the same numbers."""
    rng = np.random.default_rng(3)
    values = [rng.standard_normal(5_000) * size for size in (1.0, 1e-6)]
    found = distribution(made(*values), 0, mode="TRAIN")
    assert found.step.tolist() == [0, 10]
    for row, value in zip(found.quantiles, values, strict=True):
        assert row.tolist() == pytest.approx(np.quantile(value, LEVELS).tolist())
        assert (np.diff(row) > 0).all()
    assert (found.every, found.worker) == (1, "worker_0")


def test_every_number_is_in_one_bin():
    """Shares of a step add up to 1, whatever the sizes: an explosion has its own far bins."""
    rng = np.random.default_rng(4)
    found = distribution(
        made(rng.standard_normal(300), 1e21 * rng.standard_normal(300), np.zeros(300)),
        0,
        mode="TRAIN",
    )
    assert found.share.shape == (3, BINS)
    assert found.share.sum(axis=1).tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert len(found.edges) == BINS + 1
    assert (np.diff(found.edges) > 0).all()
    assert (found.share[0] > 0).sum() >= 3


def test_what_is_not_finite_is_left_out():
    """Bands of a value with NaN are those of its numbers; of one without any number, unknown."""
    found = distribution(
        made(np.array([np.nan, 1.0, np.inf, 3.0]), np.full(4, np.nan)), 0, mode="TRAIN"
    )
    assert found.quantiles[0, [0, 4, 8]].tolist() == [1.0, 2.0, 3.0]
    assert np.isnan(found.quantiles[1]).all()
    assert np.isnan(found.share[1]).all()


def test_bins_reach_beyond_both_ends():
    """No element is outside, of values on one side of 0 neither."""
    for sign in (1.0, -1.0):
        found = distribution(made(sign * np.linspace(0.1234, 0.9876, 50)), 0, mode="TRAIN")
        assert found.share[0].sum() == pytest.approx(1.0)


def test_one_number_has_a_bin_too():
    """A tensor whose elements are all the same is one full bin."""
    found = distribution(made(np.full(6, 2.0)), 0, mode="TRAIN")
    assert found.share[0].max() == 1.0


def test_of_many_steps_some_are_shown_and_of_large_tensors_some_elements():
    """The first and the last step are among them; minimum and maximum are those of all elements."""
    found = distribution(made(*(np.full(3, float(at)) for at in range(700))), 0, mode="TRAIN")
    assert (len(found.step), found.saved) == (MOST_STEPS, 700)
    assert (found.step[0], found.step[-1]) == (0, 6_990)
    assert (np.diff(found.step) > 0).all()
    large = np.zeros(MOST_ELEMENTS * 2)
    large[1] = 9.0
    found = distribution(made(large), 0, mode="TRAIN")
    assert (found.every, found.quantiles[0, -1], found.quantiles[0, 4]) == (2, 9.0, 0.0)


def test_without_values_there_is_no_distribution():
    """Reductions alone, or a mode that was not saved, give None and not an empty picture."""
    assert distribution(only_reductions(made(np.ones(3))), 0, mode="TRAIN") is None
    assert distribution(made(np.ones(3)), 0, mode="EVAL") is None


def test_edges_are_even_near_zero_and_logarithmic_far_out():
    """Turned by asinh: as far out on either side where the ends are."""
    found = edges(-100.0, 100.0, 1.0)
    assert found[0] == pytest.approx(-100)
    assert found[BINS // 2] == pytest.approx(0)
    assert (found + found[::-1]).tolist() == pytest.approx([0.0] * (BINS + 1))
