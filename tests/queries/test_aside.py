"""Does who waits hear how far an answer is, and does an answer end that nobody waits for?"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from queries.aside import aside


class Gone(Exception):
    """The reader has left."""


def test_the_word_is_heard_where_one_waits() -> None:
    """The answer is made in another thread, attached first; its words are told in this one."""
    heard: list[tuple[str, threading.Thread]] = []
    attached: list[threading.Thread] = []
    told = threading.Event()

    def ask(say: Callable[[str], None]) -> int:
        say("half")
        assert told.wait(10)
        assert attached == [threading.current_thread()]
        return 7

    def tell(word: str) -> None:
        heard.append((word, threading.current_thread()))
        told.set()

    found = aside(ask, tell, lambda: attached.append(threading.current_thread()))
    assert found == 7
    assert heard[0] == ("half", threading.current_thread())
    assert attached != [threading.current_thread()]


def test_who_leaves_ends_the_answer() -> None:
    """Once telling raises, the next word of the answer is its last, and ends nothing later."""
    words: list[int] = []
    left = threading.Event()
    kept: list[Callable[[int], None]] = []

    def ask(say: Callable[[int], None]) -> None:
        kept.append(say)
        for number in range(1_000_000):
            words.append(number)
            say(number)
            left.wait(0.2)

    def tell(number: int) -> None:
        left.set()
        raise Gone

    with pytest.raises(Gone):
        aside(ask, tell, lambda: None)
    assert len(words) < 1_000_000
    # the same asked again, with nobody waiting, says its words and is not ended
    kept[0](7)


def test_a_failure_is_the_askers() -> None:
    """What the answer raises is raised where one waits for it."""

    def ask(say: Callable[[str], None]) -> None:
        raise KeyError("nothing")

    with pytest.raises(KeyError, match="nothing"):
        aside(ask, lambda word: None, lambda: None)
