"""Is every shadow test of an account found, with what SageMaker knows and nothing made up?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import account, sagemaker
from demo.moment import Surroundings
from demo.resources import page
from demo.standin import StandIn
from demo.wire import Operation, Refusal, application
from queries import aws
from queries import sagemaker as reading
from queries.config import Aws, Config, Test
from queries.discovery import Discovered, Discovery, discover, merge
from queries.errors import AwsError
from queries.sagemaker import Variant

END = datetime(2026, 11, 23, 5, tzinfo=UTC)


def answering(folder: Path) -> list[Operation]:
    """SageMaker of the demo account, at the time at which it was made."""
    return sagemaker.operations(folder, Surroundings(clock=END.timestamp))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reduced demo account."""
    folder = tmp_path_factory.mktemp("discovery") / "account"
    account.generate(folder, end=END, scale=0.02)
    return folder


@pytest.fixture
def serve(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[list[Operation]], Aws]]:
    """Serve operations on this machine; the account to ask them of."""
    servers: list[StandIn] = []
    # no pauses between the attempts: five refusals would take half a minute
    monkeypatch.setattr(aws, "_ATTEMPTS", 3)

    def start(operations: list[Operation]) -> Aws:
        servers.append(StandIn(application(operations)))
        return Aws(region="eu-central-1", endpoint_url=servers[-1].url)

    yield start
    for server in servers:
        server.stop()


def refusing(operation: Operation, message: str, code: str, *, only: str = "") -> Operation:
    """An operation that refuses, for one name or for all."""

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        if not only or only in asked.values():
            raise Refusal(message, code=code)
        return operation.answer(asked)

    return replace(operation, answer=answer)


def test_every_test_of_the_demo_is_found(
    folder: Path, serve: Callable[[list[Operation]], Aws]
) -> None:
    """Experiments and endpoints with a shadow are found once each, the running ones first."""
    found = discover(serve(answering(folder)), now=END)
    assert [(each.name, each.source, each.state) for each in found.found] == [
        ("delivery-minutes-shadow", "experiment", "Running"),
        ("fraud-compact", "endpoint", "InService"),
        ("fraud-scores-shadow", "experiment", "Running"),
        ("ticket-routing", "endpoint", "InService"),
        ("loan-limits-trial", "experiment", "Cancelled"),
    ]
    fraud = found.found[2]
    assert fraud.left == timedelta(days=7, hours=20)
    assert fraud.shadow == Variant("Shadow-01", "fraud-2026-11", "ml.m5.large", 2, None)
    assert fraud.captures == "s3://demo-captures/fraud-scores/"
    routing = found.found[3]
    assert (routing.capture_percent, routing.shadow_percent) == (100, 100)
    assert routing.production is not None
    assert routing.production.model == "routing-7"


def test_what_hinders_a_test_is_a_sentence(
    folder: Path, serve: Callable[[list[Operation]], Aws]
) -> None:
    """Capture that is off, little traffic, an early end and a cancellation are each told."""
    late = END + timedelta(days=7)
    found = {each.name: each for each in discover(serve(answering(folder)), now=late).found}
    assert any("less than a day" in said for said in found["fraud-scores-shadow"].warnings)
    assert found["delivery-minutes-shadow"].warnings == ()
    said = " ".join(found["loan-limits-trial"].warnings)
    assert "insufficient capacity" in said
    assert "Data capture is switched off" in said
    assert "Only 10 %" in said


def test_more_than_one_page_is_read(serve: Callable[[list[Operation]], Aws]) -> None:
    """Of 250 experiments every one is listed, a hundred at a time."""
    names = [f"test-{at:03d}" for at in range(250)]
    summary = {"Type": "ShadowMode", "Status": "Running", "CreationTime": 1, "LastModifiedTime": 1}
    pages: list[int] = []

    def experiments(asked: dict[str, Any]) -> dict[str, Any]:
        pages.append(asked.get("MaxResults", 10))
        return page([{"Name": name, **summary} for name in names], asked, "InferenceExperiments")

    listed = Operation("sagemaker", "SageMaker", "ListInferenceExperiments", experiments)
    client = aws.client(serve([listed]), "sagemaker")
    assert reading.experiment_names(client) == names
    assert pages == [100, 100, 100]


def test_throttling_is_survived(folder: Path, serve: Callable[[list[Operation]], Aws]) -> None:
    """A call that is throttled once is asked again, and nothing is missing."""
    left = {"ListEndpoints": 1, "DescribeEndpoint": 2}

    def throttled(operation: Operation) -> Operation:
        def answer(asked: dict[str, Any]) -> dict[str, Any]:
            if left.get(operation.name, 0):
                left[operation.name] -= 1
                raise Refusal("Rate exceeded", code="ThrottlingException")
            return operation.answer(asked)

        return replace(operation, answer=answer)

    found = discover(serve([throttled(each) for each in answering(folder)]), now=END)
    assert len(found.found) == 5
    # the demo's CloudWatch is not served here: that alone is a problem
    assert [problem[:13] for problem in found.problems] == ["Whether disks"]


