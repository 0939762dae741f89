"""May as many instances run as a change needs at its height?

An update starts the new fleet beside the old one, a rolling one a batch of it, and a rehearsal one
fleet more. Nothing here forbids a change: a count may be minutes old, and what goes beyond a quota
AWS refuses before anything has changed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from actions.steps import Check
from queries.quotas import quota_name

if TYPE_CHECKING:
    from actions.checks.known import Known
    from actions.steps import Call, Plan
    from queries.quotas import Quota

_RAISE = (
    "Have the quota raised in Service Quotas (“{}”), or choose rolling, other or fewer instances."
)
_MAY_READ = (
    "Let the role that reads call servicequotas:ListAWSDefaultServiceQuotas, "
    "servicequotas:GetServiceQuota and servicequotas:GetAWSDefaultServiceQuota."
)


def checks(plan: Plan, known: Known) -> Iterator[Check]:
    """The quota of every instance type that is started; nothing where no endpoint is updated."""
    if not any(call.operation == "UpdateEndpoint" for call in plan.calls):
        return
    needed = started(plan)
    if not needed:
        yield Check("quota", "ok", "No instances are started.")
        return
    around = known.surroundings
    quotas = {each.instance_type: each for each in around.quotas} if around is not None else {}
    yield _worst([_one(kind, n, quotas.get(kind)) for kind, n in needed.items()])


def started(plan: Plan) -> dict[str, int]:
    """Instances that run at the height of a change beside those that run now, by their type."""
    fleet: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for each in _variants(plan.after):
        if each.get("InstanceType"):
            fleet[each["InstanceType"]] += each.get("InitialInstanceCount", 0)
    for call in plan.calls:
        if call.operation == "CreateEndpoint":
            most += fleet
        elif call.operation == "UpdateEndpoint":
            most += _beside(call, fleet)
    return dict(most)


def _variants(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key in ("ProductionVariants", "ShadowProductionVariants"):
        yield from config.get(key) or ()


def _beside(update: Call, fleet: Counter[str]) -> Counter[str]:
    """What an update starts before it ends anything: the whole fleet, or a batch of it."""
    deployment = update.parameters.get("DeploymentConfig") or {}
    rolling = deployment.get("RollingUpdatePolicy")
    if rolling is None:
        return fleet
    size = rolling["MaximumBatchSize"]
    share = size["Type"] == "CAPACITY_PERCENT"
    return Counter(
        {
            kind: min(n, math.ceil(n * size["Value"] / 100) if share else size["Value"])
            for kind, n in fleet.items()
        }
    )


def _one(kind: str, needed: int, quota: Quota | None) -> Check:
    told = f"{needed} × {kind} {'run' if needed != 1 else 'runs'} beside the old for a while"
    if quota is None or quota.limit is None:
        why = f" {quota.why}" if quota is not None else ""
        return Check(
            "quota", "unknown", f"{told}; whether the quota allows it is not known.{why}", _MAY_READ
        )
    if quota.used is None:
        return Check(
            "quota",
            "unknown",
            f"{told}. The quota is {quota.limit:,}; how many are in use is not known. {quota.why}",
            "Let the role that reads call sagemaker:ListEndpoints.",
        )
    total = quota.used + needed
    least = "at least " if quota.unseen else ""
    sentence = (
        f"{told}: {least}{quota.used:,} of {quota.limit:,} are in use ({quota.counted}), "
        f"{least}{total:,} would be"
    )
    if total > quota.limit:
        return Check(
            "quota",
            "warn",
            f"{sentence}. AWS would refuse it, and nothing would have changed.",
            _RAISE.format(quota_name(kind)),
        )
    if quota.unseen:
        return Check(
            "quota",
            "unknown",
            f"{sentence}. What {quota.unseen:,} more endpoints use could not be read.",
            "See in Service Quotas how many are in use, or let the role that reads describe all "
            "endpoints.",
        )
    return Check("quota", "ok", f"{sentence}.")


def _worst(found: list[Check]) -> Check:
    """One check of all types: as bad as the worst, with what each says."""
    order = ("warn", "unknown", "ok")
    first = min(found, key=lambda each: order.index(each.status))
    told = " ".join(each.sentence for each in found)
    return Check("quota", first.status, told, first.remedy)
