"""Does what is told of an update agree with the endpoint, whatever SageMaker calls its status?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.deployments import ACTIVATE_S, LAUNCH_S, TERMINATE_S
from queries.errors import AwsError
from queries.updates import Progress, look
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, PRODUCTION, Cloud, served, variant

NEW, OTHER = "fraud-scores-2", "fraud-scores-3"
CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
            "WaitIntervalInSeconds": 600,
        },
        "TerminationWaitInSeconds": 300,
        "MaximumExecutionTimeoutInSeconds": 3600,
    }
}
ROLLING = {
    "RollingUpdatePolicy": {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 120,
    }
}


class Update:
    """One update of the endpoint, as the dashboard has it in its records."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.client = cloud.client()
        self.began: datetime | None = None
        self.deployment: dict[str, Any] | None = None

    def begin(self, config: str = NEW, deployment: dict[str, Any] | None = None) -> None:
        self.began, self.deployment = self.now, deployment
        more = {} if deployment is None else {"DeploymentConfig": deployment}
        self.client.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=config, **more)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.cloud.clock(), UTC)

    def look(self, **more: Any) -> Progress:
        known = {"before": CONFIG, "model": MODELS[1], "began": self.began, "now": self.now}
        given = {**known, "deployment": self.deployment, **more}
        return look(self.client, ENDPOINT, NEW, **given)

    def after(self, seconds: float, **more: Any) -> Progress:
        self.cloud.clock.skip(seconds)
        return self.look(**more)


@pytest.fixture
def update(tmp_path: Path) -> Iterator[Update]:
    """An endpoint of four instances, and the config that is to follow."""
    with served(tmp_path) as cloud:
        for config, model in ((NEW, MODELS[1]), (OTHER, MODELS[0])):
            cloud.client().create_endpoint_config(
                EndpointConfigName=config, ProductionVariants=[variant(model)]
            )
        yield Update(cloud)


def test_a_canary_is_followed_to_its_end(update: Update) -> None:
    """Phase, share of traffic, bake and earliest end at each step; success at the last alone."""
    update.begin(deployment=CANARY)
    begun = update.now
    found = update.after(1)
    assert (found.outcome, found.over, found.status) == ("in_progress", False, "Updating")
    assert found.rollout is not None
    assert (found.rollout.phase, found.rollout.percent) == ("launching", 0.0)
    assert found.rollout.told[0].message == "Launching 4 instance(s)."
    assert found.rollout.told[0].variant == PRODUCTION
    assert abs(found.rollout.started - begun) < timedelta(seconds=1)
    assert found.in_force == found.old.config == CONFIG
    assert (found.old.instances, found.old.desired) == (4, 4)
    assert (found.rollout.fleet.config, found.rollout.fleet.desired) == (NEW, 4)
    # both bakes are ahead
    assert found.not_before == update.now + timedelta(seconds=900)

    found = update.after(LAUNCH_S)
    assert (found.rollout.phase, found.rollout.percent) == ("activating", 25.0)
    assert found.not_before == update.now + timedelta(seconds=900)

    found = update.after(ACTIVATE_S)
    assert (found.rollout.phase, found.rollout.percent) == ("baking", 25.0)
    left = found.rollout.baked_at - update.now
    assert timedelta(seconds=590) < left <= timedelta(seconds=600)
    assert found.not_before == found.rollout.baked_at + timedelta(seconds=300)

    found = update.after(600)
    assert (found.rollout.phase, found.rollout.percent) == ("activating", 100.0)
    found = update.after(ACTIVATE_S)
    assert (found.rollout.phase, found.rollout.percent) == ("baking", 100.0)
    assert found.not_before == found.rollout.baked_at
    found = update.after(300)
    assert (found.outcome, found.rollout.phase) == ("in_progress", "terminating")
    assert found.in_force == CONFIG

    found = update.after(TERMINATE_S)
    assert (found.outcome, found.over, found.rollout) == ("succeeded", True, None)
    assert found.in_force == found.old.config == NEW
    assert found.remedy == ""


def test_a_rolling_update_is_followed_batch_by_batch(update: Update) -> None:
    """Half of the instances, then all; the bakes to come are counted."""
    update.begin(deployment=ROLLING)
    seen = []
    while not (found := update.after(5)).over:
        step = (found.rollout.phase, found.rollout.percent)
        if not seen or seen[-1] != step:
            seen.append(step)
    assert found.outcome == "succeeded"
    assert [percent for phase, percent in seen if phase == "baking"] == [50.0, 100.0]
    assert seen[0] == ("launching", 0.0)
    assert [percent for _, percent in seen] == sorted(percent for _, percent in seen)


