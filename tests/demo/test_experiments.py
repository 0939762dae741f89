"""Shadow tests at the stand-in start, are resampled and stopped, and end, as SageMaker's do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.deployments import ACTIVATE_S, LAUNCH_S, TERMINATE_S
from demo.experiments import DAY_S
from tests.actions.cloud import CAPTURE, ENDPOINT, MODELS, PRODUCTION, ROLE, SHADOW, Cloud, variant

NAME, PLAIN = "fraud-shadow", "plain"
UPDATE_S = LAUNCH_S + ACTIVATE_S + TERMINATE_S


def mode(percent: int = 10) -> dict[str, Any]:
    shadow = {"ShadowModelVariantName": SHADOW, "SamplingPercentage": percent}
    return {"SourceModelVariantName": PRODUCTION, "ShadowModelVariants": [shadow]}


def model_variant(model: str, name: str, count: int = 2, kind: str = "ml.m5.large") -> dict:
    fleet = {"InstanceType": kind, "InstanceCount": count}
    return {
        "ModelName": model,
        "VariantName": name,
        "InfrastructureConfig": {
            "InfrastructureType": "RealTimeInference",
            "RealTimeInferenceConfig": fleet,
        },
    }


BOTH = [model_variant(MODELS[0], PRODUCTION, 4), model_variant(MODELS[1], SHADOW)]


@pytest.fixture
def plain(cloud: Cloud, sm: Any) -> Cloud:
    """The endpoint without a shadow, ready for a test."""
    sm.create_endpoint_config(
        EndpointConfigName=PLAIN,
        ProductionVariants=[variant(MODELS[0])],
        DataCaptureConfig=CAPTURE,
    )
    sm.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=PLAIN)
    cloud.clock.skip(UPDATE_S)
    return cloud


def create(sm: Any, **more: Any) -> None:
    asked: dict[str, Any] = {
        "Name": NAME,
        "Type": "ShadowMode",
        "RoleArn": ROLE,
        "EndpointName": ENDPOINT,
        "ModelVariants": BOTH,
        "ShadowModeConfig": mode(),
    }
    sm.create_inference_experiment(**(asked | more))


def running(cloud: Cloud, sm: Any, **more: Any) -> None:
    create(sm, **more)
    cloud.clock.skip(UPDATE_S)
    assert status(sm) == "Running"


def status(sm: Any) -> str:
    return str(sm.describe_inference_experiment(Name=NAME)["Status"])


def fleets(sm: Any) -> tuple[dict[str, str], dict[str, str]]:
    """The models of the production and the shadow variants in force, by name."""
    endpoint = sm.describe_endpoint(EndpointName=ENDPOINT)
    config = sm.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    production, shadow = (
        {each["VariantName"]: each["ModelName"] for each in config.get(key, ())}
        for key in ("ProductionVariants", "ShadowProductionVariants")
    )
    return production, shadow


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_a_test_puts_a_shadow_beside_production(plain: Cloud, sm: Any) -> None:
    """Starting while the endpoint is updated, then Running; capture and all else stay."""
    create(sm)
    found = sm.describe_inference_experiment(Name=NAME)
    assert (found["Status"], found["EndpointMetadata"]["EndpointStatus"]) == (
        "Starting",
        "Updating",
    )
    plain.clock.skip(UPDATE_S)
    found = sm.describe_inference_experiment(Name=NAME)
    assert found["Status"] == "Running"
    assert {each["Status"] for each in found["ModelVariants"]} == {"InService"}
    assert fleets(sm) == ({PRODUCTION: MODELS[0]}, {SHADOW: MODELS[1]})
    endpoint = sm.describe_endpoint(EndpointName=ENDPOINT)
    assert endpoint["ShadowProductionVariants"][0]["CurrentWeight"] == 0.1
    assert endpoint["DataCaptureConfig"]["CaptureStatus"] == "Started"
    (listed,) = sm.list_inference_experiments(NameContains="fraud")["InferenceExperiments"]
    assert (listed["Name"], listed["Status"]) == (NAME, "Running")


def test_an_endpoint_under_test_cannot_be_updated(plain: Cloud, sm: Any) -> None:
    """The test must be stopped first; nor can there be a second one."""
    running(plain, sm)
    with pytest.raises(ClientError, match="while inference experiment"):
        sm.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=PLAIN)
    with pytest.raises(ClientError) as caught:
        create(sm, Name="second")
    assert caught.value.response["Error"]["Code"] == "ConflictException"


@pytest.mark.parametrize(
    ("actions", "production", "shadow"),
    [
        ({PRODUCTION: "Retain", SHADOW: "Remove"}, {PRODUCTION: MODELS[0]}, {}),
        ({PRODUCTION: "Remove", SHADOW: "Promote"}, {SHADOW: MODELS[1]}, {}),
        (
            {PRODUCTION: "Retain", SHADOW: "Retain"},
            {PRODUCTION: MODELS[0]},
            {SHADOW: MODELS[1]},
        ),
    ],
)
def test_a_stopped_test_leaves_what_was_asked_for(
    plain: Cloud, sm: Any, actions: dict[str, str], production: dict, shadow: dict
) -> None:
    """Stopping while the endpoint is updated, then Completed; the reason is kept."""
    running(plain, sm)
    sm.stop_inference_experiment(Name=NAME, ModelVariantActions=actions, Reason="good enough")
    assert status(sm) == "Stopping"
    with pytest.raises(ClientError, match="is Stopping"):
        sm.stop_inference_experiment(Name=NAME, ModelVariantActions=actions)
    plain.clock.skip(UPDATE_S)
    found = sm.describe_inference_experiment(Name=NAME)
    assert (found["Status"], found["StatusReason"]) == ("Completed", "good enough")
    stay = {*production, *shadow}
    assert {each["VariantName"]: each["Status"] for each in found["ModelVariants"]} == {
        name: "InService" if name in stay else "Deleted" for name in (PRODUCTION, SHADOW)
    }
    assert fleets(sm) == (production, shadow)
    sm.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=PLAIN)


def test_what_is_promoted_may_get_other_instances(plain: Cloud, sm: Any) -> None:
    """DesiredModelVariants say on which instances the variant is to run; Cancelled is a state."""
    running(plain, sm)
    sm.stop_inference_experiment(
        Name=NAME,
        ModelVariantActions={PRODUCTION: "Remove", SHADOW: "Promote"},
        DesiredModelVariants=[model_variant(MODELS[1], SHADOW, 4, "ml.m5.xlarge")],
        DesiredState="Cancelled",
    )
    plain.clock.skip(UPDATE_S)
    assert status(sm) == "Cancelled"
    name = sm.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    (found,) = sm.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
    assert (found["InstanceType"], found["InitialInstanceCount"]) == ("ml.m5.xlarge", 4)


def test_a_test_is_not_stopped_by_halves(plain: Cloud, sm: Any) -> None:
    """Every variant must be named, and one must remain; otherwise nothing changes."""
    running(plain, sm)
    for actions, said in (
        ({SHADOW: "Promote"}, "every variant"),
        ({PRODUCTION: "Remove", SHADOW: "Remove"}, "At least one variant"),
        ({PRODUCTION: "Keep", SHADOW: "Remove"}, "enum value set"),
    ):
        with pytest.raises(ClientError, match=said):
            sm.stop_inference_experiment(Name=NAME, ModelVariantActions=actions)
    assert status(sm) == "Running"


def test_only_three_things_of_a_running_test_change(plain: Cloud, sm: Any) -> None:
    """Sampling (which updates the endpoint), description and end; models do not."""
    running(plain, sm)
    sm.update_inference_experiment(Name=NAME, ShadowModeConfig=mode(50), Description="half")
    assert status(sm) == "Updating"
    plain.clock.skip(UPDATE_S)
    found = sm.describe_inference_experiment(Name=NAME)
    assert (found["Status"], found["Description"]) == ("Running", "half")
    (shadow,) = sm.describe_endpoint(EndpointName=ENDPOINT)["ShadowProductionVariants"]
    assert shadow["CurrentWeight"] == 0.5
    end = at(plain.clock() + DAY_S)
    sm.update_inference_experiment(Name=NAME, Schedule={"EndTime": end})
    found = sm.describe_inference_experiment(Name=NAME)
    assert found["Status"] == "Running"
    assert found["Schedule"]["EndTime"].timestamp() == pytest.approx(end.timestamp(), abs=1e-3)
    with pytest.raises(ClientError, match="Only the description"):
        sm.update_inference_experiment(Name=NAME, ModelVariants=BOTH)


def test_a_test_ends_by_itself_and_takes_the_shadow_away(plain: Cloud, sm: Any) -> None:
    """At its end the endpoint goes back to the config from before, also if nobody looked."""
    running(plain, sm)
    plain.clock.skip(7 * DAY_S - UPDATE_S - 1)
    assert status(sm) == "Running"
    plain.clock.skip(1)
    assert status(sm) == "Stopping"
    plain.clock.skip(DAY_S)
    found = sm.describe_inference_experiment(Name=NAME)
    assert found["Status"] == "Completed"
    late = found["CompletionTime"] - found["Schedule"]["EndTime"]
    assert late.total_seconds() == pytest.approx(UPDATE_S, abs=1e-3)
    assert sm.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"] == PLAIN


def test_a_test_waits_for_its_time(plain: Cloud, sm: Any) -> None:
    """Created until its start, or until it is started by hand; meanwhile it can be cancelled."""
    later = {"StartTime": at(plain.clock() + DAY_S), "EndTime": at(plain.clock() + 3 * DAY_S)}
    create(sm, Schedule=later)
    assert status(sm) == "Created"
    plain.clock.skip(DAY_S + 1)
    assert status(sm) == "Starting"
    plain.clock.skip(3 * DAY_S)
    assert status(sm) == "Completed"
    later = {"StartTime": at(plain.clock() + DAY_S), "EndTime": at(plain.clock() + 3 * DAY_S)}
    create(sm, Name="second", Schedule=later)
    sm.start_inference_experiment(Name="second")
    plain.clock.skip(UPDATE_S)
    assert sm.describe_inference_experiment(Name="second")["Status"] == "Running"
    with pytest.raises(ClientError, match="is Running"):
        sm.start_inference_experiment(Name="second")


def test_a_test_that_cannot_begin_is_cancelled_with_the_reason(plain: Cloud, sm: Any) -> None:
    """SageMaker has no other word for it; the endpoint is as it was."""
    plain.faults.roll_back(ENDPOINT, "insufficient capacity")
    create(sm)
    plain.clock.skip(UPDATE_S)
    found = sm.describe_inference_experiment(Name=NAME)
    assert (found["Status"], found["StatusReason"]) == ("Cancelled", "insufficient capacity")
    assert fleets(sm) == ({PRODUCTION: MODELS[0]}, {})


def test_what_is_not_there_is_refused(plain: Cloud, sm: Any) -> None:
    """No such test, no such model, variants that do not fit, a test of more than 30 days."""
    with pytest.raises(ClientError, match="Could not find inference experiment") as caught:
        sm.describe_inference_experiment(Name="nobody")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"
    with pytest.raises(ClientError, match="Could not find model"):
        create(sm, ModelVariants=[BOTH[0], model_variant("nobody", SHADOW)])
    with pytest.raises(ClientError, match="must name the two variants"):
        create(sm, ModelVariants=[BOTH[0], model_variant(MODELS[1], "Other")])
    with pytest.raises(ClientError, match="at most 30 days"):
        create(sm, Schedule={"EndTime": at(plain.clock() + 31 * DAY_S)})
