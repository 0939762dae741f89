"""Do bands of chance and marks of change hold where nothing changed, hour by hour?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.change_points import change_points, strata
from analysis.drift_over_time import Bins, edges, over_time, searched
from analysis.moved_mass import yardstick
from tests.validation.rows import Lab

WEEK = np.datetime64("2026-03-02T00", "s") + np.arange(168) * np.timedelta64(3600, "s")
NONE = np.zeros(1, dtype=np.int64)


def measure(lab: Lab) -> None:
    """Every measure of a block, and the search for changes."""
    for n in (100, 1000):
        for categories in (0, 5, 20):
            _blocks(lab, n, categories)
    for of, rhythm, spread in ((1, 0.0, 0.0), (1, 0.3, 0.0), (1, 0.3, 0.02), (10, 0.3, 0.0)):
        _still(lab, of, rhythm, spread)
    _after_one_change(lab)


def _block(rng: np.random.Generator, n: int, categories: int) -> Bins:
    """One block of a feature that never moved, of numbers or of so many unlike categories."""
    if categories:
        shares = rng.dirichlet(np.full(categories, 2.0))
        counts, reference = rng.multinomial(n, shares, 1), rng.multinomial(6000, shares)
        return Bins("x", "categorical", counts, reference, np.arange(categories), NONE, 0)
    held = np.sort(rng.normal(size=6000))
    fine, coarse = edges(held)
    counts = searched(np.sort(rng.normal(size=n)), fine)[None]
    whole = searched(held, fine)
    return Bins("x", "numeric", counts, whole, coarse, NONE, 0, yardstick=yardstick(held, fine))


def _blocks(lab: Lab, n: int, categories: int) -> None:
    """Whether a block is above its band, measure by measure."""
    what = f"{categories} categories" if categories else "numbers"
    names = ("effect", "PSI", "Jensen–Shannon")
    for place, name in enumerate(names if categories else (*names, "Wasserstein")):

        def once(rng: np.random.Generator, place: int = place) -> bool:
            bins, rows = [_block(rng, n, categories)], np.full(1, n)
            found = over_time(bins, WEEK[:1], rows, block_s=3600, tolerance=0.1, alpha=0.05)
            course = found.features[0].courses[place]
            return bool(course.value[0] > course.chance[0])

        data = f"{name}, a block of {n:,} values in {what}, 6,000 in the reference"
        limit = "psi-few-rows" if place in (1, 2) and n < 1000 else ""
        lab.simulate("drift_over_time.over_time", data, once, limit=limit)


def _week(
    rng: np.random.Generator, rhythm: float, spread: float, step: float = 0.0
) -> NDArray[np.int64]:
    """A week of hours: requests by day and few by night, shares with a rhythm and some spread."""
    turn = np.sin(np.arange(168) / 24 * 2 * np.pi)
    tilt = np.linspace(-1, 1, 10)
    moved = np.where(np.arange(168) < 80, 0.0, step)
    shares = (1 + (rhythm * turn + moved)[:, None] * tilt) / 10
    if spread:
        shares = np.array([rng.dirichlet(each / spread) for each in shares])
    n = np.round(120 * (1 + 0.7 * turn)).astype(np.int64)
    return np.array([rng.multinomial(k, each) for k, each in zip(n, shares, strict=True)])


def _still(lab: Lab, of: int, rhythm: float, spread: float) -> None:
    """Whether anything at all is marked where nothing changed but the time of the day."""

    def once(rng: np.random.Generator) -> bool:
        series = [_week(rng, rhythm, spread) for _ in range(of)]
        seed = int(rng.integers(2**31))
        return any(change_points(series, strata(WEEK, 3600), alpha=0.05, seed=seed))

    data = f"{of} {'feature' if of == 1 else 'features'}, 168 hours"
    data += ", a daily rhythm" if rhythm else ", no rhythm"
    data += ", requests of one hour alike" if spread else ""
    lab.simulate("change_points.change_points", data, once, runs=1000 if of == 1 else 300)


def _after_one_change(lab: Lab) -> None:
    """Whether there is a mark far from the one change: each of two parts may have one at 5 %."""

    def once(rng: np.random.Generator) -> bool:
        seed = int(rng.integers(2**31))
        (found,) = change_points(
            [_week(rng, 0.3, 0.0, 0.6)], strata(WEEK, 3600), alpha=0.05, seed=seed
        )
        return any(abs(each.at - 80) > 3 for each in found)

    data = "1 feature, 168 hours, one large change"
    lab.simulate(
        "change_points.change_points", data, once, promised=0.1, looks="both parts", runs=1000
    )
