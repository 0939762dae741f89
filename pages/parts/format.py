"""How is a number written on the page?

Units come from ``analysis.estimates``: shares and ratios are fractions, latency is in milliseconds.
An unknown number is a dash, never a zero.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.estimates import Estimate, Window

THIN_SPACE = "\u202f"
MINUS = "\u2212"
UNKNOWN = "—"
MAX_SHARE_DECIMALS = 5
_CURRENCY = re.compile("[A-Z]{3}")


def number(value: float, *, decimals: int = 2, signed: bool = False) -> str:
    """Write a plain number with thousands separators and a real minus sign."""
    if not math.isfinite(value):
        return UNKNOWN if math.isnan(value) else ("∞" if value > 0 else MINUS + "∞")
    text = f"{abs(value):,.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    if value < 0:
        return MINUS + text
    return "+" + text if signed else text


def count(value: float | None) -> str:
    """Write a count: ``20,000``."""
    if value is None or math.isnan(value):
        return UNKNOWN
    return number(float(value), decimals=0)


def n(value: float) -> str:
    """Write what a number rests on, on one line: ``n = 20,000``."""
    return f"n{THIN_SPACE}={THIN_SPACE}{count(value)}"


def percent(fraction: float, *, decimals: int = 2, signed: bool = False) -> str:
    """Write a fraction as a percentage; what is nearly 0 or 1 gets the decimals to say so."""
    if not math.isfinite(fraction):
        return number(fraction)
    while decimals < MAX_SHARE_DECIMALS and _rounds_away(fraction, decimals):
        decimals += 1
    return f"{number(100 * fraction, decimals=decimals, signed=signed)}{THIN_SPACE}%"


def _rounds_away(fraction: float, decimals: int) -> bool:
    shown = round(100 * abs(fraction), decimals)
    return (shown == 0 and fraction != 0) or (shown == 100 and abs(fraction) != 1)


def points(difference: float, *, decimals: int = 2) -> str:
    """Write a difference of two shares in percentage points: ``+0.40 pp``."""
    return percent(difference, decimals=decimals, signed=True).replace("%", "pp")


def milliseconds(value: float, *, signed: bool = False) -> str:
    """Write a latency in milliseconds with three significant digits at least."""
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2
    text = number(value, decimals=decimals, signed=signed)
    return text if text == UNKNOWN else f"{text}{THIN_SPACE}ms"


def money(value: float, currency: str, *, signed: bool = False) -> str:
    """Write an amount of money to two decimals, a small one to three significant digits."""
    decimals = 2
    if 0 < abs(value) < 1:
        decimals = min(8, max(2, 2 - math.floor(math.log10(abs(value)))))
    text = number(value, decimals=decimals, signed=signed)
    return text if text == UNKNOWN else f"{text}{THIN_SPACE}{currency}"


def quantity(value: float | None, unit: str, *, signed: bool = False) -> str:
    """Write ``value`` in its unit."""
    if value is None or math.isnan(value):
        return UNKNOWN
    if unit == "share" and signed:
        return points(value)
    if unit == "share":
        return percent(value)
    if unit == "ratio":
        return percent(value, decimals=1, signed=signed)
    if unit == "ms":
        return milliseconds(value, signed=signed)
    if unit in {"pairs", "requests", "rows", "rules"}:
        return count(value)
    if unit == "p":
        return p_value(value)
    if _CURRENCY.fullmatch(unit):
        return money(value, unit, signed=signed)
    if unit in {"hours", "days"}:
        return f"{number(value, decimals=0 if value == round(value) else 1)}{THIN_SPACE}{unit}"
    return number(value, decimals=3, signed=signed) + (f"{THIN_SPACE}{unit}" if unit else "")


def interval(low: float, high: float, unit: str, *, signed: bool = False) -> str:
    """Write an interval, its unit once: ``97.03 to 97.49 %``."""
    if math.isnan(low) or math.isnan(high):
        return UNKNOWN
    first, last = quantity(low, unit, signed=signed), quantity(high, unit, signed=signed)
    number_of_first, gap, unit_of_first = first.partition(THIN_SPACE)
    return f"{number_of_first if last.endswith(gap + unit_of_first) else first} to {last}"


def limit(value: float, unit: str, *, difference: bool = False) -> str:
    """Write a limit with no more decimals than it has: ``95 %``, ``0.1 pp`` for a difference."""
    if unit == "share" and difference:
        return f"{100 * value:,.6g}{THIN_SPACE}pp"
    if unit in {"share", "ratio"}:
        return f"{100 * value:,.6g}{THIN_SPACE}%"
    if unit in {"pairs", "requests", "rows", "rules", "hours", "days"}:
        return quantity(value, unit)
    return f"{value:,.6g}" + (f"{THIN_SPACE}{unit}" if unit not in {"", "p"} else "")


def estimate(value: Estimate, *, signed: bool = False) -> str:
    """Write an estimate with its interval and the number of requests it rests on."""
    if not value.known:
        return f"{UNKNOWN} (no data)"
    shown = quantity(value.value, value.unit, signed=signed)
    between = interval(value.low, value.high, value.unit, signed=signed)
    return f"{shown} ({between}, {n(value.n)})"


def p_value(p: float) -> str:
    """Write a p-value; below 0.0001 only that it is."""
    if math.isnan(p):
        return UNKNOWN
    return "<0.0001" if p < 0.0001 else number(p, decimals=4)


def moment(time: datetime) -> str:
    """Write a time in UTC to the minute."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def clock(time: datetime, now: datetime) -> str:
    """Write a time of today (UTC) without its date, any other as ``moment`` does."""
    same_day = time.astimezone(UTC).date() == now.astimezone(UTC).date()
    return f"{time.astimezone(UTC):%H:%M} UTC" if same_day else moment(time)


def span(window: Window) -> str:
    """Write a window: its two ends and its length."""
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    length = (
        f"{number(window.days, decimals=1)} days"
        if window.days >= 2
        else duration(window.hours * 3600)
        if window.hours < 1
        else f"{number(window.hours, decimals=0)} h"
    )
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC ({length})"


def size(value: float) -> str:
    """Write a number of bytes."""
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{number(value, decimals=0 if unit == 'bytes' else 1)}{THIN_SPACE}{unit}"
        value /= 1000
    return f"{number(value, decimals=1)}{THIN_SPACE}GB"


def duration(seconds: float) -> str:
    """Write a length of time, such as an age, roughly: seconds, minutes, hours or days."""
    if seconds < 90:
        return f"{math.ceil(seconds)}{THIN_SPACE}s"
    if seconds < 5400:
        return f"{math.ceil(seconds / 60)}{THIN_SPACE}min"
    if seconds < 172_800:
        return f"{number(seconds / 3600, decimals=1)}{THIN_SPACE}h"
    return f"{number(seconds / 86_400, decimals=1)} days"


def every(step: int, what: str) -> str:
    """Say which ones a sample holds: ``every pair``, ``every 12th pair``."""
    if step == 1:
        return f"every {what}"
    teen = step % 100 in (11, 12, 13)
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(step % 10, "th")
    return f"every {count(step)}{ending} {what}"


def quantile(share: float) -> str:
    """Name a quantile: 0.99 is ``p99``, 0.999 is ``p99.9``."""
    return f"p{100 * share:.6g}"
