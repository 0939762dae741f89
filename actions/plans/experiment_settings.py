"""How is a running inference experiment changed: how much is its shadow sent, when does it end?

Once an experiment has started, only its description, its sampling and its end can be changed
(https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-view-monitor-edit-individual.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from actions.plans.differences import changes
from actions.plans.experiments import in_state
from actions.plans.updating import accepted
from actions.steps import Action, Call, Plan, Wait
from queries.errors import NotDone
from queries.live import Document, Live

STAGES = (10, 50, 100)
"""The percentages of the requests that a shadow is given one after the other."""

LONGEST = timedelta(days=30)
"""How long an experiment may run."""


def planned_end(experiment: Document) -> datetime | None:
    """When it ends by itself, aware; None where AWS does not say."""
    end: datetime | None = (experiment.get("Schedule") or {}).get("EndTime")
    return end


def latest_end(experiment: Document) -> datetime:
    """When it ends at the latest, aware: 30 days after its start."""
    begun: datetime = (experiment.get("Schedule") or {}).get("StartTime") or experiment[
        "CreationTime"
    ]
    return begun + LONGEST


def resample(live: Live, percent: int) -> Plan:
    """Send the shadow another percentage of the requests.

    Raises
    ------
    NotDone
        When no experiment runs, or the percentage is out of reach or is what it is.
    """
    found = in_state(live, "Running", "Created")
    mode = found["ShadowModeConfig"]
    shadow = mode["ShadowModelVariants"][0]
    if not 1 <= percent <= 100:
        raise NotDone(f"A shadow is sent 1 to 100 % of the requests, not {percent} %.")
    if shadow["SamplingPercentage"] == percent:
        raise NotDone(f"The shadow is sent {percent} % of the requests already.")
    changed = {
        "SourceModelVariantName": mode["SourceModelVariantName"],
        "ShadowModelVariants": [
            {
                "ShadowModelVariantName": shadow["ShadowModelVariantName"],
                "SamplingPercentage": percent,
            }
        ],
    }
    following = next((stage for stage in STAGES if stage > percent), None)
    note = (
        f"The next stage is {following} %. Look at the shadow's errors and latency first."
        if following
        else "This is the last stage."
    )
    return _updated(
        "resample",
        live,
        found,
        {"ShadowModeConfig": changed},
        ({"ShadowModeConfig": mode}, {"ShadowModeConfig": changed}),
        f"Sends the shadow {percent} % of the requests instead of "
        f"{shadow['SamplingPercentage']} %.",
        (note,),
    )


def extend(live: Live, end: datetime, *, now: datetime) -> Plan:
    """Let the experiment end later, at ``end``, aware UTC.

    Raises
    ------
    NotDone
        When no experiment runs, or the end has passed, is no later than the planned one, or lies
        more than 30 days after the start.
    """
    found = in_state(live, "Running")
    planned, latest = planned_end(found), latest_end(found)
    if end <= now:
        raise NotDone(f"{_written(end)} has passed; the experiment cannot end then.")
    if planned is not None and end <= planned:
        raise NotDone(f"It ends on {_written(planned)} as it is; name a later end.")
    if end > latest:
        raise NotDone(
            f"An experiment runs for {LONGEST.days} days at most, and this one began on "
            f"{_written(latest - LONGEST)}: it ends by {_written(latest)}."
        )
    return _updated(
        "extend_experiment",
        live,
        found,
        {"Schedule": {"EndTime": int(end.timestamp())}},
        (_ending(planned), _ending(end)),
        f"Lets the experiment end on {_written(end)}.",
        (
            "At its end the endpoint returns to what it was before the experiment, by itself and "
            "without the shadow.",
        ),
    )


def _updated(
    action: Action,
    live: Live,
    found: Document,
    changed: Mapping[str, Any],
    shown: tuple[Mapping[str, Any], Mapping[str, Any]],
    purpose: str,
    notes: tuple[str, ...],
) -> Plan:
    before, after = shown
    return Plan(
        action=action,
        target=live.endpoint,
        fingerprint=live.fingerprint,
        steps=accepted(
            (
                Call(
                    "sagemaker",
                    "UpdateInferenceExperiment",
                    {"Name": found["Name"], **changed},
                    purpose,
                ),
                Wait(
                    "settled", live.endpoint, purpose=f"Until {live.endpoint} is in service again."
                ),
            )
        ),
        now=before,
        after=after,
        changes=changes(before, after),
        previous=live.config_name,
        notes=notes,
    )


def _ending(end: datetime | None) -> dict[str, Any]:
    return {"Schedule": {"EndTime": _written(end)}} if end else {}


def _written(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
