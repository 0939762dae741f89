"""How many instances may run at endpoints of the demo account, and how many do?

Shapes follow https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/Welcome.html. AWS
publishes what is in use every few minutes; here it is published whenever a quota is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from demo.held import Held
from demo.identity import ACCOUNT
from demo.series import Series
from demo.wire import Operation, Refusal

TARGET = "ServiceQuotasV20190624"
NAMESPACE, METRIC = "AWS/Usage", "ResourceCount"
DEFAULTS = {
    "ml.m5.large": 20,
    "ml.m5.xlarge": 20,
    "ml.m5.2xlarge": 20,
    "ml.c6i.large": 20,
    "ml.c6i.xlarge": 20,
    "ml.g5.xlarge": 4,
    "ml.p4d.24xlarge": 0,
}
_PAGE = 4
"""Quotas of one answer, so few that there are several."""


@dataclass(eq=False)
class Quotas:
    """The quotas of the account: ``own`` are those that AWS raised, the rest are defaults.

    ``published`` says whether the quotas name a metric of what is in use.
    """

    held: Held
    series: Series
    clock: Callable[[], float]
    own: dict[str, int] = field(default_factory=dict)
    published: bool = True

    def operations(self) -> list[Operation]:
        """The operations of Service Quotas that the demo account has: reads."""
        answers = {
            "ListAWSDefaultServiceQuotas": self._list,
            "GetServiceQuota": self._own,
            "GetAWSDefaultServiceQuota": self._default,
        }
        return [
            Operation("service-quotas", TARGET, name, answer) for name, answer in answers.items()
        ]

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        _known(asked)
        first = int(asked.get("NextToken", "0"))
        kinds = list(DEFAULTS)
        size = min(asked.get("MaxResults", _PAGE), _PAGE)
        some = kinds[first : first + size]
        more = {"NextToken": str(first + size)} if first + size < len(kinds) else {}
        return {"Quotas": [self._told(kind, DEFAULTS[kind]) for kind in some], **more}

    def _own(self, asked: dict[str, Any]) -> dict[str, Any]:
        kind = _kind(asked)
        if kind not in self.own:
            raise _none()
        return {"Quota": self._told(kind, self.own[kind])}

    def _default(self, asked: dict[str, Any]) -> dict[str, Any]:
        kind = _kind(asked)
        return {"Quota": self._told(kind, DEFAULTS[kind])}

    def _told(self, kind: str, value: int) -> dict[str, Any]:
        told = {
            "ServiceCode": "sagemaker",
            "ServiceName": "Amazon SageMaker",
            "QuotaCode": code(kind),
            "QuotaArn": f"arn:aws:servicequotas:eu-central-1:{ACCOUNT}:sagemaker/{code(kind)}",
            "QuotaName": f"{kind} for endpoint usage",
            "Value": value,
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
        if self.published:
            told["UsageMetric"] = self._publish(kind)
        return told

    def _publish(self, kind: str) -> dict[str, Any]:
        dimensions = {
            "Class": "None",
            "Resource": f"endpoint/{kind}",
            "Service": "SageMaker",
            "Type": "Resource",
        }
        with self.held.open() as state:
            used = sum(
                _running(endpoint, state["configs"], kind)
                for endpoint in state["endpoints"].values()
            )
        datum = {
            "MetricName": METRIC,
            "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
            "Value": float(used),
        }
        self.series.put(NAMESPACE, datum, self.clock())
        return {
            "MetricNamespace": NAMESPACE,
            "MetricName": METRIC,
            "MetricDimensions": dimensions,
            "MetricStatisticRecommendation": "Maximum",
        }


def code(kind: str) -> str:
    """The code of a quota, as AWS's look: made up here."""
    return f"L-{hashlib.sha256(kind.encode()).hexdigest()[:8].upper()}"


def _running(endpoint: dict[str, Any], configs: dict[str, Any], kind: str) -> int:
    config = configs.get(endpoint["EndpointConfigName"], {})
    count = 0
    for key in ("ProductionVariants", "ShadowProductionVariants"):
        live = {each["VariantName"]: each for each in endpoint.get(key, ())}
        for each in config.get(key, ()):
            if each.get("InstanceType") == kind:
                count += live.get(each["VariantName"], {}).get("CurrentInstanceCount", 0)
    return count


def _known(asked: dict[str, Any]) -> None:
    if asked["ServiceCode"] != "sagemaker":
        raise _none()


def _kind(asked: dict[str, Any]) -> str:
    _known(asked)
    found = next((kind for kind in DEFAULTS if code(kind) == asked["QuotaCode"]), None)
    if found is None:
        raise _none()
    return found


def _none() -> Refusal:
    return Refusal(
        "The request failed because the specified service or quota does not exist.",
        code="NoSuchResourceException",
    )
