"""Do the intervals of two models' quality and agreement hold, also for rare classes?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.calibration import calibration, reliability
from analysis.classes import macro, of_class
from analysis.confusion import Confusion, bowker, kappa, stuart_maxwell
from analysis.correctness import Outcomes, outcomes
from analysis.estimates import Estimate
from analysis.roc import roc_areas
from tests.validation.rows import Lab, outside

LABELS = ("0", "1")
ALIKE = np.array([[0.55, 0.03, 0.02], [0.03, 0.24, 0.01], [0.02, 0.01, 0.09]])
"""Shares of production × shadow with the same margins."""
UNEVEN = np.array([[0.985, 0.005], [0.005, 0.005]])
"""One label has nearly all pairs."""


def measure(lab: Lab) -> None:
    """Kappa and its tests, precision, recall and F1, and the area under the ROC curve."""
    for n in (100, 1000):
        _kappa(lab, ALIKE, n, "three labels")
    for n in (300, 10_000):
        _kappa(lab, UNEVEN, n, "99 % of one label")
    for n in (100, 2000):
        _symmetry(lab, n)
    for n in (100, 1000):
        _of_class(lab, n)
    for n in (100, 1000):
        _macro(lab, n)
    for positives, negatives in ((10, 1000), (100, 1000)):
        _areas(lab, positives, negatives)
    for n in (100, 1000):
        for slope in (1.0, 0.5):
            _calibration(lab, n, slope)


def table_of(rng: np.random.Generator, shares: NDArray[np.float64], n: int) -> Confusion:
    """A table of n pairs."""
    labels = tuple(str(i) for i in range(len(shares)))
    return Confusion(labels, rng.multinomial(n, shares.ravel()).reshape(shares.shape))


def _kappa(lab: Lab, shares: NDArray[np.float64], n: int, which: str) -> None:
    chance = float(shares.sum(axis=0) @ shares.sum(axis=1))
    truth = (float(np.trace(shares)) - chance) / (1 - chance)

    def once(rng: np.random.Generator) -> bool:
        found = kappa(table_of(rng, shares, n), confidence=0.95)
        return outside((found.low, found.high), truth)

    few = "kappa-uneven" if shares is UNEVEN else "kappa-of-few-pairs"
    limit = few if n < 1000 else ""
    lab.simulate("confusion.kappa", f"{n:,} pairs, {which}", once, limit=limit)


def _symmetry(lab: Lab, n: int) -> None:
    for subject, test in (
        ("confusion.bowker", bowker),
        ("confusion.stuart_maxwell", stuart_maxwell),
    ):
        lab.simulate(
            subject,
            f"{n:,} pairs of three labels, symmetric",
            lambda rng, test=test: test(table_of(rng, ALIKE, n)).p < 0.05,
        )


JOINT = {
    # truth, production, shadow: share of pairs
    ("0", "0", "0"): 0.85,
    ("0", "0", "1"): 0.02,
    ("0", "1", "0"): 0.01,
    ("0", "1", "1"): 0.02,
    ("1", "1", "1"): 0.06,
    ("1", "1", "0"): 0.01,
    ("1", "0", "1"): 0.02,
    ("1", "0", "0"): 0.01,
}
"""Two models of a class that a tenth of the pairs belong to."""


def labelled(rng: np.random.Generator, n: int) -> Outcomes:
    """Labelled pairs drawn from JOINT."""
    counts = rng.multinomial(n, list(JOINT.values()))
    truth, production, shadow = zip(*JOINT, strict=True)
    return outcomes(truth, production, shadow, counts)


def everything() -> Outcomes:
    """JOINT itself, as counts of a hundred pairs: the shares that intervals should hold."""
    truth, production, shadow = zip(*JOINT, strict=True)
    counts = [round(100 * share) for share in JOINT.values()]
    return outcomes(truth, production, shadow, counts)


def _differences(
    lab: Lab, subject: str, name: str, n: int, of: Callable[[Outcomes], Estimate], limit: str
) -> None:
    truth = of(everything()).value

    def once(rng: np.random.Generator) -> bool:
        found = of(labelled(rng, n))
        return outside((found.low, found.high), truth)

    lab.simulate(subject, f"{n:,} pairs, a tenth of the class: {name}", once, limit=limit)


def _of_class(lab: Lab, n: int) -> None:
    for name in ("precision", "recall", "f1"):

        def of(table: Outcomes, name: str = name) -> Estimate:
            return getattr(of_class(table, "1", confidence=0.95), name).difference

        _differences(lab, "classes.of_class", name, n, of, "")


def _macro(lab: Lab, n: int) -> None:
    for name in ("precision", "recall", "f1"):

        def of(table: Outcomes, name: str = name) -> Estimate:
            return macro(table, name, confidence=0.95).difference

        limit = "macro-of-ten-pairs" if n * 0.1 <= 10 else ""
        _differences(lab, "classes.macro", name, n, of, limit)


def _areas(lab: Lab, positives: int, negatives: int) -> None:
    """Scores whose true areas are Φ(1/√2) and Φ(1.2/√2); both see the same cases."""
    truth = np.repeat([True, False], [positives, negatives])
    apart = float(ndtr(1.2 / np.sqrt(2)) - ndtr(1 / np.sqrt(2)))

    def once(rng: np.random.Generator) -> bool:
        common, one, other = rng.normal(size=(3, len(truth)))
        scores = [np.sqrt(0.7) * common + np.sqrt(0.3) * noise for noise in (one, other)]
        found = roc_areas(truth, scores[0] + truth, scores[1] + 1.2 * truth, confidence=0.95)[2]
        return outside((found.low, found.high), apart)

    data = f"{positives} positives, {negatives:,} negatives"
    limit = "auc-of-ten-positives" if positives <= 10 else ""
    lab.simulate("roc.roc_areas", data, once, limit=limit, runs=2000)


def _calibration(lab: Lab, n: int, slope: float) -> None:
    """Scores that are probabilities (slope 1), or twice as far from a half as these.

    The shadow's are nearer to a half by a tenth. The truth of given scores is the error in the same
    bins of what they should have been.
    """

    def drawn(rng: np.random.Generator) -> tuple[NDArray[np.float64], ...]:
        score = rng.random(n)
        chance = 0.5 + slope * (score - 0.5)
        return score, 0.5 + 0.9 * (score - 0.5), chance, rng.random(n) < chance

    def truth(score: NDArray[np.float64], chance: NDArray[np.float64]) -> float:
        found = reliability(np.zeros(n, bool), score, confidence=0.95)
        ends = np.cumsum(found.n)
        true = np.add.reduceat(chance[np.argsort(score)], [0, *ends[:-1]])
        return float(np.abs(true - found.n * found.score).sum()) / n

    def one(rng: np.random.Generator) -> bool:
        score, _, chance, positive = drawn(rng)
        found = reliability(positive, score, confidence=0.95).error
        return outside((found.low, found.high), truth(score, chance))

    def difference(rng: np.random.Generator) -> bool:
        score, other, chance, positive = drawn(rng)
        found = calibration(positive, score, other, confidence=0.95)[0].difference
        return outside((found.low, found.high), truth(other, chance) - truth(score, chance))

    which = "scores are probabilities" if slope == 1 else "scores too far from a half"
    lab.simulate("calibration.reliability", f"{n:,} pairs, {which}", one)
    lab.simulate("calibration.calibration", f"{n:,} pairs, {which}", difference)
