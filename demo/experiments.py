"""What does SageMaker say of a shadow test, and what does it do to the endpoint?

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopInferenceExperiment.html and its
like. What AWS calls the configs that it makes for a test, and the variant that it promotes, is not
published: here the variant keeps its name.
"""

from __future__ import annotations

from typing import Any

from demo.endpoints import advance, begin_update, found, idle
from demo.moment import Answer, Moment
from demo.resources import arn, existing, invalid, listing, missing
from demo.wire import Refusal

DAY_S = 86_400
_SUMMARY = (
    "Name",
    "Type",
    "Schedule",
    "Status",
    "StatusReason",
    "Description",
    "CreationTime",
    "CompletionTime",
    "LastModifiedTime",
    "RoleArn",
)
# What the variants that stay are while the endpoint changes.
_MEANWHILE = {"Starting": "Creating", "Updating": "Updating", "Stopping": "InService"}


def settle(moment: Moment) -> None:
    """Bring endpoints and experiments to this moment: each may set off the other."""
    while advance(moment) or any(_moved(moment, each) for each in _all(moment)):
        pass


def answers() -> dict[str, Answer]:
    """The operations on inference experiments, by name."""
    return {
        "CreateInferenceExperiment": _create,
        "DescribeInferenceExperiment": _describe,
        "ListInferenceExperiments": lambda moment, asked: listing(
            _all(moment), asked, key="InferenceExperiments", names=_SUMMARY
        ),
        "UpdateInferenceExperiment": _update,
        "StartInferenceExperiment": _start,
        "StopInferenceExperiment": _stop,
    }


def _all(moment: Moment) -> list[dict[str, Any]]:
    return list(moment.state["experiments"].values())


def _moved(moment: Moment, experiment: dict[str, Any]) -> bool:
    """Take the next step that is due; says whether there was one."""
    name, status, schedule = (experiment[key] for key in ("Name", "Status", "Schedule"))
    on = experiment["EndpointMetadata"]["EndpointName"]
    if status in _MEANWHILE and on not in moment.state["deployments"]:
        _arrive(moment, experiment)
        return True
    if status == "Created" and schedule["StartTime"] <= moment.now:
        _begin(moment, experiment, at=schedule["StartTime"])
        return True
    ready = on not in moment.state["deployments"] and on in moment.state["endpoints"]
    if status == "Running" and schedule["EndTime"] <= moment.now and ready:
        # "the endpoint reverts to the state it was in prior to starting the test"
        before = moment.state["configs"].get(moment.state["runs"][name]["before"])
        if before is None:
            return False
        _leave_for(
            moment,
            experiment,
            before,
            ("Stopping", "Completed"),
            at=schedule["EndTime"],
            stay=[experiment["ShadowModeConfig"]["SourceModelVariantName"]],
        )
        return True
    return False


def _arrive(moment: Moment, experiment: dict[str, Any]) -> None:
    """The endpoint is settled again: with the config that was wanted, or not."""
    run = moment.state["runs"][experiment["Name"]]
    endpoint = moment.state["endpoints"].get(experiment["EndpointMetadata"]["EndpointName"], {})
    changed = endpoint.get("LastModifiedTime", moment.now)
    experiment["LastModifiedTime"] = changed
    if endpoint.get("EndpointConfigName") == run["wanted"]:
        experiment["Status"] = run["then"]
        for variant in experiment["ModelVariants"]:
            stays = variant["VariantName"] in run["stay"]
            variant["Status"] = "InService" if stays else "Deleted"
    else:
        experiment["Status"] = "Running" if experiment["Status"] == "Updating" else "Cancelled"
        why = endpoint.get("FailureReason", "The endpoint could not be updated.")
        experiment["StatusReason"] = why
    if experiment["Status"] in ("Completed", "Cancelled"):
        experiment["CompletionTime"] = changed


def _leave_for(
    moment: Moment,
    experiment: dict[str, Any],
    config: dict[str, Any],
    statuses: tuple[str, str],
    *,
    at: float,
    stay: list[str],
) -> None:
    """Begin to put ``config`` in force for the experiment.

    ``statuses`` are the experiment's meanwhile and then; ``stay`` names the variants that stay.
    """
    on = experiment["EndpointMetadata"]["EndpointName"]
    run = moment.state["runs"][experiment["Name"]]
    run.update(wanted=config["EndpointConfigName"], then=statuses[1], stay=stay)
    experiment.update(Status=statuses[0], LastModifiedTime=at)
    for variant in experiment["ModelVariants"]:
        stays = variant["VariantName"] in stay
        variant["Status"] = _MEANWHILE[statuses[0]] if stays else "Deleting"
    begin_update(moment, on, config, at=at)


