"""How fresh is what the page shows, and does it renew itself?

A running test is looked at again every minute. The page is drawn anew only when there was something
new, and only once the new answers are ready: what stood there stays until then.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import asking, escape, format
from queries import cached
from queries.errors import UnderstudyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from queries.freshness import Freshness

KEY = "live"
# A variant with traffic writes a file a minute, which arrives a couple of minutes later: after ten
# minutes something is amiss.
LONG = timedelta(minutes=10)


def on() -> bool:
    """Give whether the reader lets the page renew itself."""
    return bool(st.session_state.get(KEY, True))


def follow(test: str) -> None:
    """Say in the sidebar how fresh the captures are; where the test runs, look for more of them."""
    state = cached.state(test)
    with st.sidebar:
        if state == "live":
            st.toggle(
                "Live",
                value=True,
                key=KEY,
                persist_state="session",
                help="Looks for new captures by itself and draws the page anew when there are "
                "some; a chart you zoomed into is then whole again. Off, everything stays as it is "
                "until you look yourself.",
            )
        every = cached.LOOK_EVERY_S if state == "live" and on() else None
        st.fragment(_fresh, run_every=every)(test, count())
        st.button(
            "Look for new captures",
            icon=":material/refresh:",
            on_click=cached.refresh,
            args=(test,),
        )


def _fresh(test: str, turns: Iterator[int]) -> None:
    """Say how fresh the captures are; from the second turn on, which no page waits for, look."""
    with asking.counted_beside():
        if next(turns) and cached.look(test):
            st.rerun()
    found, state, now = cached.freshness(test), cached.state(test), datetime.now(UTC)
    st.caption("  \n".join(_said(test, found, now, ended=state == "ended")))
    if state == "quiet":
        st.caption("None came in the last hour, so the page does not look for more by itself.")
    unwritten = _unwritten(test)
    if unwritten:
        st.caption(unwritten)
    problem = cached.problem(test)
    if problem is not None:
        st.caption(
            ":material/cloud_off: The last look for new captures failed, so these are the numbers "
            f"of before. {escape.markdown(problem, length=600)}"
        )
    for warning in _warnings(found, now) if state == "live" else ():
        st.warning(warning, icon=":material/hourglass_disabled:")


def _said(test: str, found: Freshness, now: datetime, *, ended: bool) -> list[str]:
    lines = []
    read_at = cached.read_at(test)
    if read_at is not None:
        lines.append(f"Captures read {format.clock(read_at, now)}")
    if found.newest is not None:
        age = "" if ended else f", {_age(now - found.newest)}"
        lines.append(f"Newest capture {format.clock(found.newest, now)}{age}")
    delivery = found.delivery
    if delivery.n and not ended:
        lines.append(
            f"Half delivered within {format.duration(delivery.median_s)}, 9 of 10 within "
            f"{format.duration(delivery.p90_s)} ({format.n(delivery.n)} records of the newest "
            f"{format.count(found.files)} files)"
        )
    return lines


def _unwritten(test: str) -> str:
    """Say which hours have no part in the answers yet, and what gives them one."""
    try:
        hours = cached.unwritten(test)
    except UnderstudyError as error:
        return (
            ":material/cloud_off: Which hours are not in Athena’s tables yet is not known. "
            f"{escape.sentence(str(error))}"
        )
    if not hours:
        return ""
    which = "1 hour is" if len(hours) == 1 else f"{format.count(len(hours))} hours are"
    said = escape.sentence(
        f"{which} over and not in Athena’s tables yet, from {format.moment(hours[0])} on: "
        f"`cli.py athena update {test}`"
    )
    return f":material/pending: {said}"


def _age(age: timedelta) -> str:
    length = format.duration(abs(age).total_seconds())
    return f"{length} ago" if age >= timedelta(0) else f"{length} ahead of this machine’s clock"


def _warnings(found: Freshness, now: datetime) -> list[str]:
    said = []
    if found.newest is not None and now - found.newest > LONG:
        age = format.duration((now - found.newest).total_seconds())
        said.append(
            f"No capture of either variant is younger than {age}: there are no requests, or data "
            "capture has stopped."
        )
    if found.production is not None and found.shadow is not None:
        gap = found.production - found.shadow
        length = format.duration(abs(gap).total_seconds())
        if gap > LONG:
            said.append(
                f"The shadow's newest capture is {length} older than production's: its captures "
                "have stopped, or no request was copied to it since."
            )
        elif -gap > LONG:
            said.append(
                f"Production's newest capture is {length} older than the shadow's: its captures "
                "have stopped."
            )
    if found.delivery.n and found.delivery.p90_s > LONG.total_seconds():
        said.append(
            f"One capture in ten takes more than {format.duration(found.delivery.p90_s)} to "
            "arrive: the latest requests are not here yet."
        )
    return said
