"""Is the energy distance the published one, the same both ways, and blind to units?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.energy_distance import energy_distance, one_scale


def of(reference: np.ndarray, current: np.ndarray, alpha: float = 0.05):
    return energy_distance(np.concatenate([reference, current]), len(reference), alpha=alpha)


def mean_distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.linalg.norm(one[:, None] - other[None], axis=2).mean())


def test_iris_is_as_in_r():
    """R's energy::eqdist.etest(iris[, 1:4], c(75, 75), R = 199): E-statistic 126.0453, p 0.005."""
    datasets = pytest.importorskip("sklearn.datasets")
    flowers = datasets.load_iris().data
    found = of(flowers[:75], flowers[75:])
    energy = found.value * 2 * mean_distance(flowers[:75], flowers[75:])
    assert 75 * 75 / 150 * energy == pytest.approx(126.0453, abs=1e-4)
    assert found.p == 1 / 1000


@settings(max_examples=20, deadline=None)
@given(n=st.integers(2, 30), m=st.integers(2, 30), seed=st.integers(0, 99))
def test_of_one_number_it_is_scipys(n: int, m: int, seed: int):
    """In one dimension the energy is the square of scipy's distance, and a part of 2 E|X − Y|."""
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(n, 1)), rng.normal(0.5, 2, (m, 1))
    expected = stats.energy_distance(one[:, 0], other[:, 0]) ** 2 / (2 * mean_distance(one, other))
    found = of(one, other)
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert 0 <= found.value <= 1
    # the same the other way round
    assert of(other, one).value == pytest.approx(found.value, abs=1e-9)


def test_p_of_so_few_points_is_that_of_every_division():
    """Of 2 and 2 points there are three divisions: the farthest has p one third, about."""
    found = of(np.array([[0.0], [0.1]]), np.array([[5.0], [5.1]]))
    assert found.p == pytest.approx(1 / 3, abs=0.05)
    same = of(np.zeros((5, 2)), np.zeros((5, 2)))
    assert (same.value, same.p) == (0.0, 1.0)


def test_what_no_feature_shows_alone_is_seen():
    """A correlation that goes leaves every feature's distribution as it was."""
    rng = np.random.default_rng(4)
    one = rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 300)
    other = rng.normal(size=(300, 2))
    points = one_scale(np.concatenate([one, other]).T, [], 600)
    assert energy_distance(points, 300, alpha=0.05).p == 1 / 1000
    assert all(stats.ks_2samp(one[:, k], other[:, k]).pvalue > 0.01 for k in (0, 1))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), power=st.sampled_from([1, 3, 5]))
def test_units_and_outliers_do_not_matter(seed: int, power: int):
    """Whatever rises with a number gives the same points."""
    values = np.random.default_rng(seed).normal(size=40)
    np.testing.assert_allclose(
        one_scale([values], [], 40), one_scale([1e3 * values**power + 7], [], 40)
    )


def test_columns_of_both_kinds_weigh_the_same():
    """Two texts that differ are as far apart as two numbers on average, root mean square."""
    number = one_scale([np.arange(1000.0)], [], 1000)
    apart = ((number[:, None] - number[None]) ** 2).sum(axis=2).mean()
    text = one_scale([], [np.array([3, 3, 7])], 3)
    assert ((text[0] - text[2]) ** 2).sum() == pytest.approx(apart)
    assert ((text[0] - text[1]) ** 2).sum() == 0


def test_missing_numbers_are_far_from_those_that_are_there():
    """A column that is no longer filled in is seen, though what is there keeps its shape."""
    rng = np.random.default_rng(4)
    values = rng.normal(size=400)
    values[200:][rng.random(200) < 0.3] = np.nan
    points = one_scale([values, np.full(400, np.nan)], [], 400)
    assert np.isfinite(points).all()
    assert energy_distance(points, 200, alpha=0.05).p < 0.01


def test_chance_is_exceeded_where_p_is_small():
    """The size and p tell the same story."""
    rng = np.random.default_rng(9)
    far, near = of(rng.normal(size=(80, 2)), rng.normal(1, 1, (80, 2))), None
    near = of(rng.normal(size=(80, 2)), rng.normal(size=(80, 2)))
    assert far.value > far.chance
    assert far.p < 0.05
    assert (near.value > near.chance) == (near.p <= 0.05)


def test_an_empty_sample_is_refused():
    """There is no distance to nothing."""
    with pytest.raises(ValueError, match="both samples need a point"):
        energy_distance(np.zeros((3, 1)), 3, alpha=0.05)
