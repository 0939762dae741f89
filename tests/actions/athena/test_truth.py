"""Are right answers joined once for each state of theirs, and does what counts stay whole?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.athena import setup
from analysis.labels import LabelCounts, LabelsBehind
from queries.athena import labels
from queries.athena.opening import open_on_athena
from queries.config import Prediction, Truth
from queries.errors import AwsError, NotComparable, QuestionError, SourceError
from queries.opened import Opened
from tests.actions.athena.writing import LATER, Cut, Writing
from tests.queries.capturing import NOON
from tests.queries.labelling import monitored, truth_file

DAY = timedelta(days=1)
SCORES = Prediction(kind="binary", column=0)
HOUR = {"start": NOON, "end": NOON + timedelta(hours=1)}


@pytest.fixture(autouse=True)
def looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for labels looks each time for what counts now."""
    monkeypatch.setattr(labels, "LOOK_EVERY_S", -1.0)


class Told(Writing):
    """A test with labels in S3; requests are called hour-number."""

    def __init__(self, account: Cut, **about: Any) -> None:
        truth = about.pop("truth", Truth(location="s3://captures/labels"))
        super().__init__(account, truth=truth, prediction=SCORES, **about)

    def tell(self, name: str, *events: str, label: str = "1", at: int = 0) -> Path:
        """Write a file of labels that arrived so many minutes after noon."""
        path = self.account.folder / "captures" / "labels" / f"{name}.jsonl"
        truth_file(path, [monitored(label, event=event) for event in events])
        arrived = (NOON + timedelta(minutes=at)).timestamp()
        os.utime(path, (arrived, arrived))
        return path

    def opened(self) -> Opened:
        """The test as a page sees it."""
        return open_on_athena(self.config, self.test)

    def counts(self) -> LabelCounts:
        """What counts, which adds up."""
        opened = self.opened()
        assert opened.labels is not None
        found = opened.labels.read().counts
        assert found.lines == found.used + found.duplicates + found.unmatched
        answer = opened.engine.run("labels_by_method", **HOUR)
        assert answer["n"].sum() == found.used
        return found

    def behind(self) -> LabelsBehind | None:
        opened = self.opened()
        assert opened.labels is not None
        return opened.labels.behind()

    def kept(self) -> set[Path]:
        """The files of all that is registered."""
        states = self.partitions("truth").values()
        return self.registered() | {
            file for each in states for file in self._folder(each).glob("*")
        }


def written(account: Cut, *events: str, **about: Any) -> Told:
    """Two hours of three requests each, with labels of some of the first."""
    told = Told(account, **about)
    told.capture(0, 3)
    told.capture(1, 3)
    told.tell("a", *events)
    told.set_up()
    return told


def labels_in(told: Told) -> Sequence[str]:
    opened = told.opened()
    assert opened.labels is not None
    opened.labels.read()
    outcomes = opened.engine.run("outcomes", block_s=3600, **HOUR)
    return [
        label for label, n in zip(outcomes["truth"], outcomes["n"], strict=True) for _ in range(n)
    ]


def test_labels_are_joined_once(account: Cut) -> None:
    """The pairs of the labels are found; a second update asks nothing, and nothing else is left."""
    told = written(account, "0-0", "0-1", "0-9")
    done = told.update()
    assert done.labels == told.counts()
    assert done.labels is not None
    assert (done.labels.lines, done.labels.used, done.labels.unknown_id) == (3, 2, 1)
    assert labels_in(told) == ["1", "1"]
    asked = account.calls["athena:StartQueryExecution"]
    again = told.update(LATER + 9 * DAY)
    assert again.labels is None
    assert account.calls["athena:StartQueryExecution"] == asked
    assert told.behind() is None
    assert told.left_behind() == []
    assert told.files() == told.kept()
    assert account.athena.untested == []


