"""Whether a request took effect is told by the live state, before it and after it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.effects import effect, holds
from actions.plans.alarms import Guard, abort_alarm, abort_call, clean_up, guards
from actions.steps import Call
from demo.deployments import LAUNCH_S, TERMINATE_S
from queries.errors import AwsError
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, PRODUCTION, Cloud, variant

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ABC"), inner, max_size=3)
    ),
    max_leaves=8,
)


def sent(cloud: Cloud, call: Call) -> None:
    from actions.asking import send

    send(call, cloud.client(call.service))


def called(operation: str, service: str = "sagemaker", **parameters: Any) -> Call:
    return Call(service, operation, parameters, "")


GREEN = {"EndpointName": "green", "EndpointConfigName": CONFIG}
NEW = {"EndpointConfigName": "new", "ProductionVariants": [variant(MODELS[1])]}
WEIGHTS = {
    "EndpointName": ENDPOINT,
    "DesiredWeightsAndCapacities": [{"VariantName": PRODUCTION, "DesiredInstanceCount": 6}],
}
GUARDS = guards(ENDPOINT, PRODUCTION, "new", Guard(bake_s=600, latency_ms=80.5))
ALARM, ARMED = abort_alarm(ENDPOINT, "new")
ORDERS = (
    (called("CreateEndpointConfig", **NEW),),
    (called("CreateEndpointConfig", **NEW, Tags=[{"Key": "team", "Value": "fraud"}]),),
    (
        called("CreateEndpointConfig", **NEW),
        called("UpdateEndpoint", EndpointName=ENDPOINT, EndpointConfigName="new"),
    ),
    (called("UpdateEndpointWeightsAndCapacities", **WEIGHTS),),
    (called("CreateEndpoint", **GREEN),),
    (called("DeleteEndpoint", EndpointName=ENDPOINT),),
    *((guard,) for guard in GUARDS),
    (ALARM, abort_call(ENDPOINT, "new", "slow")),
    (ALARM, *clean_up(ENDPOINT, "new", [ALARM.parameters["AlarmName"]]).calls),
)


@pytest.mark.parametrize("calls", ORDERS, ids=lambda calls: calls[-1].operation)
def test_a_call_is_seen_once_it_took_effect(cloud: Cloud, calls: tuple[Call, ...]) -> None:
    """Not before, and for as long as what it did lasts."""
    *before, call = calls
    for each in before:
        sent(cloud, each)
    assert effect(call, cloud.client, untouched=True) == "did not"
    sent(cloud, call)
    assert effect(call, cloud.client, untouched=False) == "took effect"
    cloud.clock.skip(LAUNCH_S + TERMINATE_S + 60)
    assert effect(call, cloud.client, untouched=False) == "took effect"


def test_an_update_to_the_config_in_force_is_no_effect_until_the_endpoint_changes(
    cloud: Cloud,
) -> None:
    """A repair asks for what is named already: that it is named does not say that it was sent."""
    repair = called("UpdateEndpoint", EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    assert effect(repair, cloud.client, untouched=True) == "did not"
    sent(cloud, repair)
    assert effect(repair, cloud.client, untouched=False) == "took effect"


def test_what_may_have_been_undone_since_cannot_be_told(cloud: Cloud) -> None:
    """An update that is not in force may have been taken back; a config does not go by itself."""
    update = called("UpdateEndpoint", EndpointName=ENDPOINT, EndpointConfigName="new")
    assert effect(update, cloud.client, untouched=False) == "cannot be told"
    create = called("CreateEndpointConfig", **NEW)
    assert effect(create, cloud.client, untouched=False) == "did not"
    unknown = called("CreateModel", ModelName="m")
    assert effect(unknown, cloud.client, untouched=False) == "cannot be told"


def test_another_config_of_that_name_is_not_ours(cloud: Cloud) -> None:
    """One field that differs is enough."""
    sent(cloud, called("CreateEndpointConfig", **NEW))
    other = {**NEW, "ProductionVariants": [variant(MODELS[1], count=5)]}
    call = called("CreateEndpointConfig", **other)
    assert effect(call, cloud.client, untouched=True) == "did not"


def test_what_aws_does_not_say_is_no_answer(cloud: Cloud) -> None:
    """A refusal to describe is told, and never taken for gone."""
    cloud.faults.deny("DescribeEndpointConfig")
    with pytest.raises(AwsError, match="DescribeEndpointConfig"):
        effect(called("CreateEndpointConfig", **NEW), cloud.client, untouched=True)


@given(VALUES, st.dictionaries(st.sampled_from("XYZ"), VALUES, max_size=2))
def test_an_answer_holds_what_it_repeats(value: Any, more: dict[str, Any]) -> None:
    """Whatever AWS adds beside it; and every answer holds itself."""
    assert holds(value, value)
    if isinstance(value, dict):
        assert holds({**more, **value}, value)
        assert all(not holds({}, {name: each}) for name, each in value.items())