def _create(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    name, on = asked["Name"], asked["EndpointName"]
    if name in moment.state["experiments"]:
        raise existing("inference-experiment", name)
    endpoint = found(moment, on)
    for each in _all(moment):
        busy = each["Status"] not in ("Completed", "Cancelled")
        if each["EndpointMetadata"]["EndpointName"] == on and busy:
            raise _conflict(each)
    _check_variants(moment, asked)
    schedule = asked.get("Schedule", {})
    start = schedule.get("StartTime", moment.now)
    end = schedule.get("EndTime", start + 7 * DAY_S)
    if not start < end <= start + 30 * DAY_S:
        raise invalid("The duration of an inference experiment is at most 30 days.")
    names = ("Name", "Type", "RoleArn", "Description", "DataStorageConfig", "KmsKey")
    experiment = {key: asked[key] for key in names if key in asked} | {
        "Arn": arn("inference-experiment", name),
        "Status": "Created",
        "Schedule": {"StartTime": start, "EndTime": end},
        "CreationTime": moment.now,
        "LastModifiedTime": moment.now,
        "EndpointMetadata": {"EndpointName": endpoint["EndpointName"]},
        "ModelVariants": [each | {"Status": "Creating"} for each in asked["ModelVariants"]],
        "ShadowModeConfig": asked["ShadowModeConfig"],
    }
    moment.state["experiments"][name] = experiment
    moment.state["tags"][experiment["Arn"]] = asked.get("Tags", [])
    if start <= moment.now:
        idle(moment, on)
        _begin(moment, experiment, at=moment.now)
    return {"InferenceExperimentArn": experiment["Arn"]}


def _check_variants(moment: Moment, asked: dict[str, Any]) -> None:
    variants = {each["VariantName"] for each in asked["ModelVariants"]}
    mode = asked["ShadowModeConfig"]
    shadow = mode["ShadowModelVariants"][0]["ShadowModelVariantName"]
    if variants != {mode["SourceModelVariantName"], shadow}:
        raise invalid("ShadowModeConfig must name the two variants in ModelVariants.")
    for each in asked["ModelVariants"]:
        if each["ModelName"] not in moment.state["models"]:
            raise missing("model", each["ModelName"])


def _begin(moment: Moment, experiment: dict[str, Any], *, at: float) -> None:
    on = experiment["EndpointMetadata"]["EndpointName"]
    before = moment.state["endpoints"][on]["EndpointConfigName"]
    moment.state["runs"][experiment["Name"]] = {"before": before}
    _mirror(moment, experiment, "Starting", at=at)


def _mirror(moment: Moment, experiment: dict[str, Any], status: str, *, at: float) -> None:
    """Begin to copy requests to the shadow, as many as the experiment says."""
    source = experiment["ShadowModeConfig"]["SourceModelVariantName"]
    production = [_infrastructure(experiment, source)]
    config = _config(moment, experiment, "shadow", production, _copied(experiment))
    stay = [each["VariantName"] for each in experiment["ModelVariants"]]
    _leave_for(moment, experiment, config, (status, "Running"), at=at, stay=stay)


def _copied(experiment: dict[str, Any]) -> list[dict[str, Any]]:
    shadow = experiment["ShadowModeConfig"]["ShadowModelVariants"][0]
    weight = shadow["SamplingPercentage"] / 100
    return [_infrastructure(experiment, shadow["ShadowModelVariantName"], weight)]


def _infrastructure(experiment: dict[str, Any], name: str, weight: float = 1.0) -> dict[str, Any]:
    found = next(each for each in experiment["ModelVariants"] if each["VariantName"] == name)
    fleet = found["InfrastructureConfig"]["RealTimeInferenceConfig"]
    return {
        "VariantName": name,
        "ModelName": found["ModelName"],
        "InstanceType": fleet["InstanceType"],
        "InitialInstanceCount": fleet["InstanceCount"],
        "InitialVariantWeight": weight,
    }


def _config(
    moment: Moment,
    experiment: dict[str, Any],
    what: str,
    production: list[dict[str, Any]],
    shadow: list[dict[str, Any]],
) -> dict[str, Any]:
    """An endpoint config made for the experiment, otherwise as the one before the test."""
    configs = moment.state["configs"]
    before = configs.get(moment.state["runs"][experiment["Name"]]["before"], {})
    stem = f"{experiment['Name'][:40]}-{what}"
    name = next(each for n in range(1, len(configs) + 2) if (each := f"{stem}-{n}") not in configs)
    config = {
        **before,
        "EndpointConfigName": name,
        "EndpointConfigArn": arn("endpoint-config", name),
        "ProductionVariants": production,
        "CreationTime": moment.now,
    }
    config.pop("ShadowProductionVariants", None)
    if shadow:
        config["ShadowProductionVariants"] = shadow
    configs[name] = config
    return config


def _found(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    experiment: dict[str, Any] | None = moment.state["experiments"].get(asked["Name"])
    if experiment is None:
        raise missing("inference-experiment", asked["Name"])
    return experiment


def _conflict(experiment: dict[str, Any]) -> Refusal:
    said = f'Inference experiment "{experiment["Arn"]}" is {experiment["Status"]}.'
    return Refusal(said, code="ConflictException")


def _describe(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    experiment = _found(moment, asked)
    about = {"EndpointName": experiment["EndpointMetadata"]["EndpointName"]}
    endpoint = moment.state["endpoints"].get(about["EndpointName"], {})
    names = ("EndpointConfigName", "EndpointStatus", "FailureReason")
    about |= {name: endpoint[name] for name in names if name in endpoint}
    return experiment | {"EndpointMetadata": about}


def _start(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    experiment = _found(moment, asked)
    if experiment["Status"] != "Created":
        raise _conflict(experiment)
    idle(moment, experiment["EndpointMetadata"]["EndpointName"])
    experiment["Schedule"]["StartTime"] = moment.now
    _begin(moment, experiment, at=moment.now)
    return {"InferenceExperimentArn": experiment["Arn"]}


def _update(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    experiment = _found(moment, asked)
    status = experiment["Status"]
    if status not in ("Created", "Running"):
        raise _conflict(experiment)
    if status == "Running" and ("ModelVariants" in asked or "DataStorageConfig" in asked):
        raise invalid(
            "Only the description, the sampling percentage and the end of a running inference "
            "experiment can be updated."
        )
    changed = {**experiment, **{key: asked[key] for key in asked if key != "Schedule"}}
    changed["Schedule"] = experiment["Schedule"] | asked.get("Schedule", {})
    _check_variants(moment, changed)
    resampled = changed["ShadowModeConfig"] != experiment["ShadowModeConfig"]
    if status == "Running" and resampled:
        idle(moment, experiment["EndpointMetadata"]["EndpointName"])
    experiment.update(changed, LastModifiedTime=moment.now)
    if status == "Running" and resampled:
        _mirror(moment, experiment, "Updating", at=moment.now)
    return {"InferenceExperimentArn": experiment["Arn"]}


def _stop(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    experiment = _found(moment, asked)
    if experiment["Status"] not in ("Created", "Running"):
        raise _conflict(experiment)
    actions = asked["ModelVariantActions"]
    source = experiment["ShadowModeConfig"]["SourceModelVariantName"]
    copied = experiment["ShadowModeConfig"]["ShadowModelVariants"][0]["ShadowModelVariantName"]
    if set(actions) != {source, copied}:
        raise invalid("ModelVariantActions must name every variant of the inference experiment.")
    production = [source] if actions[source] != "Remove" else []
    production += [copied] if actions[copied] == "Promote" else []
    if not production:
        raise invalid("At least one variant must remain as a production variant.")
    if "Reason" in asked:
        experiment["StatusReason"] = asked["Reason"]
    then = asked.get("DesiredState", "Completed")
    if experiment["Status"] == "Created":
        experiment.update(Status=then, LastModifiedTime=moment.now, CompletionTime=moment.now)
        return {"InferenceExperimentArn": experiment["Arn"]}
    idle(moment, experiment["EndpointMetadata"]["EndpointName"])
    desired = {each["VariantName"]: each for each in asked.get("DesiredModelVariants", ())}
    for variant in experiment["ModelVariants"]:
        variant.update(desired.get(variant["VariantName"], {}))
    kept = _copied(experiment) if actions[copied] == "Retain" else []
    fleets = [_infrastructure(experiment, name) for name in production]
    config = _config(moment, experiment, "stopped", fleets, kept)
    stay = [*production, *(each["VariantName"] for each in kept)]
    _leave_for(moment, experiment, config, ("Stopping", then), at=moment.now, stay=stay)
    return {"InferenceExperimentArn": experiment["Arn"]}
