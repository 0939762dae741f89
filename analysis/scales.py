"""How is a number written within a sentence: with which unit, sign and decimals?"""

from __future__ import annotations

import math
from dataclasses import dataclass

THIN = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Scale:
    """How numbers of one guardrail are written: times ``factor``, then ``suffix``.

    ``finer`` adds decimals to those that the interval asks for, ``several`` says that the unit is
    a plural.
    """

    factor: float = 1.0
    suffix: str = ""
    signed: bool = False
    finer: int = 0
    several: bool = False

    def write(self, value: float, decimals: int) -> str:
        """Write one number with so many decimals."""
        if math.isinf(value):
            return ("+" if value > 0 else MINUS) + "∞"
        text = f"{abs(value) * self.factor:,.{decimals}f}"
        shown_zero = not any(digit in text for digit in "123456789")
        sign = "" if shown_zero else MINUS if value < 0 else "+" if self.signed else ""
        return f"{sign}{text}{self.suffix}"

    def decimals(self, low: float, high: float) -> int:
        """Choose decimals so that half the interval is two or more of the last one."""
        half = (high - low) / 2 * self.factor
        if not (half > 0 and math.isfinite(half)):
            return 2
        return min(5, max(0, math.ceil(-math.log10(half / 2)) + self.finer))

    def limit(self, value: float) -> str:
        """Write a limit with no more digits than it has."""
        return f"{value * self.factor:.6g}{self.suffix}".replace("-", MINUS)


SHARE = Scale(100, f"{THIN}%")
CHANGE = Scale(100, f"{THIN}%", signed=True)
POINTS = Scale(100, " percentage points", signed=True, several=True)
DEVIATIONS = Scale(1, " standard deviations", signed=True, several=True)
BARE = Scale(finer=1)


def count(n: float) -> str:
    """Write a count with thousands set apart: 20,000."""
    return f"{n:,.0f}"


def duration(hours: float) -> str:
    """Write a length of time in the unit that suits it.

    >>> duration(0.5), duration(11.2), duration(200)
    ('30 min', '11 h', '8 days')
    """
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    if hours < 48:
        return f"{round(hours)} h"
    days = hours / 24
    return f"{round(days)} days" if days < 730 else f"{round(days / 365)} years"


def about(n: float) -> str:
    """Round up to two digits that count: a forecast should not look exact.

    >>> about(3187), about(7)
    ('3,200', '7')
    """
    step = 10 ** max(0, math.floor(math.log10(max(n, 1))) - 1)
    return count(math.ceil(n / step) * step)


def interval(scale: Scale, value: float, low: float, high: float) -> tuple[str, str]:
    """Write a value, and its interval with an en dash or, where signs are shown, "to"."""
    if math.isnan(low) or math.isnan(high):
        return scale.write(value, scale.decimals(0, abs(value) / 50)), "no interval yet"
    digits = scale.decimals(low, high)
    plain = Scale(scale.factor, THIN + "%" if scale.suffix.endswith("%") else "", scale.signed)
    if scale.signed:
        ends = f"{plain.write(low, digits)} to {plain.write(high, digits)}"
    else:
        ends = f"{BARE.write(low * scale.factor, digits)}{DASH}{plain.write(high, digits)}"
    return scale.write(value, digits), ends