@pytest.mark.parametrize(
    ("reason", "outcome", "words"),
    [
        (None, "silently_rolled_back", "SageMaker gives no reason"),
        ("The primary container did not pass the ping health check.", "failed", "health check"),
        ("Deployment timed out.", "timed_out", "longer than its timeout"),
        ("CloudWatch alarm errors fired.", "rolled_back_by_alarm", "went into ALARM"),
    ],
)
def test_in_service_with_the_old_config_is_no_success(
    update: Update, reason: str | None, outcome: str, words: str
) -> None:
    """With or without a reason: it is named, with what serves now and what to do."""
    update.cloud.faults.roll_back(ENDPOINT, reason)
    update.begin(deployment=CANARY)
    assert update.after(1).outcome == "in_progress"
    found = update.after(LAUNCH_S + TERMINATE_S + 5)
    assert (found.status, found.in_force) == ("InService", CONFIG)
    assert (found.outcome, found.over) == (outcome, True)
    assert words in found.sentence
    assert CONFIG in found.sentence
    assert NEW in found.sentence
    if reason is not None:
        assert reason in found.sentence
    assert found.remedy.endswith(".")


def test_a_rollback_that_failed_is_named_as_that(update: Update) -> None:
    """Instances of both configs serve, and only another update repairs it."""
    update.cloud.faults.fail_rollback(ENDPOINT, "no capacity")
    update.begin(deployment=CANARY)
    found = update.after(LAUNCH_S + TERMINATE_S + 5)
    assert found.outcome == "update_rollback_failed"
    assert found.status == "UpdateRollbackFailed"
    assert "both configs" in found.sentence
    assert "Repair it" in found.remedy


def test_maintenance_by_aws_is_no_end(update: Update) -> None:
    """While AWS maintains an endpoint nothing is settled; afterwards the truth shows."""
    update.begin()
    assert update.after(LAUNCH_S + ACTIVATE_S + TERMINATE_S + 5).outcome == "succeeded"
    update.cloud.faults.maintain(ENDPOINT, 120)
    found = update.look()
    assert (found.outcome, found.over, found.status) == ("system_updating", False, "SystemUpdating")
    assert update.after(121).outcome == "succeeded"


def test_a_second_update_by_another_is_not_taken_for_ours(update: Update) -> None:
    """While it runs and after it ended, another's config is another's."""
    update.began = update.now
    update.client.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=OTHER)
    found = update.after(1)
    assert found.outcome == "replaced_by_other"
    assert f"updated to {OTHER}, not to {NEW}" in found.sentence
    assert found.rollout is None
    found = update.after(LAUNCH_S + ACTIVATE_S + TERMINATE_S + 5)
    assert (found.outcome, found.in_force) == ("replaced_by_other", OTHER)
    assert "CloudTrail" in found.remedy


def test_a_config_with_another_model_is_no_success(update: Update) -> None:
    """The right name with the wrong model is named; where none is at issue, none is asked for."""
    update.begin()
    found = update.after(LAUNCH_S + ACTIVATE_S + TERMINATE_S + 5, model="fraud-2026-12")
    assert found.outcome == "failed"
    assert f"has the model {MODELS[1]}, not fraud-2026-12" in found.sentence
    assert update.look(model=None).outcome == "succeeded"
    assert update.look().outcome == "succeeded"


def test_a_call_that_does_not_show_yet_is_no_rollback(update: Update) -> None:
    """Descriptions lag behind: for a minute nothing seen is nothing known, then it is."""
    update.cloud.clock.skip(3600)
    update.began = update.now
    found = update.look()
    assert (found.outcome, found.status) == ("in_progress", "InService")
    assert "does not show yet" in found.sentence
    assert update.after(61).outcome == "silently_rolled_back"


def test_a_repair_that_does_not_show_yet_has_not_failed(update: Update) -> None:
    """The failed rollback is what it was asked for to mend: for a minute it may still be seen."""
    update.cloud.faults.fail_rollback(ENDPOINT, "no capacity")
    update.begin(deployment=CANARY)
    assert update.after(3600).outcome == "update_rollback_failed"
    update.cloud.clock.skip(60)
    update.began = update.now
    assert (update.look().outcome, update.look().over) == ("in_progress", False)
    assert update.after(61).outcome == "update_rollback_failed"


def test_who_looks_later_sees_the_same(update: Update) -> None:
    """A restart and a second viewer know no more than the records and AWS, and say the same."""
    update.begin(deployment=CANARY)
    update.cloud.clock.skip(LAUNCH_S + ACTIVATE_S + 1)
    first, second = update.look(), update.look()
    assert first == second
    # with nothing of the records but the name that was wanted
    stranger = look(update.client, ENDPOINT, NEW, now=update.now)
    assert (stranger.outcome, stranger.rollout) == (first.outcome, first.rollout)


def test_an_update_that_outlasted_its_timeout_timed_out(update: Update) -> None:
    """Where SageMaker gives no reason, the time says it."""
    short = {"BlueGreenUpdatePolicy": {**CANARY["BlueGreenUpdatePolicy"]}}
    short["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 1200
    update.cloud.faults.roll_back(ENDPOINT, None)
    update.begin(deployment=short)
    update.began -= timedelta(seconds=1200)
    assert update.after(LAUNCH_S + TERMINATE_S + 5).outcome == "timed_out"


def test_an_endpoint_that_is_not_there_is_told(update: Update) -> None:
    """A refusal is a sentence of AWS's, and no outcome is made up."""
    with pytest.raises(AwsError, match="DescribeEndpoint"):
        look(update.client, "no-such-endpoint", NEW)


GUARDS = ("errors", "latency", "abort")
GUARDED = {
    **CANARY,
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in GUARDS]},
}


