"""How full are the disks of some variants? Data capture stops without a word when they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from queries.aws import client, explain

if TYPE_CHECKING:
    from queries.config import Aws

NAMESPACE = "/aws/sagemaker/Endpoints"
CAPTURE_STOPS = 75.0
"""Per cent; AWS asks to keep disk usage below it for data capture
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html)."""

_LOOK_BACK = timedelta(hours=3)
_QUERIES_A_CALL = 500


def fullest(
    aws: Aws, variants: Sequence[tuple[str, str]], now: datetime
) -> dict[tuple[str, str], float]:
    """The highest DiskUtilization (0 to 100) of the last three hours, by endpoint and variant.

    A variant without data is left out.

    Raises
    ------
    AwsError
    """
    from botocore.exceptions import BotoCoreError, ClientError

    asked = client(aws, "cloudwatch")
    found: dict[tuple[str, str], float] = {}
    for first in range(0, len(variants), _QUERIES_A_CALL):
        part = variants[first : first + _QUERIES_A_CALL]
        queries = [
            {
                "Id": f"disk{at}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": NAMESPACE,
                        "MetricName": "DiskUtilization",
                        "Dimensions": [
                            {"Name": "EndpointName", "Value": endpoint},
                            {"Name": "VariantName", "Value": variant},
                        ],
                    },
                    "Period": 3600,
                    "Stat": "Maximum",
                },
            }
            for at, (endpoint, variant) in enumerate(part)
        ]
        try:
            answer = asked.get_metric_data(
                MetricDataQueries=queries, StartTime=now - _LOOK_BACK, EndTime=now
            )
        except (BotoCoreError, ClientError) as error:
            raise explain(error, call="GetMetricData") from error
        for each in answer["MetricDataResults"]:
            if each["Values"]:
                found[part[int(each["Id"].removeprefix("disk"))]] = max(each["Values"])
    return found
