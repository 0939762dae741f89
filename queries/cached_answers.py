"""What is answered about the state of a test that a session sees, and kept while it stays true?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from queries import answer_forms as answer_forming
from queries import consequences as following
from queries import inputs, reports
from queries import inputs_over_time as timing
from queries import inputs_together as joining
from queries import monitor as monitoring
from queries import noise as noises
from queries import payloads as captured
from queries import quality as judging
from queries import resources as using
from queries import slices as slicing
from queries import usual as usual_traffic
from queries.aside import aside
from queries.cached import FRESH_S, attached, discovered, kept, opened_test, waited
from queries.dimensions import dimensions_of
from queries.opened import Opened

if TYPE_CHECKING:
    from analysis.compatibility import Answers
    from analysis.consequences import Consequences
    from analysis.estimates import Window
    from analysis.noise import NoiseFloor
    from analysis.quality import Quality
    from analysis.report import Report
    from analysis.slices import Search
    from analysis.usual import Usual
    from queries.careful import Reject
    from queries.conditions import Filter
    from queries.dimensions import Dimension
    from queries.dossier import Dossier
    from queries.inputs import InputDrift, Reference
    from queries.inputs_over_time import Every, InputsOverTime
    from queries.inputs_together import InputsTogether
    from queries.monitor import Monitored
    from queries.payloads import Disagreements, PayloadPair, Unread
    from queries.progress import Progress
    from queries.resources import ResourceReading
    from queries.second_source import AgainstSecond


@kept(most=200)
def report(opened: Opened, window: str, where: str = "") -> Report:
    """One test in one window: "1h", "24h", "7d" or "all"; what is said inside a filter of it."""
    if where:
        return reports.inside(opened.within(where), report(opened.test.name, window))
    return reports.report(opened, window)


def span(test: str, window: str) -> Window:
    """The time that a window means for a test."""
    return opened_test(test).window(window)


@kept(most=100)
def input_drift(opened: Opened, window: str, reference: Reference, where: str = "") -> InputDrift:
    """Whether the requests have changed against ``baseline`` or the ``previous`` window."""
    return inputs.input_drift(opened.within(where), window, reference)


@kept(most=100)
def inputs_over_time(
    opened: Opened, window: str, reference: Reference, every: Every, where: str = ""
) -> InputsOverTime:
    """How far the requests of each hour or day were from ``baseline`` or ``previous``."""
    return timing.inputs_over_time(opened.within(where), window, reference, every)


@kept(most=100)
def inputs_together(
    opened: Opened, window: str, reference: Reference, where: str = ""
) -> InputsTogether:
    """Whether whole requests differ from ``baseline`` or ``previous``, and by which features."""
    return joining.inputs_together(opened.within(where), window, reference)


@kept(most=100)
def monitored(opened: Opened, window: str, where: str = "") -> Monitored | None:
    """What Model Monitor says of a window; None where nothing of it is configured."""
    return monitoring.monitored(opened.within(where), window)


@kept(most=100)
def resources(opened: Opened, window: str) -> ResourceReading:
    """What the instances of both variants used in one window."""
    return using.resources(opened, window)


@kept(most=100)
def usual(opened: Opened, window: str) -> Usual:
    """When requests usually come, by hour of the week."""
    return usual_traffic.usual(opened, window)


@kept(most=200)
def disagreements(
    opened: Opened,
    window: str,
    production_label: str | None,
    shadow_label: str | None,
    limit: int = 100,
    where: str = "",
) -> Disagreements:
    """Pairs with these labels; without any label, those that disagree."""
    return captured.disagreements(
        opened.within(where),
        window,
        production_label=production_label,
        shadow_label=shadow_label,
        most=limit,
    )


def slices(
    test: str, window: str, where: str = "", *, progress: Callable[[float], None] | None = None
) -> Search:
    """Where the two models disagree: the slices of the requests, the most harmful first.

    ``progress`` hears which share of the search is done; of Athena the sidebar tells more.
    """
    if progress is None or opened_test(test).test.engine == "athena":
        return _slices(test, window, where)
    return aside(lambda say: _slices(test, window, where, _say=say), progress, attached())


@kept(most=100)
def _slices(
    opened: Opened, window: str, where: str, _say: Callable[[float], None] | None = None
) -> Search:
    return slicing.slices(opened.within(where), window, progress=_say)


@kept(most=100)
def noise(opened: Opened, window: str, where: str = "") -> NoiseFloor:
    """What answers to identical inputs vary by, and what the variants differ by beyond it."""
    return noises.noise(opened.within(where), window)


def second_source(
    test: str, window: str, where: str = "", *, progress: Callable[[Progress], None] | None = None
) -> AgainstSecond:
    """What a second fleet of production's model answers otherwise, and the shadow beyond that.

    ``progress`` hears how far the reading of its captures is; what it raises ends the reading. A
    test without such a source raises QuestionError.
    """
    if progress is None:
        return _second_source(test, window, where)
    return aside(lambda say: _second_source(test, window, where, _say=say), progress, attached())


@kept(most=100)
def _second_source(
    opened: Opened, window: str, where: str, _say: Callable[[Progress], None] | None = None
) -> AgainstSecond:
    from queries import second_source as seconds

    return seconds.second_source(opened.within(where), window, progress=_say)


@kept(most=100)
def consequences(opened: Opened, window: str, where: str = "") -> Consequences:
    """What came of production's answers; a test without outcomes raises QuestionError."""
    return following.consequences(opened.within(where), window)


@kept(most=100)
def quality(opened: Opened, window: str, where: str = "") -> Quality:
    """Both models against the ground truth; a test without one raises QuestionError."""
    return judging.quality(opened.within(where), window)


def filtered(test: str, where: str) -> Filter | None:
    """The filter that a text is for the requests of a test; None for no text.

    Raises
    ------
    QuestionError
        When the text is none.
    """
    return opened_test(test).within(where).where


def dimensions(test: str) -> tuple[Dimension, ...]:
    """By what the requests of a test can be filtered."""
    return dimensions_of(opened_test(test).reading)


def payloads(test: str, production_ref: str, shadow_ref: str) -> PayloadPair:
    """Both records of a pair, as they were captured; new captures do not change them."""
    opened = opened_test(test)
    return waited(opened.test, lambda: _payloads(test, production_ref, shadow_ref, opened))


@st.cache_data(ttl=FRESH_S, max_entries=50, show_spinner=False)
def _payloads(test: str, production_ref: str, shadow_ref: str, _opened: Opened) -> PayloadPair:
    return captured.payloads(_opened, production_ref, shadow_ref)


@kept(most=20)
def answer_forms(opened: Opened) -> tuple[Answers, Answers]:
    """What the answers of production and of the shadow look like."""
    return answer_forming.answers_of(opened)


@kept(most=50)
def unread(opened: Opened, window: str) -> Unread | None:
    """The newest answer from which no prediction could be read."""
    return captured.unread(opened, window)


def dossier(test: str, window: str) -> Dossier:
    """Everything known of a test in one window; put together anew each time it is asked for."""
    from queries import dossier as dossiers

    opened = opened_test(test)
    found = discovered(opened.test)
    return waited(opened.test, lambda: dossiers.collect(opened, window, discovered=found))


def rejects(test: str) -> tuple[Reject, ...]:
    """Lines and files that could not be read, and why."""
    opened = opened_test(test)
    return waited(opened.test, lambda: captured.rejects(opened))