def test_changed_labels_replace_what_was_joined(account: Cut) -> None:
    """What changed counts once it is whole; what it replaced is still there for a day."""
    told = written(account, "0-0")
    told.update()
    first = set(told.partitions("truth"))
    told.tell("a", "0-0", "0-1", label="0", at=1)
    assert told.update().labels == told.counts()
    assert labels_in(told) == ["0", "0"]
    told.tell("a", "0-0", at=2)
    # with the same clock, and the very labels of the first time
    assert told.update().labels == told.counts()
    assert labels_in(told) == ["1"]
    assert first < set(told.partitions("truth"))
    told.update(LATER + 2 * DAY)
    assert len(told.partitions("truth")) == 1
    assert told.files() == told.kept()
    assert labels_in(told) == ["1"]


def test_labels_of_hours_that_are_written_later(account: Cut) -> None:
    """A label may come before its pair; it is joined when the hour is written."""
    told = written(account, "0-0", "1-2")
    early = told.update(NOON + timedelta(hours=2, minutes=40))
    assert early.labels is not None
    assert (early.labels.used, early.labels.unknown_id) == (1, 1)
    before = told.opened().labels
    late = told.update()
    assert late.labels is not None
    assert (late.labels.used, late.labels.unknown_id) == (2, 0)
    assert before is not None
    assert before.behind() is None


def test_what_came_since_is_told(account: Cut) -> None:
    """New files are counted; a changed one, a lost folder and new hours are told as such."""
    told = written(account, "0-0")
    told.update(NOON + timedelta(hours=2, minutes=40))
    assert told.behind() is None
    told.tell("b", "0-1", at=5)
    told.tell("c", "0-2", at=6)
    assert told.behind() == LabelsBehind(files=2)
    told.update(NOON + timedelta(hours=2, minutes=41))
    assert told.behind() is None
    told.tell("c", "0-2", "0-1", at=6)
    assert told.behind() == LabelsBehind(changed=True)
    other = replace(told.config.tests[0], truth=Truth(location="s3://captures/labels", id="id"))
    told.test = other
    assert told.behind() == LabelsBehind(changed=True)
    told.test = replace(other, truth=Truth(location="s3://captures/nothing"))
    found = told.behind()
    assert found is not None
    assert "holds no file of ground truth" in found.problem


def test_hours_without_labels_are_told(account: Cut) -> None:
    """Where the labels could not be joined after hours were written, the page says so."""
    told = written(account, "0-0")
    told.update(NOON + timedelta(hours=2, minutes=40))
    label = account.folder / "captures" / "labels" / "a.jsonl"
    label.rename(label.with_suffix(".away"))
    with pytest.raises(SourceError, match="holds no file of ground truth"):
        told.update()
    label.with_suffix(".away").rename(label)
    assert told.behind() == LabelsBehind(hours=True)
    assert told.counts().used == 1


@pytest.mark.parametrize("cut", [1, 3, 4])
def test_a_killed_run_leaves_what_counted(account: Cut, cut: int) -> None:
    """Wherever it ends, the earlier labels count or the new ones do, and another run mends it."""
    told = written(account, "0-0")
    told.update()
    told.tell("b", "0-1", "0-2", at=1)
    account.writes, account.left = (), cut
    with pytest.raises(AwsError, match="expired"):
        told.update()
    account.left = -1
    registered = "BatchCreatePartition" in account.writes
    assert told.counts().used == (3 if registered else 1)
    again = told.update(LATER + timedelta(hours=1))
    assert (again.labels is None) == registered
    assert told.counts().used == 3
    told.update(LATER + 3 * DAY)
    assert told.left_behind() == []
    assert told.files() == told.kept()


def test_the_cuts_cover_the_run(account: Cut) -> None:
    """Three tables, the partition, and what removes the tables on the way."""
    told = written(account, "0-0")
    told.update()
    told.tell("b", "0-1", at=1)
    account.writes = ()
    told.update()
    assert account.writes[:4] == ("StartQueryExecution",) * 3 + ("BatchCreatePartition",)
    assert len(account.writes) >= 7


