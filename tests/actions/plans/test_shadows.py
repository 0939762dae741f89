"""A shadow test is started where AWS runs one, and production stays as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.plans.shadows import Shadow, as_experiment, as_variant, exclusions
from queries.errors import NotDone
from queries.live import Live
from tests.actions.plans.living import (
    CAPTURE,
    NOW,
    PRODUCTION,
    ROLE,
    assert_accepted,
    experiment,
    live,
    model,
    operations,
    variant,
)

ALONE = live(shadow=())
SHADOW = Shadow(
    model=model("fraud-2"), variant="Candidate", instance_type="ml.c6i.large", count=1, percent=50
)


def begun(found: Live, shadow: Shadow = SHADOW, **more: Any) -> Any:
    given = {"name": "fraud-shadow", "role_arn": ROLE, "end": NOW + timedelta(days=7), "now": NOW}
    return as_experiment(found, shadow, **{**given, **more})


def test_an_experiment_names_both_variants_and_keeps_their_answers() -> None:
    """Production as it runs, the shadow as asked, captures where they go already."""
    plan = begun(ALONE)
    (call,) = plan.calls
    assert_accepted(call)
    assert operations(plan) == ["CreateInferenceExperiment", "Wait"]
    production, shadow = call.parameters["ModelVariants"]
    assert (production["VariantName"], production["ModelName"]) == ("AllTraffic", "fraud-1")
    assert production["InfrastructureConfig"]["RealTimeInferenceConfig"] == {
        "InstanceType": "ml.m5.large",
        "InstanceCount": 2,
    }
    assert (shadow["VariantName"], shadow["ModelName"]) == ("Candidate", "fraud-2")
    assert call.parameters["DataStorageConfig"] == {"Destination": "s3://captures/fraud"}
    assert "2026-12-02 12:00 UTC" in plan.notes[0]


def test_captures_stay_encrypted_where_they_are() -> None:
    """The key of the endpoint's captures goes along; to another place it does not."""
    found = live(shadow=(), capture={**CAPTURE, "KmsKeyId": "alias/captures"})
    assert begun(found).calls[0].parameters["DataStorageConfig"]["KmsKey"] == "alias/captures"
    elsewhere = replace(SHADOW, destination="s3://other/place")
    assert begun(found, elsewhere).calls[0].parameters["DataStorageConfig"] == {
        "Destination": "s3://other/place"
    }


@given(percent=st.integers(1, 100), weight=st.sampled_from([0.5, 1.0, 3.0]))
def test_a_config_puts_the_shadow_beside_production(percent: int, weight: float) -> None:
    """Production's entry stays to the letter; the weights say the share; both sides are kept."""
    found = live(production=[{**PRODUCTION, "InitialVariantWeight": weight}], shadow=())
    plan = as_variant(found, replace(SHADOW, percent=percent, capture_percent=30), at=NOW)
    assert_accepted(*plan.calls)
    assert operations(plan) == ["CreateEndpointConfig", "UpdateEndpoint", "Wait"]
    config = plan.calls[0].parameters
    assert config["ProductionVariants"] == found.config["ProductionVariants"]
    (shadow,) = config["ShadowProductionVariants"]
    assert shadow["InitialVariantWeight"] == pytest.approx(weight * percent / 100)
    assert config["DataCaptureConfig"] == {**CAPTURE, "InitialSamplingPercentage": 30}
    assert config["Tags"] == [{"Key": "team", "Value": "risk"}]
    assert plan.calls[1].parameters["EndpointConfigName"] == plan.config_name
    assert plan.calls[1].parameters["RetainAllVariantProperties"] is True


def test_capture_is_begun_where_there_was_none() -> None:
    """A place must be given then."""
    found = live(shadow=(), capture=None)
    with pytest.raises(NotDone, match="say where in S3 they are to lie"):
        as_variant(found, SHADOW, at=NOW)
    given_a_place = replace(SHADOW, destination="s3://captures/fraud")
    config = as_variant(found, given_a_place, at=NOW).calls[0].parameters
    assert config["DataCaptureConfig"] == CAPTURE


