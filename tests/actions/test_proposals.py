"""What is proposed has names of its own: nothing that ended before, or serves now, has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from actions.asking import send
from actions.effects import effect
from actions.proposals import shadow_test
from actions.steps import Plan
from queries.reading_live import read_live
from tests.actions.cloud import CAPTURE, MODELS, PRODUCTION, ROLE, SHADOW, Cloud, variant

NOW = datetime.now(UTC)


def proposed(cloud: Cloud, model: str, at: datetime, production: str = PRODUCTION) -> Plan:
    """A shadow test on an endpoint without a shadow."""
    client = cloud.client()
    if not client.list_endpoints(NameContains="alone")["Endpoints"]:
        client.create_endpoint_config(
            EndpointConfigName="alone-1",
            ProductionVariants=[variant(MODELS[0], production)],
            DataCaptureConfig=CAPTURE,
        )
        client.create_endpoint(EndpointName="alone", EndpointConfigName="alone-1")
        cloud.clock.skip(3_600)
    size: dict[str, Any] = {"instance_type": "ml.m5.large", "count": 1, "percent": 10, "days": 7}
    return shadow_test(
        read_live(client, "alone"), client, model, variant=SHADOW, role_arn=ROLE, at=at, **size
    )


def test_a_test_of_the_same_minute_is_another_one(cloud: Cloud) -> None:
    """The first may have ended by then, and keeps its name; it is not taken for the second."""
    (first,) = proposed(cloud, MODELS[0], NOW).calls
    (second,) = proposed(cloud, MODELS[1], NOW + timedelta(seconds=1)).calls
    assert first.parameters["Name"] != second.parameters["Name"]
    send(first, cloud.client())
    assert effect(first, cloud.client, untouched=False) == "took effect"
    assert effect(second, cloud.client, untouched=False) == "did not"


def test_an_experiment_of_that_name_for_another_model_is_not_ours(cloud: Cloud) -> None:
    """It did not take effect, which is said, rather than waited for until the endpoint shows it."""
    (first,), (other,) = (proposed(cloud, model, NOW).calls for model in MODELS)
    assert first.parameters["Name"] == other.parameters["Name"]
    send(first, cloud.client())
    assert effect(first, cloud.client, untouched=False) == "took effect"
    assert effect(other, cloud.client, untouched=False) == "did not"


def test_the_shadow_is_called_as_nothing_that_runs(cloud: Cloud) -> None:
    """An experiment that was completed for its shadow leaves production with the shadow's name."""
    plan = proposed(cloud, MODELS[1], NOW, production=SHADOW)
    production, shadow = plan.calls[0].parameters["ModelVariants"]
    assert (production["VariantName"], shadow["VariantName"]) == (SHADOW, "Shadow-02")
