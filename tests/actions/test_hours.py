"""Is it deployed in the hours that are allowed, and in no other?"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.hours import closed, next_open
from queries.config import Actions
from queries.config_actions import Freeze, Window


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# 2026-03-02 is a Monday
OFFICE = Window(days=("mon", "tue", "wed", "thu"), start=time(8), end=time(15, 30))
NIGHT = Window(days=("fri",), start=time(22), end=time(4))
HOLIDAYS = Freeze(start=at("2026-03-03T00:00"), end=at("2026-03-05T00:00"), reason="holidays")


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-03-02T08:00", None),
        ("2026-03-02T15:29", None),
        ("2026-03-02T15:30", "2026-03-03T08:00"),
        ("2026-03-02T07:59", "2026-03-02T08:00"),
        ("2026-03-05T16:00", "2026-03-06T22:00"),
        ("2026-03-06T22:00", None),
        ("2026-03-07T03:59", None),
        ("2026-03-07T04:00", "2026-03-09T08:00"),
    ],
)
def test_a_window_is_open_from_its_start_until_before_its_end(
    moment: str, opens: str | None
) -> None:
    """On its days, in UTC, over midnight where it ends before it starts; else it says when next."""
    actions = Actions(windows=(OFFICE, NIGHT))
    told = closed(actions, at(moment))
    assert (told is None) == (opens is None)
    assert next_open(actions, at(moment)) == at(opens or moment)
    if told is not None:
        assert "mon, tue, wed, thu 08:00–15:30 UTC; fri 22:00–04:00 UTC" in told
        assert f"{at(str(opens)):%a %Y-%m-%d} at" in told


def test_a_freeze_closes_every_window() -> None:
    """It names its reason and its end; what is possible after it waits for a window too."""
    actions = Actions(windows=(OFFICE,), freeze=(HOLIDAYS,))
    assert closed(actions, at("2026-03-02T09:00")) is None
    told = closed(actions, at("2026-03-03T09:00"))
    assert told == (
        "Nothing is deployed until 2026-03-05 00:00 UTC: holidays. "
        "It is possible again on Thu 2026-03-05 at 08:00 UTC."
    )
    assert closed(actions, at("2026-03-05T08:00")) is None


def test_without_windows_it_is_always_open() -> None:
    """What the configuration does not close is open; a window of all days has no end."""
    assert closed(Actions(), at("2026-03-01T03:00")) is None
    assert closed(Actions(windows=(Window(),)), at("2026-03-01T03:00")) is None


def test_another_time_zone_is_the_same_moment() -> None:
    """08:30 in Berlin is 07:30 UTC: too early."""
    berlin = datetime(2026, 3, 2, 8, 30, tzinfo=timezone(timedelta(hours=1)))
    actions = Actions(windows=(OFFICE,))
    assert closed(actions, berlin) is not None
    assert closed(actions, berlin + timedelta(minutes=30)) is None


@given(
    minutes=st.integers(0, 60 * 24 * 30),
    windows=st.lists(
        st.builds(
            Window,
            days=st.lists(
                st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1
            ).map(tuple),
            start=st.times(),
            end=st.times(),
        ),
        max_size=3,
    ),
)
def test_the_next_opening_is_open_and_the_first(minutes: int, windows: list[Window]) -> None:
    """It never lies in the past, is open itself, and the minute before it was closed."""
    actions = Actions(windows=tuple(windows), freeze=(HOLIDAYS,))
    now = at("2026-02-20T00:00") + timedelta(minutes=minutes)
    opens = next_open(actions, now)
    assert opens >= now
    assert closed(actions, opens) is None
    if opens > now:
        assert closed(actions, now) is not None
        assert closed(actions, opens - timedelta(microseconds=1)) is not None
