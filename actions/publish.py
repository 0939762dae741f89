"""Which numbers of a comparison may an alarm watch, and how do they come to CloudWatch?

One request, with the end of the window as their time. A number for which there are no data is left
out: an alarm then has nothing to go by, which it can be told to treat as it should be.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from actions import people, strict
from actions.steps import Call
from queries import aws as account
from queries.errors import NotDone

if TYPE_CHECKING:
    from actions.people import Person
    from actions.steps import Action
    from analysis.estimates import Estimate
    from analysis.report import Report
    from queries.config import Config, Test

NAME: Action = "publish"
NAMESPACE = "ShadowTest/ModelComparison"
VERDICTS = {"promote": 1.0, "hold": 0.0, "reject": -1.0}
OLDEST = timedelta(days=14)
"""How old a time may be that CloudWatch takes
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html)."""

_PERCENTILES = {0.5: "LatencyP50Change", 0.99: "LatencyP99Change"}
_ERRORS = {
    "4xx_errors": "Error4XXDifference",
    "5xx_errors": "Error5XXDifference",
    "model_errors": "ModelErrorDifference",
}


@dataclass(frozen=True, slots=True)
class Metric:
    """A number as it is published; ``unit`` is CloudWatch's, and nan one without data."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Publication:
    """What is published of one comparison: the request, and what is left out for want of data.

    ``at`` is the end of the window, aware UTC.
    """

    endpoint: str
    comparison: str
    at: datetime
    metrics: tuple[Metric, ...]
    left_out: tuple[str, ...]
    call: Call


def publication(test: Test, report: Report) -> Publication:
    """What of a report is to be published, and the request that does it; AWS is not asked."""
    found = tuple(_metrics(report))
    known = tuple(each for each in found if math.isfinite(each.value))
    endpoint, comparison = test.endpoint or test.name, f"{report.production}:{report.shadow}"
    at = report.window.end.astimezone(UTC)
    dimensions = [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "Comparison", "Value": comparison},
    ]
    data: list[dict[str, Any]] = [
        {
            "MetricName": each.name,
            "Dimensions": dimensions,
            "Timestamp": at,
            "Value": each.value,
            "Unit": each.unit,
        }
        for each in known
    ]
    return Publication(
        endpoint=endpoint,
        comparison=comparison,
        at=at,
        metrics=known,
        left_out=tuple(each.name for each in found if each not in known),
        call=Call(
            "cloudwatch",
            "PutMetricData",
            {"Namespace": NAMESPACE, "MetricData": data},
            f"Publishes {len(known)} numbers of {comparison} on {endpoint}.",
        ),
    )


def hindrance(
    config: Config, planned: Publication, by: Person, *, now: datetime | None = None
) -> str | None:
    """Why it cannot be published, as a sentence; None if it can."""
    moment = now or datetime.now(UTC)
    problem = people.may(by, NAME, config, moment)
    if problem is None and planned.at < moment - OLDEST:
        problem = (
            f"The window ends at {planned.at:%Y-%m-%d %H:%M} UTC, and CloudWatch takes nothing "
            f"that is older than {OLDEST.days} days; choose a later window."
        )
    if problem is None:
        wrong = strict.faults(planned.call.service, planned.call.operation, planned.call.parameters)
        problem = " ".join(wrong) or None
    return problem


def publish(
    config: Config, planned: Publication, by: Person, *, now: datetime | None = None
) -> str:
    """Publish it, as the role that reads; AWS's request id.

    Raises
    ------
    NotDone
        When it is not allowed, or CloudWatch would not take it. AWS was not asked.
    AwsError
        When AWS refuses.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    problem = hindrance(config, planned, by, now=now)
    if problem is not None:
        raise NotDone(problem)
    client = account.client(config.aws, planned.call.service)
    try:
        answer = client.put_metric_data(**planned.call.parameters)
    except (BotoCoreError, ClientError) as error:
        raise account.explain(error, call=planned.call.operation) from error
    request_id: str = answer["ResponseMetadata"].get("RequestId", "")
    return request_id


def _metrics(report: Report) -> Iterator[Metric]:
    """Every number in its order; nan where there are no data of it."""
    yield Metric("Verdict", VERDICTS[report.verdict.decision], "None")
    yield Metric("Pairs", float(report.pairing.paired), "Count")
    agreement = report.agreement
    shared = agreement.sequence if agreement is not None and agreement.sequence.n else None
    yield Metric("Agreement", _percent(shared.value if shared else math.nan), "Percent")
    yield Metric("AgreementLow", _percent(shared.low if shared else math.nan), "Percent")
    for quantile, name in _PERCENTILES.items():
        yield Metric(name, _percent(_value(_changes(report).get(quantile))), "Percent")
    rates = report.errors.rates if report.errors is not None else ()
    differences = {each.counts.kind: each.difference for each in rates}
    for kind, name in _ERRORS.items():
        yield Metric(name, _percent(_value(differences.get(kind))), "Percent")
    drift = report.prediction_drift
    yield Metric("PredictionDrift", _value(drift.effect if drift else None), "None")


def _changes(report: Report) -> dict[float, Estimate]:
    """The relative change of each percentile: of the models' latency, else of the requests'."""
    if report.latency is not None:
        return {each.quantile: each.relative for each in report.latency.differences}
    if report.paired_latency is not None:
        return {each.quantile: each.relative for each in report.paired_latency.changes}
    return {}


def _value(estimate: Estimate | None) -> float:
    return estimate.value if estimate is not None and estimate.n else math.nan


def _percent(share: float) -> float:
    return 100 * share
