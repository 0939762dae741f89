"""A request that AWS would refuse is refused before anything is sent, with its place named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from actions.strict import faults

CONFIG: dict[str, Any] = {
    "EndpointConfigName": "fraud-v7",
    "ProductionVariants": [
        {
            "VariantName": "AllTraffic",
            "ModelName": "fraud-6",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 2,
        }
    ],
    "Tags": [{"Key": "équipe", "Value": "risk @ fraud"}],
}
UPDATE = {"EndpointName": "fraud", "EndpointConfigName": "fraud-v7"}


def config(**variant: Any) -> dict[str, Any]:
    (first,) = CONFIG["ProductionVariants"]
    return CONFIG | {"ProductionVariants": [first | variant]}


def canary(**policy: Any) -> dict[str, Any]:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green-canary.html
    routing = {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 30},
        "WaitIntervalInSeconds": 600,
    }
    blue_green = {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": 600,
        "MaximumExecutionTimeoutInSeconds": 1800,
    }
    alarms = {"Alarms": [{"AlarmName": "EndToEndDeploymentHighErrorRateAlarm"}]}
    return UPDATE | {
        "DeploymentConfig": {
            "BlueGreenUpdatePolicy": blue_green | policy,
            "AutoRollbackConfiguration": alarms,
        }
    }


def test_what_aws_prints_as_an_example_is_taken():
    """A config and AWS's own canary have no fault."""
    assert faults("sagemaker", "CreateEndpointConfig", CONFIG) == ()
    assert faults("sagemaker", "UpdateEndpoint", canary()) == ()


@pytest.mark.parametrize(
    ("parameters", "place", "what"),
    [
        (config(InstanceType="ml.m5.huge"), "ProductionVariants[0].InstanceType", "known values"),
        (config(InitialInstanceCount=0), "ProductionVariants[0].InitialInstanceCount", "least 1"),
        (config(InitialInstanceCount=True), "InitialInstanceCount", "bool, not integer"),
        (config(VolumeSizeInGB=513), "ProductionVariants[0].VolumeSizeInGB", "at most 512"),
        (config(VariantName="a_b"), "ProductionVariants[0].VariantName", "does not match"),
        (config(Model="fraud-7"), "ProductionVariants[0].Model", "no parameter"),
        (CONFIG | {"Tags": [{"Key": "a", "Value": "x" * 257}]}, "Tags[0].Value", "length 257"),
        (CONFIG | {"Tags": [{"Key": "a"}]}, "Tags[0].Value", "missing"),
        (CONFIG | {"Tags": [{"Key": "a", "Value": "a\\b"}]}, "Tags[0].Value", "does not match"),
    ],
)
def test_each_rule_of_the_model_is_held(parameters: dict[str, Any], place: str, what: str):
    """Enum, minimum, maximum, type, pattern, presence and unknown names, each with its place."""
    (sentence,) = faults("sagemaker", "CreateEndpointConfig", parameters)
    assert place in sentence
    assert what in sentence


@pytest.mark.parametrize(
    ("deployment", "what"),
    [
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html
        ({"CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 51}}, "1 to 50 %"),
        ({"Type": "LINEAR", "CanarySize": None}, "lacks LinearStepSize"),
        ({"Type": "ALL_AT_ONCE"}, "has no CanarySize"),
    ],
)
def test_rules_that_stand_in_prose_are_held(deployment: dict[str, Any], what: str):
    """A canary of half at most; a size that goes with its type and no other."""
    request = canary()
    policy = request["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    routing = policy["TrafficRoutingConfiguration"] | deployment
    policy["TrafficRoutingConfiguration"] = {k: v for k, v in routing.items() if v is not None}
    assert any(what in each for each in faults("sagemaker", "UpdateEndpoint", request))


def test_a_timeout_is_longer_than_the_waits():
    """600 s of canary and 600 s of bake do not fit into 1200 s, and do into 1201 s."""
    assert faults("sagemaker", "UpdateEndpoint", canary(MaximumExecutionTimeoutInSeconds=1200))
    fits = canary(MaximumExecutionTimeoutInSeconds=1201)
    assert faults("sagemaker", "UpdateEndpoint", fits) == ()


def test_one_policy_is_taken():
    """Two policies in one DeploymentConfig are a fault, though the model has both."""
    request = canary()
    request["DeploymentConfig"]["RollingUpdatePolicy"] = {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 20},
        "WaitIntervalInSeconds": 60,
    }
    (sentence,) = faults("sagemaker", "UpdateEndpoint", request)
    assert "one policy" in sentence


def test_times_may_be_datetimes_and_maps_are_looked_into():
    """A schedule is given as boto3 takes it, and keys of a map have patterns too."""
    request = {
        "Name": "fraud-shadow",
        "ModelVariantActions": {"AllTraffic": "Retain", "bad name": "Promote"},
    }
    (sentence,) = faults("sagemaker", "StopInferenceExperiment", request)
    assert "ModelVariantActions.bad name" in sentence
    schedule = {"Name": "x", "Schedule": {"EndTime": datetime(2026, 1, 1, tzinfo=UTC)}}
    assert faults("sagemaker", "UpdateInferenceExperiment", schedule) == ()
