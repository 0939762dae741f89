"""Is there room for what runs at the height of a change, and is what is not known told as that?"""

from __future__ import annotations

from typing import Any

import pytest

from actions.checks import capacity
from actions.people import NOBODY
from actions.plans.alarms import Guard
from actions.plans.blue_green import blue_green
from actions.plans.experiments import complete
from actions.plans.promote import promote
from actions.plans.strategies import Strategy
from actions.preflight import Known
from actions.steps import Check, Plan
from queries.config import Config
from queries.quotas import Quota
from queries.surroundings import Surroundings
from tests.actions.plans.living import NOW, experiment, live

KIND, OTHER = "ml.m5.large", "ml.c6i.large"
CANARY = Strategy("canary", size=50, alarms=("p99-too-high",))


def planned(strategy: Strategy = CANARY, **wish: Any) -> Plan:
    return promote(live(), strategy, guard=Guard(bake_s=600, latency_ms=100), at=NOW, **wish)


def check(*quotas: Quota, plan: Plan | None = None) -> Check:
    around = Surroundings({}, (), (), (), quotas)
    known = Known(config=Config(tests=()), person=NOBODY, now=NOW, surroundings=around)
    (found,) = capacity.checks(plan or planned(), known)
    return found


@pytest.mark.parametrize(
    ("quota", "status", "words"),
    [
        (Quota(KIND, 20, 4, "counted at 2 endpoints"), "ok", "4 of 20 are in use"),
        (Quota(KIND, 6, 4, "counted at 2 endpoints"), "ok", "6 would be"),
        (Quota(KIND, 5, 4, "counted at 2 endpoints"), "warn", "AWS would refuse it"),
        (Quota(KIND, 9, 4, "counted at 2 endpoints", 3), "unknown", "at least 4 of 9"),
        (Quota(KIND, 5, 4, "counted at 2 endpoints", 3), "warn", "at least 6 would be"),
        (Quota(KIND, 9, None, why="ListEndpoints was denied."), "unknown", "was denied"),
        (Quota(KIND, why="GetServiceQuota was denied."), "unknown", "was denied"),
        (Quota(OTHER, 20, 4, "counted at 2 endpoints"), "unknown", "is not known"),
    ],
)
def test_the_new_fleet_needs_room_beside_the_old(quota: Quota, status: str, words: str) -> None:
    """2 instances more while both run; what is not known is not taken for room."""
    found = check(quota)
    assert (found.status, words in found.sentence) == (status, True), found.sentence
    assert bool(found.remedy) == (status != "ok")


def test_how_many_run_at_the_height_of_it() -> None:
    """By hand, of 2: a fleet; half of it in a batch; a rehearsal's and then the update's."""
    fleet = planned()
    assert capacity.started(fleet) == {KIND: 2}
    rolling = Strategy("rolling", size=50, final_wait_s=0, timeout_s=7200, alarms=("a",))
    assert capacity.started(planned(rolling)) == {KIND: 1}
    rehearsed = blue_green(fleet, live(), requests=10, least=0.9, prices={}, currency="USD")
    assert capacity.started(rehearsed) == {KIND: 4}
    at_once = Strategy("all_at_once", wait_s=0, final_wait_s=0)
    assert capacity.started(planned(at_once, instances="shadow")) == {OTHER: 1}


def test_the_worst_of_several_types_is_told_with_all() -> None:
    """Production and shadow on different types: one without room is enough."""
    plan = planned()
    both = {
        "ProductionVariants": [{"InstanceType": KIND, "InitialInstanceCount": 2}],
        "ShadowProductionVariants": [{"InstanceType": OTHER, "InitialInstanceCount": 3}],
    }
    found = check(
        Quota(KIND, 20, 4, "counted"),
        Quota(OTHER, 5, 3, "counted"),
        plan=Plan("start_shadow", "fraud", "", plan.steps, {}, both),
    )
    assert found.status == "warn"
    assert f"2 × {KIND}" in found.sentence
    assert f"3 × {OTHER}" in found.sentence
    assert OTHER in found.remedy


def test_nothing_is_said_where_no_endpoint_is_updated() -> None:
    """An experiment is completed by AWS, with a config of its own."""
    plan = complete(live(experiment=experiment()), promote=True, reason="Done")
    known = Known(config=Config(tests=()), person=NOBODY, now=NOW)
    assert list(capacity.checks(plan, known)) == []


def test_serverless_starts_no_instances() -> None:
    """Its capacity is another quota's."""
    plan = planned()
    after = {"ProductionVariants": [{"ServerlessConfig": {"MaxConcurrency": 5}}]}
    found = check(plan=Plan("promote", "fraud", "", plan.steps, {}, after))
    assert (found.status, found.sentence) == ("ok", "No instances are started.")
