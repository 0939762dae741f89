"""Which model answers a request to an endpoint, and what? SageMaker's runtime, in the demo.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

from demo.answering import Models, NotAnswered
from demo.identity import ACCOUNT
from demo.wire import Operation, Refusal

_SERVING = ("InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed")


def operations(models: Models, sagemaker: Iterable[Operation]) -> list[Operation]:
    """The operations of the runtime; what runs where is asked of ``sagemaker``'s own."""
    asks = {each.name: each.answer for each in sagemaker}

    def invoke(asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["EndpointName"]
        try:
            endpoint = asks["DescribeEndpoint"]({"EndpointName": name})
        except Refusal:
            endpoint = {"EndpointStatus": "OutOfService"}
        if endpoint["EndpointStatus"] not in _SERVING:
            raise Refusal(f"Endpoint {name} of account {ACCOUNT} not found.")
        variant = _variant(endpoint["ProductionVariants"], asked)
        config = asks["DescribeEndpointConfig"](
            {"EndpointConfigName": endpoint["EndpointConfigName"]}
        )
        model = next(
            each["ModelName"]
            for each in config["ProductionVariants"]
            if each["VariantName"] == variant
        )
        try:
            reply = models.reply(model, asked["Body"])
        except NotAnswered as error:
            raise Refusal(
                f'Received client error (400) from primary with message "{error}".',
                code="ModelError",
                status=424,
                OriginalStatusCode=400,
                OriginalMessage=str(error),
            ) from None
        return {
            "Body": reply.body,
            "ContentType": reply.content_type,
            "InvokedProductionVariant": variant,
        }

    return [Operation("sagemaker-runtime", "", "InvokeEndpoint", invoke)]


def _variant(variants: list[dict[str, Any]], asked: dict[str, Any]) -> str:
    """The variant that is asked for, else one by the weights: for one payload always the same."""
    names = [str(each["VariantName"]) for each in variants]
    wanted: str | None = asked.get("TargetVariant")
    if wanted is not None:
        if wanted not in names:
            raise Refusal(f"Variant {wanted} not found for endpoint {asked['EndpointName']}.")
        return wanted
    weights = [each.get("CurrentWeight", 1.0) for each in variants]
    place = zlib.crc32(asked["Body"]) / 2**32 * sum(weights)
    for name, weight in zip(names, weights, strict=True):
        place -= weight
        if place < 0:
            return name
    return names[-1]
