"""How many pairs does a test need, and how long must it run, before it decides?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from analysis import chances
from analysis.checks import TERMS
from analysis.errors import ERROR_KINDS
from analysis.policy import alpha_each, statistical

if TYPE_CHECKING:
    from analysis.policy import Policy, PredictionKind

MOST = 10**9
"""Observations beyond which a test is not planned."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a test is expected to find, before there is any.

    Attributes
    ----------
    kind : str
        Of the answers; ``scored`` says whether they come with a score, ``labels`` how many there
        are to choose from.
    agreement : float
        Share of pairs with the same answer. Disagreements are taken to go as often one way as the
        other, all of them between two labels.
    bias, spread : float
        Mean and standard deviation of the differences of the scores, in standard deviations of
        production's score.
    distance : float
        Kolmogorov–Smirnov distance of the two distributions of scores that will be found.
    production_errors, shadow_errors : tuple of float
        Shares of requests that fail, in the order of ``errors.ERROR_KINDS``.
    """

    kind: PredictionKind
    scored: bool
    labels: int
    agreement: float
    bias: float
    spread: float
    distance: float
    production_errors: tuple[float, float, float]
    shadow_errors: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of production in an hour, and which share is captured and copied to the shadow."""

    per_hour: float
    captured: float
    copied: float

    @property
    def requests(self) -> float:
        """Requests of the shadow in an hour: failures are counted of all of them."""
        return self.per_hour * self.copied

    @property
    def pairs(self) -> float:
        """Pairs in an hour; capture and copy are taken for two draws, which make the fewest."""
        return self.per_hour * self.captured * self.copied


@dataclass(frozen=True, slots=True)
class Need:
    """When one guardrail is decided.

    Attributes
    ----------
    name : str
    expected : str
        ``ok`` or ``breach``, as the expected value lies inside its limit or not; ``inconclusive``
        where it sits on the limit, or more observations than ``MOST`` would be needed.
    n : int or None
        Observations, in ``unit``, after which it is decided with the chance asked for.
    unit : str
        ``pairs``, ``requests`` or ``hours``.
    hours : float or None
        The time that takes; None where it is never decided, or no traffic comes.
    """

    name: str
    expected: str
    n: int | None
    unit: str
    hours: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """When a whole test is decided.

    Attributes
    ----------
    chance, each : float
        That everything planned is decided by then, if what is expected is true; and that of one
        guardrail, so that all of them have it together (Bonferroni).
    needs : tuple of Need
    unplanned : tuple of str
        Guardrails judged on an interval of whose width nothing is known beforehand.
    hours, pairs : float or None
        The longest of the needs, and the pairs that come in that time; None where one of them is
        never met.
    """

    chance: float
    each: float
    needs: tuple[Need, ...]
    unplanned: tuple[str, ...]
    hours: float | None
    pairs: float | None

    @property
    def longest(self) -> Need:
        """The need that makes the test as long as it is."""
        return max(self.needs, key=lambda need: math.inf if need.hours is None else need.hours)


@lru_cache(maxsize=64)
def plan(expected: Expected, traffic: Traffic, policy: Policy, chance: float) -> Plan:
    """Plan a test that decides with this chance, and covers what the policy asks for.

    Latency is not planned, since nobody knows beforehand how it varies from hour to hour, nor are
    slices, which are not known before there are pairs, nor the drift of labels without a score,
    whose interval depends on all of their shares.

    Raises
    ------
    ValueError
        When a share is none, or the chance is not between 0 and 1.
    """
    shares = (
        *(expected.agreement, expected.distance, traffic.captured, traffic.copied),
        *expected.production_errors,
        *expected.shadow_errors,
    )
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError("Agreement, distance, rates of errors and sampling are shares, 0 to 1.")
    if not 0 < chance < 1:
        raise ValueError(f"{chance} is no chance between 0 and 1.")
    judged = statistical(policy, expected.kind, scored=expected.scored)
    asked = [name for name in judged if not _unknown(name, expected)]
    each = 1 - (1 - chance) / len(asked)
    alpha = alpha_each(policy, expected.kind, scored=expected.scored)
    needs = [_need(name, expected, traffic, policy, alpha, each) for name in asked]
    needs += _covered(traffic, policy)
    times = [need.hours for need in needs if need.hours is not None]
    hours = max(times) if len(times) == len(needs) else None
    return Plan(
        chance,
        each,
        tuple(needs),
        tuple(name for name in judged if name not in asked),
        hours,
        None if hours is None else hours * traffic.pairs,
    )


