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

LATENCIES = ("p50_latency", "p99_latency")
"""The guardrails of latency."""
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
        Distance of the two distributions that will be found: Kolmogorov–Smirnov's of scores,
        Cramér's V of labels that come without.
    production_errors, shadow_errors : tuple of float
        Shares of requests that fail, in the order of ``errors.ERROR_KINDS``.
    slower : tuple of float
        Relative change of the percentiles of latency, in the order of ``LATENCIES``.
    slower_spread : tuple of float or None
        Standard deviation of that change from hour to hour; None where nobody knows it.
    cluster_size, correlation : float
        Pairs of one user, session or record that a usual pair is among, itself included, and how
        far they go together (ICC), in agreement, labels and scores alike. A size of 1 says that
        each pair is alone.
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
    slower: tuple[float, float] = (0.0, 0.0)
    slower_spread: tuple[float | None, float | None] = (None, None)
    cluster_size: float = 1.0
    correlation: float = 0.0

    @property
    def design_effect(self) -> float:
        """Pairs that say as much as one independent pair (Kish 1965, §5.4)."""
        return 1 + (self.cluster_size - 1) * self.correlation


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

    Latency is planned where it is known how it varies from hour to hour; slices never are, for
    they are not known before there are pairs. Clusters count where the verdict minds them: not for
    KS D, and not for errors, which CloudWatch counts without saying whose they were.

    Raises
    ------
    ValueError
        When a share is none, a spread is negative, a cluster is less than a pair, or the chance
        is not between 0 and 1.
    """
    shares = (
        *(expected.agreement, expected.distance, traffic.captured, traffic.copied),
        *expected.production_errors,
        *expected.shadow_errors,
        expected.correlation,
    )
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError(
            "Agreement, distance, rates of errors, sampling and correlation are shares, 0 to 1."
        )
    if any(spread is not None and spread < 0 for spread in expected.slower_spread):
        raise ValueError("A spread of latency is 0 or more.")
    if expected.cluster_size < 1:
        raise ValueError(f"A cluster of {expected.cluster_size} pairs is none.")
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
    if name in LATENCIES:
        return expected.slower_spread[LATENCIES.index(name)] is None
    return name == "slices"


def _need(
    name: str, expected: Expected, traffic: Traffic, policy: Policy, alpha: float, chance: float
) -> Need:
    """The observations after which a guardrail is decided with this chance, and their time."""
    unit, rate = _unit(name, traffic)
    value = _value(name, expected)
    limit = TERMS[name].limit(policy)
    inside = limit < value if name == "agreement" else value < limit
    n = None
    if not math.isclose(value, limit, abs_tol=1e-12):
        n = _enough(_chance(name, value, expected, traffic, policy, alpha), chance)
    return Need(
        name,
        "inconclusive" if n is None else "ok" if inside else "breach",
        n,
        unit,
        n / rate if n is not None and rate > 0 else None,
    )


def _unit(name: str, traffic: Traffic) -> tuple[str, float]:
    """What a guardrail counts, and how many of them come in an hour."""
    if name in LATENCIES:
        return "hours", float(traffic.requests > 0)
    return ("requests", traffic.requests) if name in ERROR_KINDS else ("pairs", traffic.pairs)


def _value(name: str, expected: Expected) -> float:
    """What is expected to be found, without its sign where either way counts."""
    if name in ERROR_KINDS:
        at = ERROR_KINDS.index(name)
        return expected.shadow_errors[at] - expected.production_errors[at]
    if name in LATENCIES:
        return expected.slower[LATENCIES.index(name)]
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
    size, effect = expected.cluster_size, expected.design_effect
    if name == "agreement":
        return chances.share(
            value, limit, alpha=alpha, planned=planned, cluster_size=size, design_effect=effect
        )
    if name == "label_shift":
        moved, each = (1 - expected.agreement) / 2, alpha / expected.labels
        return chances.within(
            moved, limit, alpha=each, planned=planned, cluster_size=size, design_effect=effect
        )
    if name == "score_bias":
        return chances.bias(
            *(value, expected.spread, limit),
            alpha=alpha,
            planned=planned,
            cluster_size=size,
            design_effect=effect,
        )
    if name == "prediction_drift":
        if expected.scored:
            return chances.distance(value, limit, alpha=alpha)
        return chances.association(value, expected.labels, limit, alpha=alpha, design_effect=effect)
    if name in LATENCIES:
        spread = expected.slower_spread[LATENCIES.index(name)]
        return chances.latency(value, spread or 0.0, limit, alpha=alpha)
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
