"""How does a page wait for Athena, so that leaving it cancels what runs?

An answer is made in a thread of its own. Meanwhile the page is told how far its queries are; once
telling it raises, for its reader has gone on, the next look of each query cancels it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, TypeVar

from queries.athena import usage

if TYPE_CHECKING:
    from queries.athena.usage import Running

_Answer = TypeVar("_Answer")
_LOOK_EVERY_S = 0.1
_INSIDE: ContextVar[bool] = ContextVar("inside", default=False)


class _Left(BaseException):
    """The reader has gone on; nobody but Python catches it on its way through a question."""


def patiently(ask: Callable[[], _Answer], attach: Callable[[], None]) -> _Answer:
    """What ``ask`` gives, while the page of this thread (``usage.asking``) is told how far it is.

    ``attach`` is called first in the thread that asks. Without a page that listens, and inside
    another question, it is simply asked.
    """
    page = usage.page()
    if page is None or page.progress is None or _INSIDE.get():
        return ask()
    left = threading.Event()
    latest: list[Running] = []

    def look(running: Running) -> None:
        latest[:] = [running]
        if left.is_set():
            raise _Left

    def answer() -> _Answer:
        attach()
        _INSIDE.set(True)
        with usage.asking(page.usage, progress=look, at_most_usd=page.at_most_usd):
            return ask()

    with ThreadPoolExecutor(1, thread_name_prefix="athena") as pool:
        asked = pool.submit(copy_context().run, answer)
        try:
            while not wait([asked], _LOOK_EVERY_S).done:
                if latest:
                    page.progress(latest[0])
            return asked.result()
        except BaseException:
            left.set()
            raise
