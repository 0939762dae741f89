"""Does a search among many stay within the false discoveries that it accepts?"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr

from analysis.fisher import excess_p
from analysis.multiplicity import benjamini_hochberg
from analysis.slice_search import Counts, screen
from analysis.slices import Named, judge
from tests.validation.rows import Lab


def measure(lab: Lab) -> None:
    """Fisher's exact test, the adjusted p-values, and the search for slices."""
    for drawn, marked, n in ((50, 20, 1000), (500, 100, 5000)):
        _fisher(lab, drawn, marked, n)
    for false in (0, 10):
        _adjusted(lab, false)
    for bad in (0, 2):
        _slices(lab, bad)


def _fisher(lab: Lab, drawn: int, marked: int, n: int) -> None:
    found = np.arange(max(0, drawn + marked - n), min(drawn, marked) + 1)

    def choose(of: int, some: NDArray[np.int64] | int) -> NDArray[np.float64]:
        return gammaln(of + 1) - gammaln(np.add(some, 1)) - gammaln(np.subtract(of, some) + 1)

    chances = np.exp(choose(marked, found) + choose(n - marked, drawn - found) - choose(n, drawn))
    rings = excess_p(found, drawn, marked, n) < 0.05
    data = f"{drawn} of {n:,} pairs, {marked} disagree"
    lab.compute("fisher.excess_p", data, float(chances[rings].sum()))


def _adjusted(lab: Lab, false: int) -> None:
    """A hundred questions, of which ``false`` have something to find: the false share of finds."""

    def once(rng: np.random.Generator) -> float:
        z = rng.normal(size=100)
        z[:false] += 3.5
        found = benjamini_hochberg(2 * ndtr(-np.abs(z))) <= 0.05
        return float(found[false:].sum() / max(1, found.sum()))

    data = f"100 questions, {false} with something to find"
    lab.simulate("multiplicity.benjamini_hochberg", data, once, looks="false discoveries")


def _slices(lab: Lab, bad: int) -> None:
    """Eight features of five values, and any two of them; ``bad`` values agree less than others.

    With bad slices every other one holds some of their pairs, but in equal parts: it agrees as
    often as its rest, within chance. Where a bad one meets another it agrees as the bad one does.
    """
    n, features, values = 10_000, 8, 5

    def once(rng: np.random.Generator) -> tuple[float, float]:
        cells = rng.integers(0, values, (features, n))
        harmed = np.isin(cells[0], np.arange(bad))
        agreed = rng.random(n) < np.where(harmed, 0.9, 0.97)
        half = rng.random(n) < 0.5
        first, second = (_counted(cells[:, of], agreed[of], values) for of in (half, ~half))
        found = screen(first, confidence=0.95)
        rows = found.to_judge()
        named = [Named((f"f{first.cut[row]}",), f"{row}", f"{row}") for row in rows[1:].tolist()]
        held = Counts(second.n[rows], second.agreed[rows], second.within[rows], second.cut[rows])
        told = judge(found, named, held, n=n, agreed=int(agreed.sum()), confidence=0.95)
        # the rows of the first feature's bad values are the first
        right = {str(row) for row in range(1, bad + 1)}
        return tuple(
            sum(one.name not in right for one in some) / max(1, len(some))
            for some in (told.found, told.confirmed)
        )

    tested = features * values + features * (features - 1) // 2 * values * values
    data = f"{tested} slices of {n:,} pairs, {bad} of them worse"
    for which, at in (("slice_search.screen", 0), ("slices.judge", 1)):
        lab.simulate(
            which, data, lambda rng, at=at: once(rng)[at], looks="false discoveries", runs=400
        )


def _counted(cells: NDArray[np.int64], agreed: NDArray[np.bool_], values: int) -> Counts:
    """Every value of each feature, and where those of any two meet."""
    features = len(cells)
    places, cut, within = [np.zeros(cells.shape[1], dtype=np.int64)], [0], [(0, 0)]
    for at in range(features):
        places.append(1 + values * at + cells[at])
        cut += [at + 1] * values
        within += [(0, 0)] * values
    for number, (one, other) in enumerate(combinations(range(features), 2), 1 + features):
        places.append(len(cut) + values * cells[one] + cells[other])
        cut += [number] * values**2
        within += [
            (1 + values * one + first, 1 + values * other + second)
            for first in range(values)
            for second in range(values)
        ]
    at = np.concatenate(places)
    n = np.bincount(at, minlength=len(cut))
    k = np.bincount(at, weights=np.tile(agreed, len(places)), minlength=len(cut))
    return Counts(n, k.astype(np.int64), np.array(within), np.array(cut))
