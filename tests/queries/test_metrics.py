"""Does a report get its latency, overhead and errors from CloudWatch, or a sentence instead?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimates import Window
from demo import account, cloudwatch
from demo.metrics import Metrics as Measured
from demo.series import Series
from demo.standin import StandIn
from demo.wire import Operation, Refusal, application
from queries import config
from queries.config import Aws
from queries.metrics import Metrics, read_metrics
from queries.opened import Opened, open_test

END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
WINDOW = Window(END - timedelta(hours=72), END)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reduced demo account."""
    folder = tmp_path_factory.mktemp("metrics") / "account"
    account.generate(folder, end=END, scale=0.03)
    return folder


@pytest.fixture(scope="module")
def opened(folder: Path) -> Opened:
    """Its test of fraud scores."""
    loaded = config.load(folder / "understudy.toml")
    loaded = replace(loaded, cache=folder / "cache")
    return open_test(loaded, loaded.test("fraud-scores"))


@pytest.fixture
def serve() -> Iterator[Callable[[Operation], Aws]]:
    """Serve GetMetricData; the account to ask it of."""
    servers: list[StandIn] = []

    def start(operation: Operation) -> Aws:
        servers.append(StandIn(application([operation])))
        return Aws(region="eu-central-1", endpoint_url=servers[-1].url)

    yield start
    for server in servers:
        server.stop()


def asked(opened: Opened, aws: Aws, **test: Any) -> Metrics:
    shown = replace(
        opened,
        config=replace(opened.config, aws=aws),
        test=replace(opened.test, **test),
    )
    return read_metrics(shown, WINDOW, alpha=0.01)


def operation(folder: Path) -> Operation:
    found, *_ = cloudwatch.operations(Series(Measured(folder / "metrics")))
    return found


def test_all_three_come_from_cloudwatch(
    folder: Path, opened: Opened, serve: Callable[[Operation], Aws]
) -> None:
    """Latency, overhead and errors of the window, each of the requests themselves."""
    found = asked(opened, serve(operation(folder)))
    assert found.problem is None
    assert found.paired is None
    assert found.disks is not None
    assert 0 < np.nanmax(found.disks.production) < 1
    with np.load(folder / "metrics" / "fraud-scores.npz") as kept:
        inside = kept["AllTraffic/time_ms"] >= 1_000 * WINDOW.start.timestamp()
        answered = inside & (kept["AllTraffic/status"] == 200)
        micro = {
            name: kept[f"AllTraffic/{name}"][answered]
            for name in ("ModelLatency", "OverheadLatency")
        }
    assert found.latency is not None
    assert found.overhead is not None
    assert found.errors is not None
    for latency in (found.latency, found.overhead):
        median = latency.differences[0]
        assert median.production_ms == pytest.approx(np.median(micro[latency.metric]) / 1_000)
        assert median.difference.bounded
        # at every look, so wider than for one
        assert median.sequence.low < median.relative.low
    assert found.errors.production_invocations == inside.sum()
    assert [each.counts.kind for each in found.errors.rates] == [
        *("4xx_errors", "5xx_errors", "model_errors"),
    ]


def test_disks_that_may_not_be_asked_for_cost_nothing_else(
    folder: Path, opened: Opened, serve: Callable[[Operation], Aws]
) -> None:
    """A refusal of the disks' metric is told; latency and errors are there all the same."""
    sound = operation(folder)

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        metrics = (each["MetricStat"]["Metric"] for each in given["MetricDataQueries"])
        if any(metric["MetricName"] == "DiskUtilization" for metric in metrics):
            raise Refusal("Not these.", code="AccessDenied", status=403)
        return sound.answer(given)

    found = asked(opened, serve(replace(sound, answer=answer)))
    assert found.latency is not None
    assert found.errors is not None
    assert found.disks is None
    assert "Whether disks were full is not known: " in str(found.problem)
    assert "AccessDenied" in str(found.problem)


def test_an_endpoint_without_data_is_a_sentence(
    folder: Path, opened: Opened, serve: Callable[[Operation], Aws]
) -> None:
    """No request in CloudWatch is no latency, and no error rate of 0 either."""
    found = asked(opened, serve(operation(folder)), endpoint="another")
    assert (found.latency, found.overhead, found.errors) == (None, None, None)
    assert "no ModelLatency of another" in str(found.problem)


def test_overhead_that_one_variant_lacks_is_left_out(
    folder: Path, opened: Opened, serve: Callable[[Operation], Aws]
) -> None:
    """Overhead is told of both or not at all; the latency of the models stands."""
    inner = operation(folder)

    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        lacking = {
            query["Id"]
            for query in parameters["MetricDataQueries"]
            if query["MetricStat"]["Metric"]["MetricName"] == "OverheadLatency"
            and query["MetricStat"]["Metric"]["Dimensions"][1]["Value"] == "Shadow-01"
        }
        given = inner.answer(parameters)
        for each in given["MetricDataResults"]:
            if each["Id"] in lacking:
                each |= {"Timestamps": [], "Values": []}
        return given

    found = asked(opened, serve(replace(inner, answer=answer)))
    assert found.overhead is None
    assert found.latency is not None
    assert found.problem is None
