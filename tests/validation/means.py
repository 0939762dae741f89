"""Do the intervals of a mean hold: light tails, heavy tails, rare values, watched?"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.bland_altman import DeltaSums, bland_altman
from analysis.bounded import bounded_mean_sequence
from analysis.comparison import DeltaSums as FieldSums
from analysis.comparison import field_difference, measured
from analysis.deltas import MIN_PAIRS, bias_sequence
from analysis.losses import log_loss_sums, mean_loss, root_mean_square
from analysis.quality import error_series
from analysis.sequences import TUNED_AT, mean_half_width
from tests.validation.crossings import spaced
from tests.validation.latencies import autoregressive
from tests.validation.rows import Lab, outside
from tests.validation.shares import IN_VERDICT, PLANNED

Sampler = Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]

LIGHT: dict[str, tuple[Sampler, float]] = {
    "normal": (lambda rng, size: rng.normal(size=size), 0.0),
    "uniform": (lambda rng, size: rng.random(size), 0.5),
    "t with 3 degrees of freedom": (lambda rng, size: rng.standard_t(3, size), 0.0),
}
HEAVY: dict[str, tuple[Sampler, float]] = {
    f"lognormal, sd of the log {sd:g}": (
        lambda rng, size, sd=sd: rng.lognormal(0, sd, size),
        math.exp(sd * sd / 2),
    )
    for sd in (1.0, 1.5)
}


def measure(lab: Lab) -> None:
    """Student's interval, the interval of bounded values, and the sequence of a mean."""
    for name, (sampler, truth) in (LIGHT | HEAVY).items():
        for n in (30, 1000):
            _student(lab, name, n, sampler, truth, "student-heavy-tails" if name in HEAVY else "")
        _watched(lab, name, sampler, truth, "heavy-tails" if name in HEAVY else "")
    for correlation in (0.3, 0.7):
        _watched(
            lab,
            f"autocorrelation {correlation:g}",
            lambda rng, size, of=correlation: autoregressive(rng, size[0], of),
            0.0,
            "autocorrelated",
        )
    for n in (30, 1000):
        _bland_altman(lab, n)
    for shift, sd in ((0.0, 0.3), (0.1, 0.3), (0.1, 0.05)):
        _standardised(lab, shift, sd)
    for same in (0.5, 0.9, 0.999):
        _likenesses_watched(
            lab,
            f"{100 * same:g} % of them 1",
            lambda rng, n, same=same: np.where(rng.random(n) < same, 1.0, rng.random(n)),
            same + (1 - same) / 2,
        )
    _likenesses_watched(lab, "beta(30, 10)", lambda rng, n: rng.beta(30, 10, n), 0.75)
    for n in (100, 1000):
        _likenesses(lab, n)
        _log_loss(lab, n)
    for n in (30, 200):
        _root_mean_square(lab, n)
    _blocks_of_errors(lab)


def sums_of(production: NDArray[np.float64], shadow: NDArray[np.float64]) -> DeltaSums:
    """The sums of two samples (n,) of the same pairs."""
    p, s = production, shadow
    parts = (float(each.sum()) for each in (p, s, p * p, s * s, p * s))
    return DeltaSums(len(p), *parts)


def _student(lab: Lab, name: str, n: int, sampler: Sampler, truth: float, limit: str) -> None:
    def once(rng: np.random.Generator) -> bool:
        x = sampler(rng, (n,))
        sums = FieldSums(n, float(x.sum()), float((x * x).sum()), float(np.abs(x).max()))
        bias = field_difference("$", n, n, (0, 0), sums, confidence=0.95).bias
        return outside((bias.low, bias.high), truth)

    lab.simulate("comparison.field_difference", f"{n:,} values, {name}", once, limit=limit)


def _watched(lab: Lab, name: str, sampler: Sampler, truth: float, limit: str) -> None:
    n = np.arange(1, lab.steps + 1)
    for alpha, which in ((0.05, "mean-watched"), (IN_VERDICT, "mean-in-verdict")):
        factor = np.array(
            [mean_half_width(k, 1.0, alpha=alpha, tuned_at=TUNED_AT * PLANNED) for k in n.tolist()]
        )

        def once(rng: np.random.Generator, factor: NDArray[np.float64] = factor) -> bool:
            x = sampler(rng, (lab.steps,))
            mean = x.cumsum() / n
            spread = ((x * x).cumsum() - n * mean * mean) / np.maximum(1, n - 1)
            half = np.sqrt(np.maximum(0, spread)) * factor
            return bool((np.abs(mean - truth) > half)[MIN_PAIRS - 1 :].any())

        lab.simulate(
            "sequences.mean_half_width",
            f"to {lab.steps:,} values, {name}",
            once,
            looks=f"every request from the {MIN_PAIRS}th",
            promised=alpha,
            limit=f"{which}-{limit}" if limit else "",
        )


