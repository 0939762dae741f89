"""Would AWS accept this way of deploying? By the rules that only its documentation tells.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeploymentConfig.html and the pages on
canary, linear and rolling deployments of its developer guide. AWS's wording of these refusals is
not published; this is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from demo.deployments import waits_s

# (where, what, least and most per cent of a variant's instances)
_BLUE_GREEN = {"CANARY": ("CanarySize", 0, 50), "LINEAR": ("LinearStepSize", 10, 50)}
_BATCH = ("MaximumBatchSize", 5, 50)


def objections(
    deployment: Mapping[str, Any],
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
) -> list[str]:
    """What is wrong with it; ``before`` and ``after`` are the production variants.

    Those of after hold how many instances there will be, as DesiredInstanceCount.
    """
    rolling = deployment.get("RollingUpdatePolicy")
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    if rolling and routing:
        return ["Only one update policy should be used in the deployment configuration."]
    found: list[str] = []
    if (rolling or routing) and _names(before) != _names(after):
        found.append(
            "The new endpoint configuration must have the same variant names as the old one."
        )
    if rolling and len(after) > 1:
        found.append("Rolling deployments do not support endpoints with several variants.")
    count = min(each.get("DesiredInstanceCount", 0) for each in after)
    if rolling:
        found += _misfit(rolling, *_BATCH, count)
    if routing.get("Type") in _BLUE_GREEN:
        found += _misfit(routing, *_BLUE_GREEN[routing["Type"]], count)
    # only what can be sized has a time
    return found or list(_too_short(deployment, count))


def _names(variants: Sequence[Mapping[str, Any]]) -> set[str]:
    return {each["VariantName"] for each in variants}


def _misfit(
    policy: Mapping[str, Any], name: str, least: int, most: int, count: int
) -> Iterator[str]:
    if name not in policy:
        yield f"{name} is required for this type of traffic routing."
        return
    asked = policy[name]
    percent = asked["Value"]
    if asked["Type"] == "INSTANCE_COUNT":
        percent = 100 * asked["Value"] / count if count else 0
    if count < 2 or not least <= percent <= most:
        between = f"between {least}% and {most}%" if least else f"at most {most}%"
        yield f"{name} must be {between} of the variant's total instance count, which is {count}."


def _too_short(deployment: Mapping[str, Any], count: int) -> Iterator[str]:
    for name in ("BlueGreenUpdatePolicy", "RollingUpdatePolicy"):
        limit = deployment.get(name, {}).get("MaximumExecutionTimeoutInSeconds")
        waits = waits_s(deployment, count) if limit is not None else 0
        if limit is not None and limit <= waits:
            yield (
                f"MaximumExecutionTimeoutInSeconds, {limit}, must be greater than the total of all "
                f"waits, {waits:.0f}."
            )
