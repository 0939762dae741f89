"""Would AWS take the calls as they stand, and do what they say?

Some features make SageMaker fall back to an update all at once without a word
(https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from actions import strict
from actions.plans import strategies
from actions.plans.strategies import Strategy
from actions.steps import Check
from queries.surroundings import Unknown

if TYPE_CHECKING:
    from actions.checks.known import Known
    from actions.steps import Call, Plan
    from queries.live import Live

_SILENT = timedelta(minutes=15)  # an alarm with no data for so long sees nothing
_SIZED: dict[str, strategies.Kind] = {
    "CanarySize": "canary",
    "LinearStepSize": "linear",
    "MaximumBatchSize": "rolling",
}
_FALLS_BACK = "AWS would take the request and update all at once, without watching any alarm."


def requests(plan: Plan) -> Check:
    """Whether every call is one that AWS takes."""
    faults = [
        fault
        for call in plan.calls
        for fault in strict.faults(call.service, call.operation, call.parameters)
    ]
    if faults:
        return Check("requests", "blocked", " ".join(faults), "Choose other values.")
    return Check("requests", "ok", f"AWS takes such requests as these ({len(plan.calls)}).")


def checks(plan: Plan, live: Live, known: Known) -> Iterator[Check]:
    """What an update of the endpoint needs; nothing where the plan has none."""
    update = next((call for call in plan.calls if call.operation == "UpdateEndpoint"), None)
    if update is None:
        return
    deployment = update.parameters.get("DeploymentConfig") or {}
    yield _strategy(plan, live, deployment)
    yield _features(live, known, deployment)
    yield _alarms(plan, known, watched(update))


def watched(update: Call) -> tuple[str, ...]:
    """The names of the alarms that an UpdateEndpoint would watch."""
    deployment = update.parameters.get("DeploymentConfig") or {}
    alarms = (deployment.get("AutoRollbackConfiguration") or {}).get("Alarms") or ()
    return tuple(each["AlarmName"] for each in alarms)


def _strategy(plan: Plan, live: Live, deployment: Mapping[str, Any]) -> Check:
    """The way traffic moves, read back from the request: that is what AWS will go by."""
    first: dict[str, Any] = next(iter(plan.after.get("ProductionVariants") or ()), {})
    instances = first.get("InitialInstanceCount", live.production.desired_instances)
    strategy = read_back(deployment)
    faults = strategies.faults(strategy, live, instances=instances)
    if faults:
        return Check("strategy", "blocked", " ".join(faults), "Choose another way to update.")
    return Check("strategy", "ok", f"{'; then '.join(strategy.timeline(instances))}.".capitalize())


def read_back(deployment: Mapping[str, Any]) -> Strategy:
    """The strategy that a DeploymentConfig stands for, as ``Strategy`` itself writes it."""
    alarms = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", ())
    names = tuple(each["AlarmName"] for each in alarms)
    rolling = deployment.get("RollingUpdatePolicy")
    policy = rolling or deployment.get("BlueGreenUpdatePolicy")
    if policy is None:
        return Strategy("all_at_once", wait_s=0, final_wait_s=0, alarms=names)
    routing = rolling or policy["TrafficRoutingConfiguration"]
    kind: strategies.Kind = "all_at_once"
    size: Mapping[str, Any] = {"Type": "CAPACITY_PERCENT", "Value": 0}
    for name, its in _SIZED.items():
        if name in routing:
            kind, size = its, routing[name]
    return Strategy(
        kind,
        size=size["Value"],
        unit="percent" if size["Type"] == "CAPACITY_PERCENT" else "instances",
        wait_s=routing["WaitIntervalInSeconds"],
        final_wait_s=policy.get("TerminationWaitInSeconds", 0),
        alarms=names,
        timeout_s=policy.get("MaximumExecutionTimeoutInSeconds"),
    )


def _features(live: Live, known: Known, deployment: Mapping[str, Any]) -> Check:
    found = []
    configured = [
        *(live.config.get("ProductionVariants") or ()),
        *(live.config.get("ShadowProductionVariants") or ()),
    ]
    for each in configured:
        name = each["VariantName"]
        if each.get("InstanceType", "").startswith("ml.inf1"):
            found.append(f"{name} runs on {each['InstanceType']} (Inf1)")
        if "AcceleratorType" in each:
            found.append(f"{name} has an Elastic Inference accelerator")
        if "ServerlessConfig" in each:
            found.append(f"{name} is serverless")
        if not each.get("ModelName"):
            found.append(f"{name} runs inference components, which are updated one by one")
    marketplace = known.surroundings.marketplace if known.surroundings is not None else None
    if isinstance(marketplace, tuple):
        found += [f"the model {name} is of AWS Marketplace" for name in marketplace]
    if found:
        asked = read_back(deployment)
        watches = asked.kind != "all_at_once" or asked.waits or bool(asked.alarms)
        return Check(
            "features",
            "blocked" if watches else "warn",
            f"{'; '.join(found)}. Deployment guardrails do not apply: "
            + (_FALLS_BACK if watches else "the update is all at once."),
            "Update all at once and without alarms, knowing it, or test a green endpoint first.",
        )
    if marketplace is None or isinstance(marketplace, Unknown):
        why = f" {marketplace.why}" if isinstance(marketplace, Unknown) else ""
        return Check(
            "features",
            "unknown",
            f"Whether a model is of AWS Marketplace, which would update all at once, is not known."
            f"{why}",
        )
    return Check("features", "ok", "Nothing of the endpoint is excluded from guarded updates.")


def _alarms(plan: Plan, known: Known, names: tuple[str, ...]) -> Check:
    if not names:
        return Check(
            "alarms",
            "warn",
            "No alarm is watched: AWS would end the update whatever the new fleet does.",
            "Name alarms in [tests.NAME.deployment], and let the update wait for them.",
        )
    created = {
        call.parameters.get("AlarmName")
        for call in plan.calls
        if call.operation == "PutMetricAlarm"
    }
    others = [name for name in names if name not in created]
    ours = len(names) - len(others)
    made = f"{ours} made for the new fleet first" if ours else ""
    if not others:
        return Check(
            "alarms", "ok", f"{len(names)} alarms are watched, all made for the new fleet first."
        )
    alarms = known.surroundings.alarms if known.surroundings is not None else None
    if alarms is None or isinstance(alarms, Unknown):
        why = f" {alarms.why}" if isinstance(alarms, Unknown) else ""
        return Check("alarms", "unknown", f"The state of {', '.join(others)} is not known.{why}")
    gone = [name for name in others if name not in alarms]
    if gone:
        return Check(
            "alarms",
            "blocked",
            f"There is no alarm {', '.join(gone)}.",
            "Create it in CloudWatch, or name another.",
        )
    red = [alarms[name] for name in others if alarms[name].state == "ALARM"]
    if red:
        told = "; ".join(f"{each.name} since {each.since:%Y-%m-%d %H:%M} UTC" for each in red)
        return Check(
            "alarms",
            "blocked",
            f"In ALARM already, so the update would be rolled back at once: {told}.",
            "Clear the cause first, or do not watch this alarm.",
        )
    silent = [
        alarms[name].name
        for name in others
        if alarms[name].state == "INSUFFICIENT_DATA" and known.now - alarms[name].since > _SILENT
    ]
    if silent:
        return Check(
            "alarms",
            "warn",
            f"Without data for more than {_SILENT // timedelta(minutes=1)} minutes, so nothing "
            f"would set it off: {', '.join(silent)}.",
            "Check its metric and dimensions.",
        )
    also = f", {made}" if made else ""
    return Check("alarms", "ok", f"{len(names)} alarms are watched, none in ALARM{also}.")
