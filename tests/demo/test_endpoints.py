"""Endpoints at the stand-in are created, updated, scaled and deleted as SageMaker's are."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo import sagemaker
from demo.clock import Clock
from demo.deployments import ACTIVATE_S, LAUNCH_S, TERMINATE_S
from demo.endpoints import SCALE_S
from demo.moment import Surroundings
from demo.standin import StandIn
from demo.wire import application
from tests.actions.cloud import (
    CAPTURE,
    CONFIG,
    ENDPOINT,
    MODELS,
    PRODUCTION,
    SHADOW,
    TAGS,
    Cloud,
    again,
    variant,
)

ALL_AT_ONCE_S = LAUNCH_S + ACTIVATE_S + TERMINATE_S
CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 300,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
        },
        "TerminationWaitInSeconds": 120,
    }
}


def config(sm: Any, name: str = "new", *variants: dict[str, Any], **more: Any) -> str:
    """A config of the shadow's model in production's place, unless told otherwise."""
    fleets = list(variants) or [variant(MODELS[1])]
    sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=fleets, **more)
    return name


def update(sm: Any, name: str = "new", **more: Any) -> None:
    sm.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=name, **more)


def described(sm: Any) -> dict[str, Any]:
    found: dict[str, Any] = sm.describe_endpoint(EndpointName=ENDPOINT)
    del found["ResponseMetadata"]
    return found


def in_force(sm: Any) -> tuple[str, str]:
    found = described(sm)
    return found["EndpointStatus"], found["EndpointConfigName"]


def policy(kind: str, **more: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 60, **more}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


def test_the_old_config_is_in_force_until_the_end(cloud: Cloud, sm: Any) -> None:
    """What is pending stands beside what is in force, with the phase of every variant."""
    config(sm, DataCaptureConfig=CAPTURE | {"InitialSamplingPercentage": 40})
    update(sm, DeploymentConfig=CANARY)
    cloud.clock.skip(LAUNCH_S + ACTIVATE_S)
    found = described(sm)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("Updating", CONFIG)
    assert found["LastDeploymentConfig"] == CANARY
    assert found["ShadowProductionVariants"][0]["VariantName"] == SHADOW
    pending = found["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == "new"
    (one,) = pending["ProductionVariants"]
    assert (one["CurrentInstanceCount"], one["DesiredInstanceCount"]) == (1, 4)
    assert one["InstanceType"] == "ml.m5.large"
    (status,) = one["VariantStatus"]
    assert status["Status"] == "Baking"
    assert status["StartTime"].timestamp() == pytest.approx(cloud.clock(), abs=1e-3)
    cloud.clock.skip(300 + ACTIVATE_S + 120 + TERMINATE_S - 1)
    assert in_force(sm) == ("Updating", CONFIG)
    cloud.clock.skip(1)
    found = described(sm)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "new")
    assert not {"PendingDeploymentSummary", "ShadowProductionVariants"} & set(found)
    assert found["DataCaptureConfig"]["CurrentSamplingPercentage"] == 40
    assert found["LastModifiedTime"].timestamp() == pytest.approx(cloud.clock(), abs=1e-3)


def test_a_shadow_is_deployed_with_the_rest(cloud: Cloud, sm: Any) -> None:
    """The shadow of a new config is pending too, and in force with it."""
    shadow = variant(MODELS[1], "S2", count=1, InitialVariantWeight=0.5)
    config(sm, "new", variant(MODELS[0]), ShadowProductionVariants=[shadow])
    update(sm)
    pending = described(sm)["PendingDeploymentSummary"]["ShadowProductionVariants"]
    assert pending[0]["VariantStatus"][0]["StatusMessage"] == "Launching 1 instance(s)."
    cloud.clock.skip(ALL_AT_ONCE_S)
    (found,) = described(sm)["ShadowProductionVariants"]
    assert (found["VariantName"], found["CurrentWeight"]) == ("S2", 0.5)


def test_only_one_of_eight_at_once_is_accepted(cloud: Cloud, sm: Any) -> None:
    """Eight threads update: one write, seven times AWS's refusal."""
    for at in range(8):
        config(sm, f"new-{at}")

    def one(at: int) -> str:
        try:
            update(sm, f"new-{at}")
        except ClientError as error:
            return str(error)
        return "accepted"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(one, range(8)))
    assert said.count("accepted") == 1
    assert sum("Cannot update in-progress endpoint" in each for each in said) == 7
    pending = described(sm)["PendingDeploymentSummary"]["EndpointConfigName"]
    assert said[int(pending.removeprefix("new-"))] == "accepted"


