"""How does a page wait for Athena, so that leaving it cancels what runs?

It hears how far its queries are (``queries.aside``); once nobody listens any more, the next look of
each query cancels it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from queries.aside import aside
from queries.athena import usage

if TYPE_CHECKING:
    from queries.athena.usage import Running

_Answer = TypeVar("_Answer")
_INSIDE: ContextVar[bool] = ContextVar("inside", default=False)


def patiently(ask: Callable[[], _Answer], attach: Callable[[], None]) -> _Answer:
    """What ``ask`` gives, while the page of this thread (``usage.asking``) is told how far it is.

    ``attach`` is called first in the thread that asks. Without a page that listens, and inside
    another question, it is simply asked.
    """
    page = usage.page()
    if page is None or page.progress is None or _INSIDE.get():
        return ask()

    def answer(look: Callable[[Running], None]) -> _Answer:
        _INSIDE.set(True)
        with usage.asking(page.usage, progress=look, at_most_usd=page.at_most_usd):
            return ask()

    return aside(answer, page.progress, attach)
