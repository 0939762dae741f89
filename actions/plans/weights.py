"""How are the requests shared among several production variants of an endpoint?

For tests of A against B and more, whose variants all answer
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html).
A shadow answers nobody and has no such share.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from actions.plans.differences import changes
from actions.steps import Call, Plan, Wait
from queries.errors import NotDone
from queries.live import Live


def shift(live: Live, percents: Mapping[str, float]) -> Plan:
    """Give each production variant its percentage of the requests; together they are 100 %.

    The instances of each stay as many as they are. A variant with 0 % keeps its instances.

    Raises
    ------
    NotDone
        When a production variant is left out, one is named that is none, or the sum is not 100 %.
    """
    known = [variant for variant in live.variants if not variant.shadow]
    names = {variant.name for variant in known}
    if len(known) < 2:
        raise NotDone(f"{live.endpoint} has one production variant, which answers everything.")
    _hold_to(names, percents)
    total = sum(variant.weight for variant in known)
    now = {variant.name: 100 * variant.weight / total if total else math.nan for variant in known}
    before = {"ProductionVariants": _shown(now)}
    after = {"ProductionVariants": _shown({name: percents[name] for name in now})}
    wanted = [{"VariantName": name, "DesiredWeight": percents[name] / 100} for name in now]
    told = ", ".join(f"{name} {percents[name]:g} %" for name in now)
    return Plan(
        action="shift_weights",
        target=live.endpoint,
        fingerprint=live.fingerprint,
        steps=(
            Call(
                "sagemaker",
                "UpdateEndpointWeightsAndCapacities",
                {"EndpointName": live.endpoint, "DesiredWeightsAndCapacities": wanted},
                f"Shares the requests of {live.endpoint}: {told}.",
            ),
            Wait(
                "settled",
                live.endpoint,
                live.config_name,
                f"Until {live.endpoint} is in service with these shares.",
            ),
        ),
        now=before,
        after=after,
        changes=changes(before, after),
        config_name=live.config_name,
        previous=live.config_name,
        notes=(
            "No instance is started or ended: whether those of each variant carry their new share "
            "is not tested here.",
            "The endpoint config keeps its old weights; the next update of the endpoint goes back "
            "to them unless it retains the variants' properties.",
        ),
    )


def _hold_to(names: set[str], percents: Mapping[str, float]) -> None:
    unknown = sorted(percents.keys() - names)
    if unknown:
        raise NotDone(
            f"{', '.join(unknown)}: no production variant of that name. There are "
            f"{', '.join(sorted(names))}."
        )
    missing = sorted(names - percents.keys())
    if missing:
        raise NotDone(f"Say how much {', '.join(missing)} is to have, 0 if nothing.")
    if any(not 0 <= percent <= 100 for percent in percents.values()):
        raise NotDone("A share is between 0 and 100 %.")
    total = math.fsum(percents.values())
    if not math.isclose(total, 100, abs_tol=1e-6):
        raise NotDone(f"The shares add up to {total:g} %, not to 100 %.")


def _shown(percents: Mapping[str, float]) -> list[dict[str, str]]:
    return [{"VariantName": name, "Share": f"{percent:g} %"} for name, percent in percents.items()]
