"""The stand-in refuses what CloudWatch refuses, and its statistics are numpy's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from demo import account, cloudwatch
from demo.metrics import Metrics, Span, known_statistic
from demo.series import Series
from demo.standin import StandIn, start
from demo.validation import faults
from demo.wire import application
from queries.aws import client
from queries.config import Aws

END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reduced account."""
    folder = tmp_path_factory.mktemp("standin") / "account"
    account.generate(folder, end=END, scale=0.02)
    return folder


@pytest.fixture(scope="module")
def aws(folder: Path) -> Iterator[Any]:
    """A real client of the stand-in."""
    server = StandIn(application(cloudwatch.operations(Series(Metrics(folder / "metrics")))))
    yield client(Aws(region="eu-central-1", endpoint_url=server.url), "cloudwatch")
    server.stop()


def query(name: str = "a", *, stat: str = "Sum", period: int = 3_600, **metric: Any) -> dict:
    """One query for production's requests."""
    dimensions = [
        {"Name": "EndpointName", "Value": "fraud-scores"},
        {"Name": "VariantName", "Value": "AllTraffic"},
    ]
    asked = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": asked | metric, "Period": period, "Stat": stat}}


def ask(aws: Any, *queries: dict, **more: Any) -> dict:
    """GetMetricData over the last day."""
    times = {"StartTime": END - timedelta(hours=24), "EndTime": END}
    return aws.get_metric_data(MetricDataQueries=list(queries), **(times | more))


def test_the_newest_point_comes_first_unless_asked_otherwise(aws: Any) -> None:
    """As in AWS, ScanBy decides the order and TimestampDescending is the default."""
    newest = ask(aws, query())["MetricDataResults"][0]
    oldest = ask(aws, query(), ScanBy="TimestampAscending")["MetricDataResults"][0]
    assert newest["Timestamps"] == oldest["Timestamps"][::-1]
    assert oldest["Timestamps"] == sorted(oldest["Timestamps"])
    assert newest["Values"] == oldest["Values"][::-1]


def test_pages_end_and_hold_everything_once(aws: Any) -> None:
    """MaxDatapoints cuts an answer; the tokens lead through all of it."""
    asked = [query("a"), query("b", stat="SampleCount")]
    whole = {r["Id"]: r["Values"] for r in ask(aws, *asked)["MetricDataResults"]}
    gathered: dict[str, list[float]] = {"a": [], "b": []}
    token: dict[str, str] = {}
    pages = 0
    while pages == 0 or token:
        page = ask(aws, *asked, MaxDatapoints=7, **token)
        sizes = [len(r["Values"]) for r in page["MetricDataResults"]]
        assert sum(sizes) <= 7
        for result in page["MetricDataResults"]:
            gathered[result["Id"]] += result["Values"]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
        pages += 1
    assert gathered == whole
    assert pages > 5


@pytest.mark.parametrize(
    ("queries", "more", "words"),
    [
        ([query(f"m{at}") for at in range(501)], {}, "between 1 and 500"),
        ([query("a"), query("a")], {}, "must be unique"),
        ([query("Upper")], {}, "Id is not matching"),
        ([query(stat="p101")], {}, "Stat is not supported"),
        ([query(period=90)], {}, "multiple of 60"),
        ([query(MetricName="x" * 256)], {}, "length less than or equal to 255"),
        ([query(Namespace=":bad")], {}, "regular expression"),
        ([query()], {"ScanBy": "Sideways"}, "enum value set"),
        ([query()], {"EndTime": END - timedelta(days=2)}, "StartTime must be less"),
        ([query()], {"MaxDatapoints": 100_801}, "MaxDatapoints"),
        ([{"Id": "a", "Expression": "b + 1"}], {}, "MetricStat only"),
    ],
)
def test_what_aws_refuses_is_refused(aws: Any, queries: list, more: dict, words: str) -> None:
    """A wrong request fails here as it would there, with AWS's code and a request id."""
    with pytest.raises(ClientError, match=words) as caught:
        ask(aws, *queries, **more)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.value.response["ResponseMetadata"]["RequestId"]


def test_a_token_nobody_gave_is_refused(aws: Any) -> None:
    """A page is asked for with the token of the page before."""
    with pytest.raises(ClientError) as caught:
        ask(aws, query(), NextToken="made up")
    assert caught.value.response["Error"]["Code"] == "InvalidNextToken"


