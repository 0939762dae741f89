"""Do the intervals of a share hold where pairs hang together: users alike, batches, sizes uneven?

A sequence is looked at while users come one after the other, or while they take turns: then the
clusters of a look are not whole yet.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.agreement import agreement_series
from analysis.clusters import ClusterSums, ratio, ratio_sequence
from analysis.independence import ALARM, over_time
from analysis.second_source import Differing, Fates, second_floor
from tests.validation.rows import Lab, outside
from tests.validation.shares import IN_VERDICT, PLANNED

Whole = NDArray[np.int64]
RUNS = 400
LOOKS = 120
"""Looks at a test, closer together at its beginning, where few users are known."""


@dataclass(frozen=True, slots=True)
class Users:
    """Who asks: the mean number of their requests, how that varies, and how alike they are.

    ``alike`` is the correlation of a user's agreements; nan stands for a few users with whom the
    shadow never agrees, and all others nearly always.
    """

    share: float
    size: int
    sizes: str
    alike: float

    @property
    def text(self) -> str:
        """In words, for the page."""
        told = "some never agree" if math.isnan(self.alike) else f"correlation {self.alike:g}"
        return f"share {self.share:g}, {self.size} requests a user, {self.sizes}, {told}"

    def draw(self, rng: np.random.Generator, requests: int) -> tuple[Whole, NDArray[np.float64]]:
        """Requests of each user, and the share of them that would agree."""
        count = max(2, requests // self.size)
        if self.sizes == "of one size":
            n = np.full(count, self.size)
        elif self.sizes == "geometric":
            n = rng.geometric(1 / self.size, count)
        else:
            n = (self.size * 0.35 * (rng.pareto(1.3, count) + 0.3)).astype(np.int64)
            n = n.clip(1, 100 * self.size)
        if math.isnan(self.alike):
            never = 0.8 * (1 - self.share)
            always = 1 - (1 - self.share - never) / (1 - never)
            return n, np.where(rng.random(count) < never, 0.0, always)
        if self.alike == 0:
            return n, np.full(count, self.share)
        weight = (1 - self.alike) / self.alike
        return n, rng.beta(self.share * weight, (1 - self.share) * weight, count)


def measure(lab: Lab) -> None:
    """One look and many; users of equal and of uneven size, from independent to wholly alike."""
    for shape in ("even", "daily rhythm"):
        for share in (0.95, 0.99):
            _independent(lab, shape, share)
    for users in (
        Users(0.95, 20, "of one size", 0.0),
        Users(0.95, 20, "of one size", 0.05),
        Users(0.95, 20, "of one size", 0.2),
        Users(0.99, 5, "of one size", 0.5),
        Users(0.95, 3, "geometric", math.nan),
        Users(0.95, 20, "geometric", 0.2),
        Users(0.99, 20, "heavy-tailed", math.nan),
    ):
        _one_look(lab, users)
        for alpha in (0.05, IN_VERDICT):
            _watched(lab, users, alpha, f"{LOOKS}, user after user", _in_turn)
        _watched(lab, users, 0.05, f"{LOOKS}, users take turns", _taking_turns)
    for users in (
        Users(0.95, 1, "of one size", 0.0),
        Users(0.95, 20, "of one size", 0.2),
        Users(0.95, 20, "geometric", 0.2),
    ):
        for more in (0.0, 0.02):
            _beyond_noise(lab, users, more)


def _independent(lab: Lab, shape: str, share: float) -> None:
    """How often independent pairs are said to contradict it, by one of two tests at 0.1 %."""
    hours = np.arange(lab.steps // 30)
    n = np.full(len(hours), 30)
    if shape != "even":
        n = np.round(30 + 25 * np.sin(hours * 2 * np.pi / 24)).astype(np.int64)
    start = np.datetime64("2026-03-02T00", "h") + hours

    def once(rng: np.random.Generator) -> bool:
        series = agreement_series(start, rng.binomial(n, share), n, confidence=0.95)
        return over_time(series).contradicted

    data = f"share {share:g}, {len(hours)} hours, {shape}"
    lab.simulate("independence.over_time", data, once, promised=2 * ALARM)


def _one_look(lab: Lab, users: Users) -> None:
    limit = "clusters-uneven" if users.sizes == "heavy-tailed" else ""

    def once(rng: np.random.Generator) -> bool:
        n, q = users.draw(rng, lab.steps)
        found = ratio(sums_of(n, rng.binomial(n, q)), confidence=0.95)
        return outside((found.low, found.high), users.share)

    lab.simulate("clusters.ratio", users.text, once, limit=limit)


def _beyond_noise(lab: Lab, users: Users, more: float) -> None:
    """Two fleets of one model that at times answer otherwise, and a shadow that does so more often.

    With e a user's share of answers that are otherwise, and e(1 − d) + (1 − e)d that of the shadow,
    two fleets differ in 2e(1 − e), and the shadow from one of them in d(1 − 2e)² more.
    """
    spread = users.share * (1 - users.share) * users.alike
    truth = more * ((2 * users.share - 1) ** 2 + 4 * spread)

    def once(rng: np.random.Generator) -> bool:
        n, q = users.draw(rng, lab.steps)
        e = 1 - q
        f = e * (1 - more) + (1 - e) * more
        both, second = e * (1 - e) * (1 - f) + q * e * f, e * (1 - e) * f + q * e * (1 - f)
        shadow = e * e * (1 - f) + q * (1 - e) * f
        shares = np.column_stack([both, second, shadow, 1 - both - second - shadow])
        b, x, y, _ = rng.multinomial(n, shares).T
        found = second_floor(
            Fates(int(n.sum()), 0, 0, 0),
            _differing(n, x + b, y + b, b),
            confidence=0.95,
            alpha=0.05,
            planned=PLANNED,
        )
        return outside((found.excess.low, found.excess.high), truth)

    data = f"{users.text}, the shadow otherwise in {100 * more:g} % more"
    lab.simulate("second_source.second_floor", data, once)


def _watched(
    lab: Lab,
    users: Users,
    alpha: float,
    looks: str,
    walk: Callable[[np.random.Generator, Whole, NDArray[np.float64]], list[ClusterSums]],
) -> None:
    def once(rng: np.random.Generator) -> bool:
        n, q = users.draw(rng, lab.steps)
        return any(
            outside(ratio_sequence(sums, alpha=alpha, planned=PLANNED), users.share)
            for sums in walk(rng, n, q)
        )

    lab.simulate(
        "clusters.ratio_sequence", users.text, once, looks=looks, promised=alpha, runs=RUNS
    )


def _in_turn(rng: np.random.Generator, n: Whole, q: NDArray[np.float64]) -> list[ClusterSums]:
    """The sums after each of the users, who come one after the other."""
    a = rng.binomial(n, q)
    columns = [np.cumsum(each).tolist() for each in (n, a, n * n, n * a, a * a, a * a / n)]
    largest = np.maximum.accumulate(n).tolist()
    looks = np.unique(np.geomspace(1, len(n), LOOKS).astype(np.int64)) - 1
    return [
        ClusterSums(
            at + 1, columns[0][at], columns[1][at], largest[at], 0, *(c[at] for c in columns[2:])
        )
        for at in looks.tolist()
    ]


def _taking_turns(rng: np.random.Generator, n: Whole, q: NDArray[np.float64]) -> list[ClusterSums]:
    """The sums at some looks while the requests of all users come in any order."""
    who = rng.permutation(np.repeat(np.arange(len(n)), n))
    agrees = rng.random(len(who)) < q[who]
    looks = np.unique(np.geomspace(1, len(who), LOOKS).astype(np.int64))
    return [
        sums_of(
            np.bincount(who[:look], minlength=len(n)),
            np.bincount(who[:look], weights=agrees[:look], minlength=len(n)).astype(np.int64),
        )
        for look in looks.tolist()
    ]


def sums_of(sizes: Whole, agreed: Whole) -> ClusterSums:
    """The sums over clusters of these sizes, some of them empty, of pairs that agreed."""
    n, a = sizes[sizes > 0], agreed[sizes > 0]
    return ClusterSums(
        len(n),
        int(n.sum()),
        int(a.sum()),
        int(n.max()),
        0,
        float((n * n).sum()),
        float((n * a).sum()),
        float((a * a).sum()),
        float((a * a / n).sum()),
    )


def _differing(n: Whole, x: Whole, y: Whole, both: Whole) -> Differing:
    """The sums over users of n requests, answered otherwise x times by one and y by the other."""
    return Differing(
        *(len(n), int(n.sum()), int(n.max()), int(x.sum()), int(y.sum()), int(both.sum())),
        *(float(each.sum()) for each in (n * n, n * x, n * y, x * x, y * y, x * y)),
        *(float((each * each / n).sum()) for each in (x, y)),
    )
