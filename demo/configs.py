"""What does SageMaker say of endpoint configs, models and tags, and which does it take?

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html and its
like.
"""

from __future__ import annotations

from typing import Any

from demo.endpoints import config_found
from demo.moment import Answer, Moment
from demo.resources import arn, existing, invalid, listing, missing

_CONFIG = ("EndpointConfigName", "EndpointConfigArn", "CreationTime")
_MODEL = ("ModelName", "ModelArn", "CreationTime")
_MOST_TAGS = 50


def answers() -> dict[str, Answer]:
    """The operations on endpoint configs, models and tags, by name."""
    return {
        "CreateEndpointConfig": _create_config,
        "DescribeEndpointConfig": lambda moment, asked: config_found(
            moment, asked["EndpointConfigName"]
        ),
        "ListEndpointConfigs": lambda moment, asked: listing(
            moment.state["configs"].values(), asked, key="EndpointConfigs", names=_CONFIG
        ),
        "DeleteEndpointConfig": _delete_config,
        "CreateModel": _create_model,
        "DescribeModel": _describe_model,
        "ListModels": lambda moment, asked: listing(
            moment.state["models"].values(), asked, key="Models", names=_MODEL
        ),
        "ListTags": lambda moment, asked: {
            "Tags": moment.state["tags"].get(_known(moment, asked), [])
        },
        "AddTags": _add_tags,
    }


def _create_config(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    name = asked["EndpointConfigName"]
    if name in moment.state["configs"]:
        raise existing("endpoint-config", name)
    production = asked["ProductionVariants"]
    shadow = asked.get("ShadowProductionVariants", [])
    for variant in [*production, *shadow]:
        if variant.get("ModelName", "") not in moment.state["models"]:
            raise missing("model", variant.get("ModelName", ""))
        if ("ServerlessConfig" in variant) == ("InstanceType" in variant):
            raise invalid(
                f'Variant "{variant["VariantName"]}" must have either InstanceType and '
                "InitialInstanceCount or ServerlessConfig."
            )
    names = [each["VariantName"] for each in [*production, *shadow]]
    if len(set(names)) < len(names):
        raise invalid("Production variant names must be unique within an endpoint configuration.")
    if shadow and (len(production), len(shadow)) != (1, 1):
        raise invalid(
            "You can specify only one variant in ProductionVariants and one variant in "
            "ShadowProductionVariants."
        )
    told = {"EndpointConfigArn": arn("endpoint-config", name), "CreationTime": moment.now}
    moment.state["configs"][name] = {k: v for k, v in asked.items() if k != "Tags"} | told
    moment.state["tags"][told["EndpointConfigArn"]] = asked.get("Tags", [])
    moment.faults.created(name)
    return {"EndpointConfigArn": told["EndpointConfigArn"]}


def _delete_config(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    # AWS lets one that is in force be deleted; the endpoint then cannot be updated any more
    config = config_found(moment, asked["EndpointConfigName"])
    del moment.state["configs"][asked["EndpointConfigName"]]
    moment.state["tags"].pop(config["EndpointConfigArn"], None)
    return {}


def _create_model(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    name = asked["ModelName"]
    if name in moment.state["models"]:
        raise existing("model", name)
    if ("PrimaryContainer" in asked) == bool(asked.get("Containers")):
        raise invalid("Either PrimaryContainer or Containers must be specified.")
    told = {"ModelArn": arn("model", name), "CreationTime": moment.now}
    moment.state["models"][name] = {k: v for k, v in asked.items() if k != "Tags"} | told
    moment.state["tags"][told["ModelArn"]] = asked.get("Tags", [])
    return {"ModelArn": told["ModelArn"]}


def _describe_model(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] | None = moment.state["models"].get(asked["ModelName"])
    if found is None:
        raise missing("model", asked["ModelName"])
    return found


def _known(moment: Moment, asked: dict[str, Any]) -> str:
    """The ARN asked about; refuses where nothing of that name is held."""
    wanted: str = asked["ResourceArn"]
    kinds = {
        "endpoints": "EndpointArn",
        "configs": "EndpointConfigArn",
        "models": "ModelArn",
        "experiments": "Arn",
    }
    held = {each[member] for kind, member in kinds.items() for each in moment.state[kind].values()}
    if wanted not in held:
        raise invalid(f"Could not find resource {wanted}.")
    return wanted


def _add_tags(moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    of = _known(moment, asked)
    tags = {each["Key"]: each for each in moment.state["tags"].get(of, [])}
    tags |= {each["Key"]: each for each in asked["Tags"]}
    if len(tags) > _MOST_TAGS:
        raise invalid(f"The number of tags has reached the limit of {_MOST_TAGS}.")
    moment.state["tags"][of] = list(tags.values())
    return {"Tags": list(tags.values())}
