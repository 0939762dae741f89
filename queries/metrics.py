"""How fast were the two variants, and how often did they fail?

As far as CloudWatch can tell; of a paired log, as far as the log does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis import errors as error_rates
from analysis import latency as latencies
from queries.errors import AwsError

if TYPE_CHECKING:
    from analysis.errors import Errors
    from analysis.estimates import Window
    from analysis.latency import Latency
    from analysis.paired_latency import PairedLatency
    from queries.cloudwatch import DiskSeries, LatencyReading
    from queries.opened import Opened


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """Latency and errors of one window; ``problem`` says why there are none, or what is missing.

    ``latency`` is the models' own, ``paired`` what is known of each request (paired logs only);
    ``overhead`` what SageMaker adds to it, None where CloudWatch
    has none (what it means for a shadow, whose answer nobody waits for, AWS does not say).
    ``disks`` is how full the disks of the instances were, None where that is not known.
    """

    latency: Latency | None
    paired: PairedLatency | None
    overhead: Latency | None
    errors: Errors | None
    problem: str | None
    disks: DiskSeries | None = None


def read_metrics(opened: Opened, window: Window, *, alpha: float) -> Metrics:
    """Ask CloudWatch, or the log; a refusal is told, and never stops the rest of the report."""
    if opened.test.log is not None:
        return _logged(opened, window, alpha)
    from queries import aws, cloudwatch

    endpoint = opened.endpoint
    if endpoint is None:
        return _none(
            "Neither the configuration nor the captures' paths name the endpoint; set `endpoint`."
        )
    if not aws.is_named(opened.config.aws):
        return _none(
            "No AWS region is configured, so CloudWatch is not asked; set `region` in [aws]."
        )
    production, shadow = opened.test.production, opened.test.shadow
    confidence, planned = opened.policy.confidence, opened.policy.planned_pairs
    try:
        client = aws.client(opened.config.aws, "cloudwatch")
        speed = cloudwatch.latency(
            client, endpoint=endpoint, production=production, shadow=shadow, window=window
        )
        added = cloudwatch.latency(
            client,
            endpoint=endpoint,
            production=production,
            shadow=shadow,
            window=window,
            metric="OverheadLatency",
        )
        failures = cloudwatch.errors(
            client, endpoint=endpoint, production=production, shadow=shadow, window=window
        )
    except AwsError as error:
        return _none(str(error))
    disks, problem = None, None
    try:
        disks = cloudwatch.disks(
            client, endpoint=endpoint, production=production, shadow=shadow, window=window
        )
    except AwsError as error:
        problem = f"Whether disks were full is not known: {error}"
    if speed.production.window.n == 0 and speed.shadow.window.n == 0:
        return _none(
            f"CloudWatch has no ModelLatency of {endpoint} in this window; check the endpoint's "
            "name and the region."
        )
    unknown = added.production.window.n == 0 or added.shadow.window.n == 0
    return Metrics(
        _compared(speed, confidence, alpha),
        None,
        None if unknown else _compared(added, confidence, alpha),
        error_rates.Errors(
            rates=tuple(
                error_rates.error_rate(counts, confidence=confidence, alpha=alpha, planned=planned)
                for counts in failures.counts
            ),
            series=failures.series,
            production_invocations=failures.production_invocations,
            shadow_invocations=failures.shadow_invocations,
        ),
        problem,
        disks,
    )


def _logged(opened: Opened, window: Window, alpha: float) -> Metrics:
    from queries import log_metrics

    speed, paired = log_metrics.latency(opened, window, alpha=alpha)
    failures = log_metrics.errors(opened, window, alpha=alpha)
    missing = []
    if speed is None:
        missing.append("no request whose `latency_ms` is noted for both variants")
    if failures is None:
        missing.append("neither `status` nor `error` of any request")
    problem = f"The log holds {' and '.join(missing)} in this window." if missing else None
    return Metrics(speed, paired, None, failures, problem)


def _compared(read: LatencyReading, confidence: float, alpha: float) -> Latency:
    return latencies.Latency(
        metric=read.production.metric,
        source=read.source,
        production=read.production,
        shadow=read.shadow,
        differences=latencies.compare(
            read.production, read.shadow, confidence=confidence, alpha=alpha
        ),
    )


def _none(problem: str) -> Metrics:
    return Metrics(None, None, None, None, problem)
