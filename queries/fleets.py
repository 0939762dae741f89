"""How do the new fleet's answers compare with the old one's, minute by minute of an update?

While two fleets serve, CloudWatch tells their metrics apart by the dimension EndpointConfigName
(https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html). A minute
without a value is a minute without one, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from queries.metric_data import Found, Query, ask, column, starts
from queries.periods import Blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MINUTE_S = 60
_MOST_MINUTES = 900  # longer than any update may take: 28,800 s and as much to go back
_LATENCY = ("p50", "p99", "SampleCount")


@dataclass(frozen=True, slots=True, eq=False)
class FleetMetrics:
    """What one fleet answered.

    ``config`` is its endpoint config, "" for both fleets together. ``minute`` is when each minute
    begins, UTC; beside it, one value each and nan where there is none: ``invocations`` a minute,
    ``p50_ms`` and ``p99_ms`` of ModelLatency and the number of answers ``n`` that they are of,
    ``errors_5xx`` a minute. ``whole_*`` are those of the whole time: percentiles are of ``whole_n``
    answers, and no mean of minutes.
    """

    config: str
    minute: NDArray[np.datetime64]
    invocations: NDArray[np.float64]
    p50_ms: NDArray[np.float64]
    p99_ms: NDArray[np.float64]
    n: NDArray[np.float64]
    errors_5xx: NDArray[np.float64]
    whole_invocations: int
    whole_errors_5xx: int
    whole_p50_ms: float
    whole_p99_ms: float
    whole_n: int


@dataclass(frozen=True, slots=True, eq=False)
class Fleets:
    """Both fleets of an update. Where the old one has no metrics of its own, ``old`` is both."""

    new: FleetMetrics
    old: FleetMetrics


def read_fleets(
    client: Any,
    endpoint: str,
    variant: str,
    *,
    new: str,
    old: str,
    since: datetime,
    until: datetime,
) -> Fleets:
    """The answers of both fleets from ``since`` to ``until`` (aware), at most the last 15 hours.

    ``new`` and ``old`` are endpoint configs, ``variant`` the production variant of both.

    Raises
    ------
    AwsError
        When CloudWatch refuses or cannot be reached.
    """
    end = -int(-until.timestamp() // _MINUTE_S) * _MINUTE_S
    begin = int(since.timestamp() // _MINUTE_S) * _MINUTE_S
    count = min(_MOST_MINUTES, max(1, (end - begin) // _MINUTE_S))
    minutes = Blocks(end - count * _MINUTE_S, _MINUTE_S, count)
    whole = Blocks(minutes.start, count * _MINUTE_S, 1)
    configs = (new, old, "")
    found = ask(
        client,
        endpoint,
        [query for config in configs for query in _queries(variant, config, (minutes, whole))],
    )
    fleets = {each: _fleet(found, variant, each, minutes, whole) for each in configs}
    apart = fleets[old].whole_invocations or fleets[old].whole_n
    return Fleets(new=fleets[new], old=fleets[old if apart else ""])


def _queries(variant: str, config: str, blocks: tuple[Blocks, ...]) -> list[Query]:
    wanted = [("ModelLatency", statistic) for statistic in _LATENCY]
    wanted += [("Invocations", "Sum"), ("Invocation5XXErrors", "Sum")]
    return [
        Query(variant, metric, statistic, each, config=config)
        for each in blocks
        for metric, statistic in wanted
    ]


def _fleet(found: Found, variant: str, config: str, minutes: Blocks, whole: Blocks) -> FleetMetrics:
    def by_minute(metric: str, statistic: str) -> NDArray[np.float64]:
        return column(found, Query(variant, metric, statistic, minutes, config=config))

    def parts(metric: str, statistic: str) -> dict[int, float]:
        return found[Query(variant, metric, statistic, whole, config=config)]

    # CloudWatch may give a long period in parts: percentiles are of the one with most answers
    counts = parts("ModelLatency", "SampleCount")
    part = max(counts, key=counts.__getitem__, default=0)
    invocations = by_minute("Invocations", "Sum")
    failed = by_minute("Invocation5XXErrors", "Sum")
    seen = invocations > 0
    return FleetMetrics(
        config=config,
        minute=starts(minutes),
        invocations=invocations,
        p50_ms=by_minute("ModelLatency", "p50") / 1_000,
        p99_ms=by_minute("ModelLatency", "p99") / 1_000,
        n=by_minute("ModelLatency", "SampleCount"),
        errors_5xx=np.where(seen, np.nan_to_num(failed), np.nan),
        whole_invocations=round(sum(parts("Invocations", "Sum").values())),
        whole_errors_5xx=round(sum(parts("Invocation5XXErrors", "Sum").values())),
        whole_p50_ms=parts("ModelLatency", "p50").get(part, np.nan) / 1_000,
        whole_p99_ms=parts("ModelLatency", "p99").get(part, np.nan) / 1_000,
        whole_n=round(counts.get(part, 0)),
    )