def test_two_processes_see_the_same(cloud: Cloud, sm: Any) -> None:
    """What one stand-in changes another of the same folder shows, and so does a later one."""
    config(sm)
    with again(cloud.folder, cloud.clock) as other:
        update(other.once())
        assert in_force(sm) == ("Updating", CONFIG)
        with pytest.raises(ClientError, match="in-progress"):
            update(sm)
        cloud.clock.skip(ALL_AT_ONCE_S)
    with again(cloud.folder, cloud.clock) as later:
        assert in_force(later.once()) == ("InService", "new")
        assert later.once().list_tags(ResourceArn=described(sm)["EndpointArn"])["Tags"] == TAGS


def test_instances_go_back_to_the_config_s_unless_retained(cloud: Cloud, sm: Any) -> None:
    """RetainAllVariantProperties keeps counts and weights, but for those that it excludes."""
    wanted = {"VariantName": PRODUCTION, "DesiredInstanceCount": 7, "DesiredWeight": 3.0}
    sm.update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT, DesiredWeightsAndCapacities=[wanted]
    )
    cloud.clock.skip(SCALE_S)
    weight = {"VariantPropertyType": "DesiredWeight"}
    for at, (more, expected) in enumerate(
        [
            ({"RetainAllVariantProperties": True}, (7, 3.0)),
            (
                {
                    "RetainAllVariantProperties": True,
                    "ExcludeRetainedVariantProperties": [weight],
                },
                (7, 1.0),
            ),
            ({}, (4, 1.0)),
        ]
    ):
        update(sm, config(sm, f"new-{at}"), **more)
        cloud.clock.skip(ALL_AT_ONCE_S)
        (found,) = described(sm)["ProductionVariants"]
        assert (found["DesiredInstanceCount"], found["CurrentWeight"]) == expected


def test_weights_and_counts_change_after_a_while(cloud: Cloud, sm: Any) -> None:
    """Desired at once, current at the end; only what was named; a shadow cannot be named."""
    sm.update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT,
        DesiredWeightsAndCapacities=[{"VariantName": PRODUCTION, "DesiredInstanceCount": 6}],
    )
    found = described(sm)
    (one,) = found["ProductionVariants"]
    assert (found["EndpointStatus"], one["CurrentInstanceCount"]) == ("Updating", 4)
    said = one["VariantStatus"][0]["StatusMessage"]
    assert said == "Scaling out desired instance count to 6."
    cloud.clock.skip(SCALE_S)
    found = described(sm)
    (one,) = found["ProductionVariants"]
    assert found["EndpointStatus"] == "InService"
    assert (one["CurrentInstanceCount"], one["CurrentWeight"]) == (6, 1.0)
    assert "VariantStatus" not in one
    with pytest.raises(ClientError, match="not present within endpoint configuration"):
        sm.update_endpoint_weights_and_capacities(
            EndpointName=ENDPOINT,
            DesiredWeightsAndCapacities=[{"VariantName": SHADOW, "DesiredWeight": 1.0}],
        )


def test_the_last_way_of_deploying_can_be_retained(cloud: Cloud, sm: Any) -> None:
    """RetainDeploymentConfig takes the one used last; without either it is forgotten."""
    for name, more, expected in (
        ("new-1", {"DeploymentConfig": CANARY}, CANARY),
        ("new-2", {"RetainDeploymentConfig": True}, CANARY),
        ("new-3", {}, None),
    ):
        update(sm, config(sm, name), **more)
        assert described(sm).get("LastDeploymentConfig") == expected
        cloud.clock.skip(4_000)
        assert in_force(sm) == ("InService", name)


@pytest.mark.parametrize(
    ("deployment", "said"),
    [
        (
            policy("CANARY", CanarySize={"Type": "CAPACITY_PERCENT", "Value": 90}),
            "CanarySize must be at most 50%",
        ),
        (
            policy("CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 3}),
            "CanarySize must be at most 50%",
        ),
        (policy("CANARY"), "CanarySize is required"),
        (
            policy("LINEAR", LinearStepSize={"Type": "CAPACITY_PERCENT", "Value": 5}),
            "LinearStepSize must be between 10% and 50%",
        ),
        (
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 60},
                    "WaitIntervalInSeconds": 0,
                }
            },
            "MaximumBatchSize must be between 5% and 50%",
        ),
        (
            policy("ALL_AT_ONCE")
            | {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
                    "WaitIntervalInSeconds": 0,
                }
            },
            "Only one update policy",
        ),
        (
            {
                "BlueGreenUpdatePolicy": CANARY["BlueGreenUpdatePolicy"]
                | {"TerminationWaitInSeconds": 600, "MaximumExecutionTimeoutInSeconds": 900}
            },
            "900, must be greater than the total of all waits, 900",
        ),
        (
            CANARY | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "nobody-s"}]}},
            "Could not find CloudWatch alarm nobody-s",
        ),
        (policy("canary"), "Member must satisfy enum value set"),
        (
            {
                "BlueGreenUpdatePolicy": CANARY["BlueGreenUpdatePolicy"]
                | {"TerminationWaitInSeconds": 7_200}
            },
            "Member must have value less than or equal to 3600",
        ),
    ],
)
def test_a_way_that_aws_forbids_is_refused(sm: Any, deployment: dict[str, Any], said: str) -> None:
    """By the service's model or by its prose; nothing begins."""
    config(sm)
    with pytest.raises(ClientError, match=said) as caught:
        update(sm, DeploymentConfig=deployment)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert in_force(sm) == ("InService", CONFIG)


