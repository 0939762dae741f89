"""What does SageMaker say of an endpoint, and what becomes of it when it is changed?

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html and its like.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any

from demo import deployments, in_service
from demo.moment import Answer, Moment
from demo.policies import objections
from demo.resources import arn, existing, invalid, listing, missing

SCALE_S = 120.0
"""How long a change of weights and counts takes, made up."""

RETAINED = frozenset({"DesiredInstanceCount", "DesiredWeight"})
_EXPERIMENTING = ("Starting", "Running", "Updating", "Stopping")


def advance(moment: Moment) -> bool:
    """Bring every endpoint to this moment; says whether anything came to its end."""
    for name, seconds in moment.faults.maintenance().items():
        if name in moment.state["endpoints"]:
            moment.state["deployments"][name] = _short("system", moment, seconds)
            moment.state["endpoints"][name]["EndpointStatus"] = "SystemUpdating"
    over: list[str] = []
    for name, record in moment.state["deployments"].items():
        if record["kind"] != "update":
            ended = moment.now >= record["ends"]
        else:
            ended = deployments.advance(record, moment.now, moment.alarms)
            _log(moment, name, record)
        over += [name] if ended else []
    for name in over:
        _end(moment, name, moment.state["deployments"].pop(name))
    return bool(over)


def _log(moment: Moment, name: str, record: dict[str, Any]) -> None:
    """Note whose traffic went where: it can be asked for when the update is long over."""
    log = moment.state["traffic"].setdefault(name, [])
    for since, share in record["shares"][record["logged"] :]:
        log.append(record["fleets"] | {"since": since, "share": share})
    record["logged"] = len(record["shares"])


def answers() -> dict[str, Answer]:
    """The operations on endpoints, by name."""
    return {
        "DescribeEndpoint": _describe,
        "ListEndpoints": _list,
        "CreateEndpoint": _create,
        "UpdateEndpoint": _update,
        "UpdateEndpointWeightsAndCapacities": _update_weights,
        "DeleteEndpoint": _delete,
    }


def found(moment: Moment, name: str) -> dict[str, Any]:
    """The endpoint; refuses where there is none."""
    endpoint: dict[str, Any] | None = moment.state["endpoints"].get(name)
    if endpoint is None:
        raise missing("endpoint", name)
    return endpoint


def config_found(moment: Moment, name: str) -> dict[str, Any]:
    """The endpoint config; refuses where there is none, or where it is not known yet."""
    config: dict[str, Any] | None = moment.state["configs"].get(name)
    if config is None or moment.faults.unseen(name):
        raise missing("endpoint-config", name)
    return config


def idle(moment: Moment, name: str) -> dict[str, Any]:
    """The endpoint; refuses while it is changed."""
    endpoint = found(moment, name)
    changed = name in moment.state["deployments"]
    if changed or endpoint["EndpointStatus"] not in ("InService", "UpdateRollbackFailed"):
        raise invalid(f'Cannot update in-progress endpoint "{arn("endpoint", name)}".')
    return endpoint


def begin_update(
    moment: Moment,
    name: str,
    config: dict[str, Any],
    *,
    at: float,
    deployment: Mapping[str, Any] | None = None,
    kept: Collection[str] = (),
) -> None:
    """Begin to put ``config`` in force, as of ``at``; ``kept`` stays as it is now."""
    endpoint = moment.state["endpoints"][name]
    production, shadow = in_service.variants(config, endpoint, kept)
    before = endpoint["EndpointConfigName"]
    endpoint.update(EndpointStatus="Updating", LastModifiedTime=at)
    endpoint.pop("FailureReason", None)
    endpoint.pop("LastDeploymentConfig", None)
    if deployment:
        endpoint["LastDeploymentConfig"] = deployment
    moment.state["deployments"][name] = deployments.begun(
        deployment,
        config=config["EndpointConfigName"],
        production=production,
        shadow=shadow,
        now=at,
        speed=moment.speed,
        fate=moment.faults.fate(name),
    ) | {
        "fleets": {
            "config": config["EndpointConfigName"],
            "models": in_service.models(config),
            "before": before,
            "models_before": in_service.models(moment.state["configs"].get(before, {})),
        }
    }


def _describe(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    name = asked["EndpointName"]
    endpoint = found(moment, name)
    record = moment.state["deployments"].get(name)
    if record is None or record["kind"] != "update":
        return endpoint
    config = moment.state["configs"].get(record["config"], {})
    types = {
        each["VariantName"]: each["InstanceType"]
        for key in ("ProductionVariants", "ShadowProductionVariants")
        for each in config.get(key, ())
        if "InstanceType" in each
    }
    return endpoint | {"PendingDeploymentSummary": deployments.pending(record, types)}


def _list(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    names = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
    return listing(moment.state["endpoints"].values(), asked, key="Endpoints", names=names)


def _create(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    name = asked["EndpointName"]
    if name in moment.state["endpoints"]:
        raise existing("endpoint", name)
    config = config_found(moment, asked["EndpointConfigName"])
    endpoint = {
        "EndpointName": name,
        "EndpointArn": arn("endpoint", name),
        "EndpointStatus": "Creating",
        "CreationTime": moment.now,
        "LastModifiedTime": moment.now,
    }
    in_service.put_in_force(endpoint, config, *in_service.variants(config, {}, ()))
    if "DeploymentConfig" in asked:
        endpoint["LastDeploymentConfig"] = asked["DeploymentConfig"]
    moment.state["endpoints"][name] = endpoint
    moment.state["tags"][endpoint["EndpointArn"]] = asked.get("Tags", [])
    moment.state["deployments"][name] = _short("create", moment, deployments.LAUNCH_S)
    return {"EndpointArn": endpoint["EndpointArn"]}


def _update(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    name = asked["EndpointName"]
    endpoint = idle(moment, name)
    for experiment in moment.state["experiments"].values():
        on = experiment["EndpointMetadata"]["EndpointName"]
        if on == name and experiment["Status"] in _EXPERIMENTING:
            raise invalid(
                f'Cannot update endpoint "{arn("endpoint", name)}" while inference experiment '
                f'"{experiment["Arn"]}" is {experiment["Status"]}.'
            )
    config = config_found(moment, asked["EndpointConfigName"])
    # an endpoint whose config in force was deleted cannot be updated any more
    before = config_found(moment, endpoint["EndpointConfigName"])
    for variant in [*config["ProductionVariants"], *config.get("ShadowProductionVariants", ())]:
        if variant.get("ModelName", "") not in moment.state["models"]:
            raise missing("model", variant.get("ModelName", ""))
    _refuse_retyped(moment, name, before, config)
    deployment = asked.get("DeploymentConfig")
    if deployment is None and asked.get("RetainDeploymentConfig"):
        deployment = endpoint.get("LastDeploymentConfig")
    excluded = {
        each["VariantPropertyType"] for each in asked.get("ExcludeRetainedVariantProperties", ())
    }
    kept = RETAINED - excluded if asked.get("RetainAllVariantProperties") else frozenset()
    if deployment:
        production, _ = in_service.variants(config, endpoint, kept)
        wrong = objections(deployment, endpoint["ProductionVariants"], production)
        wrong += [
            f"Could not find CloudWatch alarm {alarm}."
            for alarm in deployments.alarms(deployment)
            if not moment.alarms.get(alarm)
        ]
        if wrong:
            raise invalid(" ".join(wrong))
    begin_update(moment, name, config, at=moment.now, deployment=deployment, kept=kept)
    return {"EndpointArn": endpoint["EndpointArn"]}


def _refuse_retyped(
    moment: Moment, name: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    types = {each["VariantName"]: each.get("InstanceType") for each in before["ProductionVariants"]}
    for variant in after["ProductionVariants"]:
        of = variant["VariantName"]
        retyped = of in types and types[of] != variant.get("InstanceType")
        if retyped and f"endpoint/{name}/variant/{of}" in moment.scaled:
            raise invalid(
                f'Cannot change the instance type of variant "{of}" of endpoint '
                f'"{arn("endpoint", name)}" while it is registered as a scalable target with '
                "Application Auto Scaling. Deregister it first."
            )


def _update_weights(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    name = asked["EndpointName"]
    endpoint = idle(moment, name)
    variants = {each["VariantName"]: each for each in endpoint["ProductionVariants"]}
    wanted = asked["DesiredWeightsAndCapacities"]
    strange = [each["VariantName"] for each in wanted if each["VariantName"] not in variants]
    if strange:
        raise invalid(
            f'The variant name(s) "{", ".join(strange)}" is/are not present within endpoint '
            f'configuration "{endpoint["EndpointConfigName"]}".'
        )
    before = copy.deepcopy(endpoint["ProductionVariants"])
    for each in wanted:
        variant = variants[each["VariantName"]]
        if "DesiredWeight" in each:
            variant["DesiredWeight"] = each["DesiredWeight"]
        count = each.get("DesiredInstanceCount", variant.get("DesiredInstanceCount"))
        if count != variant.get("DesiredInstanceCount"):
            out = count > variant["DesiredInstanceCount"]
            said = f"Scaling {'out' if out else 'in'} desired instance count to {count}."
            status = {"Status": "Updating", "StatusMessage": said, "StartTime": moment.now}
            variant.update(DesiredInstanceCount=count, VariantStatus=[status])
    endpoint.update(EndpointStatus="Updating", LastModifiedTime=moment.now)
    moment.state["deployments"][name] = _short("weights", moment, SCALE_S)
    fate = moment.faults.fate(name)
    if fate is not None:
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
        endpoint.update(EndpointStatus="RollingBack", ProductionVariants=before)
    return {"EndpointArn": endpoint["EndpointArn"]}


def _delete(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    name = asked["EndpointName"]
    endpoint = found(moment, name)
    if name in moment.state["deployments"]:
        raise invalid(f'Cannot update in-progress endpoint "{arn("endpoint", name)}".')
    endpoint.update(EndpointStatus="Deleting", LastModifiedTime=moment.now)
    moment.state["deployments"][name] = _short("delete", moment, deployments.TERMINATE_S)
    return {}


def _short(kind: str, moment: Moment, seconds: float) -> dict[str, Any]:
    return {"kind": kind, "ends": moment.now + seconds / moment.speed, "alarms": []}


def _end(moment: Moment, name: str, record: dict[str, Any]) -> None:
    endpoint = moment.state["endpoints"][name]
    if record["kind"] == "delete":
        del moment.state["endpoints"][name]
        moment.state["tags"].pop(endpoint["EndpointArn"], None)
        return
    endpoint["EndpointStatus"] = "InService"
    if record["kind"] == "weights":
        for variant in endpoint["ProductionVariants"]:
            variant.pop("VariantStatus", None)
            variant["CurrentWeight"] = variant["DesiredWeight"]
            if "DesiredInstanceCount" in variant:
                variant["CurrentInstanceCount"] = variant["DesiredInstanceCount"]
    if record["kind"] != "update":
        endpoint["LastModifiedTime"] = record["ends"]
        return
    endpoint["LastModifiedTime"] = record["since"]
    if not record["rolled_back"]:
        config = moment.state["configs"].get(record["config"], {})
        config = {"EndpointConfigName": record["config"], **config}
        in_service.put_in_force(endpoint, config, record["production"], record["shadow"])
        return
    if record["reason"] is not None:
        endpoint["FailureReason"] = record["reason"]
    if record["fate"] is not None and record["fate"]["stuck"]:
        endpoint["EndpointStatus"] = "UpdateRollbackFailed"