def test_one_refusal_hides_no_other_test(
    folder: Path, serve: Callable[[list[Operation]], Aws]
) -> None:
    """An experiment that may not be described is named; all others are there."""
    operations = [
        refusing(each, "no", "AccessDeniedException", only="fraud-scores-shadow")
        if each.name == "DescribeInferenceExperiment"
        else each
        for each in answering(folder)
    ]
    found = discover(serve(operations), now=END)
    # its endpoint has a shadow, so it is found in the other way
    assert "fraud-scores" in [each.name for each in found.found]
    assert any(
        "fraud-scores-shadow is not shown whole" in problem and "AccessDenied" in problem
        for problem in found.problems
    )


def test_one_listing_is_enough(folder: Path, serve: Callable[[list[Operation]], Aws]) -> None:
    """Where experiments may not be listed, endpoints are; where neither, that is an error."""
    some = [
        refusing(each, "no", "AccessDeniedException")
        if each.name == "ListInferenceExperiments"
        else each
        for each in answering(folder)
    ]
    found = discover(serve(some), now=END)
    assert [each.source for each in found.found] == ["endpoint"] * 4
    none = [
        refusing(each, "no", "AccessDeniedException") if each.name.startswith("List") else each
        for each in answering(folder)
    ]
    with pytest.raises(AwsError, match="AccessDenied"):
        discover(serve(none), now=END)


def test_the_weights_say_how_much_is_copied(
    folder: Path, serve: Callable[[list[Operation]], Aws]
) -> None:
    """A plain endpoint's shadow gets its weight over production's, never more than all."""
    held = json.loads((folder / "sagemaker.json").read_text(encoding="utf-8"))
    endpoint = held["endpoints"]["ticket-routing"]
    endpoint["ShadowProductionVariants"][0]["CurrentWeight"] = 0.1
    answers = {each.name: each for each in answering(folder)}
    answers["DescribeEndpoint"] = replace(
        answers["DescribeEndpoint"], answer=lambda asked: held["endpoints"][asked["EndpointName"]]
    )
    found = discover(serve(list(answers.values())), now=END)
    routing = next(each for each in found.found if each.name == "ticket-routing")
    assert routing.shadow_percent == 10
    assert any("Only 10 %" in said for said in routing.warnings)


Change = Callable[[dict[str, Any], dict[str, Any]], None]


def no_capture(endpoint: dict[str, Any], _: dict[str, Any]) -> None:
    del endpoint["DataCaptureConfig"]


def stopped(endpoint: dict[str, Any], _: dict[str, Any]) -> None:
    endpoint["DataCaptureConfig"]["CaptureStatus"] = "Stopped"


def sampled(endpoint: dict[str, Any], _: dict[str, Any]) -> None:
    endpoint["DataCaptureConfig"]["CurrentSamplingPercentage"] = 10


def failed(endpoint: dict[str, Any], _: dict[str, Any]) -> None:
    endpoint["FailureReason"] = "No capacity."


def not_kept(_: dict[str, Any], experiment: dict[str, Any]) -> None:
    del experiment["DataStorageConfig"]


@pytest.mark.parametrize(
    ("change", "name", "said"),
    [
        (no_capture, "ticket-routing", "Data capture was never configured"),
        (stopped, "ticket-routing", "Data capture has stopped"),
        # a tenth of a tenth where both variants are drawn separately
        (
            sampled,
            "ticket-routing",
            "Only 10 % of the requests are captured; if both variants are "
            "drawn separately, 1 % make pairs.",
        ),
        (failed, "ticket-routing", "The last update of the endpoint failed: No capacity."),
        (no_capture, "fraud-scores-shadow", None),
        (not_kept, "fraud-scores-shadow", None),
        (sampled, "fraud-scores-shadow", None),
    ],
)
def test_each_hindrance_has_its_sentence(
    tmp_path: Path,
    folder: Path,
    serve: Callable[[list[Operation]], Aws],
    change: Change,
    name: str,
    said: str | None,
) -> None:
    """What is wrong with capture is told, where answers are kept in no other way."""
    held = json.loads((folder / "sagemaker.json").read_text(encoding="utf-8"))
    endpoint = held["endpoints"][name.removesuffix("-shadow")]
    change(endpoint, held["experiments"].get(name, {}))
    (tmp_path / sagemaker.FILE).write_text(json.dumps(held), encoding="utf-8")
    found = discover(serve(answering(tmp_path)), now=END).found
    warnings = next(each for each in found if each.name == name).warnings
    if said is None:
        assert not [text for text in warnings if "capture" in text.lower()]
    else:
        assert any(said in text for text in warnings)


