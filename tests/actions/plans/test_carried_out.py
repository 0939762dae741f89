"""What a plan says would run is what runs once it was carried out, at the stand-in for AWS."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from actions.plans import experiment_settings, experiments, weights
from actions.plans.alarms import Guard, abort_call, clean_up
from actions.plans.blue_green import blue_green, green_name
from actions.plans.promote import promote
from actions.plans.shadows import AT_ONCE, Shadow, as_experiment, as_variant
from actions.plans.strategies import Strategy
from actions.steps import Call, Plan, Rehearsal
from demo.deployments import LAUNCH_S
from queries.live import Live
from queries.reading_live import read_live
from tests.actions.cloud import CAPTURE, ENDPOINT, MODELS, PRODUCTION, ROLE, SHADOW, Cloud, variant

ALONE = "alone"
NOW = datetime.now(UTC)
WANTED = Shadow(
    model={"ModelName": MODELS[1], "PrimaryContainer": {}},
    variant=SHADOW,
    instance_type="ml.m5.large",
    count=1,
    percent=10,
)


def alone(cloud: Cloud, *more: str) -> Live:
    """An endpoint without a shadow, of one production variant and those named."""
    named = [(PRODUCTION, MODELS[0]), *((name, MODELS[1]) for name in more)]
    asked = cloud.client()
    asked.create_endpoint_config(
        EndpointConfigName="alone-1",
        ProductionVariants=[variant(model, name, count=2) for name, model in named],
        DataCaptureConfig=CAPTURE,
    )
    asked.create_endpoint(EndpointName=ALONE, EndpointConfigName="alone-1")
    settle(cloud)
    return read_live(asked, ALONE)


def settle(cloud: Cloud) -> None:
    """Let so much time pass that whatever goes on is over."""
    cloud.clock.skip(3600)
    cloud.client().list_endpoints()


def send(cloud: Cloud, call: Call) -> None:
    from botocore import xform_name

    getattr(cloud.client(call.service), xform_name(call.operation))(**call.parameters)


def carry_out(cloud: Cloud, plan: Plan) -> Live:
    """Every call of a plan, and what is waited for between them."""
    for step in plan.steps:
        if isinstance(step, Call):
            send(cloud, step)
        elif not isinstance(step, Rehearsal):
            settle(cloud)
    return read_live(cloud.client(), plan.target)


def running(live: Live) -> list[tuple[str, str, bool]]:
    return [(each.name, each.model, each.shadow) for each in live.variants]


def begun(cloud: Cloud) -> Live:
    plan = as_experiment(
        alone(cloud), WANTED, name="trial", role_arn=ROLE, end=NOW + timedelta(days=7), now=NOW
    )
    return carry_out(cloud, plan)


def test_an_experiment_is_begun_raised_and_completed(cloud: Cloud) -> None:
    """Each stage is what was asked for; at the end the shadow's model runs, and no shadow."""
    live = begun(cloud)
    assert running(live) == [(PRODUCTION, MODELS[0], False), (SHADOW, MODELS[1], True)]
    assert live.experiment is not None
    live = carry_out(cloud, experiment_settings.resample(live, 50))
    live = carry_out(cloud, experiment_settings.resample(live, 100))
    assert live.experiment is not None
    mode = live.experiment["ShadowModeConfig"]
    assert mode["ShadowModelVariants"][0]["SamplingPercentage"] == 100
    later = NOW + timedelta(days=20)
    live = carry_out(cloud, experiment_settings.extend(live, later, now=NOW))
    assert live.experiment is not None
    assert abs(live.experiment["Schedule"]["EndTime"] - later) < timedelta(seconds=1)
    plan = experiments.complete(live, promote=True, reason="better", instances="shadow")
    after = carry_out(cloud, plan)
    assert after.experiment is None
    assert [(model, shadow) for _, model, shadow in running(after)] == [(MODELS[1], False)]
    assert after.production.desired_instances == 1


