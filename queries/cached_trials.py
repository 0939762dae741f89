"""The front door of the pages about trainings: every trial opened once, its answers kept.

Beside ``cached`` and ``cached_answers`` the only module here that knows Streamlit. Answers are kept
by the state of what was read (``OpenedTrial.state``), never by hashing its columns. A session sees
one state of a trial until it looks again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from queries import cached
from queries.aws import is_named
from queries.errors import AwsError, SourceError, UnderstudyError
from queries.looks import Looks
from queries.trials import choices as choosing

if TYPE_CHECKING:
    from analysis.training.catalogue import Given
    from analysis.training.distributions import Distribution
    from analysis.training.grids import Family, Measure
    from analysis.training.machines import Machines
    from analysis.training.picture import Picture
    from analysis.training.recording import Mode
    from queries.config import Test, Trial
    from queries.trials.choices import Choice
    from queries.trials.opened import OpenedTrial
    from queries.trials.profiler import Profile
    from queries.trials.reviews import Review
    from queries.trials.sources import Source, Trainings

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")

FRESH_S = cached.FRESH_S
# A step is saved every few seconds or minutes; looking for new ones costs a listing of a folder.
LOOK_EVERY_S = 10
_SEEN = "seen_trials"


def choices(test: str | None = None) -> tuple[Choice, ...]:
    """Every trial that the configuration names, and those found for one test's models.

    Raises
    ------
    ConfigError
        When the configuration cannot be used.
    """
    return choosing.choices(cached.configured(), test or "", _trainings(test))


def missing(test: str) -> tuple[str, ...]:
    """Why no training was found for a model of a test, a sentence each."""
    found = _trainings(test)
    return () if found is None else found.notes


def _trainings(test: str | None) -> Trainings | None:
    config = cached.configured()
    wanted = next((each for each in config.tests if each.name == test), None)
    return None if wanted is None or not is_named(config.aws) else _asked_of(wanted)


@st.cache_data(ttl=FRESH_S, max_entries=50, show_spinner="Looking for the models’ trainings…")
def _asked_of(test: Test) -> Trainings | None:
    from queries.trials import sources

    try:
        return sources.trainings(cached.configured(), test)
    except AwsError:
        return None


def _trial_of(name: str) -> Trial:
    config = cached.configured()
    test = name.rpartition("/")[0]
    for each in choices(test or None):
        if each.trial.name == name:
            return each.trial
    return config.trial(name)


@st.cache_data(ttl=FRESH_S, max_entries=50, show_spinner=False)
def source(name: str) -> Source:
    """Where a trial and its profiler files lie, and its job where it names one.

    Raises
    ------
    UnderstudyError
    """
    from queries.trials import sources

    return sources.source(_trial_of(name), cached.configured().aws)


@st.cache_resource(max_entries=20, show_spinner=False)
def _looks(name: str) -> Looks[OpenedTrial]:
    def read(before: OpenedTrial | None, tell: Callable[[Any], None] | None) -> OpenedTrial:
        from queries.trials.opened import open_trial

        if before is not None:
            return before.look_again()
        config = cached.configured()
        place = source(name).location
        if place is None:
            raise SourceError(
                f"The training {name} recorded no tensors: {' '.join(source(name).notes)}"
            )
        return open_trial(place, cache=config.cache, aws=config.aws, name=name, progress=tell)

    return Looks(read)


def prepare(name: str, tell: Callable[[Any], None]) -> OpenedTrial:
    """Open a trial for this session, telling how far the reading is where it takes time.

    Raises
    ------
    UnderstudyError
        When it was never read and cannot be.
    """
    seen: dict[str, OpenedTrial] = st.session_state.setdefault(_SEEN, {})
    if name not in seen:
        seen[name] = _looks(name).look(progress=tell)
    return seen[name]


def trial(name: str) -> OpenedTrial:
    """A trial as this session sees it.

    Raises
    ------
    UnderstudyError
    """
    return prepare(name, lambda progress: None)


def look(name: str) -> bool:
    """Look for new steps, and say whether the page of this session is to be drawn anew."""
    before = trial(name)
    # half of it: two sessions take turns, and each sees what the other has read
    since = datetime.now(UTC) - timedelta(seconds=LOOK_EVERY_S / 2)
    found = _looks(name).look(since)
    st.session_state[_SEEN][name] = found
    if source(name).profiler is not None:
        with suppress(UnderstudyError):  # a page that shows machines will say it
            _machine_looks(name).look(since)
    return found.state != before.state or found.ended != before.ended


def refresh(name: str) -> None:
    """Look for what is new of a trial now, and ask its job again."""
    source.clear(name)
    with suppress(UnderstudyError):  # the page will say it
        _looks(name).look(datetime.now(UTC))
    st.session_state.get(_SEEN, {}).pop(name, None)


def looked_at(name: str) -> datetime | None:
    """When new steps of a trial were last looked for."""
    return _looks(name).looked_at


def problem(name: str) -> str | None:
    """Why the last look for new steps failed, where it did."""
    return _looks(name).problem


def _kept(
    most: int,
) -> Callable[
    [Callable[Concatenate[OpenedTrial, _Asked], _Answer]],
    Callable[Concatenate[str, _Asked], _Answer],
]:
    """Keep the answers to a question about a trial, for as long as its state is the same."""

    def keep(
        answer: Callable[Concatenate[OpenedTrial, _Asked], _Answer],
    ) -> Callable[Concatenate[str, _Asked], _Answer]:
        @st.cache_data(max_entries=most, show_spinner=False)
        def kept(
            name: str,
            state: str,
            _opened: OpenedTrial,
            *asked: _Asked.args,
            **named: _Asked.kwargs,
        ) -> _Answer:
            return answer(_opened, *asked, **named)

        @wraps(answer)
        def ask(name: str, /, *asked: _Asked.args, **named: _Asked.kwargs) -> _Answer:
            opened = trial(name)
            return kept(name, opened.state, opened, *asked, **named)

        return ask

    return keep


@_kept(most=100)
def picture(
    opened: OpenedTrial,
    family: Family,
    measure: Measure,
    *,
    mode: Mode,
    worker: str | None = None,
    biases: bool = True,
) -> Picture:
    """One measure of a family of tensors by layer and step, ready to be drawn."""
    from analysis.training import grids
    from analysis.training.picture import picture as drawn_together

    return drawn_together(
        grids.grid(
            opened,
            grids.rows_of(opened, family, biases=biases),
            family,
            measure,
            mode=mode,
            worker=worker,
            vanished=_vanished(),
        )
    )


@_kept(most=100)
def distribution(
    opened: OpenedTrial, tensor: int, *, mode: Mode, worker: str | None = None
) -> Distribution | None:
    """How one tensor's numbers were spread at each step; None where its values were not saved."""
    from analysis.training import distributions

    return distributions.distribution(opened, tensor, mode=mode, worker=worker)


