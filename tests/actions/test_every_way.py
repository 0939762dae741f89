"""Every kind of plan is carried out the same way, answered or not, and ends as it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions import stepping
from actions.execute import Receipt
from actions.leftovers import Leftovers, leftovers
from actions.plans import aliases, experiment_settings, experiments, stages, weights
from actions.plans.blue_green import blue_green, green_name
from actions.plans.promote import promote
from actions.plans.rollback import repair, rollback
from actions.plans.shadows import Shadow, as_experiment, as_variant
from actions.reconcile import reconcile
from actions.steps import Plan, Rehearsal
from demo import functions
from demo import stages as gateway
from queries.config import Test
from queries.errors import SourceError
from queries.live import Live
from queries.live_generic import read_alias, read_stage
from queries.reading_live import read_live
from tests.actions.acting_on import AT_ONCE, CANARY, Desk, desk
from tests.actions.cloud import (
    CAPTURE,
    CONFIG,
    ENDPOINT,
    MODELS,
    PRODUCTION,
    ROLE,
    SHADOW,
    Cloud,
    variant,
)

NOW = datetime.now(UTC)
WANTED = Shadow(
    model={"ModelName": MODELS[1], "PrimaryContainer": {}},
    variant=SHADOW,
    instance_type="ml.m5.large",
    count=1,
    percent=10,
)


@pytest.fixture
def at(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(stepping, "_FIRST_PAUSE_S", 0.0)
    return desk(cloud, tmp_path)


def alone(at: Desk) -> Live:
    """An endpoint without a shadow."""
    client = at.client("sagemaker")
    client.create_endpoint_config(
        EndpointConfigName="alone-1",
        ProductionVariants=[variant(MODELS[0], count=2)],
        DataCaptureConfig=CAPTURE,
    )
    client.create_endpoint(EndpointName="alone", EndpointConfigName="alone-1")
    at.cloud.clock.skip(3_600)
    return read_live(client, "alone")


def shifted(at: Desk) -> Plan:
    client = at.client("sagemaker")
    both = [variant(MODELS[0], count=2), variant(MODELS[1], "B", count=2)]
    client.create_endpoint_config(EndpointConfigName="ab-1", ProductionVariants=both)
    client.create_endpoint(EndpointName="ab", EndpointConfigName="ab-1")
    at.cloud.clock.skip(3_600)
    return weights.shift(read_live(client, "ab"), {PRODUCTION: 90, "B": 10})


def experiment(at: Desk) -> Plan:
    end = NOW + timedelta(days=7)
    return as_experiment(alone(at), WANTED, name="trial", role_arn=ROLE, end=end, now=NOW)


def experimenting(at: Desk) -> Live:
    finish(at, experiment(at))
    return read_live(at.client("sagemaker"), "alone")


def extended(at: Desk) -> Plan:
    live = experimenting(at)
    return experiment_settings.extend(live, NOW + timedelta(days=20), now=NOW)


def left(at: Desk) -> Leftovers:
    return leftovers(
        at.ledger.read(ENDPOINT), at.client, tests=[Test(name="fraud", endpoint=ENDPOINT)]
    )


def left_standing(at: Desk) -> Plan:
    finish(at, green(at), rehearse=lambda *_: Agreed(passed=False, sentence="2 of 5 agreed."))
    (found,) = left(at).greens
    return found.removal()


def guarded(at: Desk) -> Plan:
    assert finish(at, at.plan(CANARY)).state == "done"
    (found,) = left(at).alarms
    return found.removal()


def green(at: Desk) -> Plan:
    promotion = promote(at.live(), AT_ONCE, at=NOW)
    return blue_green(promotion, at.live(), requests=5, least=0.9, prices={}, currency="USD")


def stuck(at: Desk) -> Plan:
    at.cloud.faults.fail_rollback(ENDPOINT, "No capacity.")
    at.execute(at.plan())
    at.cloud.clock.skip(5_000)
    assert at.advance().state == "failed"
    return repair(at.live(), at.live().config)


def earlier(at: Desk) -> Plan:
    before = at.live().config
    finish(at, at.plan())
    return rollback(at.live(), before)


def alias(at: Desk) -> Any:
    return read_alias(at.client("lambda"), functions.FUNCTION, functions.ALIAS)


def stage(at: Desk) -> Any:
    return read_stage(at.client("apigateway"), gateway.API, gateway.STAGE)


def canary(at: Desk) -> Plan:
    return stages.start_canary(stage(at), 10, variables={"model": "new"})


def promoted_canary(at: Desk) -> Plan:
    finish(at, canary(at))
    return stages.promote(stage(at))


WAYS: dict[str, Callable[[Desk], Plan]] = {
    "promote": lambda at: at.plan(),
    "rollback": earlier,
    "repair": stuck,
    "blue_green": green,
    "start_shadow as a variant": lambda at: as_variant(alone(at), WANTED, at=NOW),
    "start_shadow as an experiment": experiment,
    "resample": lambda at: experiment_settings.resample(experimenting(at), 50),
    "extend_experiment": extended,
    "complete_experiment": lambda at: experiments.complete(
        experimenting(at), promote=True, reason="better", instances="production"
    ),
    "cancel_experiment": lambda at: experiments.cancel(experimenting(at), reason="worse"),
    "shift_weights": shifted,
    "remove_green": left_standing,
    "remove_alarms": guarded,
    "promote_alias": lambda at: aliases.promote(alias(at), "8", percent=10),
    "start_shadow of a stage": canary,
    "promote_stage": promoted_canary,
}


@dataclass(frozen=True, slots=True)
class Agreed:
    """A rehearsal that went as it says."""

    passed: bool = True
    sentence: str = "5 of 5 agreed."


def finish(at: Desk, plan: Plan, *, rehearse: Any = None) -> Receipt:
    """Carry a plan out to its end, with the time passing that it takes."""

    def agreed(plan: Plan, step: Rehearsal) -> Agreed:
        return Agreed()

    rehearsing = rehearse or agreed
    found = at.execute(plan, typed=plan.target, rehearse=rehearsing)
    for _ in range(8):
        if found.state != "unfinished":
            break
        at.cloud.clock.skip(3_600)
        found = at.advance(plan.target, rehearse=rehearsing)
    return found


def results(at: Desk, plan: Plan) -> Sequence[tuple[int | None, str]]:
    change = at.records(plan.target)[-1].change
    return [
        (record.step, record.stage)
        for record in at.records(plan.target)
        if record.change == change and record.stage != "begun"
    ]


@pytest.mark.parametrize("way", WAYS)
def test_a_plan_is_done_when_all_of_it_is(at: Desk, way: str) -> None:
    """Each step has one result, and the plan its own at last."""
    plan = WAYS[way](at)
    assert finish(at, plan).state == "done"
    assert plan.action == way.partition(" ")[0]
    assert results(at, plan) == [*((n, "done") for n in range(len(plan.steps))), (None, "done")]


@pytest.mark.parametrize("way", WAYS)
def test_a_plan_whose_answers_are_all_lost_is_done_all_the_same(at: Desk, way: str) -> None:
    """Each call took effect unheard: it is found in the live state, and not asked for twice."""
    plan = WAYS[way](at)
    for operation in {call.operation for call in plan.calls}:
        times = sum(call.operation == operation for call in plan.calls)
        at.cloud.faults.lose_answer(operation, times)
    assert finish(at, plan).state == "done"
    calls = {number for number, step in enumerate(plan.steps) if step in plan.calls}
    assert results(at, plan) == [
        *((n, "found" if n in calls else "done") for n in range(len(plan.steps))),
        (None, "done"),
    ]


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("shift_weights", "What UpdateEndpointWeightsAndCapacities asked for is not so"),
        ("start_shadow as an experiment", f"with no shadow, not {MODELS[0]} with the shadow"),
        ("complete_experiment", f"not {MODELS[1]} with no shadow"),
        ("cancel_experiment", f"not {MODELS[0]} with no shadow"),
    ],
)
def test_in_service_with_what_was_before_is_not_done(at: Desk, way: str, words: str) -> None:
    """What AWS takes back without a word is told as that, whichever way it was asked for."""
    plan = WAYS[way](at)
    at.cloud.faults.roll_back(plan.target)
    told = finish(at, plan)
    assert told.state == "failed"
    assert words in told.sentence


def test_a_rehearsal_that_fails_leaves_production_alone(at: Desk) -> None:
    """The plan ends there: the green endpoint stays for a look, production was not touched."""
    plan, before = green(at), at.live().fingerprint
    told = finish(at, plan, rehearse=lambda *_: Agreed(passed=False, sentence="2 of 5 agreed."))
    assert (told.state, told.sentence) == ("failed", "2 of 5 agreed.")
    assert at.live().fingerprint == before
    assert at.live().config_name == CONFIG
    name = green_name(ENDPOINT, plan.config_name)
    assert at.client("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"]


def test_a_rehearsal_waits_for_who_can_hold_it(at: Desk) -> None:
    """Who has no captures at hand passes it on; one that could not be read is held again."""
    plan = green(at)
    at.execute(plan)
    at.cloud.clock.skip(3_600)
    assert at.advance().sentence.startswith("Next: Sends ")

    def unread(plan: Plan, step: Rehearsal) -> Agreed:
        raise SourceError("The captures are gone.")

    assert at.advance(rehearse=unread).sentence == "The captures are gone."
    assert at.advance(rehearse=lambda *_: Agreed()).state == "unfinished"
    rehearsed = [stage for step, stage in at.stages() if step == 3]
    assert rehearsed == ["begun", "unclear", "begun", "done"]
    assert (at.live().pending or {}).get("EndpointConfigName") == plan.config_name


def test_one_target_that_cannot_be_looked_at_hides_no_other(at: Desk) -> None:
    """At the next start each says for itself how far it is."""
    plan = experiment(at)
    at.execute(plan, typed="alone")
    at.execute(at.plan())
    (record, *_) = sorted(Path(at.config.actions.audit, "alone").glob("*.json"))
    record.write_bytes(b"{}")
    (found,), problems = reconcile(at.ledger, at.client)
    assert (found.target, found.state) == (ENDPOINT, "unfinished")
    assert problems == ()
    assert "Record 1 of alone" in str(at.ledger.read("alone").broken)
