"""What do the peers' defaults call drift where nothing moved, and what do they miss?"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.drift import categorical_drift, numeric_drift
from tests.environments import environment
from tests.validation.curves import shares_of
from tests.validation.rows import Lab

TOLERANCE = 0.1
"""The effect that a policy accepts by default."""

PEERS = {"evidently": "evidently", "nannyml": "nannyml", "alibi-detect": "alibi_detect"}

Columns = NDArray[np.float64] | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Columns (k, n) and (k, m), what happened to them, and whether it should be called drift."""

    name: str
    moved: bool
    draw: Callable[[np.random.Generator, int], tuple[Columns, Columns]]


@dataclass(frozen=True, slots=True)
class Called:
    """The share of features that each system calls drift, or why it could not be asked.

    ``columns`` says what they are, ``moved`` whether they should be called drift.
    """

    columns: str
    moved: bool
    features: int
    ours: float
    test_alone: float
    peers: dict[str, float | str]


def _numbers(n: int, m: int) -> Callable[[np.random.Generator, int], tuple[Columns, Columns]]:
    return lambda rng, k: (rng.lognormal(0, 1, (k, n)), rng.lognormal(0, 1, (k, m)))


def _texts(n: int, m: int) -> Callable[[np.random.Generator, int], tuple[Columns, Columns]]:
    shares = shares_of(10)
    return lambda rng, k: (rng.choice(10, (k, n), p=shares), rng.choice(10, (k, m), p=shares))


def _shifted(
    n: int, shift: float, absurd: float | None = None
) -> Callable[[np.random.Generator, int], tuple[Columns, Columns]]:
    def draw(rng: np.random.Generator, k: int) -> tuple[Columns, Columns]:
        reference, current = rng.normal(size=(k, n)), shift + rng.normal(size=(k, n))
        if absurd is not None:
            reference[:, 0] = absurd
        return reference, current

    return draw


SCENARIOS = (
    Scenario("1,000 numbers against 1,000", False, _numbers(1000, 1000)),
    Scenario("5,000 numbers against 100", False, _numbers(5000, 100)),
    Scenario("ten categories, 1,000 rows against 1,000", False, _texts(1000, 1000)),
    Scenario("ten categories, 1,000 rows against 5,000", False, _texts(1000, 5000)),
    Scenario("20,000 numbers moved by 0.05 sd", False, _shifted(20_000, 0.05)),
    Scenario("2,000 numbers moved by half a sd", True, _shifted(2000, 0.5)),
    Scenario(
        "the same, one value of 1,000,000 among the reference", True, _shifted(2000, 0.5, 1e6)
    ),
)


def compare(lab: Lab, features: int, *, ask_peers: bool = True) -> list[Called]:
    """Ask everybody about the same columns."""
    return [_asked(lab, at, each, features, ask_peers) for at, each in enumerate(SCENARIOS)]


def _asked(lab: Lab, at: int, scenario: Scenario, features: int, ask_peers: bool) -> Called:
    reference, current = scenario.draw(np.random.default_rng([lab.seed, at]), features)
    found = [_ours(a, b) for a, b in zip(reference, current, strict=True)]
    peers: dict[str, float | str] = {}
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "reference.npy", reference)
        np.save(Path(folder) / "current.npy", current)
        for peer, function in PEERS.items():
            answer = _answer(peer, function, folder, features) if ask_peers else "not asked"
            peers[peer] = answer
    return Called(
        scenario.name,
        scenario.moved,
        features,
        float(np.mean([drift for drift, _ in found])),
        float(np.mean([p < 0.05 for _, p in found])),
        peers,
    )


def _ours(reference: Columns, current: Columns) -> tuple[bool, float]:
    """Whether the drift page calls it drift, and the p of its test alone."""
    if reference.dtype.kind == "i":
        k = int(max(reference.max(), current.max())) + 1
        counts = np.bincount(reference, minlength=k), np.bincount(current, minlength=k)
        labels = [str(i) for i in range(k)]
        found = categorical_drift("x", labels, *counts, tolerance=TOLERANCE, alpha=0.05)
    else:
        found = numeric_drift("x", reference, current, tolerance=TOLERANCE, alpha=0.05)
    return found.state == "drift", found.p


def _answer(peer: str, function: str, folder: str, features: int) -> float | str:
    python, reason = environment(peer)
    if python is None:
        return reason
    script = Path(__file__).with_name("contestants.py")
    done = subprocess.run(
        [python, str(script), function, folder], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return f"failed ({done.stderr.strip().splitlines()[-1]})"
    called = json.loads(done.stdout.splitlines()[-1])
    assert len(called) == features
    return float(np.mean(called))
