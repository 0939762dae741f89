"""Is each closed hour written once, whoever writes it and whenever that is cut off?"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from actions.athena import hours
from queries.athena.usage import Running
from queries.config import Prediction
from queries.errors import AwsError, ConfigError, QuestionError
from tests.actions.athena.writing import LATER, VARIANTS, Cut, Writing
from tests.queries.capturing import NOON, line


def hour(after_noon: int) -> str:
    return f"{NOON + timedelta(hours=after_noon):%Y/%m/%d/%H}"


def test_rows_and_pairs_of_closed_hours_are_written(account: Cut) -> None:
    """All rows are there, one for each instance; each pair once, in the hour of production.

    Of every object lines = records + rejected, and the account's rows are those of the table.
    """
    writing = Writing(account)
    odd = [b'{"captureData": ', b"[]", line("1,2", "", event="odd")]
    writing.capture(0, 5, shadow=4, lines=odd)
    writing.capture(1, 3)
    writing.set_up()
    done = writing.update()
    assert done.rows == (hour(0), hour(1), hour(2))
    assert done.pairs == (hour(0), hour(1))
    assert (done.finished, done.elsewhere, done.swept, done.undecided) == (0, 0, 0, 0)
    rows = writing.rows("rows")
    assert Counter((r["variant"], r["ok"]) for r in rows) == {
        ("production", True): 9, ("shadow", True): 7, ("production", False): 2,
    }  # fmt: skip
    pairs = writing.rows("pairs")
    assert Counter(r["hour"] for r in pairs) == {hour(0): 4, hour(1): 3}
    by_place = {(r["segment"], r["line"]): r for r in rows}
    for pair in pairs:
        production, shadow = (
            by_place[pair[f"{side}_segment"], pair[f"{side}_line"]]
            for side in ("production", "shadow")
        )
        assert production["event_id"] == shadow["event_id"]
        assert pair["production_score"] == production["score"]
        assert pair["shadow_score"] == shadow["score"]
    assert account.athena.untested == []
    told = writing.rows("account")
    assert all(each["lines"] == each["records"] + each["rejected"] for each in told)
    names = ("lines", "records", "rejected", "rows", "unreadable", "event_ids")
    whole = [sum(each[name] for each in told if each["variant"] == "production") for name in names]
    assert whole == [11, 9, 2, 9, 1, 9]
    assert sum(each["lines"] for each in told) == len(rows)


def test_a_partition_says_what_it_has(account: Cut) -> None:
    """Bytes, rows and collisions of each hour stand in Glue, as the files have them."""
    writing = Writing(account)
    writing.capture(0, 3)
    again = [line("9,9", "0.5", at=n, event="twice") for n in range(2)]
    writing.object(VARIANTS[0], 0, again, "b")
    writing.set_up()
    writing.update()
    for table in ("rows", "account", "pairs", "ambiguous"):
        for at, each in writing.partitions(table).items():
            folder = account.folder / each["StorageDescriptor"]["Location"].removeprefix("s3://")
            size = sum(file.stat().st_size for file in folder.glob("*"))
            assert each["Parameters"]["understudy.bytes"] == str(size)
            rows = [row for row in writing.rows(table) if row["hour"] == at]
            assert each["Parameters"]["understudy.rows"] == str(len(rows))
    first = writing.partitions("pairs")[hour(0)]["Parameters"]
    assert (first["understudy.collisions"], first["understudy.undecided"]) == ("2", "0")


def test_doing_it_again_does_nothing(account: Cut) -> None:
    """A second update reads nothing and changes nothing."""
    writing = Writing(account)
    writing.capture(0, 3)
    writing.set_up()
    writing.update()
    before = writing.files(), account.calls["athena:StartQueryExecution"]
    again = writing.update(LATER + timedelta(days=9))
    assert (again.rows, again.pairs) == ((), ())
    assert again.usage.asked == []
    assert (writing.files(), account.calls["athena:StartQueryExecution"]) == before


@pytest.mark.parametrize("enforced", [True, False])
def test_nothing_else_is_left(tmp_path: Path, enforced: bool) -> None:
    """Only the files of registered hours stay, wherever the workgroup has tables written."""
    from demo.athena.service import Workgroup

    account = Cut(tmp_path / "account", own=Workgroup(output="s3://answers/", enforced=enforced))
    try:
        writing = Writing(account, athena={"workgroup": "own"})
        writing.capture(0, 3)
        writing.capture(1, 2)
        writing.set_up()
        writing.update()
        assert writing.files() == writing.registered() != set()
        assert writing.left_behind() == []
    finally:
        account.close()


def test_an_hour_is_written_when_it_is_closed(account: Cut) -> None:
    """Rows half an hour after the hour ended, pairs when that holds of the hour after too."""
    writing = Writing(account)
    writing.capture(0, 3)
    writing.set_up()
    for minutes, rows, pairs in ((89, 0, 0), (90, 1, 0), (149, 0, 0), (150, 1, 1), (900, 0, 0)):
        done = writing.update(NOON + timedelta(minutes=minutes))
        assert (len(done.rows), len(done.pairs)) == (rows, pairs), minutes


def test_hours_in_steps_are_the_hours_at_once(account: Cut, tmp_path: Path) -> None:
    """However often a running test is updated, its tables end up the same."""
    at_once = Writing(account)
    steps = Cut(tmp_path / "steps")
    try:
        in_steps = Writing(steps)
        for writing in (at_once, in_steps):
            for at in range(4):
                writing.capture(at, 3, shadow=2)
            # answered in the hour after
            writing.object(VARIANTS[1], 2, [line("2,1", "0.3", at=7201, event="1-2")], "late")
            writing.set_up()
        at_once.update()
        for passed in (2, 4, 5, 9):
            in_steps.update(NOON + timedelta(hours=passed, minutes=40))
        for table in ("rows", "account", "pairs", "ambiguous"):
            assert in_steps.rows(table) == at_once.rows(table)
    finally:
        steps.close()


def test_hours_without_captures_count_as_written(account: Cut) -> None:
    """A night without requests is no gap: its hours are registered, and cost no query."""
    writing = Writing(account)
    writing.capture(0, 2)
    writing.capture(40, 2)
    writing.set_up()
    done = writing.update()
    assert list(done.pairs) == [hour(at) for at in range(41)]
    assert len(writing.rows("pairs")) == 4
    # two batches of hours hold captures
    made = [each.what for each in done.usage.asked if each.what == "write rows"]
    assert len(made) == 2


def test_a_variant_that_starts_later(account: Cut) -> None:
    """Hours in which only one variant has captures are read; their rows have no partner."""
    writing = Writing(account)
    writing.capture(0, 3)
    writing.capture(1, 3, shadow=0)
    writing.set_up()
    writing.update()
    assert Counter(r["hour"] for r in writing.rows("pairs")) == {hour(0): 3}
    assert len(writing.rows("rows")) == 9


def test_ten_thousand_small_objects(account: Cut) -> None:
    """Objects of one record each are read by one statement, and all are accounted for."""
    writing = Writing(account)
    count = 5_000
    for n in range(count):
        for variant, answer in zip(VARIANTS, ("0.5", "0.25"), strict=True):
            made = [line(f"{n},1", answer, at=n % 3600, event=f"e{n}")]
            writing.object(variant, 0, made, f"{n:05}")
    writing.set_up()
    writing.update()
    assert len(writing.rows("account")) == len(writing.rows("rows")) == 2 * count
    assert len(writing.rows("pairs")) == count
    # 40 bits of a hash tell them apart
    assert len({each["segment"] for each in writing.rows("account")}) == 2 * count


WRITES = (
    *["StartQueryExecution"] * 2, *["BatchCreatePartition"] * 2, *["DeleteTable"] * 2,
    *["StartQueryExecution"] * 6, *["BatchCreatePartition"] * 2,
    *["DeleteObjects", "DeleteTable"] * 5, "DeleteTable",
)  # fmt: skip
"""The calls that write in one update of one hour, in their order."""
# the tables of rows, their claim, that they count, the first removal; then the same of pairs
KILLED_AFTER = (1, 2, 3, 4, 5, 7, 12, 13, 14, 15)


def test_the_writes_are_these(account: Cut) -> None:
    """An update writes by these calls: a writer is killed after each kind of them."""
    writing = Writing(account)
    writing.capture(0, 3)
    writing.set_up()
    account.writes = ()
    writing.update()
    assert account.writes == WRITES


@pytest.mark.parametrize("killed_after", KILLED_AFTER)
def test_a_writer_killed_at_any_step_leaves_no_half_hour(account: Cut, killed_after: int) -> None:
    """The next update ends with the same tables, each hour once, and nothing left a day later."""
    writing = Writing(account)
    writing.capture(0, 3)
    writing.set_up()
    account.left = killed_after
    with pytest.raises(AwsError):
        writing.update()
    account.whole_again()
    # what counts by now counts whole
    for at, each in writing.partitions("pairs").items():
        assert at in writing.partitions("ambiguous")
        rows = [row for row in writing.rows("pairs") if row["hour"] == at]
        assert each["Parameters"]["understudy.rows"] == str(len(rows))
    writing.update(LATER + timedelta(days=2))
    assert [len(writing.partitions(table)) for table in ("rows", "pairs")] == [2, 1]
    assert (len(writing.rows("rows")), len(writing.rows("pairs"))) == (6, 3)
    assert writing.left_behind() == []
    assert writing.files() == writing.registered()


def test_what_a_killed_writer_claimed_is_finished_by_the_next(account: Cut) -> None:
    """Once claimed, an hour is not read again: the tables made of it are registered as they are."""
    writing = Writing(account)
    writing.capture(0, 3)
    writing.set_up()
    account.writes = ()
    calls = ("StartQueryExecution", "StartQueryExecution", "BatchCreatePartition")
    account.left = len(calls)
    with pytest.raises(AwsError):
        writing.update()
    assert account.writes == calls
    assert (len(writing.partitions("account")), len(writing.partitions("rows"))) == (2, 0)
    account.whole_again()
    done = writing.update(LATER + timedelta(minutes=5))
    assert (done.finished, done.rows) == (2, ())
    assert "write rows" not in [each.what for each in done.usage.asked]
    assert len(writing.rows("pairs")) == 3


def test_of_two_writers_one_writes_each_hour(account: Cut) -> None:
    """The second is refused by Glue, and its files are removed; both see the same hours."""
    writing = Writing(account)
    for at in range(3):
        writing.capture(at, 3)
    writing.set_up()
    other: list[hours.Updated] = []

    def meanwhile(running: Running) -> None:
        if running.what == "write account" and running.state == "SUCCEEDED" and not other:
            other.append(hours.update(writing.config, writing.test, now=LATER))

    ours = hours.update(writing.config, writing.test, now=LATER, progress=meanwhile)
    assert (ours.rows, ours.pairs, ours.elsewhere) == ((), (), 4)
    assert len(other[0].rows) == 4
    assert len(writing.rows("rows")) == 18
    assert len(writing.rows("pairs")) == 9
    assert writing.files() == writing.registered()
    assert writing.left_behind() == []


def test_two_writers_at_once(account: Cut) -> None:
    """Side by side, they write each hour once between them."""
    writing = Writing(account)
    for at in range(2):
        writing.capture(at, 3)
    writing.set_up()
    done: list[hours.Updated] = []
    both = [threading.Thread(target=lambda: done.append(writing.update())) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(at for each in done for at in each.rows) == [hour(at) for at in range(3)]
    assert (len(writing.rows("rows")), len(writing.rows("pairs"))) == (12, 6)
    assert writing.files() == writing.registered()


def test_without_tables_it_says_so(account: Cut) -> None:
    """Nothing is written before the tables are there."""
    writing = Writing(account)
    writing.capture(0, 3)
    with pytest.raises(ConfigError, match=r"cli\.py athena setup fraud"):
        writing.update()


def test_a_configuration_that_reads_otherwise_is_told(account: Cut) -> None:
    """Rows that were read in one way are not mixed with rows that are read in another."""
    writing = Writing(account)
    writing.capture(0, 3)
    writing.set_up()
    for about in (
        {"prediction": Prediction(kind="regression")},
        {"shadow": "Shadow-02"},
        {"start": NOON - timedelta(days=1)},
    ):
        test = replace(writing.test, **about)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match=r"run `cli\.py athena setup fraud`"):
            hours.update(writing.config, test, now=LATER)


def test_a_threshold_is_no_other_reading(account: Cut) -> None:
    """The threshold is applied to what is written, so it may change."""
    writing = Writing(account)
    writing.capture(0, 3)
    writing.set_up()
    test = replace(writing.test, prediction=Prediction(threshold=0.9))
    assert len(hours.update(writing.config, test, now=LATER).pairs) == 1


def test_the_limits_hold_for_writing_too(account: Cut) -> None:
    """Captures larger than a query may read are not read, and the limit is named."""
    writing = Writing(account, athena={"max_gb_per_query": 1e-9})
    writing.capture(0, 3)
    writing.set_up()
    with pytest.raises(QuestionError, match="max_gb_per_query"):
        writing.update()
    assert writing.files() == set()
