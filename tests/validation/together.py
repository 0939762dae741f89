"""Do tests of whole requests ring where nothing has moved?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.energy_distance import energy_distance, one_scale
from analysis.two_sample_classifier import separation
from tests.validation.rows import Lab


def measure(lab: Lab) -> None:
    """Both tests, for independent features and for ones that hang together, as many and uneven."""
    for n, m in ((60, 60), (30, 200)):
        for alike in (False, True):
            _energy(lab, n, m, alike)
    for n, m in ((100, 100), (400, 400), (100, 700)):
        _classifier(lab, n, m)


def _numbers(rng: np.random.Generator, n: int, alike: bool) -> NDArray[np.float64]:
    """Five features with a heavy tail; of those that hang together each is the first, and noise."""
    rows = rng.standard_t(3, (n, 5))
    if alike:
        rows[:, 1:] = rows[:, :1] + 0.3 * rows[:, 1:]
    return rows


def _what(n: int, m: int, alike: bool) -> str:
    return f"{n} against {m} requests of five features{', alike' if alike else ''}"


def _energy(lab: Lab, n: int, m: int, alike: bool) -> None:
    def once(rng: np.random.Generator) -> bool:
        rows = _numbers(rng, n + m, alike)
        rows[rng.random(n + m) < 0.1, 2] = np.nan
        points = one_scale(list(rows.T), [rng.integers(0, 4, n + m)], n + m)
        return energy_distance(points, n, alpha=0.05, seed=int(rng.integers(2**31))).p <= 0.05

    lab.simulate("energy_distance.energy_distance", _what(n, m, alike), once, runs=400)


def _classifier(lab: Lab, n: int, m: int) -> None:
    def once(rng: np.random.Generator) -> bool:
        rows, current = _numbers(rng, n + m, True), np.arange(n + m) >= n
        seed = int(rng.integers(2**31))
        return separation(rows, current, "abcde", [False] * 5, confidence=0.95, seed=seed).p < 0.05

    data = _what(n, m, True)
    lab.simulate("two_sample_classifier.separation", data, once, runs=200)
