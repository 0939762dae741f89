"""What does CloudWatch hold of some metrics of an endpoint's variants, over blocks of time?

One door to GetMetricData, for every namespace. A missing point is missing, never 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from queries.aws import explain
from queries.errors import AwsError
from queries.periods import Blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

INVOCATIONS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"
_CALL = "GetMetricData"
_QUERIES_A_CALL = 500


@dataclass(frozen=True, slots=True)
class Query:
    """One metric and statistic of one variant, over blocks of time.

    ``config`` asks for the part that instances of this endpoint config answered
    (https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html); ""
    for all of the variant's.
    """

    variant: str
    metric: str
    statistic: str
    blocks: Blocks
    namespace: str = INVOCATIONS
    config: str = ""


# What came back for a query: the value of each period, by its start in epoch seconds.
Found = dict[Query, dict[int, float]]


def ask(client: Any, endpoint: str, queries: Sequence[Query]) -> Found:
    """Every query's points, in as few calls as CloudWatch allows.

    Raises
    ------
    AwsError
        When CloudWatch refuses or cannot be reached.
    """
    found: Found = {query: {} for query in queries}
    for blocks in dict.fromkeys(query.blocks for query in queries):
        same = [query for query in queries if query.blocks == blocks]
        for first in range(0, len(same), _QUERIES_A_CALL):
            named = {f"m{at}": q for at, q in enumerate(same[first : first + _QUERIES_A_CALL])}
            for result in _results(client, endpoint, blocks, named):
                times = (round(time.timestamp()) for time in result["Timestamps"])
                # a page holds a part of a query's points: they are gathered over all pages
                found[named[result["Id"]]].update(zip(times, result["Values"], strict=True))
    return found


def column(found: Found, query: Query) -> NDArray[np.float64]:
    """One value a block, nan where CloudWatch has none."""
    values = np.full(query.blocks.count, np.nan)
    for start, value in found[query].items():
        at = (start - query.blocks.start) // query.blocks.period
        if 0 <= at < len(values):
            values[at] = value
    return values


def starts(blocks: Blocks) -> NDArray[np.datetime64]:
    """When each block begins, UTC."""
    seconds = blocks.start + blocks.period * np.arange(blocks.count)
    return seconds.astype("datetime64[s]")


def _results(
    client: Any, endpoint: str, blocks: Blocks, named: dict[str, Query]
) -> Iterator[dict[str, Any]]:
    from botocore.exceptions import BotoCoreError, ClientError

    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[_metric_stat(endpoint, name, query) for name, query in named.items()],
        StartTime=datetime.fromtimestamp(blocks.start, UTC),
        EndTime=datetime.fromtimestamp(blocks.end, UTC),
        ScanBy="TimestampAscending",
    )
    try:
        for page in pages:
            for result in page["MetricDataResults"]:
                # without this, a refusal would look like a quiet endpoint
                if result.get("StatusCode") in ("InternalError", "Forbidden"):
                    raise _refused(page, result)
                yield result
    except (BotoCoreError, ClientError) as error:
        raise explain(error, call=_CALL) from error


def _refused(page: dict[str, Any], result: dict[str, Any]) -> AwsError:
    said = " ".join(m.get("Value", "") for m in result.get("Messages") or ()).strip()
    code = result["StatusCode"]
    return AwsError(
        f"AWS answered {_CALL} with {code} for {result.get('Label') or 'a metric'}"
        f"{f': {said}' if said else ''}. Check the permission cloudwatch:{_CALL} and reload.",
        call=_CALL,
        code=code,
        request_id=page.get("ResponseMetadata", {}).get("RequestId"),
    )


def _metric_stat(endpoint: str, name: str, query: Query) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": query.namespace,
                "MetricName": query.metric,
                "Dimensions": [
                    {"Name": "EndpointName", "Value": endpoint},
                    {"Name": "VariantName", "Value": query.variant},
                    *(
                        [{"Name": "EndpointConfigName", "Value": query.config}]
                        if query.config
                        else []
                    ),
                ],
            },
            "Period": query.blocks.period,
            "Stat": query.statistic,
        },
    }
