"""Which of the demo's endpoints scale by themselves? What Application Auto Scaling answers.

Shapes follow https://docs.aws.amazon.com/autoscaling/application/APIReference/Welcome.html.
"""

from __future__ import annotations

from typing import Any

from demo.identity import ACCOUNT
from demo.wire import Operation

TARGET = "AnyScaleFrontendService"
_COUNT = "sagemaker:variant:DesiredInstanceCount"
_ARN = f"arn:aws:autoscaling:eu-central-1:{ACCOUNT}:scalingPolicy:5f1c"
# (endpoint, variant): least and most instances, and invocations a minute that one should take
SCALED = {("delivery-minutes", "eta-2026-10"): (1, 4, 600.0)}


def registered() -> frozenset[str]:
    """The resource ids of what scales by itself."""
    return frozenset(_resource(*key) for key in SCALED)


def operations() -> list[Operation]:
    """The operations of Application Auto Scaling that the demo account has: reads."""
    answers = {"DescribeScalableTargets": _targets, "DescribeScalingPolicies": _policies}
    return [
        Operation("application-autoscaling", TARGET, name, answer)
        for name, answer in answers.items()
    ]


def _targets(asked: dict[str, Any]) -> dict[str, Any]:
    wanted = asked.get("ResourceIds")
    found = [
        {
            **about,
            "MinCapacity": SCALED[key][0],
            "MaxCapacity": SCALED[key][1],
            "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker",
            "CreationTime": 1_700_000_000,
        }
        for key, about in _resources(asked)
        if wanted is None or about["ResourceId"] in wanted
    ]
    return {"ScalableTargets": found}


def _policies(asked: dict[str, Any]) -> dict[str, Any]:
    found = [
        {
            **about,
            "PolicyARN": f"{_ARN}:resource/sagemaker/{about['ResourceId']}:policyName/invocations",
            "PolicyName": "invocations",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": SCALED[key][2],
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
            },
            "CreationTime": 1_700_000_000,
        }
        for key, about in _resources(asked)
        if asked.get("ResourceId") in (None, about["ResourceId"])
        and ("PolicyNames" not in asked or "invocations" in asked["PolicyNames"])
    ]
    return {"ScalingPolicies": found}


def _resources(asked: dict[str, Any]) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    """Each scaled variant with what both answers say of it, where its kind is asked for."""
    if asked["ServiceNamespace"] != "sagemaker" or asked.get("ScalableDimension") not in (
        None,
        _COUNT,
    ):
        return []
    return [
        (
            key,
            {
                "ServiceNamespace": "sagemaker",
                "ResourceId": _resource(*key),
                "ScalableDimension": _COUNT,
            },
        )
        for key in SCALED
    ]


def _resource(endpoint: str, variant: str) -> str:
    return f"endpoint/{endpoint}/variant/{variant}"
