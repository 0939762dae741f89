"""What does this session see: which configuration, and which state of a test?

One of the three modules here that know Streamlit; the others keep the answers about a test
(``cached_answers``) and those about a training (``cached_trials``). Answers are kept by names
(test, window), never by frames: hashing a frame looks at a sample of it only. One of the names is
the state of what was read (``Opened.state``), so new captures of one test leave the answers about
others as they are.

A session sees one state of a test until it looks again: what stands on a page belongs together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from queries import discovery as discovering
from queries import freshness as arriving
from queries.account import open_account
from queries.aws import is_named
from queries.errors import AwsError, UnderstudyError
from queries.opened import Opened
from queries.watch import Watch

if TYPE_CHECKING:
    from queries.config import Config, Test
    from queries.discovery import Discovered, Discovery
    from queries.freshness import Freshness, State
    from queries.progress import Progress

# For so long an answer is kept, and a page is drawn from what was read.
FRESH_S = 300
# New captures of a running test arrive every minute; looking for them costs a listing.
LOOK_EVERY_S = 60
_SEEN, _ASKED, _WANTED = "seen_test", "asked_of_it", "wanted_since"

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


def account(wanted: str | None = None) -> Config:
    """The configuration in force, with the tests that SageMaker knows where they are needed.

    They are needed where the file leaves something out, or ``wanted`` is no test of it; and what
    was once found is shown for as long as it is kept. Else no page waits for AWS.

    Raises
    ------
    ConfigError
        When the file cannot be used.
    AwsError
        When it names neither a test nor a trial, and SageMaker refuses to.
    """
    config = configured()
    names = [test.name for test in config.tests]
    needed = not all(test.complete for test in config.tests) or (wanted and wanted not in names)
    if not names and not config.trials:
        return discovering.merge(config, discovery())
    needed = needed or not names
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
        found = kept["found"] = discovering.discover(configured().aws)
    return found


def discovered(test: Test) -> Discovered | None:
    """What SageMaker knows of a test, as far as it was asked."""
    found = _kept_discovery().get("found")
    return None if found is None else found.of(test)


@st.cache_resource(show_spinner=False)
def configured() -> Config:
    """The configuration as the file has it, without asking anybody.

    Raises
    ------
    ConfigError
    """
    return open_account()


@st.cache_resource(show_spinner=False)
def _kept_discovery() -> dict[str, Discovery]:
    return {}


@st.cache_resource(max_entries=20, show_spinner=False)
def _watch(test: str) -> Watch:
    def configured() -> tuple[Config, Test]:
        config = account()
        return config, config.test(test)

    return Watch(configured)


def opened_test(test: str) -> Opened:
    """The test as this session sees it."""
    seen: Opened | None = st.session_state.get(_SEEN)
    return seen if seen is not None and seen.test.name == test else _watch(test).look()


def kept(
    most: int,
) -> Callable[
    [Callable[Concatenate[Opened, _Asked], _Answer]],
    Callable[Concatenate[str, _Asked], _Answer],
]:
    """Keep the answers to a question about a test, for as long as its state is the same."""

    def keep(
        answer: Callable[Concatenate[Opened, _Asked], _Answer],
    ) -> Callable[Concatenate[str, _Asked], _Answer]:
        kept = st.cache_data(
            ttl=FRESH_S,
            max_entries=most,
            show_spinner=False,
            hash_funcs={Opened: lambda opened: (opened.state, _watch(opened.test.name).wanted)},
        )(answer)

        @wraps(answer)
        def ask(test: str, /, *asked: _Asked.args, **named: _Asked.kwargs) -> _Answer:
            def again() -> _Answer:
                opened = opened_test(test)
                return waited(opened.test, lambda: kept(opened, *asked, **named))

            question = answer.__name__, asked, *sorted(named.items())
            st.session_state.setdefault(_ASKED, {})[question] = again
            return again()

        return ask

    return keep


def waited(test: Test, ask: Callable[[], _Answer]) -> _Answer:
    """What ``ask`` gives; where Athena is asked, the page hears how far it is, and may be left."""
    if test.engine != "athena":
        return ask()
    from queries.athena.waiting import patiently

    return patiently(ask, attached())


def attached() -> Callable[[], None]:
    """What lets another thread ask for this session, called there first."""
    session = get_script_run_ctx()

    def attach() -> None:
        add_script_run_ctx(threading.current_thread(), session)

    return attach


def prepare(test: str, tell: Callable[[Progress], None], *, renew: bool = True) -> None:
    """Let this session see a test, telling how far the reading is where it takes time.

    Looks for new captures where none were looked for in a while and more are to be expected.
    Without ``renew`` the session stays with what it sees, for as long as that is there.

    Raises
    ------
    UnderstudyError
        When the test was never read and cannot be; later ``problem`` tells it.
    """
    st.session_state[_ASKED] = {}
    wanted: datetime | None = st.session_state.pop(_WANTED, None)
    seen: Opened | None = st.session_state.get(_SEEN)
    if not renew and wanted is None and seen is not None and seen.test.name == test and seen.intact:
        return
    if wanted is None and _watch(test).opened is not None and state(test) != "ended":
        wanted = datetime.now(UTC) - timedelta(seconds=FRESH_S)
    st.session_state[_SEEN] = _watch(test).look(wanted, progress=tell)


def look(test: str) -> bool:
    """Look for new captures, and say whether the page of this session is to be drawn anew.

    What the page asked is then asked again first, so that it finds the answers ready.
    """
    before, was = opened_test(test), state(test)
    if "found" in _kept_discovery():
        with suppress(AwsError):
            discovery()
    # half of it: two sessions take turns, and each sees what the other has read
    found = _watch(test).look(datetime.now(UTC) - timedelta(seconds=LOOK_EVERY_S / 2))
    if found.state != before.state:
        st.session_state[_SEEN] = found
        for again in list(st.session_state.get(_ASKED, {}).values()):
            with suppress(UnderstudyError):  # the page will say it
                again()
        return True
    return state(test) != was


def state(test: str) -> State:
    """Whether more captures of a test are to be expected."""
    opened = opened_test(test)
    return arriving.state_of(
        opened, freshness(test).newest, discovered(opened.test), datetime.now(UTC)
    )


@kept(most=50)
def freshness(opened: Opened) -> Freshness:
    """The newest captures of both variants, and how long they took to arrive."""
    return arriving.freshness(opened)


@kept(most=50)
def unwritten(opened: Opened) -> tuple[datetime, ...]:
    """The hours that are over and captured, and have no part in the answers yet."""
    return opened.captured.unwritten(datetime.now(UTC))


def was_read(test: str) -> bool:
    """Whether this process has read the captures of a test before."""
    return _watch(test).opened is not None


def read_at(test: str) -> datetime | None:
    """When the captures of a test were last looked for."""
    return _watch(test).looked_at


def problem(test: str) -> str | None:
    """Why the last look for captures failed, where it did."""
    return _watch(test).problem


def refresh(test: str) -> None:
    """Have everything about a test asked anew, from the listing of its captures on."""
    st.session_state[_WANTED] = _watch(test).want()
    _kept_discovery().clear()
