"""The records of a chain, put together by change: nothing lost, nothing made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from actions.histories import entries, known_configs, ran_before
from actions.ledger import Ledger, opened
from actions.records import Chain, Intent, Record, line, parse
from actions.steps import Plan
from queries.config import Aws

PLAN = Plan("promote", "fraud", "f" * 64, (), {}, {}, previous="fraud-1")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return opened(str(tmp_path / "audit"), Aws())


def write(ledger: Ledger, change: str, stage: str, plan: Plan = PLAN, **given: object) -> None:
    """One record of a change; the first of it has the intent."""
    begins = all(each.change != change for each in ledger.read("fraud").records)
    intent = Intent("mia", "sign-in", "", "better p99", "deployer", plan, verdict="Promote: all")
    record = Record("fraud", "promote", change, stage, intent=intent if begins else None, **given)
    ledger.append("fraud", lambda chain: record)


def test_each_change_is_one_entry_and_no_record_is_lost(ledger: Ledger) -> None:
    """Two changes whose records lie between each other are two entries, the newest first."""
    write(ledger, "a", "begun", text="about to")
    write(ledger, "a", "begun", step=0)
    write(ledger, "a", "done", step=0, request_id="r-1")
    write(ledger, "b", "begun")
    write(ledger, "a", "failed", text="rolled back by an alarm")
    write(ledger, "b", "begun", step=0)
    chain = ledger.read("fraud")
    second, first = entries(chain)
    assert (first.change, second.change) == ("a", "b")
    assert (first.state, first.result) == ("failed", "rolled back by an alarm")
    assert first.requests == ((0, "r-1"),)
    assert (first.ended is None, second.ended is None) == (False, True)
    assert first.intent.person == "mia"
    assert sorted((*first.records, *second.records), key=lambda r: r.number) == list(chain.records)


def test_a_step_that_is_done_ends_no_change(ledger: Ledger) -> None:
    """Only a record of the plan as a whole says what came of it."""
    write(ledger, "a", "begun")
    write(ledger, "a", "done", step=0)
    write(ledger, "a", "failed", step=1, text="refused")
    (entry,) = entries(ledger.read("fraud"))
    assert (entry.state, entry.ended, entry.result) == ("unfinished", None, "refused")
    write(ledger, "a", "done", text="succeeded")
    (entry,) = entries(ledger.read("fraud"))
    assert (entry.state, entry.result) == ("done", "succeeded")


def test_nothing_done_is_no_entry() -> None:
    """An empty chain has none."""
    assert entries(Chain("fraud", (), "0" * 64)) == ()


def test_what_ran_before_is_what_the_last_change_says(ledger: Ledger) -> None:
    """What leaves the config as it is is passed over; one of another config ends the search."""
    plan = replace(PLAN, config_name="fraud-2")
    write(ledger, "a", "begun", plan=plan)
    write(ledger, "a", "done")
    write(ledger, "b", "begun", plan=replace(plan, previous="fraud-2"))
    write(ledger, "b", "done")
    chain = ledger.read("fraud")
    assert ran_before(chain, "fraud-2") == "fraud-1"
    assert ran_before(chain, "fraud-3") == ""
    write(ledger, "c", "begun", plan=replace(plan, config_name="fraud-3", previous="fraud-2"))
    write(ledger, "c", "failed", text="rolled back")
    assert ran_before(ledger.read("fraud"), "fraud-2") == "fraud-1"
    assert known_configs(ledger.read("fraud")) == ("fraud-3", "fraud-2", "fraud-1")


def test_a_config_that_aws_named_is_known_from_what_was_seen(ledger: Ledger) -> None:
    """Where an experiment made way, its end's config is what ran before the promotion's."""
    plan = replace(PLAN, config_name="fraud-2", previous="")
    write(ledger, "a", "begun", plan=plan)
    write(ledger, "a", "done", step=1, config="fraud-EndpointConfig-x")
    write(ledger, "a", "done")
    assert ran_before(ledger.read("fraud"), "fraud-2") == "fraud-EndpointConfig-x"


def test_a_record_of_before_that_was_kept_is_whole() -> None:
    """A chain outlives the version that wrote it: such a record names no config of AWS's."""
    record = Record("fraud", "promote", "a", "done", step=1)
    old = line(record).replace(b'"config": "", ', b"")
    assert b"config" not in old
    assert parse(old) == record


def test_without_a_record_nothing_is_known(ledger: Ledger) -> None:
    """No config is guessed."""
    assert ran_before(ledger.read("fraud"), "fraud-2") == ""