def test_an_experiment_that_keeps_no_answers_is_told(
    tmp_path: Path, folder: Path, serve: Callable[[list[Operation]], Aws]
) -> None:
    """Neither a store of its own nor data capture: nothing can be compared, and it is said.

    Where only the endpoint captures, that is where the answers lie, with what it captures.
    """
    held = json.loads((folder / "sagemaker.json").read_text(encoding="utf-8"))
    experiments, endpoints = held["experiments"], held["endpoints"]
    for name in ("fraud-scores", "delivery-minutes"):
        del experiments[f"{name}-shadow"]["DataStorageConfig"]
    del endpoints["fraud-scores"]["DataCaptureConfig"]
    sampled(endpoints["delivery-minutes"], {})
    (tmp_path / sagemaker.FILE).write_text(json.dumps(held), encoding="utf-8")
    found = {each.name: each for each in discover(serve(answering(tmp_path)), now=END).found}
    fraud, delivery = found["fraud-scores-shadow"], found["delivery-minutes-shadow"]
    assert fraud.captures is None
    assert any("Agreement cannot be computed" in text for text in fraud.warnings)
    assert delivery.captures == "s3://demo-captures/delivery-minutes"
    assert delivery.capture_percent == 10
    assert any("Only 10 % of the requests are captured" in text for text in delivery.warnings)


def known(name: str = "exp", **more: Any) -> Discovered:
    fields: dict[str, Any] = {
        "source": "experiment",
        "state": "Running",
        "reason": None,
        "endpoint": "fraud",
        "production": Variant("Live", "a", None, None, None),
        "shadow": Variant("Shadow", "b", None, None, None),
        "captures": "s3://bucket/fraud",
        "capture_percent": 50.0,
        "shadow_percent": 100.0,
        "kms_key": None,
        "start": END - timedelta(days=3),
        "end": END,
        "left": None,
        "warnings": (),
    }
    return Discovered(name=name, **(fields | more))


def merged(tests: tuple[Test, ...], *found: Discovered) -> tuple[Test, ...]:
    return merge(Config(tests=tests), Discovery(tuple(found), (), END)).tests


def test_a_region_alone_gives_whole_tests() -> None:
    """With nothing configured, what SageMaker knows is a test that can be opened."""
    (test,) = merged((), known())
    assert test.complete
    assert (test.name, test.captures, test.production) == ("exp", "s3://bucket/fraud", "Live")
    assert test.start == END - timedelta(days=3)
    assert test.end is None  # it still runs


def test_a_finished_test_is_bounded() -> None:
    """Two tests of one endpoint write into the same folders: the end cuts them apart."""
    (test,) = merged((), known(state="Completed"))
    assert test.end == END


def test_the_file_wins() -> None:
    """Whatever the file states stands; only gaps are filled."""
    mine = Test(name="mine", endpoint="fraud", captures="/here", capture_percent=10.0)
    (test,) = merged((mine,), known())
    assert (test.name, test.captures, test.capture_percent) == ("mine", "/here", 10.0)
    assert (test.production, test.shadow, test.shadow_percent) == ("Live", "Shadow", 100.0)


def test_names_do_not_collide() -> None:
    """A found test whose name is taken by another one is still there, under a name of its own."""
    mine = Test(name="exp", captures="/here", production="a", shadow="b", endpoint="other")
    tests = merged((mine,), known())
    assert [test.name for test in tests] == ["exp", "exp (experiment)"]


def test_a_log_is_no_endpoint_of_sagemaker() -> None:
    """A mirrored test is never completed from an endpoint of the same name."""
    mine = Test(name="log", log="/here", production="p", shadow="s", endpoint="fraud")
    assert merged((mine,), known())[0] == mine


NAMES = st.sampled_from(["a", "b", "c"])


@given(
    st.lists(st.builds(Test, name=NAMES, endpoint=NAMES, shadow=NAMES), unique_by=lambda t: t.name),
    st.lists(st.builds(known, NAMES, endpoint=NAMES), unique_by=lambda d: d.name),
)
def test_merging_loses_and_changes_nothing(tests: list[Test], found: list[Discovered]) -> None:
    """Every configured test stays, every found one is in, names are unique; twice is as once."""
    config = Config(tests=tuple(tests))
    discovery = Discovery(tuple(found), (), END)
    once = merge(config, discovery)
    names = [test.name for test in once.tests]
    assert names[: len(tests)] == [test.name for test in tests]
    assert len(set(names)) == len(names)
    for each in found:
        assert any(discovery.of(test) == each for test in once.tests) or any(
            other != each and other.endpoint == each.endpoint for other in found
        )
    assert merge(once, discovery).tests == once.tests
