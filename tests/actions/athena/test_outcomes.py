"""Are outcomes joined in Athena a column at a time, to the numbers that this machine finds?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from actions.athena import setup
from actions.athena.documents import updated_document
from analysis.consequences import Consequences
from analysis.labels import LabelsBehind
from pages.document import terminal_athena
from queries.athena import labels
from queries.athena.opening import open_on_athena
from queries.config import Outcomes, Prediction
from queries.consequences import consequences
from queries.errors import NotComparable, SourceError
from queries.opened import open_test
from tests.actions.athena.writing import LATER, Cut, Writing
from tests.queries.capturing import NOON
from tests.queries.labelling import truth_file

DAY = timedelta(days=1)
TOLD = (
    "event_id,converted,revenue\n"
    "0-0,true,12.5\n0-1,false,0\n0-2,true,40\n1-0,false,\n1-1,TRUE,7\n1-0,true,\n9-9,true,1\n"
)


@pytest.fixture(autouse=True)
def looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for outcomes looks each time for what counts now."""
    monkeypatch.setattr(labels, "LOOK_EVERY_S", -1.0)


class Told(Writing):
    """A test with outcomes in S3; requests are called hour-number."""

    def __init__(self, account: Cut, columns: Sequence[str] = ("converted", "revenue")) -> None:
        outcomes = Outcomes(location="s3://captures/outcomes", columns=tuple(columns))
        super().__init__(account, outcomes=outcomes, prediction=Prediction(kind="binary", column=0))
        self.capture(0, 5)
        self.capture(1, 5)
        self.tell(TOLD)

    def tell(self, content: str, name: str = "a") -> None:
        """Write a file of outcomes."""
        truth_file(self.account.folder / "captures" / "outcomes" / f"{name}.csv", content)

    def choose(self, *columns: str) -> None:
        """Configure other columns."""
        assert self.test.outcomes is not None
        self.test = replace(self.test, outcomes=replace(self.test.outcomes, columns=columns))

    def found(self, where: str = "") -> Consequences:
        """What a page is told."""
        return consequences(open_on_athena(self.config, self.test).within(where), "all")

    def found_here(self, where: str = "") -> Consequences:
        """What this machine tells of the same files."""
        test = replace(self.test, engine="duckdb")
        return consequences(open_test(self.config, test).within(where), "all")


def written(account: Cut) -> Told:
    told = Told(account)
    told.set_up()
    return told


def test_the_numbers_are_those_of_this_machine(account: Cut) -> None:
    """Every estimate, every answer and every count of lines, with a filter and without."""
    told = written(account)
    done = told.update()
    for where, n in (("", [5, 4]), ("hour < 13", [3, 3]), ("production_answer = 1", [2, 2])):
        found = told.found(where)
        assert [each.every.n for each in found.found] == n
        assert repr(found) == repr(told.found_here(where))
    assert done.outcomes == tuple(zip(("converted", "revenue"), found.counts, strict=True))
    assert [each.used for each in found.counts] == [5, 4]
    assert done.labels is None
    said = terminal_athena.updated(updated_document(told.test, told.config.athena, done))
    assert "Outcome    5 of 7 lines in 1 file tell converted of a pair; 1 have an id that" in said
    assert "Labels" not in said


def test_outcomes_are_joined_once(account: Cut) -> None:
    """A second update asks nothing; what changed is joined again, and the rest goes a day later."""
    told = written(account)
    told.update()
    asked = account.calls["athena:StartQueryExecution"]
    assert told.update(LATER + DAY).outcomes == ()
    assert account.calls["athena:StartQueryExecution"] == asked
    assert told.found().behind == (None, None)
    told.tell("event_id,converted,revenue\n0-3,true,2\n", name="b")
    assert told.found().behind == (LabelsBehind(files=1), LabelsBehind(files=1))
    assert [name for name, _ in told.update(LATER + DAY).outcomes] == ["converted", "revenue"]
    assert repr(told.found()) == repr(told.found_here())
    assert len(told.partitions("outcomes")) == 4
    told.update(LATER + 3 * DAY)
    assert len(told.partitions("outcomes")) == 2
    assert repr(told.found()) == repr(told.found_here())
    assert told.left_behind() == []


