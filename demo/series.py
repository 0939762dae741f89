"""Which values does a metric of the demo account have, whoever publishes it?

SageMaker does, of the requests of the demo and of those that come after; and whoever calls
PutMetricData.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from demo.live_traffic import LiveTraffic
from demo.metrics import (
    NOTHING,
    Metrics,
    Points,
    Samples,
    Span,
    namespace_of,
    points_of,
)

_OF_VARIANT = {"EndpointName", "VariantName"}
_OF_FLEET = {*_OF_VARIANT, "EndpointConfigName"}


class Series:
    """All metrics of the account; ``live`` is the traffic since it was made, where there is any."""

    def __init__(self, metrics: Metrics, live: LiveTraffic | None = None) -> None:
        self._metrics = metrics
        self._live = live
        self._lock = threading.Lock()
        self._put: dict[str, list[tuple[int, float]]] = {}

    def put(self, namespace: str, datum: Mapping[str, Any], now: float) -> None:
        """Keep what somebody published: a value, or several with how often each was there."""
        at = round(1_000 * datum.get("Timestamp", now))
        values = datum.get("Values", [datum["Value"]] if "Value" in datum else [])
        counts = datum.get("Counts", [1.0] * len(values))
        key = _key(namespace, datum["MetricName"], datum.get("Dimensions", ()))
        with self._lock:
            kept = self._put.setdefault(key, [])
            for value, count in zip(values, counts, strict=True):
                kept += [(at, value)] * round(count)

    def points(
        self,
        metric: Mapping[str, Any],
        statistic: str,
        *,
        start_ms: int,
        end_ms: int,
        period_s: int,
    ) -> Points:
        """A statistic of a metric, ``{Namespace, MetricName, Dimensions}``, for each period."""
        named = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
        name = metric.get("MetricName", "")
        ours = metric.get("Namespace") == namespace_of(name)
        # a metric is known by exactly its dimensions; with others CloudWatch has no data of it
        span = Span(
            endpoint=named["EndpointName"] if ours and set(named) == _OF_VARIANT else "",
            variant=named.get("VariantName", ""),
            metric=name,
            start_ms=start_ms,
            end_ms=end_ms,
            period_s=period_s,
        )
        more = [self._published(metric, start_ms, end_ms)]
        if ours and set(named) in (_OF_VARIANT, _OF_FLEET):
            more.append(self._since(named, name, start_ms, end_ms))
        if not any(len(times) for times, _ in more):
            return self._metrics.points(span, statistic)
        samples = _joined([self._metrics.samples(span), *more])
        return points_of(samples, start_ms=start_ms, period_s=period_s, statistic=statistic)

    def _since(self, named: Mapping[str, str], name: str, start_ms: int, end_ms: int) -> Samples:
        if self._live is None:
            return NOTHING
        return self._live.samples(
            named["EndpointName"],
            named["VariantName"],
            named.get("EndpointConfigName"),
            name,
            start_ms / 1_000,
            end_ms / 1_000,
        )

    def _published(self, metric: Mapping[str, Any], start_ms: int, end_ms: int) -> Samples:
        key = _key(
            metric.get("Namespace", ""), metric.get("MetricName", ""), metric.get("Dimensions", ())
        )
        with self._lock:
            kept = sorted(each for each in self._put.get(key, ()) if start_ms <= each[0] < end_ms)
        if not kept:
            return NOTHING
        return np.array([t for t, _ in kept], np.int64), np.array([value for _, value in kept])


def _joined(samples: list[Samples]) -> Samples:
    times, values = (np.concatenate(column) for column in zip(*samples, strict=True))
    order = np.argsort(times, kind="stable")
    return times[order], values[order]


def _key(namespace: str, name: str, dimensions: Iterable[Mapping[str, str]]) -> str:
    named = sorted((each["Name"], each["Value"]) for each in dimensions)
    return json.dumps([namespace, name, named])
