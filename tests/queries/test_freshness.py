"""Is it known when a test is over, and how late its captures come?"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from analysis.delivery import Delivery
from queries.config import Aws, Config, Test
from queries.discovery import Discovered
from queries.freshness import LATE, QUIET_AFTER, Freshness, freshness, state_of
from queries.opened import Opened, open_test
from queries.sight import NEWEST
from tests.pages import sample
from tests.queries.bucket import BUCKET, StandIn
from tests.queries.capturing import NOON, capture_file, line
from tests.queries.mirroring import log_file, log_test, logged, side

MINUTE = timedelta(minutes=1)


def put(folder: Path, minute: int, variant: str, late_s: float, seconds: tuple[int, ...]) -> Path:
    """A file of requests at these seconds of a minute, that arrives so late after its start."""
    at = [60 * minute + second for second in seconds]
    lines = [line("1,2", "0.5", at=t, event=f"{t}") for t in at]
    path = capture_file(folder, lines, variant=variant, name=f"{minute:03}.jsonl")
    arrived = (NOON + minute * MINUTE).timestamp() + late_s
    os.utime(path, (arrived, arrived))
    return path


def opened(folder: Path, captures: str = "", aws: Aws | None = None, **about: object) -> Opened:
    """A test of the captures in a folder."""
    asked = Test(
        name="t",
        captures=captures or str(folder / "captures"),
        production="AllTraffic",
        shadow="Shadow",
        **about,
    )
    return open_test(Config(tests=(asked,), cache=folder / "cache", aws=aws or Aws()), asked)


def some(folder: Path) -> None:
    """Production at 0, 30 and 60 s, 90 s after noon at hand; the shadow's at 30 s, after 130 s."""
    put(folder, 0, "AllTraffic", 90, (0, 30, 60))
    put(folder, 0, "Shadow", 130, (30,))


def test_the_delay_is_from_the_request_to_the_file(tmp_path: Path) -> None:
    """By hand: production 90, 60 and 30 s, the shadow 100 s; the median is 60, nine tenths 100."""
    some(tmp_path / "captures")
    assert freshness(opened(tmp_path)) == Freshness(
        production=NOON + MINUTE,
        shadow=NOON + MINUTE / 2,
        delivery=Delivery(60.0, 100.0, 4),
        files=2,
    )


def test_s3_says_when_an_object_arrived(tmp_path: Path) -> None:
    """The same captures in S3, by the LastModified of its listing."""
    server = StandIn(tmp_path / "s3")
    try:
        some(server.folder / BUCKET)
        found = freshness(opened(tmp_path, f"s3://{BUCKET}", Aws(endpoint_url=server.url)))
    finally:
        server.stop()
    assert found.delivery == Delivery(60.0, 100.0, 4)


def test_only_the_newest_files_count(tmp_path: Path) -> None:
    """What came late a week ago is not how late captures come now; segments do not matter."""
    put(tmp_path / "captures", 0, "AllTraffic", 5000, (0,))
    put(tmp_path / "captures", 0, "Shadow", 50, (0,))
    before = freshness(opened(tmp_path))
    assert before.delivery == Delivery(50.0, 5000.0, 2)
    for minute in range(100, 100 + NEWEST):
        put(tmp_path / "captures", minute, "AllTraffic", 70, (0, 10))
    after = freshness(opened(tmp_path))
    assert after.files == NEWEST + 1
    assert after.delivery == Delivery(60.0, 70.0, 2 * NEWEST + 1)
    assert after.newest == NOON + (99 + NEWEST) * MINUTE + timedelta(seconds=10)


def test_a_log_has_no_delay(tmp_path: Path) -> None:
    """A log grows while it is written: when its file changed says nothing of its first lines."""
    log_file(tmp_path / "log", [logged(side("0.9"), side("0.2"), at=1)])
    found = freshness(open_test(*log_test(tmp_path)))
    assert found.delivery.n == 0
    assert found.production == found.shadow == NOON + timedelta(seconds=1)


RUNNING = sample.discovery().found[0]


@pytest.mark.parametrize(
    ("end", "known", "age", "state"),
    [
        (None, None, 0 * MINUTE, "live"),
        (None, None, QUIET_AFTER - MINUTE, "live"),
        (None, None, QUIET_AFTER, "quiet"),
        (None, RUNNING, 99 * QUIET_AFTER, "live"),
        (None, replace(RUNNING, state="Completed", end=NOON), MINUTE, "live"),
        (None, replace(RUNNING, state="Completed", end=NOON - LATE), MINUTE, "ended"),
        (None, replace(RUNNING, state="Failed", end=None), MINUTE, "ended"),
        (NOON + MINUTE, None, MINUTE, "live"),
        (NOON - LATE + MINUTE, None, MINUTE, "live"),
        (NOON - LATE, None, MINUTE, "ended"),
        (NOON - LATE, RUNNING, MINUTE, "ended"),
        (NOON + MINUTE, None, QUIET_AFTER, "quiet"),
    ],
)
def test_a_test_is_live_while_more_may_come(
    tmp_path: Path, end: datetime | None, known: Discovered | None, age: timedelta, state: str
) -> None:
    """SageMaker's word holds; unasked, captures that still come; a stated end is an end."""
    some(tmp_path / "captures")
    found = opened(tmp_path)
    found = replace(found, test=replace(found.test, end=end))
    assert state_of(found, NOON - age, known, NOON) == state


def test_the_demo_account_never_grows(tmp_path: Path) -> None:
    """Its captures were written once, whatever its SageMaker says."""
    some(tmp_path / "captures")
    found = opened(tmp_path)
    found = replace(found, config=replace(found.config, demo=True))
    assert state_of(found, NOON, RUNNING, NOON) == "ended"
