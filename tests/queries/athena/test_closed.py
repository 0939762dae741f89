"""Which hours hold captures, which of them are closed, and at what price is that known?"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from queries.athena import closed
from queries.config import Test
from queries.errors import SourceError
from tests.queries.athena.asking import Account
from tests.queries.capturing import NOON, capture_file, line

FOLDER = "s3://captures/prefix/fraud"
VARIANTS = ("AllTraffic", "Shadow-01")
TEST = Test(
    name="fraud", captures="s3://captures/prefix", production=VARIANTS[0], shadow=VARIANTS[1]
)
ALL = ("", "9999/12/31/23")


def capture(account: Account, variant: str, *hours: datetime) -> None:
    for hour in hours:
        folder = account.folder / "captures" / "prefix"
        capture_file(folder, [line()], variant=variant, hour=hour)


@pytest.mark.parametrize(
    ("now", "hour"),
    [
        ("12:29:59", "2024/03/31/10"),
        ("12:30:00", "2024/03/31/11"),
        ("13:29:00", "2024/03/31/11"),
        ("00:15:00", "2024/03/30/22"),
    ],
)
def test_an_hour_is_closed_half_an_hour_after_its_end(now: str, hour: str) -> None:
    """To the second, over the end of a day too."""
    moment = datetime.fromisoformat(f"2024-03-31T{now}").replace(tzinfo=UTC)
    assert closed.last_closed(moment) == hour


def test_the_bounds_are_an_hour_beside_the_test() -> None:
    """A record may lie in the folder beside its own hour; without start and end all belong."""
    assert closed.bounds(TEST) == ALL
    within = Test(name="x", start=NOON, end=NOON + timedelta(minutes=30))
    assert closed.bounds(within) == ("2024/03/31/11", "2024/03/31/13")


def test_hours_are_found_by_folders(account: Account) -> None:
    """Every hour of either variant, in order; other folders are none; a year is not read for it."""
    hours = [NOON, NOON + timedelta(hours=1), NOON + timedelta(days=40)]
    capture(account, VARIANTS[0], *hours)
    capture(account, VARIANTS[1], NOON - timedelta(days=400))
    odd = account.folder / "captures/prefix/fraud/AllTraffic/notes/of/a/person/x.jsonl"
    odd.parent.mkdir(parents=True)
    odd.write_text("")
    found = closed.captured_hours(FOLDER, VARIANTS, account.aws, ALL)
    assert found == ("2023/02/25/12", "2024/03/31/12", "2024/03/31/13", "2024/05/10/12")
    account.calls.clear()
    day = ("2024/03/31/13", "2024/04/01/12")
    assert closed.captured_hours(FOLDER, VARIANTS, account.aws, day) == ("2024/03/31/13",)
    # years, months, days and hours of one variant; of the other that it has no such year
    assert account.calls["s3:ListObjectsV2"] == 5


def test_what_waits_begins_after_what_is_written(account: Account) -> None:
    """Hours whose pairs are written, and those that are not closed with the next, do not wait."""
    capture(account, VARIANTS[0], *(NOON + timedelta(hours=n) for n in range(5)))
    now = NOON + timedelta(hours=5, minutes=30)

    def waiting(*written: str) -> tuple[str, ...]:
        return closed.unwritten(TEST, account.aws, FOLDER, written, now)

    assert waiting() == tuple(f"2024/03/31/{n}" for n in (12, 13, 14, 15))
    assert waiting("2024/03/31/12", "2024/03/31/13") == ("2024/03/31/14", "2024/03/31/15")
    assert waiting("2024/03/31/15") == ()


def test_the_size_of_hours_is_that_of_their_objects(account: Account) -> None:
    """Bytes of all objects of the hours asked for, of both variants."""
    for variant in VARIANTS:
        capture(account, variant, NOON, NOON + timedelta(hours=1))
    files = [*Path(account.folder / "captures").rglob("12/*.jsonl")]
    expected = sum(file.stat().st_size for file in files)
    sized = closed.captured_bytes(FOLDER, VARIANTS, account.aws, ["2024/03/31/12"])
    assert sized == expected > 0


def test_what_came_after_its_hour_was_read_is_late(account: Account) -> None:
    """File by file, of the hours that were read alone; what came before is not."""
    capture(account, VARIANTS[0], NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=2))
    capture(account, VARIANTS[1], NOON)
    read = datetime.now(UTC) - timedelta(hours=1)
    folder = account.folder / "captures" / "prefix"
    for file in folder.rglob("*.jsonl"):
        os.utime(file, ((read - timedelta(minutes=5)).timestamp(),) * 2)
    hours = {"2024/03/31/12": read, "2024/03/31/13": read}

    def late() -> tuple[str, ...]:
        return closed.late(FOLDER, VARIANTS, account.aws, hours)

    assert late() == ()
    capture(account, VARIANTS[1], NOON + timedelta(hours=1), NOON + timedelta(hours=2))
    (found,) = late()
    assert found.startswith(f"{FOLDER}/{VARIANTS[1]}/2024/03/31/13/")


def test_a_bucket_that_is_not_there_is_a_sentence(account: Account) -> None:
    """What S3 refuses is told with the address that was listed."""
    with pytest.raises(SourceError, match="s3://nowhere/prefix"):
        closed.folder_of(
            Test(name="x", captures="s3://nowhere/prefix", production="a", shadow="b"), account.aws
        )
