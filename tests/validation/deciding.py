"""When does a watched sequence decide, beside a test whose size was fixed beforehand?

All of it is computed exactly (:mod:`tests.validation.crossings`), at a look after every request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.intervals import wilson
from tests.validation.crossings import binomial, daily, held, leaving
from tests.validation.rows import Lab
from tests.validation.shares import IN_VERDICT, PLANNED, within_sequence, within_wilson

CASES = ((0.99, 0.98), (0.95, 0.94), (0.999, 0.998))
"""True agreement, and the limit it is held against."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One true share against one limit, at one error.

    Attributes
    ----------
    truth, limit, alpha : float
    fixed : int
        Pairs of the fixed test that finds the share above its limit nine times in ten.
    median, ninth : int or None
        Pairs after which half, and nine tenths, of the watched tests have decided rightly; None
        where that is beyond ``most``.
    most : int
    wrong, wrong_fixed, wrong_daily : float
        Chance that a share exactly at its limit is called above it: by the sequence ever, by the
        fixed test at its end, and by the same interval where it is looked at daily for 14 days.
    """

    truth: float
    limit: float
    alpha: float
    fixed: int
    median: int | None
    ninth: int | None
    most: int
    wrong: float
    wrong_fixed: float
    wrong_daily: float


def measure(lab: Lab) -> list[Decision]:
    """Every case, for one guardrail alone and as one of nine."""
    most = 6 * lab.steps
    return [
        _decision(truth, limit, alpha, most)
        for alpha in (0.05, IN_VERDICT)
        for truth, limit in CASES
    ]


def _decision(truth: float, limit: float, alpha: float, most: int) -> Decision:
    looks = range(1, most + 1)
    bounds = held(limit, looks, within_sequence(limit, alpha, PLANNED))
    right = leaving(truth, looks, bounds)[:, 1].cumsum()
    fixed = _fixed(truth, limit, alpha)
    return Decision(
        truth,
        limit,
        alpha,
        fixed,
        _reached(looks, right, 0.5),
        _reached(looks, right, 0.9),
        most,
        float(leaving(limit, looks, bounds)[:, 1].sum()),
        _above(limit, limit, fixed, alpha),
        float(
            leaving(
                limit, days := daily(fixed), held(limit, days, within_wilson(limit, 1 - alpha))
            )[:, 1].sum()
        ),
    )


def _reached(looks: Sequence[int], chance: np.ndarray, share: float) -> int | None:
    return int(looks[int(np.argmax(chance >= share))]) if chance[-1] >= share else None


def _above(truth: float, limit: float, n: int, alpha: float) -> float:
    """Chance that Wilson's interval from n pairs lies above the limit."""
    low, high = 0, n + 1  # the least number of agreements whose interval lies above it
    while low < high:
        middle = (low + high) // 2
        if wilson(middle, n, confidence=1 - alpha)[0] > limit:
            high = middle
        else:
            low = middle + 1
    return float(binomial(n, truth)[low:].sum())


def _fixed(truth: float, limit: float, alpha: float) -> int:
    """The smallest size, in steps of a hundred, from which on nine in ten are found."""
    n = 100
    while min(_above(truth, limit, n + more, alpha) for more in (0, 100, 200)) < 0.9:
        n += 100
    return n