def test_one_instance_cannot_be_shared(sm: Any) -> None:
    """A canary of a single instance would be all of it."""
    config(sm, "new", variant(MODELS[1], count=1))
    with pytest.raises(ClientError, match="total instance count, which is 1"):
        update(sm, DeploymentConfig=CANARY)


def test_variants_keep_their_names_where_traffic_shifts(sm: Any) -> None:
    """With a policy the names must be the same; without one they need not."""
    config(sm, "renamed", variant(MODELS[1], "Other"))
    with pytest.raises(ClientError, match="same variant names"):
        update(sm, "renamed", DeploymentConfig=CANARY)
    update(sm, "renamed")


def test_what_is_not_there_is_refused(cloud: Cloud, sm: Any) -> None:
    """Endpoint, config, model, and the config in force that somebody deleted."""
    for call, asked in (
        ("describe_endpoint", {"EndpointName": "nobody"}),
        ("describe_endpoint_config", {"EndpointConfigName": "nobody"}),
        ("describe_model", {"ModelName": "nobody"}),
        ("delete_endpoint", {"EndpointName": "nobody"}),
        ("update_endpoint", {"EndpointName": ENDPOINT, "EndpointConfigName": "nobody"}),
    ):
        with pytest.raises(ClientError, match=r"Could not find .*nobody"):
            getattr(sm, call)(**asked)
    with pytest.raises(ClientError, match="Could not find model"):
        config(sm, "new", variant("nobody"))
    config(sm)
    sm.delete_endpoint_config(EndpointConfigName=CONFIG)
    with pytest.raises(ClientError, match=f'Could not find endpoint configuration ".*/{CONFIG}"'):
        update(sm)


def test_a_name_is_taken_once(sm: Any) -> None:
    """A second config, model or endpoint of the same name is refused."""
    with pytest.raises(ClientError, match="Cannot create already existing endpoint config"):
        config(sm, CONFIG)
    with pytest.raises(ClientError, match="Cannot create already existing endpoint "):
        sm.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    with pytest.raises(ClientError, match="Cannot create already existing model"):
        sm.create_model(ModelName=MODELS[0], PrimaryContainer={"Image": "i"})


def test_an_endpoint_comes_and_goes(cloud: Cloud, sm: Any) -> None:
    """Creating, InService, Deleting, gone; neither twice nor while it is changed."""
    sm.create_endpoint(EndpointName="green", EndpointConfigName=CONFIG)
    assert sm.describe_endpoint(EndpointName="green")["EndpointStatus"] == "Creating"
    with pytest.raises(ClientError, match="in-progress"):
        sm.delete_endpoint(EndpointName="green")
    cloud.clock.skip(LAUNCH_S)
    assert sm.describe_endpoint(EndpointName="green")["EndpointStatus"] == "InService"
    assert sm.list_endpoints()["Endpoints"][0]["EndpointName"] == "green"
    sm.delete_endpoint(EndpointName="green")
    assert sm.describe_endpoint(EndpointName="green")["EndpointStatus"] == "Deleting"
    cloud.clock.skip(TERMINATE_S)
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sm.describe_endpoint(EndpointName="green")


def test_configs_are_listed_and_described_as_created(cloud: Cloud, sm: Any) -> None:
    """Newest first, in pages, by name; described with everything that was given."""
    cloud.clock.skip(60)
    for at in range(12):
        config(sm, f"new-{at}", KmsKeyId="key", EnableNetworkIsolation=True, Tags=TAGS)
        cloud.clock.skip(1)
    pages = sm.get_paginator("list_endpoint_configs").paginate(NameContains="new-")
    names = [each["EndpointConfigName"] for page in pages for each in page["EndpointConfigs"]]
    assert names == [f"new-{at}" for at in reversed(range(12))]
    found = sm.describe_endpoint_config(EndpointConfigName="new-3")
    assert (found["KmsKeyId"], found["EnableNetworkIsolation"]) == ("key", True)
    assert found["ProductionVariants"] == [variant(MODELS[1])]
    of = found["EndpointConfigArn"]
    assert sm.list_tags(ResourceArn=of)["Tags"] == TAGS
    sm.add_tags(ResourceArn=of, Tags=[{"Key": "team", "Value": "other"}])
    assert {"Key": "team", "Value": "other"} in sm.list_tags(ResourceArn=of)["Tags"]
    assert len(sm.list_tags(ResourceArn=of)["Tags"]) == len(TAGS)
    with pytest.raises(ClientError, match="Could not find resource"):
        sm.list_tags(ResourceArn=of.replace("new-3", "nobody"))


