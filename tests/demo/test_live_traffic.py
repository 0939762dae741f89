"""What an endpoint is sent after its account was made goes to its fleets by their shares.

The demo's own week comes again, so that every metric can be worked out from the requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from demo import captures, fraud_scores, metrics
from demo.clock import Clock
from demo.deployments import ACTIVATE_S, LAUNCH_S, TERMINATE_S
from demo.live_traffic import LiveTraffic, Shift
from demo.metrics import Metrics
from demo.recorded import PRODUCTION_AND_SHADOW
from demo.traffic import ShadowTest
from tests.actions.cloud import CONFIG, ENDPOINT, MODELS, PRODUCTION, Cloud, served, variant

END_MS = 1_760_000_400_000  # a whole hour, nine on a Thursday
# the week comes again by its hours: at night minutes pass without a request
NOON = END_MS / 1_000 + 3 * 3_600
NEW = "fraud-scores-2"
BAKE_S = 1_800
OF_VARIANT = [
    {"Name": "EndpointName", "Value": ENDPOINT},
    {"Name": "VariantName", "Value": PRODUCTION},
]
ERRORS: dict[str, Any] = {
    "AlarmName": "errors",
    "Namespace": "AWS/SageMaker",
    "MetricName": "Invocation5XXErrors",
    "Dimensions": [*OF_VARIANT, {"Name": "EndpointConfigName", "Value": NEW}],
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 0.05,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ShadowTest]:
    """A folder with the metrics and captures of one test: about 80 requests an hour."""
    folder = tmp_path_factory.mktemp("recorded")
    rng = np.random.default_rng(7)
    test = fraud_scores.build(rng, end_ms=END_MS, scale=0.5)
    metrics.write(folder / "metrics", test, rng)
    captures.write(folder / "captures", test, rng)
    return folder, test


@pytest.fixture
def cloud(tmp_path: Path, recorded: tuple[Path, ShadowTest]) -> Iterator[Cloud]:
    """The account of the actions' tests on a working day, with what its endpoint was asked."""
    for name in ("metrics", "captures"):
        (tmp_path / name).symlink_to(recorded[0] / name)
    with served(tmp_path, Clock(NOON)) as account:
        yield account


def begin(cloud: Cloud, *, percent: int = 50, alarms: tuple[str, ...] = ()) -> None:
    """Begin to move to the shadow's model, by a canary that bakes half an hour, twice."""
    sm = cloud.client()
    sm.create_endpoint_config(EndpointConfigName=NEW, ProductionVariants=[variant(MODELS[1])])
    policy: dict[str, Any] = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "WaitIntervalInSeconds": BAKE_S,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": percent},
            },
            "TerminationWaitInSeconds": BAKE_S,
        }
    }
    if alarms:
        policy["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": each} for each in alarms]}
    sm.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=NEW, DeploymentConfig=policy)


def requests(cloud: Cloud, since: float, config: str | None = None, **more: Any) -> float:
    """How many requests a fleet was sent since then, or another statistic of another metric."""
    named = {"EndpointName": ENDPOINT, "VariantName": PRODUCTION}
    if config is not None:
        named["EndpointConfigName"] = config
    asked = {"MetricName": "Invocations", "Statistics": ["Sum"]} | more
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        Dimensions=[{"Name": name, "Value": value} for name, value in named.items()],
        StartTime=datetime.fromtimestamp(since // 3_600 * 3_600, UTC),
        EndTime=datetime.fromtimestamp(cloud.clock() + 3_600, UTC),
        Period=86_400,
        **asked,
    )["Datapoints"]
    return float(sum(each[asked["Statistics"][0]] for each in points))


