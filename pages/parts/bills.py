"""How is said what questions made Athena scan, and what that costs?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pages.parts import format

if TYPE_CHECKING:
    from queries.athena.usage import Usage


def said(used: Usage) -> str:
    """Give the sum of some questions as one sentence, as plain text."""
    n = len(used.asked)
    if not n:
        return "Nothing was asked of Athena for this page."
    questions = "1 question" if n == 1 else f"{format.count(n)} questions"
    reused = f"; {format.count(used.reused)} answered from cache" if used.reused else ""
    return (
        f"Athena scanned {format.size(used.scanned)} in {questions}, "
        f"{format.number(used.seconds, decimals=1)} s, about {_usd(used.usd)}{reused}"
    )


def _usd(value: float) -> str:
    """Give an amount to one digit where it is less than ten cents: it is no invoice."""
    decimals = 2 if value == 0 or value >= 0.1 else -math.floor(math.log10(value))
    return f"{format.number(value, decimals=decimals)}{format.THIN_SPACE}USD"
