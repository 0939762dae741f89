"""How long is that, in words?"""

from __future__ import annotations

from datetime import timedelta


def lasting(span: timedelta) -> str:
    """Write a length of time roughly; one below 0 is 0.

    >>> lasting(timedelta(minutes=90)), lasting(timedelta(hours=174.7))
    ('1 h 30 min', '7.3 days')
    >>> lasting(timedelta(hours=30)), lasting(timedelta(days=4))
    ('30 h', '4 days')
    """
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{minutes / 1440:,.1f}".removesuffix(".0") + " days"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
