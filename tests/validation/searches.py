"""Does a search among many stay within the false discoveries that it accepts?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr

from analysis.multiplicity import benjamini_hochberg
from analysis.slices import Counted, disagreement_p, search
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
    rings = [disagreement_p(k, drawn, marked, n) < 0.05 for k in found.tolist()]
    data = f"{drawn} of {n:,} pairs, {marked} disagree"
    lab.compute("slices.disagreement_p", data, float(chances[rings].sum()))


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
    """Twelve features of five values each; ``bad`` values agree less, all other slices as the rest.

    With bad slices every other one holds some of their pairs, but in equal parts: it agrees as
    often as its rest, within chance.
    """
    n, features, values = 5000, 12, 5

    def once(rng: np.random.Generator) -> float:
        cells = rng.integers(0, values, (features, n))
        harmed = np.isin(cells[0], np.arange(bad))
        agreed = rng.random(n) < np.where(harmed, 0.9, 0.97)
        counted = [
            Counted(
                f"f{at}",
                f"f{at} = {value}",
                f"f{at} = {value}",
                int(of.sum()),
                int(agreed[of].sum()),
            )
            for at in range(features)
            for value in range(values)
            for of in (cells[at] == value,)
        ]
        found = search(counted, n, int(agreed.sum()), confidence=0.95).standing_out
        false = sum(one.dimension != "f0" for one in found)
        return false / max(1, len(found))

    data = f"60 slices of {n:,} pairs, {bad} of them worse"
    lab.simulate("slices.search", data, once, looks="false discoveries", runs=1000)
