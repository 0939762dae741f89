"""How does a Lambda alias come to send its requests to another version, and back?

An alias takes at most two published versions
(https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html). Its RevisionId is a
lock: an update made from an older reading of it is refused, so that no lock of ours is needed.
"""

from __future__ import annotations

from typing import Any

from actions.plans.differences import changes
from actions.steps import Call, Plan
from queries.errors import NotDone
from queries.live_generic import LiveAlias


def promote(live: LiveAlias, version: str, *, percent: float = 100.0) -> Plan:
    """Send ``percent`` of the requests to a version, the rest to the one that has them now.

    At 100 the version takes the alias over, and no other is routed to.

    Raises
    ------
    NotDone
        When the version is not published or has the requests already, or the percentage is none.
    """
    _known(live, version)
    if not 0 < percent <= 100:
        raise NotDone(
            f"A version is sent more than 0 and at most 100 % of the requests, not {percent:g} %."
        )
    if version == live.version:
        raise NotDone(
            f"{live.alias} sends its requests to version {version} already; going back from a "
            "canary is a rollback to it."
        )
    if percent == 100:
        return _routed(live, "promote_alias", version, {}, "Sends all requests to")
    return _routed(
        live,
        "promote_alias",
        live.version,
        {version: percent / 100},
        f"Sends {percent:g} % of the requests to",
        new=version,
    )


def rollback(live: LiveAlias, version: str) -> Plan:
    """Send all requests to an earlier version, at once; that of the alias ends a canary.

    Raises
    ------
    NotDone
        When the version is not published, or has all requests already.
    """
    _known(live, version)
    if version == live.version and not live.weights:
        raise NotDone(f"{live.alias} sends all its requests to version {version} already.")
    return _routed(live, "rollback", version, {}, "Sends all requests back to")


def document(live: LiveAlias) -> dict[str, Any]:
    """What the alias does now, in the form of a plan's ``now`` and ``after``."""
    return _document(live.version, dict(live.weights))


def _known(live: LiveAlias, version: str) -> None:
    if version not in live.versions:
        raise NotDone(
            f"{live.function} has no published version {version}; publish it first. There are "
            f"{', '.join(live.versions[:10]) or 'none'}."
        )


def _routed(
    live: LiveAlias,
    action: Any,
    version: str,
    weights: dict[str, float],
    purpose: str,
    *,
    new: str = "",
) -> Plan:
    now = document(live)
    after = _document(version, weights)
    return Plan(
        action=action,
        target=f"{live.function}:{live.alias}",
        fingerprint=live.fingerprint,
        steps=(
            Call(
                "lambda",
                "UpdateAlias",
                {
                    "FunctionName": live.function,
                    "Name": live.alias,
                    **after,
                    "RevisionId": live.revision,
                },
                f"{purpose} version {new or version} of {live.function}.",
            ),
        ),
        now=now,
        after=after,
        changes=changes(now, after),
        config_name=version,
        previous=live.version,
        notes=(
            "It takes effect within seconds. Both versions must have the same execution role and "
            "the same dead-letter queue, or none.",
        )
        if weights
        else ("It takes effect within seconds, and so does the way back.",),
    )


def _document(version: str, weights: dict[str, float]) -> dict[str, Any]:
    # weights that are empty are said as such: left out, Lambda keeps those there are
    return {"FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": weights}}
