"""What does CloudWatch answer to GetMetricData? Here, out of the demo account's own requests.

Limits, retention and paging follow
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Callable
from typing import Any

from demo.metrics import Metrics, Points, Span, known_statistic, namespace_of
from demo.wire import Operation, Refusal

TARGET = "GraniteServiceVersion20100801"
MOST_QUERIES = 500
MOST_POINTS = 100_800
_DAY_S = 86_400
# (age of the data in seconds, what the period must be a multiple of from then on)
_RETENTION = ((3 * 3_600, 60), (15 * _DAY_S, 300), (63 * _DAY_S, 3_600))
_GONE_S = 455 * _DAY_S
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")


def operations(metrics: Metrics, *, clock: Callable[[], float] = time.time) -> list[Operation]:
    """The operations of CloudWatch that the demo account has; ``clock`` gives epoch seconds."""

    def get_metric_data(parameters: dict[str, Any]) -> dict[str, Any]:
        return _get_metric_data(metrics, parameters, clock())

    return [Operation("cloudwatch", TARGET, "GetMetricData", get_metric_data)]


def _get_metric_data(metrics: Metrics, asked: dict[str, Any], now: float) -> dict[str, Any]:
    queries = asked["MetricDataQueries"]
    _check(asked, queries)
    found = [
        (query["Id"], query["MetricStat"], _points(metrics, query, asked, now))
        for query in queries
        if query.get("ReturnData", True)
    ]
    return _page(found, asked)


def _check(asked: dict[str, Any], queries: list[dict[str, Any]]) -> None:
    if not queries or len(queries) > MOST_QUERIES:
        raise Refusal(
            f"The collection MetricDataQueries must have between 1 and {MOST_QUERIES} members."
        )
    if asked["StartTime"] >= asked["EndTime"]:
        raise Refusal("The parameter StartTime must be less than the parameter EndTime.")
    if not 1 <= asked.get("MaxDatapoints", MOST_POINTS) <= MOST_POINTS:
        raise Refusal(f"The parameter MaxDatapoints must be between 1 and {MOST_POINTS}.")
    ids = [query["Id"] for query in queries]
    if len(set(ids)) < len(ids):
        raise Refusal("The values for parameter Id in MetricDataQueries must be unique.")
    for query in queries:
        if not _ID.fullmatch(query["Id"]):
            raise Refusal(f"The value {query['Id']} for parameter Id is not matching {_ID.pattern}")
        if "MetricStat" not in query:
            raise Refusal("The demo account answers MetricStat only, not Expression.")
        stat = query["MetricStat"]
        if not known_statistic(stat["Stat"]):
            raise Refusal(f"The value {stat['Stat']} for parameter Stat is not supported.")
        if stat["Period"] not in (1, 5, 10, 30) and stat["Period"] % 60:
            raise Refusal("The parameter Period must be 1, 5, 10, 30 or a multiple of 60.")


def _points(metrics: Metrics, query: dict[str, Any], asked: dict[str, Any], now: float) -> Points:
    stat = query["MetricStat"]
    metric = stat["Metric"]
    named = {d["Name"]: d["Value"] for d in metric.get("Dimensions", ())}
    # a metric is known by exactly its dimensions; with others CloudWatch has no data of it
    name = metric.get("MetricName", "")
    ours = metric.get("Namespace") == namespace_of(name) and set(named) == {
        "EndpointName",
        "VariantName",
    }
    found = metrics.points(
        Span(
            endpoint=named["EndpointName"] if ours else "",
            variant=named["VariantName"] if ours else "",
            metric=name,
            start_ms=1_000 * _start(asked["StartTime"], now),
            end_ms=round(1_000 * asked["EndTime"]),
            period_s=stat["Period"],
        ),
        stat["Stat"],
    )
    kept = now - found.start_ms / 1_000 < _oldest_kept(stat["Period"])
    return Points(found.start_ms[kept], found.values[kept])


def _start(start: float, now: float) -> int:
    """The start of the first period: older data are kept in coarser steps."""
    step = next((step for age, step in reversed(_RETENTION[1:]) if now - start >= age), 60)
    return int(start // step * step)


def _oldest_kept(period: int) -> float:
    return next((age for age, multiple in _RETENTION if period % multiple), _GONE_S)


def _page(found: list[tuple[str, Any, Points]], asked: dict[str, Any]) -> dict[str, Any]:
    """At most ``MaxDatapoints`` points; ``NextToken`` says how many were sent before."""
    sent = _opened(asked["NextToken"]) if "NextToken" in asked else 0
    room = asked.get("MaxDatapoints", MOST_POINTS)
    newest_first = asked.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    results = []
    at = 0
    for name, stat, points in found:
        low, high = max(sent - at, 0), min(sent + room - at, len(points.values))
        cut = slice(low, max(low, high))
        order = slice(None, None, -1 if newest_first else 1)
        results.append(
            {
                "Id": name,
                "Label": stat["Metric"].get("MetricName", ""),
                "Timestamps": (points.start_ms[order][cut] / 1_000).tolist(),
                "Values": points.values[order][cut].tolist(),
                "StatusCode": "Complete" if high >= len(points.values) else "PartialData",
            }
        )
        at += len(points.values)
    answer: dict[str, Any] = {"MetricDataResults": results, "Messages": []}
    if at > sent + room:
        answer["NextToken"] = base64.b64encode(f"sent={sent + room}".encode()).decode()
    return answer


def _opened(token: str) -> int:
    try:
        text = base64.b64decode(token, validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not re.fullmatch(r"sent=\d{1,12}", text):
        raise Refusal("The next token is not one that was given out.", code="InvalidNextToken")
    return int(text.removeprefix("sent="))
