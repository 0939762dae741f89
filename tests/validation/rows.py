"""How often does an interval miss the truth, or a test ring without cause?

A row is one method at one size on one kind of data. Its misses are counted in seeded runs, or
computed exactly where the outcomes can be enumerated: then there is no simulation error.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

STATISTICS = Path(__file__).parents[2] / "docs" / "statistics.md"

BEYOND = 0.0005
"""A row fails where chance alone would bring so many misses less often than this."""

Once = Callable[[np.random.Generator], bool | float]
Draw = Callable[[np.random.Generator, int], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Row:
    """One method under one condition.

    Attributes
    ----------
    subject : str
        Module and function in ``analysis``.
    data, looks : str
        What it was given, and how often it was looked at.
    promised, misses : float
        The largest share of misses it promises, and the share found.
    se : float
        Standard error of ``misses``; 0 where it was computed, not simulated.
    runs : int
        0 where it was computed.
    limit : str
        The known limit of docs/statistics.md that the row shows, if any.
    """

    subject: str
    data: str
    looks: str
    promised: float
    misses: float
    se: float
    runs: int
    limit: str = ""

    def kept(self, limits: dict[str, float]) -> bool:
        """Whether there are no more misses than promised, or than the known limit says."""
        allowed = max(self.promised, limits.get(self.limit, 0.0))
        if self.runs == 0:
            return self.misses <= allowed
        found = round(self.misses * self.runs)
        return self.misses <= allowed or bool(bdtrc(found - 1, self.runs, allowed) >= BEYOND)

    def short(self) -> bool:
        """Whether it misses more often than it promises, beyond simulation error."""
        return not replace(self, limit="").kept({})


@dataclass(slots=True)
class Lab:
    """Where rows are measured: how many runs, how long a test is, and from which seed.

    Every row draws from a generator of its own, made of the seed and the row's name: a row added
    or left out moves no other.
    """

    runs: int
    steps: int
    seed: int
    rows: list[Row] = field(default_factory=list)

    def simulate(
        self,
        subject: str,
        data: str,
        once: Once,
        *,
        looks: str = "one",
        promised: float = 0.05,
        limit: str = "",
        runs: int | None = None,
    ) -> None:
        """Count the misses of ``once`` over many runs.

        A share between 0 and 1, such as that of false discoveries, may stand for a miss.
        """

        def draw(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
            return np.array([float(once(rng)) for _ in range(count)])

        self.simulate_together(
            subject, data, draw, looks=looks, promised=promised, limit=limit, runs=runs
        )

    def simulate_together(
        self,
        subject: str,
        data: str,
        draw: Draw,
        *,
        looks: str = "one",
        promised: float = 0.05,
        limit: str = "",
        runs: int | None = None,
    ) -> None:
        """Count the misses of ``draw``, which gives those of so many runs at once."""
        count = min(self.runs, runs or self.runs)
        name = zlib.crc32(f"{subject} {data} {looks} {promised:.4f}".encode())
        missed = np.asarray(draw(np.random.default_rng([self.seed, name]), count), np.float64)
        assert missed.shape == (count,)
        se = float(missed.std()) / math.sqrt(count)
        self.rows.append(
            Row(subject, data, looks, promised, float(missed.mean()), se, count, limit)
        )

    def compute(
        self,
        subject: str,
        data: str,
        misses: float,
        *,
        looks: str = "one",
        promised: float = 0.05,
        limit: str = "",
    ) -> None:
        """Take down misses that were computed, not simulated."""
        self.rows.append(Row(subject, data, looks, promised, float(misses), 0.0, 0, limit))


def outside(ends: tuple[float, float], truth: float) -> bool:
    """Whether an interval misses the truth; one that is not given (nan) has missed nothing."""
    return ends[0] > truth or ends[1] < truth


def known_limits(page: str) -> dict[str, float]:
    """The table of known limits in docs/statistics.md: name, and largest share of misses.

    >>> known_limits("| `watched` | 22 % | … |")
    {'watched': 0.22}
    """
    found = re.findall(r"^\| `([a-z-]+)` \| ([\d.]+) % \|", page, flags=re.MULTILINE)
    return {name: round(float(share) / 100, 10) for name, share in found}
