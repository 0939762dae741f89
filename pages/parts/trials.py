"""Which training is the page about, which is it compared with, and does it still run?

Both live in the address (``?trial=fraud-shadow&against=fraud-production``).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from pages.parts import escape, format, live, states, stopping
from queries import cached_trials
from queries.errors import UnderstudyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from queries.config import Config
    from queries.progress import Progress
    from queries.trials.choices import Choice
    from queries.trials.jobs import Job
    from queries.trials.opened import OpenedTrial

KEY, AGAINST = "trial", "against"
# No step for so long, and no end file: it is not looked for more steps by itself.
LONG = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The training that is shown, and the one beside it where there is one."""

    trial: Choice
    against: Choice | None

    @property
    def name(self) -> str:
        """What the training is called."""
        return self.trial.trial.name


def choose(config: Config) -> None:
    """Draw both choices in the sidebar; without any training the page says how to name one."""
    found = states.load(_choices, what="the trainings")
    if not found:
        _none(config)
    names = [each.trial.name for each in found]
    # it is the shadow's training that is to be reviewed
    first = next((at for at, each in enumerate(found) if each.side == "shadow"), 0)
    wanted = st.query_params.get(KEY)
    with st.sidebar:
        st.selectbox(
            "Training",
            names,
            index=first,
            key=KEY,
            bind="query-params",
            persist_state="session",
            on_change=_chosen_anew,
        )
        name = st.session_state.get(KEY) or names[first]
        if of := _of(found, name):
            st.caption(of)
        others = [other for other in names if other != name]
        st.selectbox(
            "Compare with",
            others,
            index=_usual(found, name, others),
            placeholder="Choose a training" if others else "No other training",
            key=AGAINST,
            bind="query-params",
            persist_state="session",
            disabled=not others,
        )
    if wanted is not None and wanted not in names:
        _unknown(wanted, name)
    by_name = {each.trial.name: each for each in found}
    against = st.session_state.get(AGAINST)
    st.session_state["chosen_trial"] = Chosen(by_name[name], by_name.get(against or ""))


def current() -> Chosen:
    """Give what was chosen in this run."""
    chosen: Chosen = st.session_state["chosen_trial"]
    return chosen


def opened() -> OpenedTrial:
    """Give the chosen training, read as far as it was saved; a page that cannot ends here.

    Where it still runs, the sidebar looks for more steps.
    """
    name = current().name
    found = _read(name)
    _follow(name, found)
    return found


def beside() -> OpenedTrial | None:
    """Give the training to compare with; None where there is none, or it cannot be read."""
    other = current().against
    if other is None:
        return None
    name = other.trial.name
    return states.attempt(lambda: _prepared(name), what=f"the training {name}")


def title(name: str) -> None:
    """Head the page with the training and the page's name, and offer its address."""
    left, right = st.columns([12, 2], vertical_alignment="bottom")
    left.title(f"{escape.markdown(current().name)} :gray[· {name}]", anchor=False)
    stopping.offer(current().name)
    with right.popover("Share", icon=":material/link:", width="stretch"):
        st.caption("This page, the training and the one it is compared with:")
        st.code(link(), language=None, wrap_lines=True)


def link() -> str:
    """Give the full address of what is on the screen."""
    parts = urlsplit(st.context.url or "")
    chosen = current()
    against = chosen.against.trial.name if chosen.against is not None else ""
    named = {**st.query_params.to_dict(), KEY: chosen.name, AGAINST: against}
    query = urlencode({key: value for key, value in named.items() if value})
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _choices() -> tuple[Choice, ...]:
    return cached_trials.choices(st.session_state.get("test") or st.query_params.get("test"))


def _of(found: Sequence[Choice], name: str) -> str:
    # Below the choice, not in it: the address of the page holds what the choice shows.
    choice = next(each for each in found if each.trial.name == name)
    return f"{choice.side} of {escape.markdown(choice.test)}" if choice.side is not None else ""


def _usual(found: Sequence[Choice], name: str, others: Sequence[str]) -> int | None:
    """Give the place of the training of the same test's production model, for a shadow's."""
    chosen = next(each for each in found if each.trial.name == name)
    if chosen.side != "shadow":
        return None
    for at, other in enumerate(others):
        beside = next(each for each in found if each.trial.name == other)
        if (beside.test, beside.side) == (chosen.test, "production"):
            return at
    return None


