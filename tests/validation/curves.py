"""Do measures of drift hold under no change: small, uneven, with ties, in pairs, watched?"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.categories import chi_square, cramer_v, largest_shift, population_stability
from analysis.chance import dkw_margin
from analysis.drift import adjust, numeric_drift
from analysis.sequences import distribution_half_width
from tests.validation.crossings import spaced
from tests.validation.rows import Lab, outside

Sampler = Callable[[np.random.Generator, int], NDArray[np.float64]]


def measure(lab: Lab) -> None:
    """Tests under no change, intervals of a change, and bands of a whole curve."""
    for n, m in ((100, 100), (1000, 1000), (5000, 200)):
        _no_change(lab, n, m, "lognormal", lambda rng, k: rng.lognormal(0, 1.5, k))
    _no_change(lab, 1000, 1000, "five values", lambda rng, k: rng.integers(0, 5, k).astype(float))
    for n in (100, 2000):
        _distance(lab, n, paired=False)
    _distance(lab, 2000, paired=True)
    for n in (10, 1000):
        _band(lab, n)
    _band_watched(lab)
    for categories, n, m in ((2, 100, 100), (10, 1000, 1000), (10, 1000, 5000), (200, 1000, 1000)):
        _categories(lab, categories, n, m)
    for moved in (0.0, 0.02, 0.1):
        _association(lab, moved)
    _largest(lab)
    _many_features(lab)


def _no_change(lab: Lab, n: int, m: int, shape: str, sampler: Sampler) -> None:
    """The three tests of one comparison, each ringing at 5 %."""
    for subject, part, limit in (
        ("chance.smirnov_p", "p", ""),
        ("chance.cramer_von_mises_p", "cvm_p", ""),
        ("categories.population_stability", "psi_p", "psi-few-rows" if min(n, m) < 1000 else ""),
    ):

        def once(rng: np.random.Generator, part: str = part) -> bool:
            found = numeric_drift("x", sampler(rng, n), sampler(rng, m), tolerance=1, alpha=0.05)
            return getattr(found, part) < 0.05

        lab.simulate(subject, f"{n:,} against {m:,} rows, {shape}", once, limit=limit)


def _distance(lab: Lab, n: int, *, paired: bool) -> None:
    """KS D of two normal samples half a standard deviation apart, of pairs nearly alike."""
    shift = 0.5
    truth = float(2 * ndtr(shift / 2) - 1)

    def once(rng: np.random.Generator) -> bool:
        reference = rng.normal(size=n)
        noise = rng.normal(size=n)
        current = shift + (0.95 * reference + math.sqrt(1 - 0.95**2) * noise if paired else noise)
        found = numeric_drift("x", reference, current, tolerance=0.1, alpha=0.05).effect
        return outside((found.low, found.high), truth)

    which = "the same pairs" if paired else "independent"
    lab.simulate("drift.numeric_drift", f"KS D, {n:,} rows a side, {which}", once, runs=1000)


def farthest(uniform: NDArray[np.float64]) -> float:
    """The largest distance of a sample's cumulative curve from the true one, on a uniform scale."""
    n = len(uniform)
    ordered, rank = np.sort(uniform), np.arange(n)
    return float(max(((rank + 1) / n - ordered).max(), (ordered - rank / n).max()))


def _band(lab: Lab, n: int) -> None:
    margin = dkw_margin(n, alpha=0.05)
    lab.simulate(
        "chance.dkw_margin",
        f"{n:,} values, any distribution",
        lambda rng: farthest(rng.random(n)) > margin,
    )


def _band_watched(lab: Lab) -> None:
    looks = spaced(1, lab.steps, 60)
    margins = [distribution_half_width(n, alpha=0.05) for n in looks]

    def once(rng: np.random.Generator) -> bool:
        x = rng.random(lab.steps)
        return any(farthest(x[:n]) > margin for n, margin in zip(looks, margins, strict=True))

    data = f"to {lab.steps:,} values, any distribution"
    looked = f"{len(looks)} looks"
    lab.simulate("sequences.distribution_half_width", data, once, looks=looked, runs=500)


def shares_of(categories: int) -> NDArray[np.float64]:
    """Shares that fall off as 1/rank, as categories mostly do."""
    weights = 1 / np.arange(1, categories + 1)
    return weights / weights.sum()


def _categories(lab: Lab, categories: int, n: int, m: int) -> None:
    shares = shares_of(categories)
    for subject, p_of, limit in (
        ("categories.chi_square", lambda a, b: chi_square(a, b).p, ""),
        (
            "categories.population_stability",
            lambda a, b: population_stability(a, b).p,
            "psi-few-rows" if min(n, m) < 1000 else "",
        ),
    ):
        lab.simulate(
            subject,
            f"{categories} categories, {n:,} against {m:,} rows",
            lambda rng, p_of=p_of: (
                p_of(rng.multinomial(n, shares), rng.multinomial(m, shares)) < 0.05
            ),
            limit=limit,
        )


def _association(lab: Lab, moved: float) -> None:
    """V of two samples of five categories of which one share moved to another."""
    n = 1000
    before = shares_of(5)
    after = before + np.array([-moved, moved, 0, 0, 0])
    both = (before + after) / 2
    truth = math.sqrt(float((((before - both) ** 2 + (after - both) ** 2) / both).sum()) / 2)

    def once(rng: np.random.Generator) -> bool:
        test = chi_square(rng.multinomial(n, before), rng.multinomial(n, after))
        found = cramer_v(test, alpha=0.05)
        return outside((found.low, found.high), truth)

    data = f"V of 5 categories, {n:,} rows a side, {100 * moved:g} points moved"
    lab.simulate("categories.cramer_v", data, once)


def _largest(lab: Lab) -> None:
    """Whichever category is chosen, its interval holds its own change."""
    n = 1000
    before = shares_of(10)
    after = before + np.array([-0.01, 0.01, *np.zeros(8)])
    labels = [str(i) for i in range(10)]

    def once(rng: np.random.Generator) -> bool:
        counts = rng.multinomial(n, before), rng.multinomial(n, after)
        found = largest_shift(labels, *counts, alpha=0.05)
        assert found is not None
        at = int(found.label)
        ends = found.difference.low, found.difference.high
        return outside(ends, float(after[at] - before[at]))

    lab.simulate("categories.largest_shift", f"10 categories, {n:,} rows a side", once)


def _many_features(lab: Lab) -> None:
    """Thirty features of which none moved: the chance that any is called drift."""

    def once(rng: np.random.Generator) -> bool:
        found = [
            numeric_drift(str(i), *rng.normal(size=(2, 300)), tolerance=0.0, alpha=0.05)
            for i in range(30)
        ]
        return any(feature.state == "drift" for feature in adjust(found, alpha=0.05))

    data = "30 features, 300 rows a side, no tolerance"
    lab.simulate("drift.adjust", data, once, runs=300)