def test_where_the_traffic_went_is_known_afterwards(cloud: Cloud, sm: Any) -> None:
    """Each shift with its time, share and models, also of what ended between two looks."""
    config(sm)
    began = cloud.clock()
    update(sm, DeploymentConfig=CANARY)
    cloud.clock.skip(4_000)
    described(sm)
    with sagemaker.state(cloud.folder).open() as held:
        found = held["traffic"][ENDPOINT]
    full = began + LAUNCH_S + ACTIVATE_S + 300
    assert [(each["since"], each["share"]) for each in found] == [
        (began, 0),
        (began + LAUNCH_S, 0.25),
        (full, 1),
    ]
    assert found[1]["models"] == {PRODUCTION: MODELS[1]}
    assert found[1]["models_before"] == {PRODUCTION: MODELS[0], SHADOW: MODELS[1]}


def test_an_alarm_put_by_hand_ends_an_update(cloud: Cloud, sm: Any) -> None:
    """CloudWatch and SageMaker of the account are one: SetAlarmState takes the traffic back."""
    alarms = cloud.once("cloudwatch")
    alarms.put_metric_alarm(
        AlarmName="abort",
        Namespace="Nobody",
        MetricName="Nothing",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    named = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "abort"}]}}
    update(sm, config(sm), DeploymentConfig=CANARY | named)
    cloud.clock.skip(LAUNCH_S + ACTIVATE_S + 100)
    assert in_force(sm) == ("Updating", CONFIG)
    alarms.set_alarm_state(AlarmName="abort", StateValue="ALARM", StateReason="by hand")
    in_force(sm)
    cloud.clock.skip(TERMINATE_S)
    found = described(sm)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", CONFIG)
    assert "[abort]" in found["FailureReason"]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Any, Clock, dict[str, str]]]:
    """The demo's loan endpoint among alarms whose states a test sets, and autoscaled."""
    clock, states = Clock(1_760_000_000), {"red": "OK"}
    sagemaker.write(tmp_path, [], end_ms=1_760_000_000_000)
    around = Surroundings(
        clock=clock,
        alarm_state=lambda name: states.get(name, ""),
        scaled=lambda: {"endpoint/loan-limits/variant/AllTraffic"},
    )
    server = StandIn(application(sagemaker.operations(tmp_path, around)))
    made = Cloud(server.url, None, clock, around.faults, tmp_path)  # type: ignore[arg-type]
    import boto3

    yield boto3.client("sagemaker", endpoint_url=made.url), clock, states
    server.stop()


def loan(sm: Any, name: str, kind: str = "ml.m5.large", **more: Any) -> None:
    config(sm, name, variant("limits-4", InstanceType=kind))
    sm.update_endpoint(EndpointName="loan-limits", EndpointConfigName=name, **more)


def test_an_alarm_ends_an_update_and_is_named(guarded: Any) -> None:
    """Still Updating while it goes back; then InService, the old config, and why."""
    sm, clock, states = guarded
    alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "red"}]}}
    loan(sm, "new", DeploymentConfig=CANARY | alarms)
    clock.skip(LAUNCH_S + ACTIVATE_S + 10)
    states["red"] = "ALARM"
    found = sm.describe_endpoint(EndpointName="loan-limits")
    assert found["EndpointStatus"] == "Updating"
    (one,) = found["PendingDeploymentSummary"]["ProductionVariants"]
    assert one["VariantStatus"][0]["Status"] == "Deleting"
    assert one["CurrentInstanceCount"] == 0
    clock.skip(TERMINATE_S)
    found = sm.describe_endpoint(EndpointName="loan-limits")
    assert found["EndpointStatus"] == "InService"
    assert found["EndpointConfigName"] == "loan-limits-config"
    assert "[red]" in found["FailureReason"]
    states["red"] = "OK"
    loan(sm, "newer", DeploymentConfig=CANARY | alarms)
    assert "FailureReason" not in sm.describe_endpoint(EndpointName="loan-limits")


def test_an_autoscaled_variant_keeps_its_instances_kind(guarded: Any) -> None:
    """Another model is accepted, another instance type is not."""
    sm, _, _ = guarded
    with pytest.raises(ClientError, match="Application Auto Scaling"):
        loan(sm, "bigger", "ml.m5.xlarge")
    loan(sm, "same")
