"""Does Athena know of what was captured what this machine knows of the same captures?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analysis.estimates import Window
from queries import config
from queries.answer_forms import answers_of
from queries.athena.captured import NEWEST
from queries.captured_requests import captured_requests
from queries.errors import ConfigError, NotComparable, QuestionError, SourceError
from queries.freshness import freshness
from queries.opened import Opened, open_test
from tests.athena_demo import END, AthenaDemo, four_hours

NAME = "delivery-minutes"
BAD = b'{"captureData": \n'


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AthenaDemo]:
    """Four hours of a test that asks in batches, with a line that is cut off."""
    folder = tmp_path_factory.mktemp("account")
    with four_hours(folder) as found:
        captures = folder / "demo" / "captures" / NAME
        file = max(captures.glob("*/2026/03/31/15/*.jsonl"))
        file.write_bytes(file.read_bytes() + BAD)
        found.write(NAME)
        yield found


def opened_of(path: Path, **changed: object) -> Opened:
    loaded = config.load(path)
    test = replace(loaded.test(NAME), **changed)
    return open_test(loaded, test)


@pytest.fixture(scope="module")
def there(account: AthenaDemo) -> Opened:
    return opened_of(account.path)


@pytest.fixture(scope="module")
def here(account: AthenaDemo) -> Opened:
    return opened_of(account.local)


def test_the_account_is_the_same(there: Opened, here: Opened) -> None:
    """Objects, lines, records, rejects, rows: all but the bytes, which nobody counts there."""
    assert there.captured.counts == replace(here.captured.counts, bytes=None)
    assert there.captured.counts.rejected == 1
    assert there.captured.collisions == here.captured.collisions
    assert (there.endpoint, there.extent()) == (here.endpoint, here.extent())


def test_content_types_are_the_same(there: Opened, here: Opened) -> None:
    """Of requests and answers of both variants; so is what the newest answers look like."""
    for side in ("production", "shadow"):
        assert there.captured.types(side) == here.captured.types(side)
    assert answers_of(there) == answers_of(here)


def test_rejects_name_their_object(there: Opened, here: Opened) -> None:
    """Athena counts the lines of an object that are no record, and does not say which."""
    (reject,) = there.captured.rejects()
    (known,) = here.captured.rejects()
    assert reject.file.endswith(known.file)
    assert (reject.line, known.line > 0) == (0, True)
    assert reject.reason.startswith("1 of its ")


def test_requests_to_send_again_are_of_every_hour(there: Opened, here: Opened) -> None:
    """Some of files that lie evenly over the test, each a request that was captured."""
    found = captured_requests(there, 20)
    assert len(found) == 20
    known = {each.body for each in captured_requests(here, 10_000)}
    assert {each.body for each in found} <= known
    objects = there.captured.some_objects("production", 1, (3, 3))
    assert len({each.hour for each in objects}) == 3


def test_freshness_is_that_of_the_objects(there: Opened, here: Opened) -> None:
    """The newest request of each variant, whether or not its hour is written."""
    ours, theirs = freshness(there), freshness(here)
    assert (ours.production, ours.shadow) == (theirs.production, theirs.shadow)
    assert ours.files == 2 * NEWEST
    assert ours.delivery.n > 0


def test_rows_of_a_window_are_bounded(there: Opened, here: Opened) -> None:
    """About as many as production has in these hours and those beside them, and no fewer."""
    every = here.captured.production_rows(Window(END, END))
    whole = there.captured.production_rows(Window(END - timedelta(hours=9), END))
    # a line that is no record has a row there
    assert every <= whole <= every + 1
    last = Window(END - timedelta(hours=1), END)
    rows = there.engine.run("rows_by_block", block_s=3600, start=last.start, end=last.end)
    n = int(rows["n"][rows["variant"] == "production"].sum())
    assert n <= there.captured.production_rows(last) < every


@pytest.mark.parametrize(
    "reference", ["", "x", "0" * 16 + "-1", "f" * 16 + "-1", "../../etc/passwd-1", "{name}-99999"]
)
def test_a_reference_that_was_not_given_out_is_refused(there: Opened, reference: str) -> None:
    """Nothing that comes from a browser is taken for a record, an hour or a path."""
    hour = f"{int(END.timestamp()) // 3600 - 1:x}".rjust(6, "0") + "0" * 10
    with pytest.raises(QuestionError, match="not part of the test"):
        there.captured.record(reference.format(name=hour))


def test_the_same_state_is_not_opened_twice(account: AthenaDemo, there: Opened) -> None:
    """While no hour is written more, what was opened stays, and so do its answers."""
    again = open_test(there.config, there.test, before=there)
    assert again is there
    other = replace(there.test, capture_percent=50.0)
    changed = open_test(there.config, other, before=there)
    assert changed is not there
    assert changed.state != there.state


def test_nothing_is_unwritten_after_an_update(account: AthenaDemo, there: Opened) -> None:
    """Until the next hour is over."""
    assert there.captured.unwritten(account.end + timedelta(days=1)) == ()


def test_a_reading_that_changed_asks_for_a_setup(account: AthenaDemo) -> None:
    """Tables that were made to be read otherwise do not answer for what is declared now."""
    loaded = config.load(account.path)
    prediction = replace(loaded.test(NAME).prediction, kind="binary")
    with pytest.raises(ConfigError, match=r"cli\.py athena setup delivery-minutes. again"):
        opened_of(account.path, prediction=prediction)


def test_a_test_without_tables_or_hours_says_which_command(account: AthenaDemo) -> None:
    """First they are set up, then written."""
    loaded = config.load(account.path)
    test = loaded.test("ticket-routing")
    with pytest.raises(SourceError, match=r"cli\.py athena setup ticket-routing"):
        open_test(loaded, test)
    account.set_up("ticket-routing")
    with pytest.raises(NotComparable, match=r"cli\.py athena update ticket-routing"):
        open_test(loaded, test)
    with pytest.raises(ConfigError, match="production"):
        open_test(loaded, replace(test, production=""))