@pytest.fixture
def guarded(update: Update) -> Update:
    """Three alarms on metrics that there are none of: they do what a person sets them to."""
    cloudwatch = update.cloud.client("cloudwatch")
    for name in GUARDS:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Dimensions=[{"Name": "EndpointName", "Value": "none"}],
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0.01,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )
    return update


def test_an_alarm_that_takes_an_update_back_is_named(guarded: Update) -> None:
    """While it fires, afterwards, and when it is quiet again: which, since when, and why."""
    cloudwatch = guarded.cloud.client("cloudwatch")
    guarded.begin(deployment=GUARDED)
    found = guarded.after(LAUNCH_S + ACTIVATE_S + 5, cloudwatch=cloudwatch)
    assert (found.rollout.phase, found.alarms) == ("baking", ())
    cloudwatch.set_alarm_state(AlarmName="latency", StateValue="ALARM", StateReason="p99 is 812 ms")
    fired_at = guarded.now
    found = guarded.after(1, cloudwatch=cloudwatch)
    assert found.outcome == "in_progress"
    assert "The alarm latency is in ALARM" in found.sentence
    (alarm,) = found.alarms
    assert (alarm.name, alarm.reason, alarm.still) == ("latency", "p99 is 812 ms", True)
    assert abs(alarm.since - fired_at) < timedelta(seconds=1)

    found = guarded.after(TERMINATE_S, cloudwatch=cloudwatch)
    assert (found.status, found.in_force) == ("InService", CONFIG)
    assert (found.outcome, found.over) == ("rolled_back_by_alarm", True)
    assert "The alarm latency went into ALARM" in found.sentence

    # it recovers, and others fire that have nothing to do with it
    cloudwatch.set_alarm_state(AlarmName="latency", StateValue="OK", StateReason="it is over")
    guarded.cloud.clock.skip(3600)
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="later")
    found = guarded.look(cloudwatch=cloudwatch)
    assert [(each.name, each.still) for each in found.alarms] == [("latency", False)]
    assert found.outcome == "rolled_back_by_alarm"


def test_an_alarm_is_named_while_it_goes_on_though_our_clock_is_behind(guarded: Update) -> None:
    """An update and an alarm that by AWS's clock are of a moment ago are not of the future."""
    cloudwatch = guarded.cloud.client("cloudwatch")
    guarded.begin(deployment=GUARDED)
    behind = guarded.now - timedelta(seconds=90)
    guarded.cloud.clock.skip(LAUNCH_S + ACTIVATE_S + 5)
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="5xx")
    found = guarded.look(cloudwatch=cloudwatch, began=behind, now=behind)
    assert found.outcome == "in_progress"
    assert [alarm.name for alarm in found.alarms] == ["errors"]
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="OK", StateReason="none")
    (quiet,) = guarded.look(cloudwatch=cloudwatch, began=behind, now=behind).alarms
    assert (quiet.name, quiet.still) == ("errors", False)


def test_who_looks_later_finds_the_alarm_too(guarded: Update) -> None:
    """Which alarms guard an update is SageMaker's to say, where the records are not at hand."""
    cloudwatch = guarded.cloud.client("cloudwatch")
    guarded.begin(deployment=GUARDED)
    guarded.cloud.clock.skip(LAUNCH_S + ACTIVATE_S + 5)
    guarded.look()
    cloudwatch.set_alarm_state(AlarmName="abort", StateValue="ALARM", StateReason="Ann: stop")
    guarded.cloud.clock.skip(1)
    found = guarded.look(deployment=None, began=None, cloudwatch=cloudwatch)
    assert [(each.name, each.reason) for each in found.alarms] == [("abort", "Ann: stop")]


def test_an_alarm_that_may_not_be_looked_at_is_told(guarded: Update) -> None:
    """The outcome stands, and what is not known is said."""
    guarded.begin(deployment=GUARDED)
    guarded.cloud.faults.deny("DescribeAlarms")
    found = guarded.after(1, cloudwatch=guarded.cloud.client("cloudwatch"))
    assert found.outcome == "in_progress"
    assert "Which alarms fired cannot be said" in found.sentence
    assert "DescribeAlarms" in found.sentence


def test_alarms_that_stay_quiet_are_none(guarded: Update) -> None:
    """An update that goes well names no alarm."""
    cloudwatch = guarded.cloud.client("cloudwatch")
    guarded.begin(deployment=GUARDED)
    whole = LAUNCH_S + 2 * ACTIVATE_S + 900 + TERMINATE_S
    found = guarded.after(whole + 5, cloudwatch=cloudwatch)
    assert (found.outcome, found.alarms) == ("succeeded", ())
