"""Was enough of the traffic seen to trust the comparison?

These guardrails count what was covered. A count carries no error of chance, so there is no interval
between reaching its limit and not reaching it; what time alone will bring is undecided, what time
will not mend is a breach.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis import sentences
from analysis.coverage import part_of_week
from analysis.guardrails import Direction, Guardrail, Status, used_up

if TYPE_CHECKING:
    from analysis.coverage import PairingSeries
    from analysis.evidence import Evidence
    from analysis.policy import Policy

RATIO_ALARM = 0.001
"""p below which the sample ratio is wrong (Fabijan et al., KDD 2019)."""

RATIO_ALARM_CHI2 = 10.827566170662733
"""The chi-square value, with one degree of freedom, whose p is ``RATIO_ALARM``."""


def counted(
    name: str,
    status: Status,
    value: float,
    limit: float,
    policy: Policy,
    sentence: str,
    *,
    n: int,
    unit: str,
    direction: Direction = "at_least",
    used: float | None = None,
    needed: int | None = None,
    needed_unit: str = "",
    needed_hours: float | None = None,
) -> Guardrail:
    """Give the guardrail of a count: value and interval are one."""
    if used is None:
        used = used_up(value, value, value, limit, direction, share=unit == "share")[0]
    return Guardrail(
        name=name,
        status=status,
        value=value,
        low=value,
        high=value,
        limit=limit,
        n=n,
        unit=unit,
        direction=direction,
        critical=name in policy.critical,
        used=used,
        used_low=used,
        used_high=used,
        needed=needed,
        needed_unit=needed_unit if needed is not None else "",
        sentence=sentence,
        needed_hours=needed_hours,
    )


def unreadable(evidence: Evidence, policy: Policy) -> Guardrail:
    """Judge the share of answers that gave no prediction."""
    bad, limit = evidence.unreadable, policy.max_unreadable
    rows = evidence.rows + bad
    share = bad / rows if rows else math.nan
    status: Status = "no_data" if not rows else "ok" if share <= limit else "breach"
    told = sentences.unreadable(bad, rows, limit) if rows else sentences.UNKNOWN["unreadable"]
    return counted(
        "unreadable", status, share, limit, policy, told, n=rows, unit="share", direction="at_most"
    )


def pairing(evidence: Evidence, policy: Policy) -> Guardrail:
    """Judge the share of expected pairs that was found."""
    found, limit = evidence.pairing, policy.min_pairing
    share, base = found.share, found.base
    known = not math.isnan(share)
    status: Status = "no_data" if not known else "ok" if share >= limit else "breach"
    told = (
        sentences.pairing(found.paired, share, base, found.expected is not None, limit)
        if known
        else sentences.UNKNOWN["pairing"]
    )
    return counted("pairing", status, share, limit, policy, told, n=round(base), unit="share")


def sample_ratio(evidence: Evidence, policy: Policy) -> Guardrail | None:
    """Judge whether the variants' rows are in the ratio that the sampling rates promise.

    Without configured rates no ratio is promised: the question is not asked, so None.
    """
    found = evidence.pairing
    test = found.sample_ratio
    if test is None:
        return None
    known = test.n > 0
    status: Status = "no_data" if not known else "ok" if test.p >= RATIO_ALARM else "breach"
    told = (
        sentences.sample_ratio(found.production, found.shadow, test.p, RATIO_ALARM)
        if known
        else sentences.UNKNOWN["sample_ratio"]
    )
    used = test.statistic / RATIO_ALARM_CHI2
    return counted(
        "sample_ratio", status, test.p, RATIO_ALARM, policy, told, n=test.n, unit="p", used=used
    )


def pairs(evidence: Evidence, policy: Policy) -> Guardrail:
    """Judge whether there are as many pairs as the policy asks for."""
    n, limit = evidence.pairing.paired, policy.min_pairs
    hours = evidence.window.hours
    wait = (limit - n) * hours / n if n > 0 and hours > 0 else None
    return counted(
        "pairs",
        "ok" if n >= limit else "inconclusive",
        n,
        limit,
        policy,
        sentences.pairs(n, limit, wait),
        n=n,
        unit="pairs",
        needed=max(0, limit - n) or None,
        needed_unit="pairs",
        needed_hours=None if n >= limit else wait,
    )


def hours_of_week(evidence: Evidence, policy: Policy) -> Guardrail:
    """Judge how many of the week's 168 hours have pairs: traffic at night is other traffic."""
    seen, limit = evidence.hours.seen, policy.min_hours_of_week
    return counted(
        "hours_of_week",
        "ok" if seen >= limit else "inconclusive",
        seen,
        limit,
        policy,
        sentences.hours_of_week(seen, limit),
        n=int(evidence.hours.grid.sum()),
        unit="hours",
        needed=max(0, limit - seen) or None,
        needed_unit="hours",
        needed_hours=max(0, limit - seen) or None,
    )


def pairs_in(part: str, evidence: Evidence, policy: Policy) -> Guardrail | None:
    """Judge whether a part of the week has as many pairs as the policy asks for; None for none."""
    limit = int(getattr(policy, f"min_{part}_pairs"))
    if limit == 0:
        return None
    marked = part_of_week(part, (policy.night_from, policy.night_to))
    n = int(evidence.hours.grid[marked].sum())
    hours = evidence.window.hours
    wait = (limit - n) * hours / n if 0 < n < limit and hours > 0 else None
    return counted(
        f"{part}_pairs",
        "ok" if n >= limit else "inconclusive",
        n,
        limit,
        policy,
        sentences.pairs_in(part, n, limit, wait, (policy.night_from, policy.night_to)),
        n=n,
        unit="pairs",
        needed=max(0, limit - n) or None,
        needed_unit="pairs",
        needed_hours=wait,
    )


def days(evidence: Evidence, policy: Policy) -> Guardrail:
    """Judge how many days lie between the first and the last pair."""
    # An hour begun counts: a week of traffic must not be short by the minute it started late.
    whole_hours = math.ceil(evidence.window.hours)
    span, limit = min(whole_hours / 24, span_days(evidence.pairing.series)), policy.min_days
    enough = span >= limit
    more = None if enough else math.ceil((limit - span) * 24)
    return counted(
        "days",
        "ok" if enough else "inconclusive",
        span,
        limit,
        policy,
        sentences.days(span, limit),
        n=evidence.pairing.paired,
        unit="days",
        needed=more,
        needed_unit="hours",
        needed_hours=more,
    )


def span_days(series: PairingSeries) -> float:
    """Days from the start of the first block with pairs to the end of the last."""
    start = series.start[series.paired > 0].astype("datetime64[s]")
    if not len(start):
        return 0.0
    steps = np.diff(np.unique(series.start.astype("datetime64[s]")))
    block = steps.min() if len(steps) else np.timedelta64(3600, "s")
    return float((start.max() - start.min() + block) / np.timedelta64(1, "D"))
