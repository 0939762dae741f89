"""How does a page hear how far its answer is, and how is an answer left that nobody waits for?

The answer is made in a thread of its own. Meanwhile the thread that waits is told what was said
last; once telling it raises, for its reader has gone on, the answer's next word ends it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

_Answer = TypeVar("_Answer")
_Word = TypeVar("_Word")
_LOOK_EVERY_S = 0.1


class _Left(BaseException):
    """The reader has gone on; nobody but Python catches it on its way through a question."""


def aside(
    ask: Callable[[Callable[[_Word], None]], _Answer],
    tell: Callable[[_Word], None],
    attach: Callable[[], None],
) -> _Answer:
    """What ``ask`` gives, which is handed a way to say how far it is; ``tell`` hears it here.

    ``attach`` is called first in the thread that asks.
    """
    left = threading.Event()
    latest: list[_Word] = []

    def say(word: _Word) -> None:
        latest[:] = [word]
        if left.is_set():
            raise _Left

    def answer() -> _Answer:
        attach()
        return ask(say)

    try:
        with ThreadPoolExecutor(1, thread_name_prefix="aside") as pool:
            asked = pool.submit(copy_context().run, answer)
            try:
                while not wait([asked], _LOOK_EVERY_S).done:
                    if latest:
                        tell(latest[0])
                return asked.result()
            except BaseException:
                left.set()
                raise
    finally:
        # who asks the same again later, in a thread of its own, is not ended by its word
        left.clear()
