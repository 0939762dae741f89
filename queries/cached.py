"""The front door of the pages: every loader, kept for as long as it stays true.

The only module here that knows Streamlit. Answers are kept by names (test, window), never by
frames: hashing a frame looks at a sample of it only.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from queries import discovery as discovering
from queries import inputs, reports
from queries import monitor as monitoring
from queries import payloads as captured
from queries import quality as judging
from queries import resources as using
from queries import slices as slicing
from queries.account import open_account
from queries.aws import is_named
from queries.dimensions import dimensions_of
from queries.errors import AwsError
from queries.opened import Opened, open_test

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.quality import Quality
    from analysis.report import Report
    from analysis.slices import Search
    from queries.careful import Reject
    from queries.conditions import Filter
    from queries.config import Config
    from queries.dimensions import Dimension
    from queries.discovery import Discovery
    from queries.dossier import Dossier
    from queries.inputs import InputDrift, Reference
    from queries.monitor import Monitored
    from queries.payloads import Disagreements, PayloadPair, Unread
    from queries.progress import Progress
    from queries.resources import ResourceReading

# New captures arrive every minute or so; looking for them costs a listing.
FRESH_S = 300


def account(wanted: str | None = None) -> Config:
    """The configuration in force, with the tests that SageMaker knows where they are needed.

    They are needed where the file leaves something out, or ``wanted`` is no test of it; and what
    was once found is shown for as long as it is kept. Else no page waits for AWS.

    Raises
    ------
    ConfigError
        When the file cannot be used.
    AwsError
        When it names no test, and SageMaker refuses to.
    """
    config = _configured()
    names = [test.name for test in config.tests]
    needed = not all(test.complete for test in config.tests) or (wanted and wanted not in names)
    if not names:
        return discovering.merge(config, discovery())
    if needed and is_named(config.aws):
        # what is configured can be shown even where SageMaker cannot be asked
        with suppress(AwsError):
            discovery()
    found = _kept_discovery().get("found")
    return config if found is None else discovering.merge(config, found)


def discovery() -> Discovery:
    """Every shadow test that SageMaker knows; asked for again after a while.

    Raises
    ------
    AwsError
    """
    kept = _kept_discovery()
    found = kept.get("found")
    if found is None or (datetime.now(UTC) - found.at).total_seconds() > FRESH_S:
        found = kept["found"] = discovering.discover(_configured().aws)
    return found


@st.cache_resource(show_spinner=False)
def _configured() -> Config:
    return open_account()


@st.cache_resource(show_spinner=False)
def _kept_discovery() -> dict[str, Discovery]:
    return {}


@st.cache_resource(
    ttl=FRESH_S, max_entries=20, show_spinner=False, on_release=lambda o: o.engine.close()
)
def _opened(test: str) -> Opened:
    config = account()
    return open_test(config, config.test(test))


@st.cache_data(ttl=FRESH_S, max_entries=200, show_spinner=False)
def report(test: str, window: str, where: str = "") -> Report:
    """One test in one window: "1h", "24h", "7d" or "all"; what is said inside a filter of it."""
    if where:
        return reports.inside(_opened(test).within(where), report(test, window))
    return reports.report(_opened(test), window)


@st.cache_data(ttl=FRESH_S, max_entries=100, show_spinner=False)
def input_drift(test: str, window: str, reference: Reference, where: str = "") -> InputDrift:
    """Whether the requests have changed against ``baseline`` or the ``previous`` window."""
    return inputs.input_drift(_opened(test).within(where), window, reference)


@st.cache_data(ttl=FRESH_S, max_entries=100, show_spinner=False)
def monitored(test: str, window: str, where: str = "") -> Monitored | None:
    """What Model Monitor says of a window; None where nothing of it is configured."""
    return monitoring.monitored(_opened(test).within(where), window)


@st.cache_data(ttl=FRESH_S, max_entries=100, show_spinner=False)
def resources(test: str, window: str) -> ResourceReading:
    """What the instances of both variants used in one window."""
    return using.resources(_opened(test), window)


@st.cache_data(ttl=FRESH_S, max_entries=200, show_spinner=False)
def disagreements(
    test: str,
    window: str,
    production_label: str | None,
    shadow_label: str | None,
    limit: int = 100,
    where: str = "",
) -> Disagreements:
    """Pairs with these labels; without any label, those that disagree."""
    return captured.disagreements(
        _opened(test).within(where),
        window,
        production_label=production_label,
        shadow_label=shadow_label,
        most=limit,
    )


@st.cache_data(ttl=FRESH_S, max_entries=100, show_spinner=False)
def slices(test: str, window: str, where: str = "") -> Search:
    """Where the two models disagree: every slice of the requests, the most harmful first."""
    return slicing.slices(_opened(test).within(where), window)


@st.cache_data(ttl=FRESH_S, max_entries=100, show_spinner=False)
def quality(test: str, window: str, where: str = "") -> Quality:
    """Both models against the ground truth; a test without one raises QuestionError."""
    return judging.quality(_opened(test).within(where), window)


def filtered(test: str, where: str) -> Filter | None:
    """The filter that a text is for the requests of a test; None for no text.

    Raises
    ------
    QuestionError
        When the text is none.
    """
    return _opened(test).within(where).where


def dimensions(test: str) -> tuple[Dimension, ...]:
    """By what the requests of a test can be filtered."""
    return dimensions_of(_opened(test).reading)


@st.cache_data(ttl=FRESH_S, max_entries=50, show_spinner=False)
def payloads(test: str, production_ref: str, shadow_ref: str) -> PayloadPair:
    """Both records of a pair, as they were captured."""
    return captured.payloads(_opened(test), production_ref, shadow_ref)


@st.cache_data(ttl=FRESH_S, max_entries=50, show_spinner=False)
def unread(test: str, window: str) -> Unread | None:
    """The newest answer from which no prediction could be read."""
    return captured.unread(_opened(test), window)


def dossier(test: str, window: str) -> Dossier:
    """Everything known of a test in one window; put together anew each time it is asked for."""
    from queries import dossier as dossiers

    return dossiers.collect(_opened(test), window)


def prepare(test: str, tell: Callable[[Progress], None]) -> None:
    """Read what is new of a test, telling how far it is; at most once in a while.

    The other loaders would read it too, but silently: what is cached cannot draw a progress bar.
    """
    last = read_at(test)
    if last is not None and (datetime.now(UTC) - last).total_seconds() < FRESH_S:
        return
    config = account()
    reports.read(config, config.test(test), progress=tell)
    _read_at()[test] = datetime.now(UTC)


def read_at(test: str) -> datetime | None:
    """When the captures of a test were last looked at."""
    return _read_at().get(test)


def refresh() -> None:
    """Forget every answer, so that the next look reads what is new."""
    for kept in (
        _opened,
        report,
        input_drift,
        monitored,
        resources,
        slices,
        quality,
        disagreements,
        payloads,
        unread,
    ):
        kept.clear()
    _read_at().clear()
    _kept_discovery().clear()


@st.cache_resource(show_spinner=False)
def _read_at() -> dict[str, datetime]:
    return {}


def rejects(test: str) -> tuple[Reject, ...]:
    """Lines and files that could not be read, and why."""
    return captured.rejects(_opened(test))