@pytest.mark.parametrize("way", ["cancel", "keep"])
def test_production_is_what_it_was_after_an_experiment(cloud: Cloud, way: str) -> None:
    """Cancelled or completed without a promotion: model, instances and their number."""
    live = begun(cloud)
    plan = (
        experiments.cancel(live, reason="no longer wanted")
        if way == "cancel"
        else experiments.complete(live, promote=False, reason="worse")
    )
    after = carry_out(cloud, plan)
    assert running(after) == [(PRODUCTION, MODELS[0], False)]
    assert after.production == live.production


def test_a_shadow_is_put_beside_production(cloud: Cloud) -> None:
    """The config in force is the one planned, and the shadow has its share."""
    plan = as_variant(alone(cloud), replace(WANTED, percent=50), at=NOW)
    after = carry_out(cloud, plan)
    assert after.config_name == plan.config_name
    assert running(after) == [(PRODUCTION, MODELS[0], False), (SHADOW, MODELS[1], True)]
    assert after.shadow is not None
    assert after.shadow.weight == pytest.approx(50)
    assert after.production.desired_instances == 2


def test_requests_are_shared_and_shared_back(cloud: Cloud) -> None:
    """As percentages of all, with the instances there were."""
    live = alone(cloud, "B")
    plan = weights.shift(live, {PRODUCTION: 90, "B": 10})
    after = carry_out(cloud, plan)
    assert [each.weight for each in after.variants] == pytest.approx([0.9, 0.1])
    assert [each.desired_instances for each in after.variants] == [2, 2]
    back = carry_out(cloud, weights.shift(after, {PRODUCTION: 50, "B": 50}))
    assert [each.weight for each in back.variants] == pytest.approx([0.5, 0.5])


def test_a_green_endpoint_comes_and_goes(cloud: Cloud) -> None:
    """Production ends on the config that was tried, and the green endpoint is gone."""
    live = read_live(cloud.client(), ENDPOINT)
    promotion = promote(live, AT_ONCE, at=NOW)
    plan = blue_green(promotion, live, requests=5, least=0.9, prices={}, currency="USD")
    after = carry_out(cloud, plan)
    assert after.config_name == plan.config_name
    assert running(after) == [(PRODUCTION, MODELS[1], False)]
    names = {each["EndpointName"] for each in cloud.client().list_endpoints()["Endpoints"]}
    assert green_name(ENDPOINT, plan.config_name) not in names
    assert ENDPOINT in names


def test_an_update_is_aborted_by_its_alarm(cloud: Cloud) -> None:
    """While it bakes: production then is what it was; the alarms are gone after the clean-up."""
    live = read_live(cloud.client(), ENDPOINT)
    plan = promote(live, Strategy("canary", size=50), guard=Guard(bake_s=600), at=NOW)
    for call in plan.calls:
        send(cloud, call)
    cloud.clock.skip(LAUNCH_S + 60)
    baking = cloud.client().describe_endpoint(EndpointName=ENDPOINT)
    assert baking["PendingDeploymentSummary"]["EndpointConfigName"] == plan.config_name
    send(cloud, abort_call(ENDPOINT, plan.config_name, "the scores are all 0"))
    cloud.clock.skip(120)
    kept = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix="understudy-abort-")
    assert [each["StateValue"] for each in kept["MetricAlarms"]] == ["ALARM"]
    settle(cloud)
    after = read_live(cloud.client(), ENDPOINT)
    assert (after.config_name, after.pending) == (live.config_name, None)
    assert running(after) == running(live)
    names = [c.parameters["AlarmName"] for c in plan.calls if c.operation == "PutMetricAlarm"]
    (removed,) = clean_up(ENDPOINT, plan.config_name, names).calls
    send(cloud, removed)
    assert cloud.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_an_update_that_nobody_aborts_goes_through(cloud: Cloud) -> None:
    """No alarm that was made for it fires by itself: neither one without data nor one by hand."""
    live = read_live(cloud.client(), ENDPOINT)
    guard = Guard.beside(40.0, bake_s=600)
    plan = promote(live, Strategy("canary", size=50), guard=guard, at=NOW)
    assert carry_out(cloud, plan).config_name == plan.config_name
    alarms = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(alarms) == 3
    assert {each["StateValue"] for each in alarms} <= {"OK", "INSUFFICIENT_DATA"}
