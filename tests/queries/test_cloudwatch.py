"""Percentiles and error counts are those of the requests themselves, and gaps stay gaps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates import Window
from analysis.latency import QUANTILES
from demo import account, cloudwatch
from demo.metrics import Metrics
from demo.series import Series
from demo.standin import StandIn
from demo.wire import Operation, application
from queries.aws import client
from queries.cloudwatch import errors, latency
from queries.config import Aws
from queries.errors import AwsError
from queries.periods import plan

NOW = datetime.now(UTC)
END = NOW.replace(minute=0, second=0, microsecond=0)
FRAUD = {"endpoint": "fraud-scores", "production": "AllTraffic", "shadow": "Shadow-01"}
TICKETS = {"endpoint": "ticket-routing", "production": "router-7", "shadow": "router-8"}
TARGET = "GraniteServiceVersion20100801"


@dataclass(frozen=True, slots=True)
class Account:
    """A reduced account and the address of its stand-in."""

    folder: Path
    url: str

    def client(self) -> Any:
        """A CloudWatch client of this account."""
        return client(Aws(region="eu-central-1", endpoint_url=self.url), "cloudwatch")

    def requests(self, test: dict[str, str], role: str) -> tuple[np.ndarray, np.ndarray]:
        """Times (epoch ms) and ModelLatency (µs) of the requests one variant answered."""
        with np.load(self.folder / "metrics" / f"{test['endpoint']}.npz") as kept:
            answered = kept[f"{test[role]}/status"] == 200
            return (
                kept[f"{test[role]}/time_ms"][answered],
                kept[f"{test[role]}/ModelLatency"][answered],
            )


def window(hours: float, *, end: datetime = END) -> Window:
    """The hours before the account's end."""
    return Window(end - timedelta(hours=hours), end)