def _chosen_anew() -> None:
    """Compare with what is usual for the training that was just chosen."""
    found = _choices()
    name = st.session_state[KEY]
    others = [each.trial.name for each in found if each.trial.name != name]
    usual = _usual(found, name, others)
    st.session_state[AGAINST] = None if usual is None else others[usual]


def _read(name: str) -> OpenedTrial:
    return states.load(lambda: _prepared(name), what="the training")


def _prepared(name: str) -> OpenedTrial:
    place = st.empty()
    found = cached_trials.prepare(name, lambda progress: _tell(place, progress))
    place.empty()
    return found


def _tell(place: st.delta_generator.DeltaGenerator, progress: Progress) -> None:
    if progress.files:
        place.progress(
            min(progress.files_done / progress.files, 1.0),
            text=f"{format.count(progress.files_done)} of {format.count(progress.files)} files of "
            "the training",
        )


def _follow(name: str, found: OpenedTrial) -> None:
    """Say in the sidebar how fresh the training is; while it runs, look for more steps."""
    running = not found.ended and _runs(_job(name), _age(found))
    with st.sidebar:
        if running:
            st.toggle(
                "Live",
                value=True,
                key=live.KEY,
                persist_state="session",
                help="Looks for new steps by itself and draws the page anew when there are some. "
                "Off, everything stays as it is until you look yourself.",
            )
        every = cached_trials.LOOK_EVERY_S if running and live.on() else None
        st.fragment(_fresh, run_every=every)(name, count())
        if not found.ended:
            st.button(
                "Look for new steps",
                icon=":material/refresh:",
                on_click=cached_trials.refresh,
                args=(name,),
            )


def _fresh(name: str, turns: Iterator[int]) -> None:
    """Say how fresh the training is; from the second turn on, which no page waits for, look."""
    if next(turns) and cached_trials.look(name):
        st.rerun()
    st.caption(state(name, cached_trials.trial(name)))
    problem = cached_trials.problem(name)
    if problem is not None:
        st.caption(
            ":material/cloud_off: The last look for new steps failed, so this is the training as "
            f"it was before. {escape.markdown(problem, length=600)}"
        )


def state(name: str, found: OpenedTrial) -> str:
    """Say whether a training has ended, as far as what it wrote and its job tell."""
    if found.ended:
        return "The training has ended."
    job, age = _job(name), _age(found)
    last = (
        "no step was saved yet"
        if age == timedelta.max
        else f"last step {format.duration(max(age.total_seconds(), 0))} ago"
    )
    if _runs(job, age):
        return f"Running · {last}"
    if job is not None:
        return f"No end file: the job is {escape.markdown(job.status)} · {last}"
    return f"No end file: it runs without saving, or was killed · {last}"


def _job(name: str) -> Job | None:
    with suppress(UnderstudyError):  # the head of the page will say it
        return cached_trials.source(name).job
    return None


def _runs(job: Job | None, age: timedelta) -> bool:
    """Give whether more steps are to be expected: the job says so, else the last one is fresh."""
    return age < LONG if job is None else job.running


def _age(found: OpenedTrial) -> timedelta:
    if found.last_time != found.last_time:  # nan
        return timedelta.max
    return datetime.now(UTC) - datetime.fromtimestamp(found.last_time, UTC)


def _unknown(wanted: str, shown: str) -> None:
    st.warning(
        f"The address asks for a training named “{escape.markdown(wanted, length=80)}”. There is "
        f"none of that name; shown is {escape.markdown(shown)}.",
        icon=":material/search_off:",
    )


def _none(config: Config) -> NoReturn:
    """Say that there is no training to review, and how to name one."""
    st.title("No training to review", anchor=False)
    st.info(
        "No trial is named in the configuration, and none was found for the models of a test. "
        "A trial is what SageMaker Debugger saved of a training job: the folder that holds "
        "`index`, `events` and `collections`. Name where it lies, or the job that wrote it:",
        icon=":material/edit_note:",
    )
    st.code(
        '[trials.my-model]\nlocation = "s3://bucket/prefix/JOB/debug-output"   # or a folder\n'
        'job = "JOB"                                            # or only the job',
        language="toml",
    )
    for test in config.tests:
        for note in cached_trials.missing(test.name):
            st.caption(f"{escape.markdown(test.name)}: {escape.markdown(note, length=600)}")
    st.stop()