def _vanished() -> float:
    from analysis.training.grids import VANISHED

    return float(cached.configured().rules.get("VanishingGradient", {}).get("threshold", VANISHED))


def machines(name: str) -> Machines | None:
    """What the machines of a training did; None where nobody watched them.

    Raises
    ------
    UnderstudyError
    """
    profile = _profile(name)
    return None if profile is None else profile.machines


def _profile(name: str) -> Profile | None:
    return None if source(name).profiler is None else _machine_looks(name).look()


@st.cache_resource(max_entries=20, show_spinner=False)
def _machine_looks(name: str) -> Looks[Profile]:
    def read(before: Profile | None, tell: Callable[[Any], None] | None) -> Profile:
        from queries.trials.profiler import read_profile

        config = cached.configured()
        return read_profile(
            source(name).profiler or "",
            before,
            cache=config.cache,
            aws=config.aws,
            progress=tell,
        )

    return Looks(read)


def review(name: str, *, against: str | None = None, settings: Given | None = None) -> Review:
    """What all rules say of a training, beside another one where one is named.

    ``settings`` of the rules are the configuration's where none are given. What is left out
    because it cannot be read is a note.

    Raises
    ------
    UnderstudyError
        When there is neither a trial nor the metrics of its machines.
    """
    place = source(name)
    opened = None if place.location is None else trial(name)
    other = None if against is None else trial(against)
    profile, notes = None, list(place.notes)
    try:
        profile = _profile(name)
    except UnderstudyError as error:
        notes.append(str(error))
    if opened is None and profile is None:
        from queries.trials.reviewing import nothing_recorded

        raise nothing_recorded(name, notes)
    given = cached.configured().rules if settings is None else settings
    states = tuple("" if each is None else each.state for each in (opened, other, profile))
    ended = opened is None or opened.ended
    found = _reviewed(name, states, ended, given, against, opened, other, profile)
    return replace(found, notes=(*found.notes, *notes))


# Not for long: how long a training has been silent is one of the answers.
@st.cache_data(ttl=60, max_entries=50, show_spinner=False)
def _reviewed(
    name: str,
    states: tuple[str, ...],
    ended: bool,
    settings: Given,
    against: str | None,
    _opened: OpenedTrial | None,
    _other: OpenedTrial | None,
    _profile: Profile | None,
) -> Review:
    from queries.trials.reviewing import custom
    from queries.trials.reviews import review as judged

    return judged(
        _opened,
        name=name,
        settings=settings,
        machines=None if _profile is None else _profile.machines,
        other=_other,
        job=source(name).job,
        custom=custom(cached.configured(), _opened, _other),
    )