def test_fleets_share_the_traffic_as_the_phases_say(cloud: Cloud) -> None:
    """Nothing before the canary, its share while it bakes, all after; together it is the whole."""
    began = cloud.clock()
    begin(cloud)
    cloud.clock.skip(LAUNCH_S)
    assert requests(cloud, began, NEW) == 0
    before = requests(cloud, began, CONFIG)
    assert before == requests(cloud, began) > 0
    cloud.clock.skip(BAKE_S)
    new, old, both = (requests(cloud, began, each) for each in (NEW, CONFIG, None))
    assert new + old == both
    # two requests in a row never both go to the same of two halves more than three times
    assert new == pytest.approx((both - before) / 2, abs=3)
    cloud.clock.skip(2 * ACTIVATE_S + BAKE_S + TERMINATE_S)
    cloud.client().describe_endpoint(EndpointName=ENDPOINT)
    ended = requests(cloud, began, CONFIG)
    cloud.clock.skip(3_600)
    assert requests(cloud, began, CONFIG) == ended
    assert requests(cloud, began, NEW) > new
    assert requests(cloud, began, NEW) + ended == requests(cloud, began)


def test_the_metrics_are_those_of_the_recorded_requests(
    cloud: Cloud, recorded: tuple[Path, ShadowTest]
) -> None:
    """A fleet answers as its model answered a week before: as often failed, as slow."""
    test = recorded[1]
    began = cloud.clock()
    begin(cloud)
    cloud.clock.skip(LAUNCH_S + ACTIVATE_S)
    whole = requests(cloud, began)
    slowest = requests(cloud, began, CONFIG, MetricName="ModelLatency", Statistics=["Maximum"])
    assert whole > 0
    assert slowest in test.production_answers.model_us
    assert requests(cloud, began, "another-config") == 0


def test_a_model_that_breaks_turns_its_own_alarm_and_is_taken_back(cloud: Cloud) -> None:
    """The alarm sees the new fleet alone; the update ends as it began, and names the alarm."""
    cloud.faults.break_model(MODELS[1], 0.5)
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(**ERRORS)
    old = [*OF_VARIANT, {"Name": "EndpointConfigName", "Value": CONFIG}]
    cloudwatch.put_metric_alarm(**ERRORS | {"AlarmName": "errors-of-old", "Dimensions": old})
    begin(cloud, alarms=("errors",))
    cloud.clock.skip(LAUNCH_S + ACTIVATE_S)
    sm = cloud.client()
    found = sm.describe_endpoint(EndpointName=ENDPOINT)
    for _ in range(60):
        if found["EndpointStatus"] == "InService":
            break
        cloud.clock.skip(60)
        found = sm.describe_endpoint(EndpointName=ENDPOINT)
    assert found["EndpointConfigName"] == CONFIG
    assert "[errors]" in found["FailureReason"]
    states = {
        each["AlarmName"]: [
            item["HistorySummary"]
            for item in cloudwatch.describe_alarm_history(
                AlarmName=each["AlarmName"], HistoryItemType="StateUpdate"
            )["AlarmHistoryItems"]
        ]
        for each in cloudwatch.describe_alarms()["MetricAlarms"]
    }
    assert any("to ALARM" in said for said in states["errors"])
    assert not any("to ALARM" in said for said in states["errors-of-old"])


def test_a_sound_model_passes_the_same_alarm(cloud: Cloud) -> None:
    """Without failures the alarm stays quiet, and the update goes through."""
    cloud.client("cloudwatch").put_metric_alarm(**ERRORS)
    begin(cloud, alarms=("errors",))
    for _ in range(70):
        cloud.clock.skip(60)
        found = cloud.client().describe_endpoint(EndpointName=ENDPOINT)
    assert found["EndpointStatus"] == "InService"
    assert found["EndpointConfigName"] == NEW
    assert "FailureReason" not in found


@pytest.mark.parametrize("speed", [1.0, 20.0])
def test_traffic_is_as_fast_as_everything_else(
    recorded: tuple[Path, ShadowTest], speed: float
) -> None:
    """Twenty times the speed, twenty times the requests a second, and the same ones in order."""
    clock = Clock(END_MS / 1_000 + 86_400)
    since = clock()
    shift = Shift(since, "b", 1.0, {"V": MODELS[1]}, "a", {"V": MODELS[0]})
    live = LiveTraffic(
        Metrics(recorded[0] / "metrics"),
        shifts=lambda endpoint: [shift],
        clock=clock,
        speed=speed,
    )
    clock.skip(8 * 86_400 / speed)
    times, latencies = live.samples("e", "V", "b", "ModelLatency", 0, clock())
    day = np.searchsorted(times, since * 1_000 + 1_000 * 86_400 / speed)
    week = np.searchsorted(times, since * 1_000 + 7_000 * 86_400 / speed)
    assert 1_500 < day < 2_500
    # the eighth day is the first one again
    np.testing.assert_array_equal(latencies[:day][:1_500], latencies[week:][:1_500])
    assert (np.diff(times) >= 0).all()


