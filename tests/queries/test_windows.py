"""Which stretch of time is meant, and in what blocks is it shown?"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates import Window
from queries.errors import QuestionError
from queries.windows import block_seconds, bounds, window_of
from tests.queries.capturing import NOON

FIRST, LAST = NOON - timedelta(days=3), NOON
HOUR = timedelta(hours=1)
END = NOON + timedelta(seconds=1)  # the last record lies within the second it names


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("all", FIRST, END),
        ("1h", END - timedelta(hours=1), END),
        ("24h", END - timedelta(days=1), END),
        ("7d", FIRST, END),  # nothing was captured before
        ("2024-03-31T10:00Z/2024-03-31T11:00Z", NOON - 2 * HOUR, NOON - HOUR),
        ("2024-03-31T12:00:00+02:00/2024-03-31", None, None),
        ("2024-03-30/2024-03-31T12:00:00+02:00", NOON - 36 * HOUR, NOON - 2 * HOUR),
    ],
)
def test_a_window_is_named(text: str, start: datetime | None, end: datetime | None) -> None:
    """Lengths reach back from the last capture; times are ISO 8601, UTC where they name no zone."""
    if start is None or end is None:
        with pytest.raises(QuestionError):
            window_of(text, FIRST, LAST)
    else:
        assert window_of(text, FIRST, LAST) == Window(start, end)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "0h",
        "-1h",
        "1.5h",
        "99999h",
        "h",
        "1w",
        "/",
        "2024/2025/2026",
        "24 h",
        "²h",
    ],
)
def test_what_names_no_window_is_told(text: str) -> None:
    """Anything else is refused with a sentence that says what may be said."""
    with pytest.raises(QuestionError, match="is no window; say all"):
        window_of(text, FIRST, LAST)


@given(st.text())
def test_any_text_is_a_window_or_refused(text: str) -> None:
    """Whatever stands in an address bar, there is a window or a sentence."""
    try:
        window = window_of(text, FIRST, LAST)
    except QuestionError:
        return
    assert window.start < window.end


@given(st.datetimes(min_value=datetime(1980, 1, 1)), st.timedeltas(timedelta(1), timedelta(99)))  # noqa: DTZ001 - put into a zone below
def test_bounds_are_utc_whatever_the_zone(start: datetime, length: timedelta) -> None:
    """The parameters of a question are the same instants in UTC."""
    start = start.replace(tzinfo=timezone(timedelta(hours=5)), year=min(start.year, 9000))
    found = bounds(Window(start, start + length))
    assert found["start"] == start.replace(tzinfo=None) - timedelta(hours=5)
    assert found["end"] - found["start"] == length


@pytest.mark.parametrize(
    ("hours", "seconds"), [(1, 60), (3, 60), (3.1, 3600), (336, 3600), (337, 21600), (9000, 21600)]
)
def test_blocks_are_few_enough_to_draw(hours: float, seconds: int) -> None:
    """Minutes for hours, hours for two weeks, quarters of a day beyond."""
    assert block_seconds(Window(NOON, NOON + timedelta(hours=hours))) == seconds
