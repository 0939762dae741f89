"""What does a page say when it has nothing to draw: no data, a wrong name, a call that failed?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NoReturn, TypeVar

import streamlit as st

from pages.parts import asking, escape, outlays, remedies, selection
from queries.errors import AwsError, Expensive, LargeRead, NotComparable, UnderstudyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from analysis.report import Report
    from queries.config import Config

log = logging.getLogger(__name__)
Loaded = TypeVar("Loaded")


def load(loader: Callable[[], Loaded], *, what: str) -> Loaded:
    """Give what ``loader`` gives; where it fails, say so and end the page here."""
    try:
        return _loaded(loader, what)
    except UnderstudyError as error:
        failed(error, what=what)
        st.stop()


def attempt(loader: Callable[[], Loaded], *, what: str) -> Loaded | None:
    """Give what ``loader`` gives; where it fails, say so, and the page goes on with ``None``."""
    try:
        return _loaded(loader, what)
    except UnderstudyError as error:
        failed(error, what=what)
        return None


def _loaded(loader: Callable[[], Loaded], what: str) -> Loaded:
    with st.spinner(f"Reading {what}…", show_time=True):
        try:
            return loader()
        finally:
            asking.say()


def failed(error: UnderstudyError, *, what: str) -> None:
    """Say what failed, in which call, and offer what may help."""
    if isinstance(error, Expensive):
        asking.stopped(error, what)
        return
    if isinstance(error, LargeRead):
        outlays.ask(error, what)
        return
    log.warning("%s could not be read: %s", what, error)
    if isinstance(error, NotComparable):
        st.warning(
            f"**{escape.markdown(what.capitalize())} cannot be compared.** {_text(error)}",
            icon=":material/link_off:",
        )
    else:
        st.error(
            f"**{escape.markdown(what.capitalize())} could not be read.** {_text(error)}",
            icon=":material/cloud_off:",
        )
    if isinstance(error, AwsError):
        rows = (("AWS call", error.call), ("Code", error.code), ("Request id", error.request_id))
        st.code("\n".join(f"{name}: {value}" for name, value in rows if value), language=None)
    remedies.offer(error, what)


def _text(error: UnderstudyError) -> str:
    return escape.sentence(str(error), length=2000)


def unknown_test(name: str, names: Iterable[str]) -> NoReturn:
    """Say that the address names no test we know, and offer those there are."""
    st.title("No such shadow test", anchor=False)
    st.warning(
        f"The address asks for a shadow test named “{escape.markdown(name, length=80)}”. "
        "There is none of that name in the configuration. Choose one:",
        icon=":material/search_off:",
    )
    for number, known in enumerate(names):
        st.button(
            escape.markdown(known),
            key=f"pick_{number}",
            type="tertiary",
            icon=":material/arrow_forward:",
            on_click=selection.pick,
            args=(known,),
        )
    st.stop()


def no_tests(config: Config) -> NoReturn:
    """Say that there is no shadow test, in the file or in the account, and how to add one."""
    st.title("No shadow test yet", anchor=False)
    region = config.aws.region or "the region of the environment"
    st.info(
        f"`understudy.toml` names no shadow test, and SageMaker has none in "
        f"{escape.markdown(region)}: no inference experiment, and no endpoint with a shadow "
        "variant. Start one there, correct `region` in [aws], or name captures of your own:",
        icon=":material/edit_note:",
    )
    st.code(
        '[tests.my-test]\ncaptures = "s3://bucket/prefix"   # or a folder\n'
        'production = "AllTraffic"\nshadow = "Shadow-01"',
        language="toml",
    )
    if config.trials:
        st.page_link(
            "pages/training/gradients.py",
            label="Review a training",
            icon=":material/grid_on:",
        )
    st.stop()


def no_pairs(report: Report) -> NoReturn:
    """Say why there is nothing to compare in this window, and what to do."""
    found = report.pairing
    if report.where:
        st.info(
            "**No pair of this window meets the filter.** Remove a condition above, or widen the "
            "window.",
            icon=":material/filter_alt_off:",
        )
        st.stop()
    if found.production and not found.shadow:
        why = (
            "Production was captured in this window, the shadow was not: turn its data capture on."
        )
    elif found.shadow and not found.production:
        why = (
            "The shadow was captured in this window, production was not: turn its data capture on."
        )
    elif found.production:
        why = (
            "Both variants were captured, but no request of one could be matched with one of the "
            "other. Pass an InferenceId to InvokeEndpoint, or check that both saw the same "
            "requests."
        )
    else:
        why = "Widen the window, or turn data capture on for both variants of the endpoint."
    st.info(f"**No captured pairs in this window.** {why}", icon=":material/inbox:")
    if report.ingest.records or report.ingest.failed or report.ingest.rejected:
        st.caption(
            f"Read so far: {report.ingest.objects:,} files, {report.ingest.records:,} records, "
            f"{report.ingest.rejected:,} lines rejected, {report.ingest.failed:,} files not "
            f"readable."
        )
    st.stop()


def nothing(title: str, why: str) -> None:
    """Say that one part of the page has no data, and why."""
    st.info(
        f"**{escape.markdown(title)}** {escape.markdown(why, length=2000)}", icon=":material/inbox:"
    )