def operations(folder: Path) -> list[Operation]:
    """CloudWatch as the demo has it."""
    return cloudwatch.operations(Series(Metrics(folder / "metrics")))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A reduced account, served."""
    folder = tmp_path_factory.mktemp("cloudwatch") / "account"
    account.generate(folder, end=END, scale=0.05)
    server = StandIn(application(operations(folder)))
    yield Account(folder, server.url)
    server.stop()


@pytest.fixture
def served() -> Iterator[Callable[[Any], Any]]:
    """Serve an ASGI application for one test; gives a client of it."""
    servers = []

    def serve(app: Any) -> Any:
        servers.append(StandIn(app))
        return client(Aws(region="eu-central-1", endpoint_url=servers[-1].url), "cloudwatch")

    yield serve
    for server in servers:
        server.stop()


def answering(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """An application whose GetMetricData is ``answer``."""
    return application([Operation("cloudwatch", TARGET, "GetMetricData", answer)])


def test_the_window_percentile_is_that_of_all_its_requests(demo: Account) -> None:
    """One long period gives the true percentile, in ms, whatever the hours looked like."""
    found = latency(demo.client(), **FRAUD, window=window(174))
    for role in ("production", "shadow"):
        _, micro = demo.requests(FRAUD, role)
        read = getattr(found, role)
        np.testing.assert_allclose(read.window.ms, np.quantile(micro, QUANTILES) / 1_000)
        assert read.window.n == len(micro)
    assert found.source == "CloudWatch ModelLatency, one period of 174.0 hours"


def test_batches_are_equal_contiguous_and_inside_the_window(demo: Account) -> None:
    """Twenty or more blocks follow on each other, and each has the percentiles of its requests."""
    asked = window(168)
    batches = latency(demo.client(), **TICKETS, window=asked).shadow.batches
    starts = batches.start.astype("int64")
    assert len(starts) >= 20
    assert set(np.diff(starts)) == {batches.period_s}
    assert batches.period_s % 60 == 0
    assert starts[0] >= asked.start.timestamp()
    assert starts[-1] + batches.period_s <= asked.end.timestamp()
    time_ms, micro = demo.requests(TICKETS, "shadow")
    for at, start in enumerate(starts):
        inside = (time_ms >= 1_000 * start) & (time_ms < 1_000 * (start + batches.period_s))
        assert batches.n[at] == inside.sum()
        np.testing.assert_allclose(batches.ms[at], np.quantile(micro[inside], QUANTILES) / 1_000)


def test_a_quiet_minute_is_missing(demo: Account) -> None:
    """A minute without requests is nan, for percentiles and for counts, and never 0."""
    asked = window(12)
    series = latency(demo.client(), **FRAUD, window=asked).production.series
    assert series.period_s == 60
    time_ms, _ = demo.requests(FRAUD, "production")
    minutes = set((time_ms[time_ms >= 1_000 * asked.start.timestamp()] // 60_000).tolist())
    seen = set((series.start[~np.isnan(series.n)].astype("int64") // 60).tolist())
    assert seen == minutes
    assert len(seen) < len(series.start)
    assert np.isnan(series.ms[np.isnan(series.n)]).all()
    assert (series.n[~np.isnan(series.n)] > 0).all()


def test_overhead_is_another_metric(demo: Account) -> None:
    """OverheadLatency is read the same way and says its name."""
    found = latency(demo.client(), **FRAUD, window=window(174), metric="OverheadLatency")
    assert found.production.metric == "OverheadLatency"
    assert 1 < found.production.window.ms[0] < 5


def test_no_data_is_nan_and_nobody(demo: Account) -> None:
    """An endpoint CloudWatch does not know has no latency and no error rate, not a good one."""
    unknown = {**FRAUD, "endpoint": "no-such-endpoint"}
    found = latency(demo.client(), **unknown, window=window(24))
    for read in (found.production, found.shadow):
        assert np.isnan(read.window.ms).all()
        assert read.window.n == 0
        assert np.isnan(read.series.ms).all()
        assert np.isnan(read.batches.n).all()
    assert found.source.endswith("no data")
    failed = errors(demo.client(), **unknown, window=window(24))
    assert all(c.production_n == c.shadow_n == 0 for c in failed.counts)
    assert all(np.isnan(s.production_errors).all() for s in failed.series)


def test_error_counts_are_those_of_the_account(demo: Account) -> None:
    """Requests and failures of the window are exactly those generated, by kind and variant."""
    truth = json.loads((demo.folder / "truth.json").read_text(encoding="utf-8"))
    tickets = next(t for t in truth["tests"] if t["name"] == "ticket-routing")
    found = errors(demo.client(), **TICKETS, window=window(168))
    counts = {c.kind: c for c in found.counts}
    assert found.production_invocations == found.shadow_invocations == tickets["requests"]
    assert counts["5xx_errors"].shadow_errors == tickets["missing_shadow"]
    assert counts["5xx_errors"].production_errors == tickets["missing_production"]
    assert counts["model_errors"].shadow_errors == tickets["missing_shadow"]
    answered = tickets["production"]["lines"] + counts["5xx_errors"].production_errors
    assert counts["4xx_errors"].production_errors == tickets["requests"] - answered


def test_the_error_series_adds_up(demo: Account) -> None:
    """Blocks sum to the window; a block without requests is missing in every column."""
    found = errors(demo.client(), **TICKETS, window=window(48))
    for counts, series in zip(found.counts, found.series, strict=True):
        assert np.nansum(series.shadow_errors) == counts.shadow_errors
        assert np.nansum(series.shadow_n) == counts.shadow_n
        quiet = np.isnan(series.production_n)
        assert quiet.any()
        assert np.isnan(series.production_errors[quiet]).all()
        assert not np.isnan(series.production_errors[~quiet]).any()


def test_an_error_metric_without_points_is_zero_only_where_there_were_requests(
    served: Callable[[Any], Any],
) -> None:
    """Some variants never publish an error: then there were none, where anybody asked."""

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        first = asked["StartTime"]
        return {
            "MetricDataResults": [
                {
                    "Id": query["Id"],
                    "Timestamps": [first],
                    "Values": [7.0],
                    "StatusCode": "Complete",
                }
                for query in asked["MetricDataQueries"]
                if query["MetricStat"]["Metric"]["MetricName"] == "Invocations"
            ]
        }

    found = errors(served(answering(answer)), **FRAUD, window=window(1))
    assert [(c.production_errors, c.production_n) for c in found.counts] == [(0, 7)] * 3
    for series in found.series:
        assert series.production_errors[0] == 0
        assert np.isnan(series.production_errors[1:]).all()


def test_a_window_in_parts_is_told_and_the_largest_part_stands(
    served: Callable[[Any], Any],
) -> None:
    """Percentiles of parts are not averaged: the part with most requests of both is shown."""

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        first = asked["StartTime"]
        count = {"AllTraffic": [40.0, 60.0], "Shadow-01": [50.0, 10.0]}
        results = []
        for query in asked["MetricDataQueries"]:
            stat = query["MetricStat"]
            variant = stat["Metric"]["Dimensions"][1]["Value"]
            values = count[variant] if stat["Stat"] == "SampleCount" else [1_000.0, 9_000.0]
            results.append(
                {"Id": query["Id"], "Timestamps": [first, first + 1_800], "Values": values}
            )
        return {"MetricDataResults": results}

    found = latency(served(answering(answer)), **FRAUD, window=window(1))
    assert found.production.window.ms.tolist() == [1.0] * 4
    assert (found.production.window.n, found.shadow.window.n) == (40, 50)
    assert "2 parts" in found.source
    assert "90 of 160 requests" in found.source


def test_pages_are_gathered(demo: Account, served: Callable[[Any], Any]) -> None:
    """An answer in many small pages is the same answer."""
    inner = application(operations(demo.folder))
    pages = 0

    async def small_pages(scope: dict, receive: Any, send: Any) -> None:
        nonlocal pages
        pages += 1
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        content = json.dumps({**json.loads(body), "MaxDatapoints": 150}).encode()

        async def shortened() -> dict:
            return {"type": "http.request", "body": content, "more_body": False}

        await inner(scope, shortened, send)

    whole = latency(demo.client(), **FRAUD, window=window(100))
    paged = latency(served(small_pages), **FRAUD, window=window(100))
    assert pages > 6
    np.testing.assert_array_equal(paged.shadow.series.ms, whole.shadow.series.ms)
    np.testing.assert_array_equal(paged.production.window.ms, whole.production.window.ms)


def test_throttling_is_waited_out(demo: Account, served: Callable[[Any], Any]) -> None:
    """A call that CloudWatch throttles is repeated, and nothing is missing afterwards."""
    inner = application(operations(demo.folder))
    throttled = 0

    async def busy_at_first(scope: dict, receive: Any, send: Any) -> None:
        nonlocal throttled
        if throttled == 2:
            await inner(scope, receive, send)
            return
        throttled += 1
        headers = [(b"content-type", b"application/x-amz-json-1.0")]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        body = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
        await send({"type": "http.response.body", "body": body})

    found = latency(served(busy_at_first), **FRAUD, window=window(174))
    assert throttled == 2
    assert found.production.window.n == len(demo.requests(FRAUD, "production")[0])


def test_a_refused_metric_is_an_error_not_a_quiet_endpoint(served: Callable[[Any], Any]) -> None:
    """CloudWatch can refuse inside a successful answer; that must not read as no data."""

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        return {
            "MetricDataResults": [
                {"Id": query["Id"], "Timestamps": [], "Values": [], "StatusCode": "Forbidden"}
                for query in asked["MetricDataQueries"]
            ]
        }

    with pytest.raises(AwsError, match="Forbidden") as caught:
        latency(served(answering(answer)), **FRAUD, window=window(1))
    assert (caught.value.call, caught.value.code) == ("GetMetricData", "Forbidden")
    assert caught.value.request_id


def test_a_refused_call_is_an_aws_error(served: Callable[[Any], Any]) -> None:
    """Errors of the service arrive as ours, with call, code and request id."""
    with pytest.raises(AwsError) as caught:
        errors(served(application([])), **FRAUD, window=window(1))
    assert (caught.value.call, caught.value.code) == ("GetMetricData", "UnknownOperationException")
    assert caught.value.request_id


@pytest.mark.parametrize("days", [16, 70])
def test_old_data_come_in_the_steps_that_are_kept(tmp_path: Path, days: int) -> None:
    """After 15 and 63 days CloudWatch keeps coarser steps, and the reader asks in those."""
    end = END - timedelta(days=days)
    account.generate(tmp_path / "old", end=end, scale=0.02)
    server = StandIn(application(operations(tmp_path / "old")))
    old = Account(tmp_path / "old", server.url)
    try:
        found = latency(old.client(), **FRAUD, window=window(174, end=end))
    finally:
        server.stop()
    assert found.shadow.window.n == len(old.requests(FRAUD, "shadow")[0])
    assert not np.isnan(found.shadow.batches.ms).all()
    assert np.nansum(found.shadow.series.n) == found.shadow.window.n


@given(
    hours=st.floats(0.01, 24 * 400),
    age_days=st.floats(0, 40),
    offset=st.integers(0, 10**6),
)
def test_a_plan_asks_only_for_what_is_kept(hours: float, age_days: float, offset: int) -> None:
    """Periods are multiples of the kept step, blocks cover or lie inside, series stay drawable."""
    end = NOW - timedelta(days=age_days, seconds=offset)
    asked = Window(end - timedelta(hours=hours), end)
    found = plan(asked, now=NOW)
    age_s = (NOW - asked.start).total_seconds()
    step = 60 if age_s < 15 * 86_400 else 300 if age_s < 63 * 86_400 else 3_600
    start, stop = asked.start.timestamp(), asked.end.timestamp()
    for blocks in (found.whole, found.batches, found.series):
        assert blocks.period % step == 0
        assert blocks.start % step == 0
    assert found.whole.count == 1
    for blocks in (found.whole, found.series):
        assert blocks.start <= start
        assert blocks.end >= stop
    assert start - found.whole.start < step
    assert found.series.count <= 1_500
    assert found.whole.start <= found.batches.start
    assert found.batches.end <= found.whole.end
    if found.whole.period >= 21 * step:
        assert 20 <= found.batches.count <= 42
