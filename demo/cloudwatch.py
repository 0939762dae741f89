"""What does CloudWatch say of metrics? Here, out of the demo account's own requests.

Limits, retention and paging follow
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import time
from collections.abc import Callable
from typing import Any

from demo.metrics import Points, known_statistic
from demo.series import Series
from demo.wire import Operation, Refusal

TARGET = "GraniteServiceVersion20100801"
MOST_QUERIES = 500
MOST_POINTS = 100_800
MOST_STATISTICS = 1_440
MOST_DATA = 1_000
_DAY_S = 86_400
# (age of the data in seconds, what the period must be a multiple of from then on)
_RETENTION = ((3 * 3_600, 60), (15 * _DAY_S, 300), (63 * _DAY_S, 3_600))
_GONE_S = 455 * _DAY_S
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")


def operations(series: Series, *, clock: Callable[[], float] = time.time) -> list[Operation]:
    """The operations on metrics that the demo account has; ``clock`` gives epoch seconds."""

    def get_metric_data(asked: dict[str, Any]) -> dict[str, Any]:
        return _get_metric_data(series, asked, clock())

    def get_metric_statistics(asked: dict[str, Any]) -> dict[str, Any]:
        return _get_metric_statistics(series, asked, clock())

    def put_metric_data(asked: dict[str, Any]) -> dict[str, Any]:
        _put_metric_data(series, asked, clock())
        return {}

    answers = {
        "GetMetricData": get_metric_data,
        "GetMetricStatistics": get_metric_statistics,
        "PutMetricData": put_metric_data,
    }
    return [Operation("cloudwatch", TARGET, name, answer) for name, answer in answers.items()]


def _get_metric_data(series: Series, asked: dict[str, Any], now: float) -> dict[str, Any]:
    queries = asked["MetricDataQueries"]
    _check(asked, queries)
    found = [
        (query["Id"], query["MetricStat"], _points(series, query["MetricStat"], asked, now))
        for query in queries
        if query.get("ReturnData", True)
    ]
    return _page(found, asked)


def _check(asked: dict[str, Any], queries: list[dict[str, Any]]) -> None:
    if not queries or len(queries) > MOST_QUERIES:
        raise Refusal(
            f"The collection MetricDataQueries must have between 1 and {MOST_QUERIES} members."
        )
    _check_span(asked)
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
        _check_statistic(stat["Stat"])
        _check_period(stat["Period"])


def _check_span(asked: dict[str, Any]) -> None:
    if asked["StartTime"] >= asked["EndTime"]:
        raise Refusal("The parameter StartTime must be less than the parameter EndTime.")


def _check_statistic(name: str) -> None:
    if not known_statistic(name):
        raise Refusal(f"The value {name} for parameter Stat is not supported.")


def _check_period(period: int) -> None:
    if period not in (1, 5, 10, 30) and period % 60:
        raise Refusal("The parameter Period must be 1, 5, 10, 30 or a multiple of 60.")


def _points(series: Series, stat: dict[str, Any], asked: dict[str, Any], now: float) -> Points:
    found = series.points(
        stat["Metric"],
        stat["Stat"],
        start_ms=1_000 * _start(asked["StartTime"], now),
        end_ms=round(1_000 * asked["EndTime"]),
        period_s=stat["Period"],
    )
    kept = now - found.start_ms / 1_000 < _oldest_kept(stat["Period"])
    return Points(found.start_ms[kept], found.values[kept])


def _get_metric_statistics(series: Series, asked: dict[str, Any], now: float) -> dict[str, Any]:
    plain, shares = asked.get("Statistics", []), asked.get("ExtendedStatistics", [])
    _check_span(asked)
    if bool(plain) == bool(shares):
        said = "Exactly one of Statistics and ExtendedStatistics must be given."
        raise Refusal(said, code="InvalidParameterCombination")
    _check_period(asked["Period"])
    points: dict[int, dict[str, Any]] = {}
    for statistic in (*plain, *shares):
        _check_statistic(statistic)
        stat = {"Metric": asked, "Stat": statistic, "Period": asked["Period"]}
        found = _points(series, stat, asked, now)
        for start, value in zip(found.start_ms.tolist(), found.values.tolist(), strict=True):
            point = points.setdefault(start, {"Timestamp": start / 1_000})
            of = point if statistic in plain else point.setdefault("ExtendedStatistics", {})
            of[statistic] = value
    if len(points) > MOST_STATISTICS:
        raise Refusal(
            f"You have requested up to {len(points)} datapoints, which exceeds the limit of "
            f"{MOST_STATISTICS}.",
            code="InvalidParameterCombination",
        )
    return {"Label": asked["MetricName"], "Datapoints": list(points.values())}


def _put_metric_data(series: Series, asked: dict[str, Any], now: float) -> None:
    data = asked.get("MetricData", [])
    if not data or len(data) > MOST_DATA:
        raise Refusal(f"The collection MetricData must have between 1 and {MOST_DATA} members.")
    if asked["Namespace"].startswith("AWS/"):
        raise Refusal("The value AWS/ for parameter Namespace is invalid: it is reserved.")
    for datum in data:
        if ("Value" in datum) == ("Values" in datum):
            raise Refusal("The demo account takes exactly one of Value and Values.")
        values = datum.get("Values", [datum.get("Value")])
        if len(datum.get("Counts", values)) != len(values):
            raise Refusal("The parameters Values and Counts must be of the same length.")
        if not all(math.isfinite(value) and abs(value) < 2**360 for value in values):
            raise Refusal("The value for parameter MetricData.member.Value is out of range.")
        if not -2 * 3_600 <= now - datum.get("Timestamp", now) <= 14 * _DAY_S:
            raise Refusal("The parameter Timestamp must be in the last two weeks.")
    for datum in data:
        series.put(asked["Namespace"], datum, now)


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
