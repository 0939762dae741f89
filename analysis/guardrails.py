"""Is a measurement inside its limit, outside, or not yet decided, and what would decide it?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Status = Literal["ok", "breach", "inconclusive", "no_data"]
Direction = Literal["at_least", "at_most", "within"]

PATIENCE = 4096
"""Times the present data beyond which "how long still?" is answered with "it will not"."""


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One check of the policy: what was measured, what is allowed, and what follows.

    Attributes
    ----------
    name : str
        One of ``policy.GUARDRAILS``.
    status : str
        ``ok`` (interval inside the limit), ``breach`` (wholly outside), ``inconclusive`` or
        ``no_data``.
    value, low, high : float
        The measurement and its interval; for counts all three are the count.
    limit : float
    n : int
        What the measurement rests on, in pairs, rows, requests or hours.
    unit : str
        Unit of value, low, high and limit.
    direction : str
        ``at_least``, ``at_most``, or ``within`` for plus or minus the limit.
    critical : bool
        Whether a breach rejects on its own.
    used, used_low, used_high : float
        Share of the allowed change that is used up: 1 is the limit. nan without data.
    needed : int or None
        Further pairs, requests or hours that would decide; None where none are needed or none
        would.
    needed_unit : str
        ``pairs``, ``requests`` or ``hours``.
    sentence : str
    detectable : float
        Minimum detectable effect, in ``unit``: a value found further than this from its limit is
        decided by as many observations as there are. nan for counts, which are exact.
    needed_hours : float or None
        The hours that ``needed`` takes at the present rate; None where that is not known.
    """

    name: str
    status: Status
    value: float
    low: float
    high: float
    limit: float
    n: int
    unit: str
    direction: Direction
    critical: bool
    used: float
    used_low: float
    used_high: float
    needed: int | None
    needed_unit: str
    sentence: str
    detectable: float = math.nan
    needed_hours: float | None = None


def status_of(low: float, high: float, limit: float, direction: Direction) -> Status:
    """Judge an interval: inside is ok, wholly outside a breach, anything else undecided.

    >>> status_of(0.96, 0.98, 0.95, "at_least"), status_of(-0.03, 0.01, 0.02, "within")
    ('ok', 'inconclusive')
    """
    if math.isnan(low) or math.isnan(high):
        return "inconclusive"
    if direction == "at_least":
        inside, outside = low >= limit, high < limit
    elif direction == "at_most":
        inside, outside = high <= limit, low > limit
    else:
        inside, outside = -limit <= low and high <= limit, low > limit or high < -limit
    return "ok" if inside else "breach" if outside else "inconclusive"


def used_up(
    value: float, low: float, high: float, limit: float, direction: Direction, *, share: bool
) -> tuple[float, float, float]:
    """Express value and interval as shares of the change that is allowed; 1 is the limit.

    For shares that must be at least the limit, what counts is how far they are from 1; for counts
    that must reach it, the limit over the count, so that more is always further to the left.

    >>> used_up(0.75, 0.7, 0.8, 0.5, "at_least", share=True)[0]
    0.5
    """
    if direction == "within":
        low, high = (
            (0.0 if low <= 0 <= high else min(abs(low), abs(high))),
            max(abs(low), abs(high)),
        )
        return _part(abs(value), limit), _part(low, limit), _part(high, limit)
    if direction == "at_most":
        return _part(value, limit), _part(low, limit), _part(high, limit)
    if share:
        return _part(1 - value, 1 - limit), _part(1 - high, 1 - limit), _part(1 - low, 1 - limit)
    return _part(limit, value), _part(limit, high), _part(limit, low)


def _part(part: float, whole: float) -> float:
    if math.isnan(part) or math.isnan(whole):
        return math.nan
    if whole == 0:
        return 0.0 if part == 0 else math.copysign(math.inf, part)
    return part / whole


def decided_after(
    interval: Callable[[float], tuple[float, float]], n: float, limit: float, direction: Direction
) -> float | None:
    """How many observations would decide, if all further ones are like those so far?

    Parameters
    ----------
    interval : callable
        The interval after any number of observations at the present rate.
    n : float
        Observations so far.

    Returns
    -------
    float or None
        Observations in all, to within one in a hundred; None where thousands of times the present
        number would not do, as when the value sits on its limit.
    """

    def decides(after: float) -> bool:
        return status_of(*interval(after), limit, direction) != "inconclusive"

    short, enough = n, n
    while not decides(enough):
        short, enough = enough, 2 * enough
        if enough > PATIENCE * n:
            return None
    while enough - short > max(0.5, 0.01 * (enough - n)):
        middle = (short + enough) / 2
        short, enough = (short, middle) if decides(middle) else (middle, enough)
    return enough
