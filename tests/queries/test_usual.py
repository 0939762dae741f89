"""Is the usual traffic CloudWatch's of earlier weeks, and the window's own only for want of it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from demo import account, cloudwatch
from demo.metrics import Metrics
from demo.series import Series
from demo.standin import StandIn
from demo.wire import Operation, application
from queries import config
from queries.config import Aws
from queries.opened import Opened, open_test
from queries.usual import WEEKS, usual

END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reduced demo account: a week of captures, and of metrics."""
    folder = tmp_path_factory.mktemp("usual") / "account"
    account.generate(folder, end=END, scale=0.03)
    return folder


@pytest.fixture(scope="module")
def opened(folder: Path) -> Opened:
    """Its test of fraud scores; nothing answers for AWS yet."""
    loaded = config.load(folder / "understudy.toml")
    loaded = replace(loaded, cache=folder / "cache", aws=Aws())
    return open_test(loaded, loaded.test("fraud-scores"))


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[[Operation], Aws]]:
    """Serve GetMetricData; the account to ask it of."""
    servers: list[StandIn] = []

    def start(operation: Operation) -> Aws:
        servers.append(StandIn(application([operation])))
        return Aws(region="eu-central-1", endpoint_url=servers[-1].url)

    yield start
    for server in servers:
        server.stop()


def answering(folder: Path) -> Operation:
    found, *_ = cloudwatch.operations(Series(Metrics(folder / "metrics")))
    return found


def asked(opened: Opened, aws: Aws) -> Opened:
    return replace(opened, config=replace(opened.config, aws=aws))


def captured(opened: Opened, start: datetime, end: datetime) -> int:
    """Production's rows of a time."""
    times = {"start": start.replace(tzinfo=None), "end": end.replace(tzinfo=None)}
    rows = opened.engine.run("rows_by_block", block_s=3600, **times)
    return int(rows["n"][rows["variant"] == "production"].sum())


def test_a_week_before_the_window_is_usual(
    folder: Path, opened: Opened, serve: Callable[[Operation], Aws]
) -> None:
    """Of the last hour the seven days before it are: all their requests, captured or not."""
    found = usual(asked(opened, serve(answering(folder))), "1h")
    end = opened.window("1h").start.replace(minute=0, second=0, microsecond=0)
    rows = captured(opened, end - timedelta(weeks=WEEKS), end)
    assert found.source == "earlier"
    assert found.problem is None
    assert found.requests >= rows > 0
    assert found.requests == pytest.approx(rows, rel=0.02)
    assert found.hours >= 168
    assert not np.isnan(found.grid).any()


def test_less_than_a_week_before_is_joined_by_the_window(
    folder: Path, opened: Opened, serve: Callable[[Operation], Aws]
) -> None:
    """Nothing lies before the whole test: CloudWatch's requests of the window stand for usual."""
    found = usual(asked(opened, serve(answering(folder))), "all")
    window = opened.window("all")
    rows = captured(opened, window.start, window.end)
    assert found.source == "window"
    assert "0 h before the window, less than a week" in (found.problem or "")
    assert found.requests >= rows
    assert found.requests == pytest.approx(rows, rel=0.02)


def test_cloudwatch_is_not_asked_where_nobody_says_which(opened: Opened) -> None:
    """Without a region the window stands for itself too, with what to write to be told more."""
    found = usual(opened, "all")
    assert found.source == "captured"
    assert "`region`" in (found.problem or "")


def test_a_refusal_is_told_and_stops_nothing(opened: Opened) -> None:
    """Nobody listens at that address: the sentence of the refusal stands beside the own rows."""
    nobody = Aws(region="eu-central-1", endpoint_url="http://127.0.0.1:9")
    found = usual(asked(opened, nobody), "24h")
    assert found.source == "captured"
    assert found.requests > 0
    assert "GetMetricData" in (found.problem or "")