def test_the_runtime_answers_as_the_models_did(
    cloud: Cloud, recorded: tuple[Path, ShadowTest]
) -> None:
    """A captured payload gets the captured answer, of whichever model is in service."""
    test = recorded[1]
    runtime = cloud.client("sagemaker-runtime")
    answered = np.flatnonzero(
        (test.production_answers.status == 200) & (test.shadow_answers.status == 200)
    )[:5]
    sides = (test.production_answers, test.shadow_answers)
    for side, answers in enumerate(sides):
        for at in answered.tolist():
            found = runtime.invoke_endpoint(
                EndpointName=ENDPOINT, Body=test.inputs[at].encode(), ContentType="text/csv"
            )
            assert found["Body"].read().decode() == answers.outputs[at]
            assert found["ContentType"] == "text/csv; charset=utf-8"
            assert found["InvokedProductionVariant"] == PRODUCTION
        if side == 0:
            begin(cloud)
            cloud.clock.skip(2 * BAKE_S + LAUNCH_S + 2 * ACTIVATE_S + TERMINATE_S)


def test_a_payment_that_was_never_seen_is_scored(
    cloud: Cloud, recorded: tuple[Path, ShadowTest]
) -> None:
    """By the same rule as the recorded ones; with the device known, production's to the digit."""
    test = recorded[1]
    known = [row for row in test.inputs if row.split(",")[4]][:50]
    for at, row in enumerate(known):
        score = float(fraud_scores.scored(row, shadow=False))
        place = test.inputs.index(row)
        # cells are rounded to two or three digits on their way into a row
        assert score == pytest.approx(float(test.production_answers.outputs[place]), abs=0.01), at
    two = "12.34,100,2,3.0,0.7,0,1,grocery,DE,app\n99.00,3,9,80.0,,1,0,gaming,BR,web"
    found = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=ENDPOINT, Body=two.encode(), ContentType="text/csv"
    )
    low, high = map(float, found["Body"].read().split())
    assert 0 < low < 0.5 < high < 1


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"EndpointName": "nobody"}, "ValidationError", "Endpoint nobody of account"),
        ({"TargetVariant": "Other"}, "ValidationError", "Variant Other not found"),
        ({"Body": b"not,a,payment"}, "ModelError", "a row has 10 cells"),
        ({"Body": b"\xff\xfe"}, "ModelError", "could not read the payments"),
        ({"Body": b""}, "ModelError", "a row has 10 cells"),
    ],
)
def test_what_no_model_can_answer_is_refused(
    cloud: Cloud, asked: dict[str, Any], code: str, words: str
) -> None:
    """An endpoint that is not there, a variant, a payload: each in the service's words."""
    with pytest.raises(ClientError, match=words) as caught:
        cloud.client("sagemaker-runtime").invoke_endpoint(
            **{"EndpointName": ENDPOINT, "Body": b"x", "ContentType": "text/csv", **asked}
        )
    assert caught.value.response["Error"]["Code"] == code
    if code == "ModelError":
        assert caught.value.response["OriginalStatusCode"] == 400


def test_what_is_recorded_is_what_the_account_says() -> None:
    """The models of each test and its variants are those that SageMaker tells of."""
    from demo import delivery_minutes, fraud_compact, sagemaker, ticket_routing

    tests = [
        build(np.random.default_rng(1), end_ms=END_MS, scale=0.01)
        for build in (fraud_scores.build, ticket_routing.build, delivery_minutes.build)
    ]
    tests.append(fraud_compact.beside(tests[0], np.random.default_rng(1)))
    assert {test.name for test in tests} == set(PRODUCTION_AND_SHADOW)
    for test in tests:
        both = PRODUCTION_AND_SHADOW[test.name]
        assert tuple(model for model, _ in both) == sagemaker.MODELS[test.name]
        assert tuple(name for _, name in both) == (test.production, test.shadow)
