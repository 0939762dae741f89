"""What did the instances of both variants use, by CloudWatch's own measurement?

Metrics of instances lie in a namespace of their own, per endpoint and variant; a shadow's are under
its own name (https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import resources as used
from analysis.usage import METRICS, Times, Usage, VariantUse
from queries.instances import machines
from queries.metric_data import INSTANCES, Query, ask, column, starts
from queries.periods import plan

if TYPE_CHECKING:
    from analysis.estimates import Window
    from analysis.resources import Resources
    from analysis.usage import Machine, Metric
    from queries.metric_data import Found
    from queries.opened import Opened
    from queries.periods import Blocks, Plan

_NAMES: dict[Metric, str] = {
    "cpu": "CPUUtilization",
    "memory": "MemoryUtilization",
    "gpu": "GPUUtilization",
    "gpu_memory": "GPUMemoryUtilization",
    "disk": "DiskUtilization",
}
_REQUESTS = ("Invocations", "InvocationsPerInstance")


@dataclass(frozen=True, slots=True, eq=False)
class ResourceReading:
    """What both variants used; ``problem`` says why that is not known.

    ``source`` says in words where it comes from, ``machines_problem`` why instance types are not
    known.
    """

    resources: Resources | None
    source: str
    problem: str | None
    machines_problem: str | None


def resources(opened: Opened, window_text: str) -> ResourceReading:
    """Ask CloudWatch and SageMaker about one window of an opened test.

    Raises
    ------
    AwsError
        When CloudWatch refuses or cannot be reached. SageMaker refusing is told, not raised.
    NotComparable, QuestionError
        As :meth:`queries.opened.Opened.window`.
    """
    from queries import aws

    window = opened.window(window_text)
    endpoint = opened.endpoint
    if endpoint is None:
        return _none(
            "Neither the configuration nor the captures' paths name the endpoint; set `endpoint`."
        )
    if not aws.is_named(opened.config.aws):
        return _none(
            "No AWS region is configured, so CloudWatch is not asked; set `region` in [aws]."
        )
    config, test = opened.config, opened.test
    names = test.production, test.shadow
    found = machines(
        config,
        aws.client(config.aws, "sagemaker"),
        endpoint=endpoint,
        experiment=test.experiment,
        names=names,
    )
    times, sides = read(
        aws.client(config.aws, "cloudwatch"),
        endpoint=endpoint,
        window=window,
        variants=((names[0], found.production), (names[1], found.shadow)),
    )
    if not any(usage.samples for side in sides for usage in side.usages):
        return _none(
            f"CloudWatch has no utilisation of the instances of {endpoint} in this window; check "
            "the endpoint's name and the region. Serverless endpoints have no instances."
        )
    return ResourceReading(
        used.compare(*sides, times, currency=config.currency, confidence=opened.policy.confidence),
        f"CloudWatch {INSTANCES} and Invocations of {endpoint}",
        None,
        found.problem,
    )


def read(
    client: Any,
    *,
    endpoint: str,
    window: Window,
    variants: tuple[tuple[str, Machine], tuple[str, Machine]],
) -> tuple[Times, tuple[VariantUse, VariantUse]]:
    """Everything that CloudWatch has of both variants' instances, and the blocks it is asked in.

    Raises
    ------
    AwsError
        When CloudWatch refuses or cannot be reached.
    """
    asked = plan(window)
    found = ask(
        client, endpoint, [query for name, _ in variants for query in _queries(name, asked)]
    )
    times = Times(
        window=window,
        seconds=asked.whole.period,
        batch_s=asked.batches.period,
        series_start=starts(asked.series),
        series_s=asked.series.period,
    )
    (production, machine), (shadow, shadow_machine) = variants
    return times, (
        _variant(found, production, machine, asked),
        _variant(found, shadow, shadow_machine, asked),
    )


def _queries(variant: str, asked: Plan) -> list[Query]:
    blocks = (asked.whole, asked.batches, asked.series)
    wanted = (
        (asked.whole, ("Sum", "SampleCount", "Maximum")),
        (asked.batches, ("Average",)),
        (asked.series, ("Average", "Maximum")),
    )
    return [
        *(Query(variant, metric, "Sum", each) for each in blocks for metric in _REQUESTS),
        *(
            Query(variant, name, statistic, each, INSTANCES)
            for name in _NAMES.values()
            for each, statistics in wanted
            for statistic in statistics
        ),
    ]


def _variant(found: Found, variant: str, machine: Machine, asked: Plan) -> VariantUse:
    requests, shares = (
        column(found, Query(variant, metric, "Sum", asked.batches)) for metric in _REQUESTS
    )
    return VariantUse(
        machine=machine,
        usages=tuple(_usage(found, variant, metric, asked) for metric in METRICS),
        # sums of parts add up, so it does not matter if the window came back in several
        requests=round(sum(found[Query(variant, "Invocations", "Sum", asked.whole)].values())),
        batch_requests=requests,
        # each request counts 1 ÷ instances in the second metric
        batch_instances=np.divide(
            requests, shares, out=np.full(len(requests), np.nan), where=shares > 0
        ),
        series_requests=column(found, Query(variant, "Invocations", "Sum", asked.series)),
    )


def _usage(found: Found, variant: str, metric: Metric, asked: Plan) -> Usage:
    def points(statistic: str) -> list[float]:
        return list(found[_of(variant, metric, statistic, asked.whole)].values())

    samples = sum(points("SampleCount"))
    return Usage(
        metric=metric,
        mean=sum(points("Sum")) / samples if samples else math.nan,
        most=max(points("Maximum"), default=math.nan),
        samples=round(samples),
        batches=column(found, _of(variant, metric, "Average", asked.batches)),
        series_mean=column(found, _of(variant, metric, "Average", asked.series)),
        series_most=column(found, _of(variant, metric, "Maximum", asked.series)),
    )


def _of(variant: str, metric: Metric, statistic: str, blocks: Blocks) -> Query:
    return Query(variant, _NAMES[metric], statistic, blocks, INSTANCES)


def _none(problem: str) -> ResourceReading:
    return ResourceReading(None, "", problem, None)