def _unknown(name: str, expected: Expected) -> bool:
    unforeseen = name in ("p50_latency", "p99_latency", "slices")
    return unforeseen or (name == "prediction_drift" and not expected.scored)


def _need(
    name: str, expected: Expected, traffic: Traffic, policy: Policy, alpha: float, chance: float
) -> Need:
    """The observations after which a guardrail is decided with this chance, and their time."""
    errors = name in ERROR_KINDS
    value = _value(name, expected)
    limit = TERMS[name].limit(policy)
    inside = limit < value if name == "agreement" else value < limit
    n = None
    if not math.isclose(value, limit, abs_tol=1e-12):
        n = _enough(_chance(name, value, expected, traffic, policy, alpha), chance)
    rate = traffic.requests if errors else traffic.pairs
    return Need(
        name,
        "inconclusive" if n is None else "ok" if inside else "breach",
        n,
        "requests" if errors else "pairs",
        n / rate if n is not None and rate > 0 else None,
    )


def _value(name: str, expected: Expected) -> float:
    """What is expected to be found, without its sign where either way counts."""
    if name in ERROR_KINDS:
        at = ERROR_KINDS.index(name)
        return expected.shadow_errors[at] - expected.production_errors[at]
    return {
        "agreement": expected.agreement,
        "label_shift": 0.0,
        "score_bias": abs(expected.bias),
        "prediction_drift": expected.distance,
    }[name]


def _chance(
    name: str,
    value: float,
    expected: Expected,
    traffic: Traffic,
    policy: Policy,
    alpha: float,
) -> chances.Chance:
    limit, planned = TERMS[name].limit(policy), policy.planned_pairs
    if name == "agreement":
        return chances.share(value, limit, alpha=alpha, planned=planned)
    if name == "label_shift":
        moved = (1 - expected.agreement) / 2
        return chances.within(moved, limit, alpha=alpha / expected.labels, planned=planned)
    if name == "score_bias":
        return chances.bias(value, expected.spread, limit, alpha=alpha, planned=planned)
    if name == "prediction_drift":
        return chances.distance(value, limit, alpha=alpha)
    at = ERROR_KINDS.index(name)
    rates = expected.production_errors[at], expected.shadow_errors[at]
    more = 1 / traffic.copied if traffic.copied > 0 else 1.0
    return chances.difference(*rates, more, limit, alpha=alpha, planned=planned)


def _enough(decided: chances.Chance, chance: float) -> int | None:
    """The observations after which the chance is reached, to within one in a hundred."""
    short, enough = 0, 16
    while decided(enough) < chance:
        short, enough = enough, 2 * enough
        if enough > MOST:
            return None
    while enough - short > max(1, enough // 100):
        middle = (short + enough) // 2
        short, enough = (short, middle) if decided(middle) >= chance else (middle, enough)
    return enough


def _covered(traffic: Traffic, policy: Policy) -> list[Need]:
    """What the policy asks to be covered, which no chance decides."""
    pairs = policy.min_pairs / traffic.pairs if traffic.pairs > 0 else None
    hours, days = policy.min_hours_of_week, 24 * policy.min_days
    return [
        Need("pairs", "ok", policy.min_pairs, "pairs", pairs),
        Need("hours_of_week", "ok", hours, "hours", float(hours)),
        Need("days", "ok", math.ceil(days), "hours", days),
    ]
