"""An alarm is in the state that its metric asks for, or for a while in the one a hand put it to.

What missing data mean is AWS's table
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo import cloudwatch
from demo.alarms import Alarms
from demo.clock import Clock
from demo.held import Held
from demo.metrics import Metrics
from demo.series import Series
from demo.standin import StandIn
from demo.wire import application
from queries.aws import client
from queries.config import Aws

BEGIN = 1_790_000_040.0  # a whole minute
ALARM = {
    "AlarmName": "too-many",
    "Namespace": "Mine",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "EndpointName", "Value": "fraud"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 10.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture
def clock() -> Clock:
    return Clock(BEGIN)


@pytest.fixture
def alarms(tmp_path: Path, clock: Clock) -> Alarms:
    return Alarms(Series(Metrics(tmp_path)), Held(dict, tmp_path / "alarms.json"), clock=clock)


@pytest.fixture
def aws(alarms: Alarms, clock: Clock) -> Iterator[Any]:
    operations = [*cloudwatch.operations(alarms._series, clock=clock), *alarms.operations()]
    server = StandIn(application(operations))
    yield client(Aws(region="eu-central-1", endpoint_url=server.url), "cloudwatch")
    server.stop()


def put(aws: Any, value: float, at: float) -> None:
    """One datum of the alarm's metric."""
    datum = {
        "MetricName": "Errors",
        "Dimensions": ALARM["Dimensions"],
        "Timestamp": datetime.fromtimestamp(at, UTC),
        "Value": value,
    }
    aws.put_metric_data(Namespace="Mine", MetricData=[datum])


def state(aws: Any, name: str = "too-many") -> str:
    (found,) = aws.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found["StateValue"])


@pytest.mark.parametrize(
    ("values", "treat", "expected"),
    [
        # 2 of the last 3 minutes; None is a minute without data
        ((11, 11, 0), "missing", "ALARM"),
        ((11, 0, 0), "missing", "OK"),
        ((10, 10, 10), "missing", "OK"),
        ((None, None, None), "missing", "INSUFFICIENT_DATA"),
        ((None, None, None), "breaching", "ALARM"),
        ((None, None, None), "notBreaching", "OK"),
        ((None, None, 11), "missing", "ALARM"),
        ((None, None, 11), "notBreaching", "OK"),
        ((None, None, 11), "breaching", "ALARM"),
        ((None, 0, 0), "missing", "OK"),
        ((None, 0, 0), "ignore", "OK"),
        ((None, 11, 11), "ignore", "ALARM"),
        # the state is kept: it was never known
        ((None, None, None), "ignore", "INSUFFICIENT_DATA"),
        ((None, None, 11), "ignore", "INSUFFICIENT_DATA"),
    ],
)
def test_a_state_follows_the_last_minutes(
    aws: Any, clock: Clock, values: tuple[float | None, ...], treat: str, expected: str
) -> None:
    """As many minutes must be bad as the alarm asks for, and missing ones are what it says."""
    aws.put_metric_alarm(**ALARM, TreatMissingData=treat)
    assert state(aws) == "INSUFFICIENT_DATA"
    for minute, value in enumerate(values):
        if value is not None:
            put(aws, value, BEGIN + 60 * minute)
    clock.skip(180)
    assert state(aws) == expected


def test_a_state_set_by_hand_lasts_until_the_metric_is_looked_at(aws: Any, clock: Clock) -> None:
    """On a metric with data the hand holds for less than a minute."""
    aws.put_metric_alarm(**ALARM)
    for minute in range(5):
        put(aws, 0, BEGIN + 60 * minute)
    clock.skip(180)
    assert state(aws) == "OK"
    aws.set_alarm_state(AlarmName="too-many", StateValue="ALARM", StateReason="by hand")
    clock.skip(59)
    assert state(aws) == "ALARM"
    clock.skip(1)
    assert state(aws) == "OK"


def test_an_alarm_that_ignores_missing_data_keeps_what_a_hand_set(aws: Any, clock: Clock) -> None:
    """So an alarm on a metric that nobody publishes is a switch."""
    aws.put_metric_alarm(**ALARM, TreatMissingData="ignore")
    for wanted in ("OK", "ALARM"):
        aws.set_alarm_state(AlarmName="too-many", StateValue=wanted, StateReason="by hand")
        clock.skip(86_400)
        assert state(aws) == wanted


def test_every_turn_is_in_the_history(aws: Any, clock: Clock) -> None:
    """The newest first, unless asked otherwise; setting the same state again is no turn."""
    aws.put_metric_alarm(**ALARM, TreatMissingData="ignore")
    for wanted in ("OK", "OK", "ALARM"):
        clock.skip(1)
        aws.set_alarm_state(AlarmName="too-many", StateValue=wanted, StateReason="by hand")
    told = aws.describe_alarm_history(AlarmName="too-many", HistoryItemType="StateUpdate")
    assert [each["HistorySummary"] for each in told["AlarmHistoryItems"]] == [
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
    ]
    every = aws.describe_alarm_history(AlarmName="too-many", ScanBy="TimestampAscending")
    assert every["AlarmHistoryItems"][0]["HistorySummary"] == 'Alarm "too-many" created'


