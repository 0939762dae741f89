"""Is now a time at which to deploy?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, get_args

from queries.config_actions import Day

if TYPE_CHECKING:
    from queries.config_actions import Actions, Window

_DAYS = get_args(Day)
_WEEK = range(8)  # days after which every window has begun once more


def closed(actions: Actions, now: datetime) -> str | None:
    """Why nothing is deployed at ``now`` (aware), and until when; None if it is.

    ``actions.people.AT_ONCE`` names what is done all the same.
    """
    why = _why(actions, now)
    if why is None:
        return None
    opens = next_open(actions, now)
    return f"{why} It is possible again on {opens:%a %Y-%m-%d} at {opens:%H:%M} UTC."


def next_open(actions: Actions, now: datetime) -> datetime:
    """The first moment from ``now`` (aware) on at which it is allowed to deploy, in UTC."""
    moment = now.astimezone(UTC)
    while True:
        frozen = [each.end for each in actions.freeze if each.start <= moment < each.end]
        if frozen:
            moment = max(frozen)
        elif actions.windows and not any(_within(each, moment) for each in actions.windows):
            moment = min(_begins(each, moment) for each in actions.windows)
        else:
            return moment


def _why(actions: Actions, now: datetime) -> str | None:
    for freeze in actions.freeze:
        if freeze.start <= now < freeze.end:
            return f"Nothing is deployed until {freeze.end:%Y-%m-%d %H:%M} UTC: {freeze.reason}."
    windows = actions.windows
    if windows and not any(_within(each, now.astimezone(UTC)) for each in windows):
        allowed = "; ".join(str(each) for each in windows)
        return f"It is deployed within these hours only: {allowed}."
    return None


def _within(window: Window, moment: datetime) -> bool:
    # one that began today, or yesterday and goes on over midnight
    return any(start <= moment < end for start, end in _openings(window, moment, range(-1, 1)))


def _begins(window: Window, moment: datetime) -> datetime:
    return min(start for start, _ in _openings(window, moment, _WEEK) if start > moment)


def _openings(window: Window, moment: datetime, days: range) -> list[tuple[datetime, datetime]]:
    """When a window opens and closes, of those that open so many days after ``moment``'s."""
    found = []
    for ahead in days:
        day = moment.date() + timedelta(days=ahead)
        if _DAYS[day.weekday()] in window.days:
            start = datetime.combine(day, window.start, UTC)
            over_midnight = window.end <= window.start
            end = datetime.combine(day + timedelta(days=over_midnight), window.end, UTC)
            found.append((start, end))
    return found