def test_other_dimensions_are_another_metric(aws: Any) -> None:
    """CloudWatch knows a metric by exactly its dimensions: with others there is no data."""
    found = ask(aws, query(Dimensions=[{"Name": "EndpointName", "Value": "fraud-scores"}]))
    assert found["MetricDataResults"][0]["Values"] == []
    found = ask(aws, query(Dimensions=[{"Name": "EndpointName", "Value": "../fraud-scores"}]))
    assert found["MetricDataResults"][0]["Values"] == []


@pytest.mark.parametrize(
    ("days", "period", "kept"),
    [(14, 60, True), (16, 60, False), (16, 300, True), (64, 300, False), (64, 3_600, True)],
)
def test_fine_steps_are_forgotten_first(folder: Path, days: int, period: int, kept: bool) -> None:
    """The minute is kept for 15 days, five minutes for 63, the hour longer."""
    now = (END + timedelta(days=days)).timestamp()
    operation, *_ = cloudwatch.operations(Series(Metrics(folder / "metrics")), clock=lambda: now)
    asked = {
        "MetricDataQueries": [query(period=period)],
        "StartTime": (END - timedelta(hours=2)).timestamp(),
        "EndTime": END.timestamp(),
    }
    assert bool(operation.answer(asked)["MetricDataResults"][0]["Values"]) == kept


def test_a_request_is_judged_by_the_service_model() -> None:
    """Unknown names, missing members and wrong types are all found."""
    found = faults(
        "cloudwatch",
        "GetMetricData",
        {"MetricDataQueries": [{"Id": "", "MetricStat": {"Period": "60"}, "Colour": "red"}]},
    )
    text = "\n".join(found)
    assert "'StartTime' failed to satisfy constraint: Member must not be null" in text
    assert "Unknown parameter 'MetricDataQueries.1.member.Colour'" in text
    assert "length greater than or equal to 1" in text
    assert "Period' is not a integer" in text


@settings(max_examples=25)
@given(
    period=st.sampled_from([60, 300, 3_600, 7 * 3_600]),
    start_hours=st.integers(1, 170),
    share=st.sampled_from(["p0", "p50", "p95", "p99", "p99.9", "p100"]),
)
def test_statistics_are_those_of_the_requests(
    folder: Path, period: int, start_hours: int, share: str
) -> None:
    """Every statistic of every period equals numpy's on the requests of that period."""
    metrics = Metrics(folder / "metrics")
    end_ms = round(1_000 * END.timestamp())
    first = end_ms - start_hours * 3_600_000
    span = Span("fraud-scores", "Shadow-01", "ModelLatency", first, end_ms, period)
    with np.load(folder / "metrics" / "fraud-scores.npz") as kept:
        answered = (kept["Shadow-01/status"] == 200) & (kept["Shadow-01/time_ms"] >= first)
        time_ms = kept["Shadow-01/time_ms"][answered]
        values = kept["Shadow-01/ModelLatency"][answered]
    starts = metrics.points(span, "SampleCount").start_ms
    assert starts.tolist() == sorted(
        set((first + (time_ms - first) // (1_000 * period) * 1_000 * period).tolist())
    )
    groups = [values[(time_ms >= s) & (time_ms < s + 1_000 * period)] for s in starts]
    for statistic, expected in {
        "SampleCount": len,
        "Sum": np.sum,
        "Average": np.mean,
        "Minimum": np.min,
        "Maximum": np.max,
        share: lambda group: np.quantile(group, float(share[1:]) / 100),
    }.items():
        found = metrics.points(span, statistic).values
        np.testing.assert_allclose(found, [expected(group) for group in groups])


def test_only_known_statistics_are_known() -> None:
    """Percentiles from p0 to p100 and the five plain statistics; nothing else."""
    assert all(map(known_statistic, ("Sum", "p0", "p99.9", "p100")))
    assert not any(map(known_statistic, ("p101", "p", "tm90", "sum", "", "p9 9")))


def test_the_account_is_served_at_once(folder: Path) -> None:
    """The address may be used as soon as it is known."""
    aws = client(Aws(region="eu-central-1", endpoint_url=start(folder)), "cloudwatch")
    assert ask(aws, query())["MetricDataResults"][0]["Values"]
