"""How does a page get its report, and what is shown while captures are read for the first time?"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from pages.parts import format, live, outlays, selection, states
from queries import cached, cached_answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.report import Report
    from queries.progress import Progress

Loaded = TypeVar("Loaded")


def ready() -> None:
    """Read what is new of the chosen test, telling how far it is; a page that cannot ends here."""
    test = selection.current().test
    states.load(lambda: read(test), what="the captures")


def report(*, all_traffic: bool = False) -> Report:
    """Give the report of the chosen test, window and filter; a page without pairs ends here.

    ``all_traffic`` leaves the filter out.
    """
    ready()
    chosen = selection.current()
    where = "" if all_traffic else chosen.where
    found = states.load(
        lambda: cached_answers.report(chosen.test, chosen.window, where), what="the captures"
    )
    live.follow(chosen.test)
    if not found.pairing.paired:
        states.no_pairs(found)
    return found


def read(test: str) -> None:
    """Read what is new of a test, telling how far it is; raises ``UnderstudyError``."""
    place = st.empty()
    # who has it open watches it: what comes is read as it comes
    known = cached.was_read(test)

    def tell(progress: Progress) -> None:
        if progress.outlay is not None and not known:
            outlays.allow(test, progress.outlay)
        _tell(place, progress)

    try:
        cached.prepare(test, tell, renew=live.on())
    finally:
        place.empty()


def beside(test: str, load: Callable[[Callable[[Progress], None]], Loaded]) -> Loaded:
    """Give what ``load`` gives, which reads captures beside the test's own, telling how far it is.

    Raises ``LargeRead`` where this session was not asked yet whether so much may be read.
    """
    place = st.empty()

    def tell(progress: Progress) -> None:
        if progress.outlay is not None:
            outlays.allow(test, progress.outlay)
        _tell(place, progress)

    try:
        return load(tell)
    finally:
        place.empty()


def told(load: Callable[[Callable[[float], None]], Loaded], *, what: str) -> Loaded:
    """Give what ``load`` gives, showing which share of its work it says is done."""
    place = st.empty()

    def tell(done: float) -> None:
        place.progress(min(done, 1.0), text=f"{what}: {format.percent(done, decimals=0)}")

    try:
        return load(tell)
    finally:
        place.empty()


def _tell(place: st.delta_generator.DeltaGenerator, progress: Progress) -> None:
    """Show how far the reading is: files, size, what S3 is asked, and the time that is left."""
    if progress.listing:
        place.progress(0.0, text=f"Listing captures · {format.count(progress.files)} files so far")
        return
    if not progress.files:
        return
    left = (
        "" if progress.seconds_left is None else f" · {format.duration(progress.seconds_left)} left"
    )
    asked = "" if progress.outlay is None else f" · {outlays.words(progress.outlay)}"
    place.progress(
        min(progress.files_done / progress.files, 1.0),
        text=f"{format.count(progress.files_done)} of {format.count(progress.files)} files · "
        f"{format.size(progress.bytes_done)} of {format.size(progress.bytes)}{asked}{left}",
    )
