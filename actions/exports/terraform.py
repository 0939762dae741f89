"""How is the state after a plan written for Terraform?

Arguments are those of the provider's pages for aws_sagemaker_endpoint_configuration,
aws_sagemaker_endpoint and aws_cloudwatch_metric_alarm
(https://github.com/hashicorp/terraform-provider-aws/tree/main/website/docs/r).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from actions.exports.templates import Stated, stated
from actions.steps import Plan

_UNKNOWN = {
    *("VpcConfig", "EnableNetworkIsolation", "ExplainerConfig", "MetricsConfig"),
    *("CrossRegionTrafficConfig", "InstancePools", "VariantInstanceProvisionTimeoutInSeconds"),
    *("AcceleratorPartitionLayouts", "PrefixAwareRoutingConfig", "RetainAllVariantProperties"),
}
"""What the provider has no argument for. That it is off need not be said."""

_RENAMED = {"EvaluateLowSampleCountPercentile": "evaluate_low_sample_count_percentiles"}


def terraform(plan: Plan) -> str:
    """Terraform's resources; comments alone where they would say less than the plan."""
    found = stated(plan)
    if isinstance(found, str):
        return f"# {found}\n"
    lost = sorted({*_lost(found.config or {}), *_lost(found.endpoint)})
    if lost:
        return (
            f"# Terraform's AWS provider has no argument for {', '.join(lost)}: written for it,\n"
            "# the endpoint would run without. Use CloudFormation, or run the plan as a script.\n"
        )
    return "\n".join(_text(plan, found))


def _text(plan: Plan, found: Stated) -> Iterator[str]:
    yield f"# {plan.target} on {plan.config_name}, in place of {plan.previous}."
    yield "# The endpoint exists: it is imported, not made."
    yield "import {\n  to = aws_sagemaker_endpoint.endpoint"
    yield f"  id = {_string(plan.target)}\n}}\n"
    for at, alarm in enumerate(found.alarms, start=1):
        yield f'resource "aws_cloudwatch_metric_alarm" "alarm_{at}" {{'
        dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", ())}
        rest = {name: value for name, value in alarm.items() if name != "Dimensions"}
        yield from _arguments(rest, "  ")
        yield from _map("dimensions", dimensions)
        yield "}\n"
    name = _string(found.endpoint["EndpointConfigName"])
    if found.config is not None:
        yield from _config(found.config)
        name = "aws_sagemaker_endpoint_configuration.config.name"
    yield 'resource "aws_sagemaker_endpoint" "endpoint" {'
    yield f"  name = {_string(plan.target)}\n  endpoint_config_name = {name}"
    own = ("EndpointName", "EndpointConfigName", "RetainAllVariantProperties")
    yield from _arguments({k: v for k, v in found.endpoint.items() if k not in own}, "  ")
    if found.alarms:
        alarms = range(1, len(found.alarms) + 1)
        needed = ", ".join(f"aws_cloudwatch_metric_alarm.alarm_{at}" for at in alarms)
        yield f"  depends_on = [{needed}]"
    yield "\n  # Where promotions are also made elsewhere, Terraform would undo them, unless:"
    yield "  # lifecycle { ignore_changes = [endpoint_config_name, deployment_config] }\n}\n"


def _config(config: Mapping[str, Any]) -> Iterator[str]:
    yield 'resource "aws_sagemaker_endpoint_configuration" "config" {'
    renamed = {"EndpointConfigName": "name", "KmsKeyId": "kms_key_arn"}
    plain = {name: value for name, value in config.items() if name not in ("Tags", *_UNKNOWN)}
    yield from _arguments(plain, "  ", renamed)
    yield from _map("tags", {each["Key"]: each["Value"] for each in config.get("Tags", ())})
    yield "\n  lifecycle {"
    yield "    create_before_destroy = true"
    yield "    # the way back needs this config: give the next one a resource of its own"
    yield "    prevent_destroy = true\n  }\n}\n"


def _arguments(
    document: Mapping[str, Any], indent: str, renamed: Mapping[str, str] = _RENAMED
) -> Iterator[str]:
    from botocore import xform_name

    for name, value in document.items():
        argument = renamed.get(name) or xform_name(name)
        several = isinstance(value, list) and any(isinstance(each, Mapping) for each in value)
        blocks = value if several else [value] if isinstance(value, Mapping) else []
        for block in blocks:
            yield f"{indent}{argument} {{"
            yield from _arguments(block, f"{indent}  ")
            yield f"{indent}}}"
        if not blocks:
            yield f"{indent}{argument} = {_value(value)}"


def _map(argument: str, values: Mapping[str, str]) -> Iterator[str]:
    if values:
        yield f"  {argument} = {{"
        yield from (f"    {_string(name)} = {_string(text)}" for name, text in values.items())
        yield "  }"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in value)}]"
    return json.dumps(value)


def _string(text: str) -> str:
    """A string of HCL, whose ``${`` and ``%{`` begin no template.

    https://developer.hashicorp.com/terraform/language/expressions/strings
    """
    # JSON's \\b and \\f are the only escapes that HCL does not have
    quoted = json.dumps(text.replace("${", "$${").replace("%{", "%%{"), ensure_ascii=False)
    return _without(_without(quoted, "b", "0008"), "f", "000c")


def _without(quoted: str, letter: str, code: str) -> str:
    """The same string without one of JSON's short escapes, wherever it is no escaped backslash."""
    parts = quoted.split("\\\\")
    return "\\\\".join(part.replace(f"\\{letter}", f"\\u{code}") for part in parts)


def _lost(document: Any) -> Iterator[str]:
    if isinstance(document, Mapping):
        for name, value in document.items():
            if name in _UNKNOWN and value:
                yield name
            else:
                yield from _lost(value)
    elif isinstance(document, list):
        for member in document:
            yield from _lost(member)