def test_an_alarm_put_again_keeps_its_state(aws: Any) -> None:
    """AWS: when you update an existing alarm, its state is left unchanged."""
    aws.put_metric_alarm(**ALARM, TreatMissingData="ignore")
    aws.set_alarm_state(AlarmName="too-many", StateValue="ALARM", StateReason="by hand")
    aws.put_metric_alarm(**ALARM | {"Threshold": 11.0}, TreatMissingData="ignore")
    (found,) = aws.describe_alarms(AlarmNames=["too-many"])["MetricAlarms"]
    assert (found["StateValue"], found["Threshold"]) == ("ALARM", 11.0)


def test_alarms_are_found_by_name_prefix_and_state(aws: Any, alarms: Alarms) -> None:
    """Pages end and hold each alarm once; what is deleted is gone, and may be deleted again."""
    names = [f"a-{number}" for number in range(5)] + ["b"]
    for name in names:
        aws.put_metric_alarm(**ALARM | {"AlarmName": name}, TreatMissingData="ignore")
    aws.set_alarm_state(AlarmName="a-3", StateValue="ALARM", StateReason="by hand")
    pages = aws.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix="a-", PaginationConfig={"PageSize": 2}
    )
    assert [each["AlarmName"] for page in pages for each in page["MetricAlarms"]] == names[:5]
    (red,) = aws.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert red["AlarmName"] == "a-3"
    assert alarms.alarm_state("a-3") == "ALARM"
    for _ in range(2):
        aws.delete_alarms(AlarmNames=["a-3", "never-there"])
    assert alarms.alarm_state("a-3") == ""
    with pytest.raises(ClientError, match="does not exist") as caught:
        aws.set_alarm_state(AlarmName="a-3", StateValue="OK", StateReason="by hand")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


def test_alarms_outlive_the_server(tmp_path: Path, clock: Clock, aws: Any) -> None:
    """Another process of the same account sees the same alarms."""
    aws.put_metric_alarm(**ALARM, TreatMissingData="ignore")
    aws.set_alarm_state(AlarmName="too-many", StateValue="ALARM", StateReason="by hand")
    other = Alarms(Series(Metrics(tmp_path)), Held(dict, tmp_path / "alarms.json"), clock=clock)
    assert other.alarm_state("too-many") == "ALARM"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Period": None}, "Period is required"),
        ({"Statistic": None}, "Exactly one of the parameters Statistic"),
        ({"ExtendedStatistic": "p99"}, "Exactly one of the parameters Statistic"),
        ({"Statistic": None, "ExtendedStatistic": "p101"}, "for ExtendedStatistic is invalid"),
        ({"Period": 45}, "multiple of 60"),
        ({"DatapointsToAlarm": 4}, "less than or equal to EvaluationPeriods"),
        ({"TreatMissingData": "maybe"}, "Treat missing data as maybe"),
        ({"AlarmName": "x" * 256}, "length less than or equal to 255"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "fixed threshold only"),
        ({"Metrics": [{"Id": "a", "Expression": "b"}]}, "on one metric only"),
    ],
)
def test_a_wrong_alarm_is_refused(aws: Any, change: dict[str, Any], words: str) -> None:
    """What CloudWatch would not take, or what this stand-in does not know, is told."""
    asked = {key: value for key, value in {**ALARM, **change}.items() if value is not None}
    with pytest.raises(ClientError, match=words):
        aws.put_metric_alarm(**asked)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"Namespace": "AWS/SageMaker"}, "it is reserved"),
        ({"Value": None}, "exactly one of Value and Values"),
        ({"Value": 1e300}, "out of range"),
        ({"Timestamp": datetime.fromtimestamp(BEGIN - 15 * 86_400, UTC)}, "last two weeks"),
        ({"Value": None, "Values": [1.0], "Counts": [1.0, 2.0]}, "of the same length"),
    ],
)
def test_wrong_data_are_refused(aws: Any, asked: dict[str, Any], words: str) -> None:
    """Nothing of a refused request is kept."""
    namespace = asked.pop("Namespace", "Mine")
    datum = {"MetricName": "Errors", "Value": 1.0, **asked}
    datum = {key: value for key, value in datum.items() if value is not None}
    with pytest.raises(ClientError, match=words):
        aws.put_metric_data(Namespace=namespace, MetricData=[datum])


def test_values_with_counts_are_as_many_samples(aws: Any) -> None:
    """Three of 1 and one of 5 have the mean 2."""
    aws.put_metric_data(
        Namespace="Mine",
        MetricData=[
            {
                "MetricName": "Sizes",
                "Timestamp": datetime.fromtimestamp(BEGIN, UTC),
                "Values": [1.0, 5.0],
                "Counts": [3.0, 1.0],
            }
        ],
    )
    (point,) = aws.get_metric_statistics(
        Namespace="Mine",
        MetricName="Sizes",
        StartTime=datetime.fromtimestamp(BEGIN, UTC),
        EndTime=datetime.fromtimestamp(BEGIN + 60, UTC),
        Period=60,
        Statistics=["Average", "SampleCount", "Maximum"],
    )["Datapoints"]
    assert (point["Average"], point["SampleCount"], point["Maximum"]) == (2.0, 4.0, 5.0)
