"""Are samples told apart only where they can be, and by the right features?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis import two_sample_classifier
from analysis.two_sample_classifier import Separation, installed, separation

NAMES = ("still", "moved", "text")
CATEGORICAL = (False, False, True)


def samples(n: int, shift: float, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two numbers and a category; of those of now one number is moved."""
    rng = np.random.default_rng(seed)
    current = np.arange(2 * n) >= n
    rows = np.column_stack([rng.normal(size=(2 * n, 2)), rng.integers(0, 5, 2 * n)])
    rows[current, 1] += shift
    rows[::17, 0] = np.nan
    return rows, current


def told(rows: np.ndarray, current: np.ndarray, seed: int = 0) -> Separation:
    return separation(rows, current, NAMES, CATEGORICAL, confidence=0.95, seed=seed)


def test_the_feature_that_moved_explains():
    """Samples a standard deviation apart: an area near Φ(1/√2), by the one feature that moved."""
    found = told(*samples(2000, 1.0))
    assert found.area.value == pytest.approx(stats.norm.cdf(1 / np.sqrt(2)), abs=0.03)
    assert found.area.low < found.area.value < found.area.high
    assert found.p < 1e-6
    first, *others = found.explained
    assert first.name == "moved"
    assert first.least <= first.fall <= first.most
    assert all(abs(each.fall) < first.fall / 5 for each in others)
    assert (found.n_reference, found.n_current, found.area.n) == (2000, 2000, 4000)


def test_a_category_explains_too():
    """What comes only now is told by its column."""
    rows, current = samples(500, 0.0)
    rows[current, 2] = np.where(np.arange(500) % 2, 7, rows[current, 2])
    assert told(rows, current).explained[0].name == "text"


def test_the_same_seed_gives_the_same():
    """A result can be repeated."""
    assert told(*samples(200, 0.5)) == told(*samples(200, 0.5))


def test_halves_hold_half_of_either_sample():
    """Every row is asked about once, by a model that did not see it."""
    current = np.arange(101) >= 40
    half = two_sample_classifier._halves(current, np.random.default_rng(0))
    assert np.count_nonzero(half & ~current) == 20
    assert np.count_nonzero(half & current) == 30


@pytest.mark.parametrize("seed", range(5))
def test_p_is_scipys_mann_whitney(seed: int):
    """With ties, one-sided, without a correction for continuity."""
    rng = np.random.default_rng(seed)
    truth = rng.random(80) < 0.4
    score = np.round(rng.normal(size=80) + 0.4 * truth, 1)
    expected = stats.mannwhitneyu(
        score[truth], score[~truth], alternative="greater", use_continuity=False,
        method="asymptotic",
    ).pvalue  # fmt: skip
    assert two_sample_classifier._mann_whitney(truth, score) == pytest.approx(expected)


def test_where_nothing_varies_nothing_is_told():
    """Equal rows give half an area and p 1, not an error."""
    found = told(np.zeros((80, 3)), np.arange(80) % 2 == 0)
    assert (found.area.value, found.p) == (0.5, 1.0)
    assert all(each.fall == 0 for each in found.explained)


def test_it_knows_whether_it_can_be_asked():
    """scikit-learn is installed where tests run."""
    assert installed()
