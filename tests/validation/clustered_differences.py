"""Do differences between the variants hold where pairs hang together: labels, scores, failures?

Users come one after the other, or take turns: then the clusters of a look are not whole yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.bland_altman import DeltaSums, bland_altman
from analysis.clustered_drift import of_clusters
from analysis.clustered_shares import Moves, clustered_difference
from analysis.clusters import ClusterSums
from analysis.confusion import Confusion, label_shift
from analysis.deltas import STRAYING, ScoreSpreads, bias_sequence, residual_parameters
from analysis.design_effects import Spread
from analysis.drift import categorical_drift
from analysis.errors import ErrorClusters, ErrorCounts, rate_sequence
from tests.validation.clustered import sums_of
from tests.validation.rows import Lab, outside
from tests.validation.shares import IN_VERDICT, PLANNED

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]
RUNS = 400
LOOKS = 24
LABELS = ("0", "1", "2")
MOVED = np.array([[0.6, 0.02, 0.01], [0.02, 0.25, 0.01], [0.01, 0.0, 0.08]])
STILL = np.array([[0.6, 0.02, 0.01], [0.02, 0.24, 0.01], [0.01, 0.01, 0.08]])
"""Shares of pairs by both labels: where each label's share changes, and where none does."""


@dataclass(frozen=True, slots=True)
class Users:
    """Who asks: the mean number of their requests, how that varies, how alike one user's are.

    With a share ``differ`` of users the shadow always fails, or its score lies a whole sd higher.
    """

    size: int
    sizes: str
    alike: float
    differ: float = 0.0

    @property
    def text(self) -> str:
        """In words, for the page."""
        told = f"{self.size} requests a user, {self.sizes}, correlation {self.alike:g}"
        return f"{told}, one user in {1 / self.differ:g} differs" if self.differ else told

    def draw(self, rng: np.random.Generator, requests: int) -> Whole:
        """The user of each request, one user after the other."""
        count = max(2, requests // self.size)
        if self.sizes == "of one size":
            n = np.full(count, self.size)
        elif self.sizes == "geometric":
            n = rng.geometric(1 / self.size, count)
        else:
            n = (self.size * 0.35 * (rng.pareto(1.3, count) + 0.3)).astype(np.int64)
            n = n.clip(1, 20 * self.size)
        return np.repeat(np.arange(count), n)

    def mixed(self, rng: np.random.Generator, who: Whole, shares: Floats) -> Whole:
        """Which of some answers each request gets: those of a user are as alike as he is said."""
        count = int(who[-1]) + 1
        weight = (1 - self.alike) / self.alike if self.alike else math.inf
        own = np.broadcast_to(shares, (count, len(shares)))
        if math.isfinite(weight):
            own = rng.dirichlet(np.maximum(shares * weight, 1e-9), count)
        chosen = (rng.random(len(who))[:, None] > own.cumsum(axis=1)[who, :-1]).sum(axis=1)
        return chosen.astype(np.int64)


USERS = (
    Users(20, "of one size", 0.0),
    Users(20, "of one size", 0.2),
    Users(5, "geometric", 0.5),
    Users(20, "heavy-tailed", 0.2),
)
FEW_DIFFER = (
    Users(20, "of one size", 0.0, differ=0.05),
    Users(20, "heavy-tailed", 0.0, differ=0.02),
)


def measure(lab: Lab) -> None:
    """One look at the end and many on the way."""
    for users in USERS:
        _labels_once(lab, users)
        _scores_once(lab, users, "")
        _failures_once(lab, users)
        _drift(lab, users)
        for turns in (False, True) if users.alike == 0.2 else (False,):
            _labels_watched(lab, users, turns)
            _failures_watched(lab, users, turns)
            for shift, sd in ((0.02, 0.3), (0.5, 0.1)):
                _scores_watched(lab, users, turns, shift, sd)
    for users in FEW_DIFFER:
        _scores_once(lab, users, "clusters-few-differ" if users.sizes == "heavy-tailed" else "")
        _failures_watched(lab, users, False)
        for turns in (False, True):
            _scores_watched(lab, users, turns, 0.0, 0.1)


def sums_by(who: Whole, hit: NDArray[np.bool_]) -> ClusterSums:
    """The sums over clusters, of pairs and of those that are hit."""
    return sums_of(np.bincount(who), np.bincount(who, weights=hit).astype(np.int64))


def moves_by(who: Whole, production: Whole, shadow: Whole, labels: int) -> tuple[Moves, ...]:
    """What each label gained and lost, cluster by cluster."""
    made = []
    for label in range(labels):
        gained = (shadow == label) & (production != label)
        lost = (production == label) & (shadow != label)
        both = (np.bincount(who, weights=side) for side in (gained, lost))
        products = float(math.prod(both).sum())
        made.append(Moves(sums_by(who, gained), sums_by(who, lost), products))
    return tuple(made)


def delta_sums(p: Floats, s: Floats) -> DeltaSums:
    """The sums of the scores of pairs."""
    return DeltaSums(len(p), *(float(each.sum()) for each in (p, s, p * p, s * s, p * s)))


def spreads_by(who: Whole, p: Floats, s: Floats) -> ScoreSpreads:
    """How the differences of scores hang together."""
    bias, mean, sd, slope = residual_parameters(delta_sums(p, s))
    d, z = (s - p - bias) / sd, (p - mean) / sd
    return ScoreSpreads(_spread(who, d), _spread(who, d - slope * (z * z - 1)))


def _spread(who: Whole, residuals: Floats) -> Spread:
    n = np.bincount(who)
    r, squares = np.bincount(who, weights=residuals), residuals**2
    return Spread(
        int((n > 0).sum()),
        len(who),
        int(n.max()),
        float((n * n).sum()),
        float((r * r).sum()),
        float(squares.sum()),
        max(STRAYING, float(squares.max())),
    )


def _table(production: Whole, shadow: Whole) -> Confusion:
    k = len(LABELS)
    return Confusion(LABELS, np.bincount(production * k + shadow, minlength=k * k).reshape(k, k))


def _looks(rng: np.random.Generator, n: int, *, turns: bool) -> tuple[Whole, Iterator[int]]:
    """The order in which requests come, and how many there are at each look."""
    order = rng.permutation(n) if turns else np.arange(n)
    return order, iter(np.unique(np.geomspace(20, n, LOOKS).astype(np.int64)).tolist())


def _said(*, turns: bool) -> str:
    return f"{LOOKS}, users take turns" if turns else f"{LOOKS}, user after user"


def _cells(users: Users, rng: np.random.Generator, requests: int, shares: Floats) -> list[Whole]:
    """Of each request its user and both labels."""
    who = users.draw(rng, requests)
    cell = users.mixed(rng, who, shares.ravel())
    return [who, cell // len(LABELS), cell % len(LABELS)]


_CHANGE = {label: float(MOVED[:, i].sum() - MOVED[i].sum()) for i, label in enumerate(LABELS)}


def _labels_once(lab: Lab, users: Users) -> None:
    def once(rng: np.random.Generator) -> bool:
        who, p, s = _cells(users, rng, lab.steps, MOVED)
        shifts = label_shift(
            _table(p, s), alpha=0.05, planned=PLANNED, moves=moves_by(who, p, s, len(LABELS))
        )
        found = next(each for each in shifts if each.label == "1").difference
        return outside((found.low, found.high), _CHANGE["1"])

    lab.simulate("clustered_shares.moved", users.text, once, runs=1000)


def _labels_watched(lab: Lab, users: Users, turns: bool) -> None:
    def once(rng: np.random.Generator) -> bool:
        who, p, s = _cells(users, rng, lab.steps, MOVED)
        order, looks = _looks(rng, len(who), turns=turns)
        who, p, s = who[order], p[order], s[order]
        return any(
            outside((shift.sequence.low, shift.sequence.high), _CHANGE[shift.label])
            for n in looks
            for shift in label_shift(
                _table(p[:n], s[:n]),
                alpha=0.05,
                planned=PLANNED,
                moves=moves_by(who[:n], p[:n], s[:n], len(LABELS)),
            )
        )

    data = f"three labels, {users.text}"
    lab.simulate("confusion.label_shift", data, once, looks=_said(turns=turns), runs=RUNS // 2)


def _scores(
    users: Users, rng: np.random.Generator, requests: int, shift: float, sd: float
) -> tuple[Whole, Floats, Floats]:
    """Of each request its user and both scores; production's have sd 1, the differences ``sd``."""
    who = users.draw(rng, requests)
    count = int(who[-1]) + 1

    def alike() -> Floats:
        own, each = rng.normal(size=count)[who], rng.normal(size=len(who))
        return math.sqrt(users.alike) * own + math.sqrt(1 - users.alike) * each

    p = alike()
    differs = (rng.random(count) < users.differ)[who]
    return who, p, p + shift + differs + sd * alike()


def _scores_once(lab: Lab, users: Users, limit: str) -> None:
    def once(rng: np.random.Generator) -> bool:
        who, p, s = _scores(users, rng, lab.steps, 0.02, 0.3)
        spread = spreads_by(who, p, s).bias
        found = bland_altman(delta_sums(p, s), confidence=0.95, spread=spread).bias
        return outside((found.low, found.high), 0.02 + users.differ)

    data = f"bias, {users.text}"
    lab.simulate("bland_altman.bland_altman", data, once, runs=1000, limit=limit)


def _scores_watched(lab: Lab, users: Users, turns: bool, shift: float, sd: float) -> None:
    def once(rng: np.random.Generator) -> bool:
        who, p, s = _scores(users, rng, lab.steps, shift, sd)
        order, looks = _looks(rng, len(who), turns=turns)
        who, p, s = who[order], p[order], s[order]
        for n in looks:
            spread = spreads_by(who[:n], p[:n], s[:n]).standardised
            found = bias_sequence(
                delta_sums(p[:n], s[:n]), alpha=IN_VERDICT, planned=PLANNED, spread=spread
            )
            if outside((found.low, found.high), shift + users.differ):
                return True
        return False

    data = f"bias {shift:g} sd, differences {sd:g} sd, {users.text}"
    lab.simulate(
        *("deltas.bias_sequence", data, once),
        looks=_said(turns=turns),
        promised=IN_VERDICT,
        runs=RUNS,
    )


FAILING = 0.02


def _failing(
    users: Users, rng: np.random.Generator, requests: int
) -> tuple[Whole, NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each request its user and whether production and shadow failed it, each by itself."""
    who = users.draw(rng, requests)
    count = int(who[-1]) + 1
    rate = np.full(count, FAILING)
    if users.alike:
        weight = (1 - users.alike) / users.alike
        rate = rng.beta(FAILING * weight, (1 - FAILING) * weight, count)
    production, shadow = rng.random((2, len(who))) < rate[who]
    return who, production, shadow | (rng.random(count) < users.differ)[who]


def _failures_once(lab: Lab, users: Users) -> None:
    def once(rng: np.random.Generator) -> bool:
        who, production, shadow = _failing(users, rng, lab.steps)
        both = (sums_by(who, each) for each in (shadow, production))
        return outside(clustered_difference(*both, confidence=0.95), 0.0)

    data = f"failures {FAILING:g} of both, {users.text}"
    lab.simulate("clustered_shares.clustered_difference", data, once, runs=1000)


def _failures_watched(lab: Lab, users: Users, turns: bool) -> None:
    def once(rng: np.random.Generator) -> bool:
        who, production, shadow = _failing(users, rng, lab.steps)
        order, looks = _looks(rng, len(who), turns=turns)
        who, production, shadow = who[order], production[order], shadow[order]
        for n in looks:
            sums = ErrorClusters(sums_by(who[:n], production[:n]), sums_by(who[:n], shadow[:n]))
            counts = ErrorCounts("5xx_errors", sums.production.agreed, n, sums.shadow.agreed, n)
            found = rate_sequence(counts, sums, alpha=0.05, planned=PLANNED)
            if outside(found, (1 - FAILING) * users.differ):
                return True
        return False

    data = f"failures {FAILING:g} of both, {users.text}"
    lab.simulate("errors.rate_sequence", data, once, looks=_said(turns=turns), runs=RUNS)


def _drift(lab: Lab, users: Users) -> None:
    """Alarms of the test where no label's share changed, and Cramér's V where each did."""
    shares = MOVED.sum(axis=1), MOVED.sum(axis=0)
    middle = (shares[0] + shares[1]) / 2
    # φ² of two rows of the same weight; Bergsma's V of a 2 × 3 table is its root in the limit
    truth = math.sqrt(float(((shares[1] - shares[0]) ** 2 / middle).sum()) / 4)

    def found(rng: np.random.Generator, cells: Floats):  # type: ignore[no-untyped-def]
        who, p, s = _cells(users, rng, lab.steps, cells)
        table = _table(p, s)
        counts = table.counts.sum(axis=1), table.counts.sum(axis=0)
        drift = categorical_drift("prediction", LABELS, *counts, tolerance=0.1, alpha=0.05)
        moves = moves_by(who, p, s, len(LABELS))
        return of_clusters(drift, moves, np.diag(table.counts).tolist(), alpha=0.05)

    def rings(rng: np.random.Generator) -> bool:
        return bool(found(rng, STILL).p < 0.05)

    def misses(rng: np.random.Generator) -> bool:
        effect = found(rng, MOVED).effect
        return outside((effect.low, effect.high), truth)

    name = "clustered_drift.of_clusters"
    lab.simulate(name, f"no label changed, {users.text}", rings, runs=1000)
    lab.simulate(name, f"Cramér's V of labels that changed, {users.text}", misses, runs=1000)
