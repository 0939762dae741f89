"""Is a page that waits for Athena told how far it is, and does leaving it cancel what runs?"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pyarrow as pa
import pytest

from queries.athena import usage
from queries.athena.usage import Running, Usage
from queries.athena.waiting import patiently
from queries.errors import AwsError, Expensive
from tests.queries.athena.asking import Account

SQL = 'SELECT n FROM "understudy"."things" WHERE n >= ?'


class Gone(BaseException):
    """As Streamlit ends a script whose reader has gone on."""


@pytest.fixture
def things(account: Account) -> Account:
    account.write("things", pa.table({"n": [1, 2, 3]}))
    return account


def nothing() -> None:
    """Attach nothing."""


def asker(account: Account, value: int = 1) -> Any:
    session = account.session(reuse_minutes=0)
    return lambda: session.select(SQL, (value,), what="things", at_most=1000)["n"].tolist()


def test_without_a_page_it_is_simply_asked(things: Account) -> None:
    """At the terminal nobody waits, and no thread is begun."""
    here: list[threading.Thread] = []

    def ask() -> int:
        here.append(threading.current_thread())
        return 7

    assert patiently(ask, nothing) == 7
    with usage.asking(Usage()):
        assert patiently(ask, nothing) == 7
    assert here == [threading.current_thread()] * 2


def test_the_page_is_told_in_its_own_thread(things: Account) -> None:
    """What is asked elsewhere is counted for the page, and told where it may draw."""
    told: list[tuple[Running, threading.Thread]] = []
    used = Usage()
    things.athena.troubles.hold()
    threading.Timer(0.5, things.athena.troubles.release).start()
    attached: list[threading.Thread] = []
    with usage.asking(used, progress=lambda each: told.append((each, threading.current_thread()))):
        found = patiently(asker(things), lambda: attached.append(threading.current_thread()))
    assert found == [1, 2, 3]
    assert {thread for _, thread in told} == {threading.current_thread()}
    assert {each.state for each, _ in told} >= {"RUNNING"}
    assert [each.what for each in used.asked] == ["things"]
    assert attached != [threading.current_thread()]
    assert len(attached) == 1


def test_a_page_that_is_left_cancels_its_query(things: Account) -> None:
    """The reader has gone on while a query ran: nobody waits for it, and Athena stops it."""
    things.athena.troubles.hold()

    def leave(running: Running) -> None:
        raise Gone

    with usage.asking(Usage(), progress=leave), pytest.raises(Gone):
        patiently(asker(things), nothing)
    (query,) = things.athena.statements
    assert query.state == "CANCELLED"
    assert things.calls["athena:StopQueryExecution"] == 1


def test_a_page_that_is_left_cancels_what_its_threads_ask(things: Account) -> None:
    """Questions that are asked side by side are all cancelled."""
    things.athena.troubles.hold()

    def both() -> list[Any]:
        with ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(copy_context().run, asker(things, n)) for n in (1, 2)]
            return [each.result() for each in asked]

    def leave(running: Running) -> None:
        if len(things.athena.statements) == 2:
            raise Gone

    with usage.asking(Usage(), progress=leave), pytest.raises(Gone):
        patiently(both, nothing)
    assert [each.state for each in things.athena.statements] == ["CANCELLED"] * 2


def test_a_question_inside_another_is_asked_in_its_thread(things: Account) -> None:
    """One thread a page: what an answer asks on its way is part of it."""
    threads: list[threading.Thread] = []

    def inner() -> int:
        threads.append(threading.current_thread())
        return 1

    def outer() -> int:
        threads.append(threading.current_thread())
        return patiently(inner, nothing)

    with usage.asking(Usage(), progress=lambda running: None):
        assert patiently(outer, nothing) == 1
    assert threads[0] is threads[1]
    assert threads[0] is not threading.current_thread()


def test_what_fails_fails_for_the_page(things: Account) -> None:
    """An error of Athena and a question that costs too much arrive as what they are."""
    things.athena.troubles.fail("HIVE_CURSOR_ERROR: gone")
    with (
        usage.asking(Usage(), progress=lambda running: None),
        pytest.raises(AwsError, match="gone"),
    ):
        patiently(asker(things), nothing)
    before = len(things.athena.statements)
    with (
        usage.asking(Usage(), progress=lambda running: None, at_most_usd=0.0),
        pytest.raises(Expensive),
    ):
        patiently(asker(things), nothing)
    assert len(things.athena.statements) == before
