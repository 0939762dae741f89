"""Are the demo's outcomes what its account says of them, and those of production's answers?"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from analysis.consequences import Consequences
from demo import account
from demo.account import TestTruth
from queries import config_file
from queries.consequences import consequences
from queries.opened import open_test

NAME = "fraud-scores"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[TestTruth, Consequences]:
    """What was written of the payments, and what is read of it."""
    folder = tmp_path_factory.mktemp("outcomes") / "account"
    end = datetime(2026, 11, 23, 5, tzinfo=UTC)
    written = account.generate(folder, end=end, scale=0.1)
    config = config_file.parse(folder / "understudy.toml")
    config = dataclasses.replace(config, cache=folder / "cache")
    assert [test.name for test in config.tests if test.outcomes] == [NAME]
    truth = next(test for test in written.tests if test.name == NAME)
    return truth, consequences(open_test(config, config.test(NAME)), "all")


def test_the_lines_are_those_of_the_account(found: tuple[TestTruth, Consequences]) -> None:
    """Every line is read and joined, but those whose shadow failed; the sums are those written."""
    truth, read = found
    written = truth.outcomes
    assert written is not None
    assert tuple(each.name for each in read.found) == written.columns
    for counts, each, total in zip(read.counts, read.found, written.totals, strict=True):
        assert counts.lines == written.lines == counts.used + counts.unpaired
        assert counts.unpaired <= truth.missing_shadow
        assert each.every.n == counts.used
        if not counts.unpaired:
            assert each.every.value * each.every.n == pytest.approx(total)
    assert read.found[0].share
    assert not read.found[1].share


def test_they_follow_productions_answers(found: tuple[TestTruth, Consequences]) -> None:
    """What production declines brings nothing, whatever the shadow says; the rest mostly does."""
    for each in found[1].found:
        by = {(cell.production, cell.shadow): cell.mean for cell in each.answers}
        assert set(by) == {("0", "0"), ("1", "1"), ("0", "1"), ("1", "0")}
        assert by["1", "0"].value == by["1", "1"].value == 0
    settled = {(a.production, a.shadow): a.mean.value for a in found[1].found[0].answers}
    assert settled["0", "0"] > 0.85


def test_what_is_at_stake_can_be_told(found: tuple[TestTruth, Consequences]) -> None:
    """The two agree so often that little hangs on where they differ, and its interval is there."""
    settled, revenue = found[1].found
    assert settled.at_risk.bounded
    assert settled.at_risk.high < 0.02
    assert settled.to_gain.bounded
    assert revenue.at_risk.bounded
    assert not revenue.to_gain.known
