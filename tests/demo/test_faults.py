"""Each fault that a test orders happens as at AWS, as often as it was ordered, and ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from demo.deployments import ACTIVATE_S, LAUNCH_S, TERMINATE_S
from demo.faults import Faults
from demo.resources import TARGET
from demo.standin import StandIn
from demo.wire import Operation, application
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, Cloud, variant

UPDATE_S = LAUNCH_S + ACTIVATE_S + TERMINATE_S


def update(sm: Any, name: str = "new") -> None:
    sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant(MODELS[1])])
    sm.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=name)


def told(sm: Any) -> tuple[str, str, str | None]:
    """Status, config in force and reason."""
    found = sm.describe_endpoint(EndpointName=ENDPOINT)
    assert "PendingDeploymentSummary" not in found
    return found["EndpointStatus"], found["EndpointConfigName"], found.get("FailureReason")


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize("reason", [None, "Unable to provision requested ML compute capacity"])
def test_an_update_goes_back_silently_or_with_a_reason(
    cloud: Cloud, sm: Any, reason: str | None
) -> None:
    """Updating until it is back; then InService with the old config, as if nothing had been."""
    cloud.faults.roll_back(ENDPOINT, reason)
    update(sm)
    cloud.clock.skip(LAUNCH_S)
    assert sm.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] == "Updating"
    cloud.clock.skip(TERMINATE_S)
    assert told(sm) == ("InService", CONFIG, reason)
    update(sm, "newer")
    cloud.clock.skip(UPDATE_S)
    assert told(sm) == ("InService", "newer", None)


def test_a_rollback_may_fail_too(cloud: Cloud, sm: Any) -> None:
    """UpdateRollbackFailed; another update is the remedy."""
    cloud.faults.fail_rollback(ENDPOINT, "no capacity")
    update(sm)
    cloud.clock.skip(LAUNCH_S + TERMINATE_S)
    assert told(sm) == ("UpdateRollbackFailed", CONFIG, "no capacity")
    update(sm, "newer")
    cloud.clock.skip(UPDATE_S)
    assert told(sm) == ("InService", "newer", None)


def test_a_fate_outlives_the_stand_in(cloud: Cloud, sm: Any) -> None:
    """What was ordered for an update that began is kept with it."""
    cloud.faults.roll_back(ENDPOINT)
    update(sm)
    cloud.faults.reset()
    cloud.clock.skip(UPDATE_S)
    assert told(sm)[1] == CONFIG


def test_maintenance_forbids_changes(cloud: Cloud, sm: Any) -> None:
    """SystemUpdating for a while: neither updated nor deleted; then as before."""
    cloud.faults.maintain(ENDPOINT, 900)
    assert told(sm)[0] == "SystemUpdating"
    for call in (lambda: update(sm), lambda: sm.delete_endpoint(EndpointName=ENDPOINT)):
        with pytest.raises(ClientError, match="in-progress"):
            call()
    cloud.clock.skip(900)
    assert told(sm) == ("InService", CONFIG, None)


def test_calls_are_refused_as_often_as_ordered(cloud: Cloud, sm: Any) -> None:
    """Throttling and an error of the service, each so many times; others go on."""

    def listing() -> Any:
        return sm.list_endpoints()

    cloud.faults.throttle("ListEndpoints", 2)
    assert [code(listing), code(listing)] == ["ThrottlingException"] * 2
    listing()
    cloud.faults.fail("ListEndpoints")
    sm.list_models()
    with pytest.raises(ClientError) as caught:
        listing()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    listing()


def test_who_may_not_may_not_until_all_is_well(cloud: Cloud, sm: Any) -> None:
    """One operation denied, or every caller's credentials expired; reset ends both."""
    cloud.faults.deny("UpdateEndpoint")
    assert code(lambda: update(sm)) == "AccessDeniedException"
    assert told(sm)[0] == "InService"
    cloud.faults.expire()
    assert code(sm.list_endpoints) == "ExpiredTokenException"
    cloud.faults.reset()
    sm.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="new")


def test_an_answer_is_lost_and_the_write_is_done(cloud: Cloud, sm: Any) -> None:
    """The caller learns nothing; the endpoint is being updated all the same."""
    cloud.faults.lose_answer("UpdateEndpoint")
    with pytest.raises(ConnectionClosedError):
        update(sm)
    found = sm.describe_endpoint(EndpointName=ENDPOINT)
    assert found["PendingDeploymentSummary"]["EndpointConfigName"] == "new"


def test_boto3_asks_again_by_itself(cloud: Cloud, sm: Any) -> None:
    """With retries a lost answer becomes a refusal: the write is taken for somebody else's."""
    sm.create_endpoint_config(EndpointConfigName="new", ProductionVariants=[variant(MODELS[1])])
    cloud.faults.lose_answer("UpdateEndpoint")
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        cloud.client().update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="new")


def test_a_new_config_is_unknown_at_first(cloud: Cloud, sm: Any) -> None:
    """Twice not found, whoever asks; then it is there. Older ones always are."""
    cloud.faults.hide_new_configs(2)
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        update(sm)
    assert code(lambda: sm.describe_endpoint_config(EndpointConfigName="new")) == (
        "ValidationException"
    )
    sm.describe_endpoint_config(EndpointConfigName=CONFIG)
    sm.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="new")


def test_a_bad_answer_is_the_stand_ins_own_error() -> None:
    """What SageMaker's model does not allow is never answered: it is an error on our side."""
    wrong = Operation("sagemaker", TARGET, "DescribeEndpoint", lambda asked: {"Colour": "red"})
    server = StandIn(application(Faults().guarded([wrong])))
    once = Config(retries={"total_max_attempts": 1})
    sm = boto3.client("sagemaker", endpoint_url=server.url, config=once)
    with pytest.raises(ClientError, match="answered DescribeEndpoint wrongly") as caught:
        sm.describe_endpoint(EndpointName="e")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    server.stop()


def test_what_is_kept_is_whole_or_not_there(cloud: Cloud, sm: Any, tmp_path: Path) -> None:
    """A refused call changes nothing on disk, and no half-written file is left."""
    before = {path.name: path.read_bytes() for path in cloud.folder.iterdir() if path.is_file()}
    with pytest.raises(ClientError):
        sm.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="nobody")
    after = {path.name: path.read_bytes() for path in cloud.folder.iterdir() if path.is_file()}
    assert after == before
    assert not [name for name in after if name.endswith(".new")]