def test_nothing_was_joined_yet(account: Cut) -> None:
    """The page says which command joins; without a table, which makes it."""
    told = written(account, "0-0")
    found, told.test = told.test, replace(told.test, truth=None)
    told.update()
    told.test = found
    opened = told.opened()
    assert opened.labels is not None
    with pytest.raises(NotComparable, match=r"cli\.py athena update fraud"):
        opened.labels.read()
    account.athena.catalogue.drop_table("understudy", "fraud_truth")
    with pytest.raises(SourceError, match=r"cli\.py athena setup fraud"):
        opened.labels.read()
    with pytest.raises(SourceError, match=r"fraud_truth is not there; run `cli\.py athena setup`"):
        told.update()


def test_a_test_gets_its_truth_later(account: Cut) -> None:
    """Setting up again makes the one table that is missing, and no hour is lost."""
    told = Told(account, truth=None)
    told.capture(0, 3)
    told.tell("a", "0-0")
    told.set_up()
    assert told.update().labels is None
    told.test = replace(told.test, truth=Truth(location="s3://captures/labels"))
    planned = told.set_up()
    assert not planned.lost
    assert [each.what for each in planned.statements][1:-1] == ["the right answers of the pairs"]
    assert told.update().labels == told.counts()
    assert not setup.plan(told.config, told.test).statements


def test_tables_made_anew_lose_their_labels(account: Cut) -> None:
    """Labels that were joined to rows read otherwise go with these."""
    told = written(account, "0-0")
    told.update()
    told.test = replace(told.test, prediction=Prediction(kind="regression", column=0))
    planned = told.set_up()
    assert "truth, anew: they are read otherwise" in [each.what for each in planned.statements]
    assert told.files() == set()
    assert told.partitions("truth") == {}
    assert told.update().labels == told.counts()


def test_what_others_registered_is_told(account: Cut) -> None:
    """A state of another version is joined anew; a partition that is none of ours is refused."""
    told = written(account, "0-0")
    told.update()
    (state,) = told.partitions("truth").values()
    state["Parameters"] = {"understudy.joined": "{}"}
    account.athena.catalogue.drop_partition("understudy", "fraud_truth", state["Values"])
    account.athena.catalogue.add_partition("understudy", "fraud_truth", state)
    opened = told.opened()
    assert opened.labels is not None
    with pytest.raises(SourceError, match="by this version of Understudy"):
        opened.labels.read()
    assert told.update().labels == told.counts()
    account.athena.catalogue.add_partition("understudy", "fraud_truth", {**state, "Values": ["x"]})
    with pytest.raises(SourceError, match=r"not registered by `cli\.py athena update`"):
        opened.labels.read()


def test_too_much_to_read_is_not_read(account: Cut) -> None:
    """Joining keeps to the limits; the hours that were written by then stay."""
    told = written(account, "0-0")
    told.update()
    told.tell("b", "0-1", at=1)
    unlimited = told.config.athena
    told.config = replace(told.config, athena=replace(unlimited, max_gb_per_query=1e-7))
    with pytest.raises(QuestionError, match="max_gb_per_query"):
        told.update()
    told.config = replace(told.config, athena=unlimited)
    assert told.counts().used == 1


def test_hostile_labels_are_values(account: Cut) -> None:
    """Ids and labels that hold quotes, marks and statements stand in no statement."""
    hostile = ["0-0'; DROP TABLE x; --", 'it"s ?', "\u2028${x}", "a\x7fb"]
    told = written(account, "0-1", *hostile)
    told.tell("b", "0-2", label="'; DROP TABLE x; --", at=1)
    told.update()
    found = told.counts()
    assert (found.used, found.unknown_id) == (2, 4)
    told.tell("a", *hostile, at=2)
    told.tell("b", at=2)
    told.update()
    opened = told.opened()
    assert opened.labels is not None
    assert opened.labels.read().ids.truth == tuple(hostile)


def test_a_state_is_named_for_its_beginning() -> None:
    """In the order of time, whatever they are made of."""
    moments = [NOON + timedelta(microseconds=n) for n in (0, 1, 999_999, 10**9)]
    names = [labels.value(at, made_of) for at, made_of in zip(moments, "dcba", strict=True)]
    assert names == sorted(names)
    told = [{"Values": [name], "StorageDescriptor": {"Location": ""}} for name in names]
    assert [each.began for each in labels.states_of(told[::-1])] == moments
    assert isinstance(moments[0], datetime)