def test_a_page_asks_small_rows(account: Cut) -> None:
    """Of each outcome only its own partition is read, and no more than was allowed for."""
    told = written(account)
    told.update()
    before = len(account.athena.statements)
    told.found()
    asked = [
        each for each in account.athena.statements[before:] if "_outcomes" in each.statement.text
    ]
    assert len(asked) == 2
    sizes = {
        name: sum(file.stat().st_size for file in told._folder(each).glob("*"))
        for name, each in told.partitions("outcomes").items()
    }
    pairs = sum(
        int(each["Parameters"]["understudy.bytes"]) for each in told.partitions("pairs").values()
    )
    for each, (name, size) in zip(asked, sorted(sizes.items()), strict=True):
        assert f"'{name}'" in each.statement.text
        assert 0 < each.scanned <= size + pairs


def test_one_column_is_never_shown_as_another(account: Cut) -> None:
    """Exchanged they stay themselves; one that was not joined yet says so; an old one goes."""
    told = written(account)
    told.update()
    both = told.found()
    told.choose("revenue", "converted")
    assert repr(told.found().found) == repr(both.found[::-1])
    told.choose("profit")
    with pytest.raises(NotComparable, match=r"outcomes 'profit' of fraud .* update fraud"):
        told.found()
    told.tell(TOLD.replace("revenue", "profit"))
    assert [name for name, _ in told.update(LATER + DAY / 2).outcomes] == ["profit"]
    assert repr(told.found()) == repr(told.found_here())
    assert len(told.partitions("outcomes")) == 3
    told.update(LATER + 3 * DAY)
    assert len(told.partitions("outcomes")) == 1
    assert told.files() == told.registered() | {
        file
        for each in told.partitions("outcomes").values()
        for file in told._folder(each).glob("*")
    }


def test_a_test_gets_its_outcomes_later(account: Cut) -> None:
    """Without the table, a sentence says which command makes it; no hour is lost by that."""
    told = Told(account)
    outcomes = told.test.outcomes
    told.test = replace(told.test, outcomes=None)
    told.set_up()
    assert told.update().outcomes == ()
    told.test = replace(told.test, outcomes=outcomes)
    with pytest.raises(
        SourceError, match=r"no table .*fraud_outcomes for the outcomes 'converted'"
    ):
        told.found()
    with pytest.raises(
        SourceError, match=r"fraud_outcomes is not there; run `cli\.py athena setup`"
    ):
        told.update()
    planned = told.set_up()
    assert not planned.lost
    assert [each.what for each in planned.statements][1:-1] == ["the outcomes of the pairs"]
    told.update()
    assert repr(told.found()) == repr(told.found_here())
    assert not setup.plan(told.config, told.test).statements


def test_hours_that_came_later_are_joined(account: Cut) -> None:
    """Pairs that were written since are told as such, and joined by the next update."""
    told = written(account)
    told.update(NOON + timedelta(hours=2, minutes=40))
    assert [each.used for each in told.found().counts] == [3, 3]
    told.update()
    assert repr(told.found()) == repr(told.found_here())


def test_outcomes_that_are_gone_are_told(account: Cut) -> None:
    """What was joined still counts; whether more came is not known, and why."""
    told = written(account)
    told.update()
    assert told.test.outcomes is not None
    (account.folder / "captures" / "outcomes" / "a.csv").unlink()
    found = told.found()
    assert [each.every.n for each in found.found] == [5, 4]
    assert all(each is not None and "holds no file of outcomes" in each.problem
               for each in found.behind)  # fmt: skip