def _bland_altman(lab: Lab, n: int) -> None:
    """Two scores of one normal truth: everything is known."""
    noise, shift = 0.3, 0.05
    sd = noise * math.sqrt(2)
    truths = {
        "bias": shift,
        "lower": shift - 1.959964 * sd,
        "upper": shift + 1.959964 * sd,
        "slope": 0.0,
        "ccc": 2 / (2 * (1 + noise**2) + shift**2),
    }
    for part, truth in truths.items():

        def once(rng: np.random.Generator, part: str = part, truth: float = truth) -> bool:
            score = rng.normal(size=n)
            p, s = (score + noise * rng.normal(size=n) for _ in range(2))
            found = getattr(bland_altman(sums_of(p, s + shift), confidence=0.95), part)
            return outside((found.low, found.high), truth)

        lab.simulate("bland_altman.bland_altman", f"{n:,} pairs, normal: {part}", once)


def _standardised(lab: Lab, shift: float, sd: float) -> None:
    looks = spaced(MIN_PAIRS, max(MIN_PAIRS, lab.steps), 60)

    def once(rng: np.random.Generator) -> bool:
        p = rng.normal(size=looks[-1])
        s = p + shift + sd * rng.normal(size=looks[-1])
        parts = np.stack([p, s, p * p, s * s, p * s]).cumsum(axis=1)
        for n in looks:
            found = bias_sequence(
                DeltaSums(n, *parts[:, n - 1].tolist()), alpha=IN_VERDICT, planned=PLANNED
            )
            if outside((found.low, found.high), shift):
                return True
        return False

    data = f"to {lab.steps:,} pairs, bias {shift:g} sd, differences {sd:g} sd"
    lab.simulate(
        "deltas.bias_sequence", data, once, looks=f"{len(looks)} looks", promised=IN_VERDICT
    )


def _likenesses(lab: Lab, n: int) -> None:
    """Nine of ten answers are the same, the rest anything between 0 and 1; of the mean."""
    for same in (0.9, 0.999):

        def once(rng: np.random.Generator, same: float = same) -> bool:
            values = np.where(rng.random(n) < same, 1.0, rng.random(n))
            mean = measured(
                "similarity", values, span=(0.0, 1.0), confidence=0.95, planned=PLANNED
            ).mean
            return outside((mean.low, mean.high), same + (1 - same) / 2)

        data = f"{n:,} likenesses, {100 * same:g} % of them 1"
        lab.simulate("comparison.measured", data, once)


def _likenesses_watched(
    lab: Lab,
    name: str,
    sampler: Callable[[np.random.Generator, int], NDArray[np.float64]],
    truth: float,
) -> None:
    """Looked at after every fifth part more of them, from the tenth likeness on."""
    looks = spaced(10, lab.steps, 40)

    def once(rng: np.random.Generator) -> bool:
        values = sampler(rng, looks[-1])
        return any(
            outside(bounded_mean_sequence(values[:n], span=(0.0, 1.0), alpha=0.05), truth)
            for n in looks
        )

    lab.simulate(
        "bounded.bounded_mean_sequence",
        f"to {lab.steps:,} likenesses, {name}",
        once,
        looks=f"{len(looks)} looks",
        runs=300,
    )


def _log_loss(lab: Lab, n: int) -> None:
    """Two calibrated scores of the same truth, one a little noisier in its log odds."""

    def scores(rng: np.random.Generator, count: int) -> tuple[NDArray[np.float64], ...]:
        odds = 2 * rng.normal(size=count) - 1
        truth = rng.random(count) < 1 / (1 + np.exp(-odds))
        near, far = (1 / (1 + np.exp(-odds - sd * rng.normal(size=count))) for sd in (0.5, 0.7))
        return truth, near, far

    sums = log_loss_sums(*scores(np.random.default_rng([lab.seed, 1]), 4_000_000))
    assert sums is not None
    truth = sums.bias

    def once(rng: np.random.Generator) -> bool:
        found = log_loss_sums(*scores(rng, n))
        assert found is not None
        loss = mean_loss(
            "log_loss", found, better="lower", confidence=0.95, alpha=0.05, planned=PLANNED
        )
        return outside((loss.difference.low, loss.difference.high), truth)

    data = f"{n:,} pairs, log loss of calibrated scores"
    lab.simulate("losses.mean_loss", data, once)


def _root_mean_square(lab: Lab, n: int) -> None:
    def once(rng: np.random.Generator) -> bool:
        common, one, other = rng.normal(size=(3, n))
        p, s = (common + one) ** 2, (common + 1.2 * other) ** 2
        found = root_mean_square(sums_of(p, s), confidence=0.95).difference
        return outside((found.low, found.high), math.sqrt(2.44) - math.sqrt(2.0))

    limit = "rmse-of-few-pairs" if n < 100 else ""
    lab.simulate("losses.root_mean_square", f"{n} pairs, normal errors", once, limit=limit)


def _blocks_of_errors(lab: Lab) -> None:
    """The mean absolute error of a block of time, of normal errors."""
    n = 50

    def draw(rng: np.random.Generator, runs: int) -> NDArray[np.bool_]:
        errors = np.abs(rng.normal(size=(runs, n)))
        sums = errors.sum(axis=1), (errors**2).sum(axis=1)
        start = np.arange(runs).astype("datetime64[h]")
        side = error_series(start, np.full(runs, n), sums, sums, confidence=0.95).production
        truth = math.sqrt(2 / math.pi)
        return (side.low > truth) | (side.high < truth)

    lab.simulate_together("quality.error_series", f"blocks of {n} pairs, normal errors", draw)
