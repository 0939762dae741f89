"""How many instances of a type may run at endpoints, and how many do?

Service Quotas knows a quota "TYPE for endpoint usage" by a code, which is looked up by name once.
What is in use is the newest value of the metric that the quota names, where it names one
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Service-Quota-Integration.html);
where it has none, the endpoints that may be read are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from queries import aws as account
from queries.errors import AwsError
from queries.sagemaker import asked

if TYPE_CHECKING:
    from queries.config import Aws
    from queries.live import Document

MOST_ENDPOINTS = 50
"""Endpoints that are counted: the newest. Each is described."""

_SERVICE = "sagemaker"
_WORKERS = 8
_LOOKS_BACK = timedelta(hours=1)
_PERIOD_S = 300  # of usage metrics
_NO_QUOTA = ("NoSuchResourceException",)
# codes of quotas by region and name: AWS never changes one
_codes: dict[tuple[str, str], str] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Quota:
    """The quota of one instance type at endpoints.

    ``limit`` None is not known, and ``why`` says so in a sentence. ``used`` instances run now, as
    ``counted`` says in words; of ``unseen`` endpoints more it is not known how many they have.
    """

    instance_type: str
    limit: int | None = None
    used: int | None = None
    counted: str = ""
    unseen: int = 0
    why: str = ""


def quota_name(instance_type: str) -> str:
    """The name of the quota, as Service Quotas shows it."""
    return f"{instance_type} for endpoint usage"


def quotas(aws: Aws, instance_types: Iterable[str]) -> tuple[Quota, ...]:
    """The quota of each type, in the order given; what is refused is told in it.

    Raises
    ------
    AwsError
        When no client can be made.
    """
    services = ("service-quotas", "cloudwatch", "sagemaker")
    limits, cloudwatch, sagemaker = (account.client(aws, each) for each in services)
    return tuple(
        _quota(limits, cloudwatch, sagemaker, each) for each in dict.fromkeys(instance_types)
    )


def _quota(limits: Any, cloudwatch: Any, sagemaker: Any, kind: str) -> Quota:
    try:
        code = _code(limits, quota_name(kind))
        if code is None:
            return Quota(kind, why=f"Service Quotas has no quota “{quota_name(kind)}” here.")
        return _used(kind, _in_force(limits, code), cloudwatch, sagemaker)
    except AwsError as error:
        return Quota(kind, why=str(error))


def _code(client: Any, name: str) -> str | None:
    """The code of a quota; None where AWS has none of this name in the region."""
    region = client.meta.region_name
    with _lock:
        if (region, name) in _codes:
            return _codes[region, name]
    pages = asked(
        "ListAWSDefaultServiceQuotas",
        lambda: list(
            client.get_paginator("list_aws_default_service_quotas").paginate(
                ServiceCode=_SERVICE, PaginationConfig={"PageSize": 100}
            )
        ),
    )
    found = {
        (region, each["QuotaName"]): each["QuotaCode"] for page in pages for each in page["Quotas"]
    }
    with _lock:
        _codes.update(found)
    return found.get((region, name))


def _in_force(client: Any, code: str) -> Document:
    """A quota: the account's own, else AWS's default."""
    from botocore.exceptions import ClientError

    about = {"ServiceCode": _SERVICE, "QuotaCode": code}

    def own() -> Document | None:
        try:
            found: Document = client.get_service_quota(**about)["Quota"]
        except ClientError as error:
            if account.code_of(error) in _NO_QUOTA:
                return None
            raise
        return found

    found = asked("GetServiceQuota", own)
    if found is not None:
        return found
    default: Document = asked(
        "GetAWSDefaultServiceQuota", lambda: client.get_aws_default_service_quota(**about)
    )["Quota"]
    return default


def _used(kind: str, quota: Document, cloudwatch: Any, sagemaker: Any) -> Quota:
    limit = int(quota["Value"])
    if "UsageMetric" in quota:
        try:
            newest = _metric(cloudwatch, quota["UsageMetric"])
        except AwsError:
            # the endpoints can still be counted
            newest = None
        if newest is not None:
            value, at = newest
            return Quota(kind, limit, round(value), f"by AWS's usage metric of {at:%H:%M} UTC")
    try:
        used, seen, unseen = _running(sagemaker, kind)
    except AwsError as error:
        return Quota(kind, limit, why=str(error))
    told = f"counted at {seen:,} endpoint{'s' if seen != 1 else ''}"
    return Quota(kind, limit, used, told, unseen)


def _metric(client: Any, metric: Mapping[str, Any]) -> tuple[float, datetime] | None:
    """The newest value of a usage metric and when it was so; None where it has none."""
    now = datetime.now(UTC)
    dimensions = [{"Name": k, "Value": v} for k, v in metric.get("MetricDimensions", {}).items()]
    stat = {
        "Metric": {
            "Namespace": metric["MetricNamespace"],
            "MetricName": metric["MetricName"],
            "Dimensions": dimensions,
        },
        "Period": _PERIOD_S,
        "Stat": metric.get("MetricStatisticRecommendation", "Maximum"),
    }
    answer = asked(
        "GetMetricData",
        partial(
            client.get_metric_data,
            MetricDataQueries=[{"Id": "used", "MetricStat": stat}],
            StartTime=now - _LOOKS_BACK,
            EndTime=now + timedelta(seconds=_PERIOD_S),
            ScanBy="TimestampDescending",
        ),
    )
    for result in answer["MetricDataResults"]:
        if result["Values"]:
            return result["Values"][0], result["Timestamps"][0].astimezone(UTC)
    return None


def _running(client: Any, kind: str) -> tuple[int, int, int]:
    """Instances of a type at the endpoints, of how many endpoints, and how many were not seen."""
    pages = asked("ListEndpoints", lambda: list(client.get_paginator("list_endpoints").paginate()))
    names = [each["EndpointName"] for page in pages for each in page["Endpoints"]]
    with ThreadPoolExecutor(_WORKERS) as pool:
        counts = list(pool.map(lambda name: _at(client, name, kind), names[:MOST_ENDPOINTS]))
    seen = [each for each in counts if each is not None]
    return sum(seen), len(seen), len(names) - len(seen)


def _at(client: Any, endpoint: str, kind: str) -> int | None:
    """How many instances of a type an endpoint has; None where that may not be read."""
    try:
        found = asked("DescribeEndpoint", partial(client.describe_endpoint, EndpointName=endpoint))
        configs = {found["EndpointConfigName"]: found}
        pending = found.get("PendingDeploymentSummary")
        if pending is not None:
            configs[pending["EndpointConfigName"]] = pending
        return sum(_of(client, name, live, kind) for name, live in configs.items())
    except AwsError:
        return None


def _of(client: Any, config: str, live: Document, kind: str) -> int:
    """What runs of a config: its instance types, and the counts of those in service."""
    described = asked(
        "DescribeEndpointConfig",
        partial(client.describe_endpoint_config, EndpointConfigName=config),
    )
    count = 0
    for key in ("ProductionVariants", "ShadowProductionVariants"):
        running = {each["VariantName"]: each for each in live.get(key) or ()}
        for each in described.get(key) or ():
            if each.get("InstanceType") == kind:
                variant = running.get(each["VariantName"], {})
                count += max(
                    variant.get("CurrentInstanceCount", 0), variant.get("DesiredInstanceCount", 0)
                )
    return count
