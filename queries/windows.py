"""Which stretch of time is meant by "24h", "all" or a pair of times?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from analysis.estimates import Window
from queries.errors import QuestionError
from queries.records import parse_time

_LAST = re.compile(r"(?P<count>[1-9]\d{0,3})(?P<unit>[hd])")


def window_of(text: str, first: datetime, last: datetime) -> Window:
    """The window a text names, for captures that reach from ``first`` to ``last``.

    ``all`` is everything captured; ``24h`` and ``7d`` reach back from the last capture, not from
    now, so that a finished test can be looked at for ever; ``START/END`` are ISO 8601.

    Raises
    ------
    QuestionError
        When the text names no window.

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> window_of("1h", noon - timedelta(days=3), noon).hours
    1.0
    """
    # capture times are whole seconds: the last record lies within the second it names
    end = last + timedelta(seconds=1)
    if text == "all":
        return Window(first, end)
    match = _LAST.fullmatch(text)
    if match:
        hours = int(match["count"]) * (24 if match["unit"] == "d" else 1)
        # no further than the captures: an empty stretch would only make every block longer
        return Window(max(first, end - timedelta(hours=hours)), end)
    times = [parse_time(part) for part in text.split("/")]
    if len(times) == 2 and times[0] and times[1] and times[0] < times[1]:
        return Window(times[0], times[1])
    raise QuestionError(
        f"{text!r} is no window; say all, a length such as 24h or 7d, or START/END in ISO 8601."
    )


def said(window: Window) -> str:
    """A window in words, to the minute."""
    return f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"


def bounds(window: Window) -> dict[str, Any]:
    """The parameters ``start`` and ``end`` of a question, in UTC without a zone."""
    return {
        "start": window.start.astimezone(UTC).replace(tzinfo=None),
        "end": window.end.astimezone(UTC).replace(tzinfo=None),
    }


def block_seconds(window: Window) -> int:
    """The length of the blocks of a series: minutes, hours or quarters of a day."""
    if window.hours <= 3:
        return 60
    return 3600 if window.days <= 14 else 6 * 3600
