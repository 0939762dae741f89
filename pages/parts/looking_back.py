"""Is it known what became of that which was begun before this server started?"""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from queries import aws
from queries.errors import UnderstudyError

if TYPE_CHECKING:
    from queries.config import Config

_log = logging.getLogger("understudy.looking_back")


def begin(config: Config) -> None:
    """Have it looked at once in the life of a server, beside its pages: none waits, or fails.

    AWS is only looked at, and what is seen is written down. Deploy and History look again
    themselves, so that a failure here is a line of the log and no more.
    """
    _looking(config.actions.audit, config)


@st.cache_resource(show_spinner=False)
def _looking(audit: str, _config: Config) -> threading.Thread:
    thread = threading.Thread(
        target=_look, args=(_config,), name=f"understudy-looking-back {audit}", daemon=True
    )
    thread.start()
    return thread


def _look(config: Config) -> None:
    # imported here: no page has to wait for what only this needs
    from actions.ledger import opened
    from actions.notify import notifier
    from actions.reconcile import reconcile

    try:
        ledger = opened(config.actions.audit, config.aws)
        reader = partial(aws.client, config.aws)
        _, problems = reconcile(ledger, reader, tell=notifier(config))
    except UnderstudyError as error:
        problems = (str(error),)
    for each in problems:
        _log.warning("What was begun before cannot be looked at: %s", each)
