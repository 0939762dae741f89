"""Only what was made from here, is there and serves nobody is offered to be removed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from actions import stepping
from actions.leftovers import Leftovers, leftovers
from actions.plans.alarms import Guard
from actions.plans.blue_green import blue_green, green_name
from actions.plans.promote import promote
from actions.steps import Plan
from queries.config import Test
from tests.actions.acting_on import CANARY, Desk, desk
from tests.actions.cloud import ENDPOINT, Cloud
from tests.actions.test_every_way import NOW, Agreed, finish, green

FOREIGN = "latency-of-the-team"


@pytest.fixture
def at(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(stepping, "_FIRST_PAUSE_S", 0.0)
    return desk(cloud, tmp_path)


def left(at: Desk, *serving: str) -> Leftovers:
    tests = [Test(name=each, endpoint=each) for each in (ENDPOINT, *serving)]
    return leftovers(at.ledger.read(ENDPOINT), at.client, tests=tests)


def rehearsed_in_vain(at: Desk) -> str:
    """The name of a green endpoint that a failed rehearsal left."""
    plan = green(at)
    finish(at, plan, rehearse=lambda *_: Agreed(passed=False, sentence="2 of 5 agreed."))
    return green_name(ENDPOINT, plan.config_name)


def guarded(at: Desk) -> Plan:
    guard = Guard(bake_s=300, latency_ms=80.0)
    return promote(at.live(), CANARY, guard=guard, at=NOW)


def a_foreign_alarm(at: Desk) -> None:
    at.client("cloudwatch").put_metric_alarm(
        AlarmName=FOREIGN,
        Namespace="Team",
        MetricName="Latency",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )


def test_nothing_is_asked_of_aws_where_the_audit_names_nothing(at: Desk) -> None:
    """Without a change of ours there is nothing to look for."""

    def never(service: str) -> None:
        raise AssertionError(service)

    assert leftovers(at.ledger.read(ENDPOINT), never, tests=()) == Leftovers()


def test_the_alarms_of_an_update_are_those_it_made(at: Desk) -> None:
    """All three and no other; one that somebody deleted is not asked for; then none is left."""
    a_foreign_alarm(at)
    plan = guarded(at)
    finish(at, plan)
    (found,) = left(at).alarms
    made = {c.parameters["AlarmName"] for c in plan.calls if c.operation == "PutMetricAlarm"}
    assert len(found.names) == 3
    assert set(found.names) == made
    gone = found.names[0]
    at.client("cloudwatch").delete_alarms(AlarmNames=[gone])
    (found,) = left(at).alarms
    assert set(found.names) == made - {gone}
    assert finish(at, found.removal()).state == "done"
    assert left(at) == Leftovers()
    there = at.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert [each["AlarmName"] for each in there] == [FOREIGN]


def test_nothing_is_offered_while_a_change_goes_on(at: Desk) -> None:
    """The alarms of an update that goes on guard it."""
    plan = guarded(at)
    at.execute(plan)
    assert left(at) == Leftovers()
    at.cloud.clock.skip(5_000)
    assert at.advance().state == "done"
    assert left(at).alarms


def test_a_green_endpoint_goes_whatever_production_is(at: Desk) -> None:
    """It is found by its name and config, and deleted while production is stuck as well."""
    name = rehearsed_in_vain(at)
    (found,) = left(at).greens
    assert (found.name, found.status) == (name, "InService")
    at.cloud.faults.fail_rollback(ENDPOINT, "No capacity.")
    finish(at, at.plan())
    assert at.live().status == "UpdateRollbackFailed"
    before = at.live().fingerprint
    (found,) = left(at).greens
    assert finish(at, found.removal()).state == "done"
    assert left(at).greens == ()
    assert at.live().fingerprint == before


def test_a_green_endpoint_that_somebody_uses_is_not_offered(at: Desk) -> None:
    """Neither one that a test names, nor one that was put on another config since."""
    name = rehearsed_in_vain(at)
    assert left(at, name).greens == ()
    client = at.client("sagemaker")
    client.create_endpoint_config(
        EndpointConfigName="another", ProductionVariants=at.live().config["ProductionVariants"]
    )
    client.update_endpoint(EndpointName=name, EndpointConfigName="another")
    at.cloud.clock.skip(5_000)
    assert left(at).greens == ()


def test_a_promotion_over_a_green_endpoint_leaves_none(at: Desk) -> None:
    """It takes its own away."""
    promotion = promote(at.live(), CANARY, at=NOW)
    plan = blue_green(promotion, at.live(), requests=5, least=0.9, prices={}, currency="USD")
    assert finish(at, plan).state == "done"
    assert left(at).greens == ()


def test_a_broken_audit_vouches_for_nothing(at: Desk) -> None:
    """What a record says that may be forged is not deleted."""
    finish(at, guarded(at))
    chain = at.ledger.read(ENDPOINT)
    broken = replace(chain, broken="Record 2 does not follow from the one before.")
    assert leftovers(broken, at.client, tests=()) == Leftovers()
