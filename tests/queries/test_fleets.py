"""Are the two fleets of an update told apart, and are gaps gaps in both?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from demo.standin import StandIn
from demo.wire import Operation, application
from queries.aws import client
from queries.config import Aws
from queries.errors import AwsError
from queries.fleets import read_fleets

TARGET = "GraniteServiceVersion20100801"
BEGAN = datetime(2026, 3, 5, 12, tzinfo=UTC)
START = round(BEGAN.timestamp())
Rows = list[tuple[int, float, bool]]

# (minute, ModelLatency in µs, 5XX): the new fleet serves from minute 3 on, and is slower
OLD: Rows = [(minute, 1_000.0 * (1 + at), False) for minute in (0, 1, 3, 4) for at in range(9)]
NEW: Rows = [(minute, 10_000.0 * (1 + at), at == 8) for minute in (3, 4) for at in range(9)]


def answered(rows: dict[str, Rows], asked: list[dict[str, Any]]) -> Callable[[Any], Any]:
    """GetMetricData over these requests, by endpoint config; ``asked`` collects its parameters."""

    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        asked.append(parameters)
        results = []
        for query in parameters["MetricDataQueries"]:
            stat = query["MetricStat"]
            named = {each["Name"]: each["Value"] for each in stat["Metric"]["Dimensions"]}
            assert (named["EndpointName"], named["VariantName"]) == ("fraud", "AllTraffic")
            config = named.get("EndpointConfigName")
            known = [row for name, each in rows.items() if config in (None, name) for row in each]
            times, values = [], []
            for start in range(
                round(parameters["StartTime"]), round(parameters["EndTime"]), stat["Period"]
            ):
                inside = [r for r in known if start <= START + 60 * r[0] < start + stat["Period"]]
                if inside:
                    times.append(start)
                    values.append(value(stat["Metric"]["MetricName"], stat["Stat"], inside))
            results.append(
                {"Id": query["Id"], "Timestamps": times, "Values": values, "StatusCode": "Complete"}
            )
        return {"MetricDataResults": results}

    return answer


def value(metric: str, statistic: str, rows: Rows) -> float:
    if metric == "Invocation5XXErrors":
        return float(sum(failed for _, _, failed in rows))
    if metric == "Invocations" or statistic == "SampleCount":
        return float(len(rows))
    return float(np.quantile([micro for _, micro, _ in rows], float(statistic[1:]) / 100))


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Any], Any]], Any]]:
    """A CloudWatch client whose GetMetricData is what is given."""
    servers = []

    def served(answer: Callable[[Any], Any]) -> Any:
        operation = Operation("cloudwatch", TARGET, "GetMetricData", answer)
        servers.append(StandIn(application([operation])))
        return client(Aws(region="eu-central-1", endpoint_url=servers[-1].url), "cloudwatch")

    yield served
    for server in servers:
        server.stop()


def read(cloudwatch: Any, *, minutes: float = 6) -> Any:
    return read_fleets(
        cloudwatch,
        "fraud",
        "AllTraffic",
        new="fraud-2",
        old="fraud-1",
        since=BEGAN,
        until=BEGAN + timedelta(minutes=minutes),
    )


def test_each_fleet_has_its_own_answers(serve: Any) -> None:
    """Requests, percentiles, failures and n are those of the fleet's own config, by minute."""
    found = read(serve(answered({"fraud-1": OLD, "fraud-2": NEW}, [])))
    assert (found.new.config, found.old.config) == ("fraud-2", "fraud-1")
    nan = np.nan
    np.testing.assert_array_equal(found.old.invocations, [9, 9, nan, 9, 9, nan])
    np.testing.assert_array_equal(found.new.invocations, [nan, nan, nan, 9, 9, nan])
    np.testing.assert_array_equal(found.new.errors_5xx, [nan, nan, nan, 1, 1, nan])
    np.testing.assert_array_equal(found.old.errors_5xx, [0, 0, nan, 0, 0, nan])
    np.testing.assert_array_equal(found.new.p50_ms, [nan, nan, nan, 50, 50, nan])
    np.testing.assert_allclose(found.old.p50_ms, [5, 5, nan, 5, 5, nan])
    np.testing.assert_array_equal(found.new.n, found.new.invocations)
    assert found.new.minute[0] == np.datetime64("2026-03-05T12:00:00")
    assert len(found.new.minute) == 6


def test_the_whole_is_of_all_answers(serve: Any) -> None:
    """Sums add up over the minutes, and the percentile is that of the answers themselves."""
    found = read(serve(answered({"fraud-1": OLD, "fraud-2": NEW}, []))).new
    assert found.whole_invocations == found.whole_n == np.nansum(found.invocations) == 18
    assert found.whole_errors_5xx == 2
    micro = [micro for _, micro, _ in NEW]
    assert found.whole_p50_ms == np.quantile(micro, 0.5) / 1_000
    assert found.whole_p99_ms == np.quantile(micro, 0.99) / 1_000


def test_no_data_is_nan_and_no_answers(serve: Any) -> None:
    """Before traffic moves the new fleet has nothing: not 0 errors, not 0 ms."""
    found = read(serve(answered({"fraud-1": OLD}, []))).new
    assert found.whole_n == found.whole_invocations == 0
    for values in (found.invocations, found.p50_ms, found.p99_ms, found.errors_5xx, found.n):
        assert np.isnan(values).all()
    assert np.isnan([found.whole_p50_ms, found.whole_p99_ms]).all()


def test_an_old_fleet_without_its_own_metrics_is_both_fleets(serve: Any) -> None:
    """Where CloudWatch does not tell it apart, what stands beside the new one says so."""
    found = read(serve(answered({"": OLD, "fraud-2": NEW}, [])))
    assert found.old.config == ""
    assert found.old.whole_invocations == len(OLD) + len(NEW)
    assert found.new.whole_invocations == len(NEW)


@pytest.mark.parametrize(("minutes", "blocks"), [(0, 1), (0.5, 1), (6, 6), (100 * 60, 900)])
def test_one_call_asks_for_whole_minutes(serve: Any, minutes: float, blocks: int) -> None:
    """Of the time of an update, however long it is looked at."""
    asked: list[dict[str, Any]] = []
    found = read(serve(answered({"fraud-1": OLD}, asked)), minutes=minutes)
    assert len(found.new.minute) == blocks
    # one for the minutes and one for the whole, which may be the same
    assert len(asked) == min(blocks, 2)
    assert {(each["EndTime"] - each["StartTime"]) for each in asked} == {60 * blocks}
    assert all(each["StartTime"] % 60 == 0 for each in asked)


def test_a_refusal_is_told(serve: Any) -> None:
    """A fleet that may not be looked at is not a quiet one."""

    def forbidden(parameters: dict[str, Any]) -> dict[str, Any]:
        first = parameters["MetricDataQueries"][0]["Id"]
        return {
            "MetricDataResults": [
                {"Id": first, "Timestamps": [], "Values": [], "StatusCode": "Forbidden"}
            ]
        }

    with pytest.raises(AwsError, match="GetMetricData"):
        read(serve(forbidden))
