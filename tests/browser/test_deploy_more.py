"""What else Deploy offers, pressed in a browser: the shadow test's settings, and the clearing up.

One account for all, in which one test goes on where the last one stopped, as people do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from queries import aws
from queries.config import Aws
from tests.browser.conftest import photograph, settled
from tests.browser.deploying import (
    ENDPOINT,
    ENDS_WITHIN_MS,
    NEW,
    OLD,
    Account,
    confirm,
    dashboard,
    deploy,
    promote,
    serves,
    told,
)

pytestmark = pytest.mark.browser

EXPERIMENT = "fraud-scores-shadow"
ROLE = "arn:aws:iam::123456789012:role/shadow-tests"
PRODUCTION = "AllTraffic"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Account]:
    with dashboard(tmp_path_factory.mktemp("deploying-more"), browser) as found:
        yield found


def client(ours: Account, service: str = "sagemaker") -> Any:
    return aws.client(Aws(region="eu-west-1", endpoint_url=ours.url), service)


def more(page: Any) -> None:
    page.get_by_role("button", name="More…").click()
    settled(page)


def fill(page: Any, label: str, value: str) -> None:
    box = page.get_by_label(label, exact=True)
    box.fill(value)
    box.press("Enter")


def choose(page: Any, way: str, says: str) -> None:
    """Take one of the ways to promote, and wait until the page rests on it."""
    page.get_by_role("radio", name=way).click()
    page.get_by_text(says).wait_for()
    settled(page)


def greens(ours: Account) -> list[str]:
    found = client(ours).list_endpoints(NameContains="-green-")["Endpoints"]
    return [each["EndpointName"] for each in found]


def alarms(ours: Account) -> list[str]:
    found = client(ours, "cloudwatch").describe_alarms(AlarmNamePrefix="understudy-")
    return [each["AlarmName"] for each in found["MetricAlarms"]]


def test_the_shadow_is_sent_half(visit: Callable[..., Any], ours: Account, shots: Path) -> None:
    """The share in the box is the one that the endpoint has; a wrong name can be put right."""
    page = deploy(visit, ours)
    more(page)
    photograph(page, shots / "deploy-more.png")
    page.get_by_role("radio", name="50").click()
    page.get_by_role("button", name="Change the share…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why?").fill("it copes")
    dialog.get_by_label("to confirm").fill("another")
    dialog.get_by_role("button", name="Change", exact=True).click()
    dialog.get_by_text("Type the name").wait_for()
    dialog.get_by_label("to confirm").fill(ENDPOINT)
    dialog.get_by_role("button", name="Change", exact=True).click()
    dialog.wait_for(state="detached")
    told(page, "Change the sampling: done.")
    page.get_by_text("sent copies of 50").first.wait_for()


def test_the_test_runs_longer(visit: Callable[..., Any], ours: Account) -> None:
    """Its end is moved by as many days as were asked for, and the page counts down to that."""
    page, sagemaker = deploy(visit, ours), client(ours)
    before = sagemaker.describe_inference_experiment(Name=EXPERIMENT)["Schedule"]["EndTime"]
    more(page)
    fill(page, "Days more", "3")
    page.get_by_text(f"would end on {before + timedelta(days=3):%Y-%m-%d %H:%M} UTC").wait_for()
    settled(page)
    confirm(page, "Extend the test…", "Extend", "traffic of a whole weekend is missing")
    told(page, "Extend the experiment: done.")
    after = sagemaker.describe_inference_experiment(Name=EXPERIMENT)["Schedule"]["EndTime"]
    assert abs(after - before - timedelta(days=3)) < timedelta(seconds=2)
    more(page)
    page.get_by_text(f"on {after:%Y-%m-%d %H:%M} UTC").first.wait_for()


def test_a_green_endpoint_that_failed_is_removed(
    visit: Callable[..., Any], ours: Account, shots: Path
) -> None:
    """The rehearsal ends the plan; what it started is said to cost, and goes by a press."""
    ours.faults.deny("InvokeEndpoint")
    page = deploy(visit, ours)
    choose(page, "Rehearsed green endpoint", "A second endpoint of your own")
    confirm(page, "Promote…", "Promote", "try it first")
    told(page, "Promote over a green endpoint: not done.")
    ours.faults.reset()
    serves(page, OLD)
    (green,) = greens(ours)
    page.get_by_text(f"The green endpoint {green} still stands").wait_for()
    photograph(page, shots / "deploy-green-left.png")
    confirm(page, "Remove the green endpoint…", "Remove it", "it answers nothing")
    told(page, "Remove a green endpoint: done.")
    assert greens(ours) == []
    assert page.get_by_text("still stands").count() == 0
    serves(page, OLD)


def test_the_experiment_is_cancelled(visit: Callable[..., Any], ours: Account) -> None:
    """The shadow goes, production stays, and there is nothing more to promote."""
    page = deploy(visit, ours)
    more(page)
    confirm(page, "Cancel the experiment…", "Cancel the experiment", "the wrong model")
    told(page, "Cancel the experiment: done.")
    page.get_by_text("nothing to promote").wait_for()
    serves(page, OLD)
    found = client(ours).describe_inference_experiment(Name=EXPERIMENT)
    assert found["Status"] == "Cancelled"


def start(page: Any, model: str) -> None:
    more(page)
    fill(page, "Model", model)
    settled(page)
    fill(page, "Role that runs it", ROLE)
    confirm(page, "Start…", "Start", "once more")
    told(page, "Start a shadow test: done.")


def test_the_guard_alarms_of_an_update_are_removed(
    visit: Callable[..., Any], ours: Account, shots: Path
) -> None:
    """They stand until somebody has them removed, all that were made and the abort alarm too."""
    page = deploy(visit, ours)
    start(page, NEW)
    promote(page, wait_min=2)
    told(page, "Promote: done.")
    serves(page, NEW)
    assert {name.split("-")[1] for name in alarms(ours)} == {"latency", "errors", "abort"}
    page.get_by_text("They still watch the fleet that serves").first.wait_for()
    photograph(page, shots / "deploy-alarms-left.png")
    confirm(page, "Remove the guard alarms of this update…", "Remove", "it serves well")
    told(page, "Remove alarms of an update: done.")
    assert alarms(ours) == []
    assert page.get_by_role("button", name="Remove the guard alarms").count() == 0


def test_the_experiment_is_completed_for_the_shadow(
    visit: Callable[..., Any], ours: Account
) -> None:
    """AWS puts the shadow's model in production's place itself."""
    page = deploy(visit, ours)
    start(page, OLD)
    choose(page, "Complete the experiment", "SageMaker ends the inference experiment")
    confirm(page, "Promote…", "Promote", "it is better")
    told(page, "Complete the experiment: done.")
    page.get_by_text(f": {OLD}").first.wait_for(timeout=ENDS_WITHIN_MS)
    page.get_by_text("nothing to promote").wait_for()


def test_the_weights_of_two_variants_are_shifted(
    visit: Callable[..., Any], ours: Account, shots: Path
) -> None:
    """Where several variants answer, each is given its share of the requests."""
    sagemaker = client(ours)
    sagemaker.create_endpoint_config(
        EndpointConfigName="fraud-scores-ab",
        ProductionVariants=[
            {
                "VariantName": name,
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": 1.0,
            }
            for name, model in ((PRODUCTION, OLD), ("B", NEW))
        ],
    )
    sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="fraud-scores-ab")
    until = time.monotonic() + ENDS_WITHIN_MS / 1000
    while sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] != "InService":
        assert time.monotonic() < until
        time.sleep(0.2)
    page = deploy(visit, ours)
    page.get_by_text(f"B: {NEW}").first.wait_for()
    more(page)
    fill(page, PRODUCTION, "90")
    page.get_by_text("Together 140").wait_for()
    settled(page)
    fill(page, "B", "10")
    page.get_by_text("Together 100").wait_for()
    settled(page)
    photograph(page, shots / "deploy-weights.png")
    confirm(page, "Shift…", "Shift", "a tenth first")
    told(page, "Shift weights: done.")
    page.get_by_text("answers 90").first.wait_for()
    page.get_by_text("answers 10").first.wait_for()
