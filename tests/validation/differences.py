"""Do the intervals of a difference of shares hold: independent, of the same pairs, watched?"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis.confusion import Confusion, label_shift
from analysis.correctness import accuracy, mcnemar
from analysis.intervals import newcombe, newcombe_paired
from analysis.sequences import difference_sequence
from tests.validation.crossings import binomial, spaced
from tests.validation.rows import Lab, outside
from tests.validation.shares import IN_VERDICT, PLANNED

PAIRS = ((0.9, 0.02, 0.02), (0.9, 0.04, 0.01), (0.989, 0.005, 0.001), (0.5, 0.1, 0.1))
"""Shares of pairs: both right, only the shadow, only production."""


def measure(lab: Lab) -> None:
    """Newcombe's two intervals, McNemar's two tests, and the sequence of a difference."""
    for share, base, n, base_n in (
        (0.95, 0.95, 200, 200),
        (0.99, 0.97, 1000, 200),
        (0.002, 0.001, 2000, 2000),
        (0.001, 0.001, 20_000, 20_000),
    ):
        _independent(lab, share, base, n, base_n)
    for cells in PAIRS:
        for n in (100, 1000):
            _paired(lab, cells, n)
    for n in (30, 300):
        _mcnemar(lab, n)
    for cells in PAIRS[:3]:
        _watched(lab, cells)
    for rate in (0.001, 0.01):
        _errors_watched(lab, rate)
    _labels(lab)


def _independent(lab: Lab, share: float, base: float, n: int, base_n: int) -> None:
    one, other = binomial(n, share), binomial(base_n, base)
    likely = [np.flatnonzero(chances > 1e-7).tolist() for chances in (one, other)]
    misses = sum(
        one[k] * other[b]
        for k in likely[0]
        for b in likely[1]
        if outside(newcombe(k, n, b, base_n, confidence=0.95), share - base)
    )
    data = f"{share:g} of {n:,} less {base:g} of {base_n:,}"
    lab.compute("intervals.newcombe", data, misses)


def quartets(
    rng: np.random.Generator, runs: int, n: int, cells: tuple[float, float, float]
) -> NDArray[np.int64]:
    """Counts (runs, 4) of pairs: both, only the shadow, only production, neither."""
    return rng.multinomial(n, (*cells, 1 - sum(cells)), size=runs)


def _paired(lab: Lab, cells: tuple[float, float, float], n: int) -> None:
    def draw(rng: np.random.Generator, runs: int) -> NDArray[np.bool_]:
        return np.array(
            [
                outside(newcombe_paired(*counts, confidence=0.95), cells[1] - cells[2])
                for counts in quartets(rng, runs, n, cells).tolist()
            ]
        )

    lab.simulate_together("intervals.newcombe_paired", f"{n:,} pairs, {_named(cells)}", draw)


def _named(cells: tuple[float, float, float]) -> str:
    return f"discordant {100 * cells[1]:g} % and {100 * cells[2]:g} %"


def _mcnemar(lab: Lab, apart: int) -> None:
    chances = binomial(apart, 0.5)
    found = [mcnemar(10, k, apart - k, 10) for k in range(apart + 1)]
    data = f"{apart} discordant pairs, none better"
    for name, which, limit in (("exact", "exact_p", ""), ("mid-p", "mid_p", "mid-p")):
        alarms = sum(
            chance
            for chance, test in zip(chances, found, strict=True)
            if getattr(test, which) < 0.05
        )
        lab.compute("correctness.mcnemar", f"{data}, {name}", alarms, limit=limit)


def _sequence(alpha: float, difference: float) -> Callable[[int, int, int], bool]:
    @cache
    def missed(gained: int, lost: int, n: int) -> bool:
        ends = difference_sequence(gained, n, lost, n, alpha=alpha, planned=PLANNED)
        return outside(ends, difference)

    return missed


def walks(
    rng: np.random.Generator, runs: int, looks: list[int], shares: tuple[float, ...]
) -> NDArray[np.int64]:
    """Counts (runs, looks, cells) of categories, growing from look to look."""
    gaps = np.diff([0, *looks])
    return np.stack([rng.multinomial(gap, shares, size=runs) for gap in gaps], axis=1).cumsum(
        axis=1
    )


def _watched(lab: Lab, cells: tuple[float, float, float]) -> None:
    looks = spaced(20, lab.steps, 40)
    missed = _sequence(0.05, cells[1] - cells[2])

    def draw(rng: np.random.Generator, runs: int) -> NDArray[np.bool_]:
        found = walks(rng, runs, looks, (*cells, 1 - sum(cells)))[:, :, 1:3]
        return np.array(
            [
                any(missed(g, b, n) for (g, b), n in zip(run, looks, strict=True))
                for run in found.tolist()
            ]
        )

    data = f"to {lab.steps:,} pairs, {_named(cells)}"
    lab.simulate_together(
        "sequences.difference_sequence", data, draw, looks=f"{len(looks)} looks", runs=400
    )

    def of_models(rng: np.random.Generator, runs: int) -> NDArray[np.bool_]:
        found = walks(rng, runs, looks[::4], (*cells, 1 - sum(cells)))

        def once(both: int, gained: int, lost: int, neither: int) -> bool:
            table = mcnemar(both, lost, gained, neither)
            measured = accuracy(table, confidence=0.95, alpha=0.05, planned=PLANNED)
            assert measured.sequence is not None
            return outside((measured.sequence.low, measured.sequence.high), cells[1] - cells[2])

        return np.array([any(once(*counts) for counts in run) for run in found.tolist()])

    lab.simulate_together(
        "correctness.accuracy", data, of_models, looks=f"{len(looks[::4])} looks", runs=300
    )


def _errors_watched(lab: Lab, rate: float) -> None:
    """Errors of two variants that get the same requests, each failing by itself."""
    looks = spaced(20, lab.steps, 40)
    missed = _sequence(IN_VERDICT, 0.0)

    def draw(rng: np.random.Generator, runs: int) -> NDArray[np.bool_]:
        gaps = np.diff([0, *looks])
        errors = rng.binomial(gaps, rate, (2, runs, len(looks))).cumsum(axis=2)
        return np.array(
            [
                any(missed(s, p, n) for s, p, n in zip(shadow, production, looks, strict=True))
                for shadow, production in zip(*errors.tolist(), strict=True)
            ]
        )

    data = f"errors {rate:g} of both, to {lab.steps:,} requests"
    lab.simulate_together(
        "sequences.difference_sequence",
        data,
        draw,
        looks=f"{len(looks)} looks",
        promised=IN_VERDICT,
        runs=400,
    )


def _labels(lab: Lab) -> None:
    """All labels of a table at once: the sequences promise that none of them ever misses."""
    shares = np.full((4, 4), 0.01)
    np.fill_diagonal(shares, (0.61, 0.2, 0.06, 0.01))
    shares[0, 1], shares[1, 0] = 0.015, 0.005
    shares /= shares.sum()
    truth = {str(i): float(shares[:, i].sum() - shares[i].sum()) for i in range(4)}
    looks = spaced(50, lab.steps, 10)

    def tables(rng: np.random.Generator, runs: int) -> list[list[tuple]]:
        found = walks(rng, runs, looks, tuple(shares.ravel()))
        return [
            [
                label_shift(
                    Confusion(("0", "1", "2", "3"), counts.reshape(4, 4)),
                    alpha=0.05,
                    confidence=0.95,
                    planned=PLANNED,
                )
                for counts in run
            ]
            for run in found
        ]

    def watched(rng: np.random.Generator, runs: int) -> NDArray[np.bool_]:
        return np.array(
            [
                any(
                    outside((shift.sequence.low, shift.sequence.high), truth[shift.label])
                    for shifts in run
                    for shift in shifts
                )
                for run in tables(rng, runs)
            ]
        )

    data = f"four labels, to {lab.steps:,} pairs"
    lab.simulate_together(
        "confusion.label_shift", data, watched, looks=f"{len(looks)} looks", runs=200
    )
