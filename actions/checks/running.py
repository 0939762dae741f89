"""Does what runs now allow the change, and is it still what was looked at?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from actions.checks.lasting import lasting
from actions.steps import Check
from queries.surroundings import Unknown

if TYPE_CHECKING:
    from actions.checks.known import Known
    from actions.steps import Plan
    from analysis.report import Report
    from queries.live import Live

# What an endpoint has to be for an action; all others need it in service.
_STATES = {
    "abort": ("Updating",),
    "repair": ("UpdateRollbackFailed",),
    "rollback": ("InService", "UpdateRollbackFailed"),
}
_REMEDIES = {
    "Creating": "Wait until it is in service.",
    "Updating": "Wait until the update has ended, or abort it.",
    "SystemUpdating": "AWS maintains it: wait, it cannot be updated meanwhile.",
    "RollingBack": "Wait until it has gone back.",
    "UpdateRollbackFailed": "Repair it first: another update to a config that works.",
    "Failed": "It can only be deleted and created anew.",
    "OutOfService": "It takes no requests and no update; see why it was taken out.",
    "Deleting": "It is being deleted.",
}
_APART = ("remove_green", "remove_alarms")
"""What leaves the endpoint alone, and is done in whatever state that is."""
_SOON = timedelta(days=1)
_SLACK = timedelta(minutes=1)  # the first answer may come in the minute of the change


def checks(plan: Plan, live: Live, known: Known) -> Iterator[Check]:
    """Status, fingerprint, the test's model, experiment, autoscaling, and who else sets it."""
    yield _status(plan, live)
    yield unchanged(plan, live.fingerprint)
    if known.report is not None:
        yield _analysed(live, known.report)
    yield from _experiment(plan, live, known)
    if any(call.operation == "UpdateEndpoint" for call in plan.calls):
        yield _scaling(plan, live, known)
    yield _owner(known)


def _status(plan: Plan, live: Live) -> Check:
    if plan.action in _APART:
        return Check("status", "ok", f"{live.endpoint} is {live.status}, and is left alone.")
    wanted = _STATES.get(plan.action, ("InService",))
    if live.status not in wanted:
        return Check(
            "status",
            "blocked",
            f"{live.endpoint} is {live.status}; this needs it {' or '.join(wanted)}.",
            _REMEDIES.get(live.status, ""),
        )
    if live.pending is not None and plan.action not in ("abort", "repair"):
        return Check(
            "status",
            "blocked",
            f"{live.endpoint} is being changed to {live.pending['EndpointConfigName']}.",
            _REMEDIES["Updating"],
        )
    return Check("status", "ok", f"{live.endpoint} is {live.status}, with {live.config_name}.")


def unchanged(plan: Plan, fingerprint: str) -> Check:
    """Whether what runs is still what the plan was made from, where it was made from that."""
    if plan.fingerprint == fingerprint:
        return Check("unchanged", "ok", "What runs is what the plan was made from.")
    if not plan.fingerprint:
        return Check("unchanged", "ok", "The plan does not rest on what runs.")
    return Check(
        "unchanged",
        "blocked",
        f"{plan.target} was changed after the plan was made.",
        "Make the plan anew, and read it again.",
    )


def _analysed(live: Live, report: Report) -> Check:
    start, end = (each.astimezone(UTC) for each in (report.window.start, report.window.end))
    if live.modified <= start + _SLACK:
        return Check(
            "analysed",
            "ok",
            f"{live.endpoint} was last changed at {_time(live.modified)}, before the first of the "
            "answers that were compared.",
        )
    when = "while answers were compared" if live.modified < end else "after the last answer"
    return Check(
        "analysed",
        "warn",
        f"{live.endpoint} was last changed at {_time(live.modified)}, {when} "
        f"({_time(start)} to {_time(end)}): what was judged may be another model than the one that "
        "runs.",
        "Judge a window that begins after the change, or make sure the models stayed the same.",
    )


def _experiment(plan: Plan, live: Live, known: Known) -> Iterator[Check]:
    found = live.experiment
    if found is None:
        yield Check("experiment", "ok", "No inference experiment runs on the endpoint.")
        return
    name, status = found["Name"], found["Status"]
    ours = any("InferenceExperiment" in call.operation for call in plan.calls)
    if not ours and any(call.operation == "UpdateEndpoint" for call in plan.calls):
        yield Check(
            "experiment",
            "blocked",
            f"The inference experiment {name} is {status}, and holds the endpoint.",
            "Complete or cancel the experiment first.",
        )
        return
    end = (found.get("Schedule") or {}).get("EndTime")
    left = end.astimezone(UTC) - known.now if isinstance(end, datetime) else None
    if left is not None and left < _SOON:
        yield Check(
            "experiment",
            "warn",
            f"The inference experiment {name} ends by itself in {lasting(left)}; the endpoint then "
            "returns to what it was before, without the shadow.",
            "Decide before that, or have it end later.",
        )
        return
    ends = f", and ends by itself in {lasting(left)}" if left is not None else ""
    yield Check("experiment", "ok", f"The inference experiment {name} is {status}{ends}.")


def _scaling(plan: Plan, live: Live, known: Known) -> Check:
    if known.surroundings is None:
        return Check("scaling", "unknown", "Whether the variant is scaled was not looked at.")
    scaling = known.surroundings.scaling
    if isinstance(scaling, Unknown):
        return Check(
            "scaling",
            "unknown",
            f"Whether the variant is scaled by itself is not known. {scaling.why}",
            "Let the role that reads call application-autoscaling:DescribeScalableTargets.",
        )
    if not scaling:
        return Check("scaling", "ok", "No variant is scaled by itself.")
    before = {each.name: each.instance_type for each in live.variants if not each.shadow}
    after = {
        each["VariantName"]: each.get("InstanceType", "")
        for each in plan.after.get("ProductionVariants") or ()
    }
    for each in scaling:
        if after.get(each.variant, before.get(each.variant)) != before.get(each.variant):
            return Check(
                "scaling",
                "blocked",
                f"{each.variant} is scaled by itself, and AWS refuses to change its instance type "
                f"from {before.get(each.variant)} to {after.get(each.variant)} meanwhile.",
                "Keep production's instance type, or deregister its scalable target first.",
            )
    told = ", ".join(f"{each.variant} from {each.least} to {each.most}" for each in scaling)
    return Check(
        "scaling",
        "warn",
        f"Autoscaling ({told} instances) stands still until the update has ended.",
        "Update when the traffic is steady.",
    )


def _owner(known: Known) -> Check:
    owners = known.surroundings.owners if known.surroundings is not None else None
    if owners is None or isinstance(owners, Unknown):
        why = f" {owners.why}" if isinstance(owners, Unknown) else ""
        return Check("owner", "unknown", f"Who else sets the endpoint is not known.{why}")
    if not owners:
        return Check("owner", "ok", "No tag says that something else sets the endpoint.")
    return Check(
        "owner",
        "warn",
        f"The endpoint belongs to {' and '.join(owners)}, whose next run would undo the change.",
        "Export the plan and bring it in there, or have the endpoint's config ignored there.",
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