SERVERLESS = {
    "VariantName": "AllTraffic",
    "ModelName": "fraud-1",
    "InitialVariantWeight": 1.0,
    "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
}
COMPONENTS = {k: v for k, v in PRODUCTION.items() if k != "ModelName"}
OTHERS = "arn:aws:sagemaker:eu-central-1:999999999999:model-package/bought/1"
OWN = OTHERS.replace("999999999999", "111122223333")


@pytest.mark.parametrize(
    ("found", "shadow", "words"),
    [
        (live(production=[SERVERLESS], shadow=()), {}, "is serverless"),
        (live(shadow=(), AsyncInferenceConfig={}), {}, "answers asynchronously"),
        (live(production=[PRODUCTION, variant("B", "b")], shadow=()), {}, "2 production variants"),
        (live(production=[COMPONENTS], shadow=()), {}, "inference components"),
        (
            live(production=[{**PRODUCTION, "AcceleratorType": "ml.eia2.medium"}], shadow=()),
            {},
            "Elastic Inference",
        ),
        (
            live(production=[{**PRODUCTION, "InstanceType": "ml.inf1.xlarge"}], shadow=()),
            {},
            "ml.inf1.xlarge is of the family Inf1",
        ),
        (ALONE, {"instance_type": "ml.inf1.2xlarge"}, "ml.inf1.2xlarge is of the family Inf1"),
        (ALONE, {"model": model("many", Mode="MultiModel")}, "many models in one container"),
        (ALONE, {"model": {"ModelName": "two", "Containers": [{}, {}]}}, "has 2 containers"),
        (ALONE, {"model": model("bought", ModelPackageName=OTHERS)}, "account 999999999999"),
        (
            live(shadow=(), models={"fraud-1": model("fraud-1", Mode="MultiModel")}),
            {},
            "fraud-1 hosts many models",
        ),
    ],
)
def test_where_aws_runs_no_shadow_test_is_said(
    found: Live, shadow: dict[str, Any], words: str
) -> None:
    """One sentence for each reason; neither way makes a plan."""
    wanted = replace(SHADOW, **shadow)
    (told,) = exclusions(found, wanted)
    assert words in told
    assert told.endswith(".")
    for make in (lambda: begun(found, wanted), lambda: as_variant(found, wanted, at=NOW)):
        with pytest.raises(NotDone, match=words):
            make()


def test_an_ordinary_endpoint_is_not_excluded() -> None:
    """A model of one's own registry is none of Marketplace."""
    assert exclusions(ALONE, SHADOW) == ()
    assert exclusions(ALONE, replace(SHADOW, model=model("m", ModelPackageName=OWN))) == ()


@pytest.mark.parametrize(
    ("found", "shadow", "words"),
    [
        (live(), {"variant": "Other"}, "has the shadow Candidate already"),
        (live(experiment=experiment()), {"variant": "Other"}, "fraud-shadow runs on fraud already"),
        (live(shadow=(), status="Updating"), {}, "is Updating; it must be InService"),
        (ALONE, {"variant": "AllTraffic"}, "has a variant AllTraffic already"),
        (ALONE, {"percent": 0}, "sent 1 to 100 % of the requests, not 0 %"),
        (ALONE, {"capture_percent": 101}, "not 101 %"),
    ],
)
def test_what_stands_in_the_way_is_said(found: Live, shadow: dict[str, Any], words: str) -> None:
    """Also what could be otherwise tomorrow."""
    with pytest.raises(NotDone, match=words):
        as_variant(found, replace(SHADOW, **shadow), at=NOW)


def test_an_experiment_ends_within_thirty_days() -> None:
    """Neither at once nor later."""
    for end in (NOW, NOW + timedelta(days=30, seconds=1)):
        with pytest.raises(NotDone, match="within 30 days"):
            begun(ALONE, end=end)


def test_a_name_that_aws_would_refuse_makes_no_plan() -> None:
    """Such as one with an underscore: said before anything is sent."""
    with pytest.raises(NotDone, match="ShadowProductionVariants"):
        as_variant(ALONE, replace(SHADOW, variant="shadow_1"), at=NOW)
    with pytest.raises(NotDone, match="Name"):
        begun(ALONE, name="my_test")
