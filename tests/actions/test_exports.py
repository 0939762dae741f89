"""What is copied from a plan asks for what the plan asks for: each form is read back."""

from __future__ import annotations

import ast
import json
import os
import shlex
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from hypothesis import given
from hypothesis import strategies as st

from actions import exports
from actions.plans.alarms import Guard
from actions.plans.promote import promote
from actions.plans.rollback import AT_ONCE, rollback
from actions.plans.strategies import Strategy
from actions.steps import Call, Plan, Rehearsal, Wait
from queries.live import Live
from tests.actions import hcl
from tests.actions.plans.drawn import AT, lives
from tests.actions.plans.living import CAPTURE, NOW, PRODUCTION, live

PLAN = promote(live(), Strategy(size=50), guard=Guard(bake_s=600, latency_ms=80), at=NOW)
HOSTILE = st.text(
    st.sampled_from("ab'\"\\$`{}%#\n\r\t\b\f!&|;<>()[]* é…\u2028\x01€😀~-"), max_size=12
)


def with_texts(texts: dict[str, Any]) -> Plan:
    """A plan into which texts have come that mean something to each of the languages."""
    alarm = Call("cloudwatch", "PutMetricAlarm", texts, "Guards.\nimport os")
    return replace(PLAN, steps=(alarm, *PLAN.steps))


def python_calls(script: str) -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for node in ast.parse(script).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                given = {
                    each.arg or "": ast.literal_eval(each.value) for each in node.value.keywords
                }
                found.append((called.value.id, called.attr, given))
    return found


def shell_calls(script: str) -> list[tuple[str, str, Any]]:
    found = []
    for line in statements(script):
        words = shlex.split(line)
        if words[0] == "aws":
            assert words[3] == "--cli-input-json"
            found.append((words[1], words[2], json.loads(words[4])))
    return found


def statements(script: str) -> list[str]:
    """The statements of a script after its functions, each whole though it spans lines."""
    whole, rest = [], ""
    for line in script.split("\n"):
        rest = f"{rest}\n{line}" if rest else line
        if not rest.startswith(("#", "set ")) and rest.strip():
            try:
                shlex.split(rest)
            except ValueError:
                continue
            if rest.startswith("aws "):
                whole.append(rest)
        rest = ""
    return whole


def asked(plan: Plan, separator: str) -> list[tuple[str, str, Any]]:
    return [
        (call.service, xform_name(call.operation, separator), dict(call.parameters))
        for call in plan.calls
    ]


@given(name=HOSTILE, texts=st.dictionaries(HOSTILE, HOSTILE, max_size=3))
def test_scripts_ask_for_what_the_plan_asks_for(name: str, texts: dict[str, str]):
    """Parsed, both scripts hold the plan's requests in its order, whatever texts are in them."""
    plan = with_texts(
        {"AlarmName": name, "Tags": [{"Key": k, "Value": v} for k, v in texts.items()]}
    )
    assert python_calls(exports.boto3(plan)) == asked(plan, "_")
    assert shell_calls(exports.aws_cli(plan)) == asked(plan, "-")


@given(live=lives())
def test_scripts_hold_any_config(live: Live):
    """Nothing of a config that AWS's model knows is lost on the way into a script."""
    plan = promote(live, AT_ONCE, at=AT)
    assert python_calls(exports.boto3(plan)) == asked(plan, "_")
    assert shell_calls(exports.aws_cli(plan)) == asked(plan, "-")


def test_a_purpose_cannot_end_its_comment():
    """A line break in a sentence does not bring a line of code with it."""
    plan = with_texts({"AlarmName": "a"})
    assert "\nimport os" not in exports.boto3(plan)
    assert "\nimport os" not in exports.aws_cli(plan)


def test_times_are_written():
    """A time is a time in Python, and ISO 8601 for the AWS CLI."""
    time = datetime(2026, 11, 25, 12, tzinfo=UTC)
    call = Call("sagemaker", "UpdateInferenceExperiment", {"Schedule": {"EndTime": time}}, "Ends.")
    plan = replace(PLAN, steps=(call,))
    assert "import datetime\n" in exports.boto3(plan)
    assert repr(time) in exports.boto3(plan)
    ((*_, document),) = shell_calls(exports.aws_cli(plan))
    assert document == {"Schedule": {"EndTime": "2026-11-25T12:00:00+00:00"}}


FAKE_AWS = """#!/bin/sh
printf '%s %s\\n' "$1" "$2" >> "$LOG"
case $2 in describe-endpoint) printf '%s\\n' "$(head -n 1 "$STATES")"
  sed -i 1d "$STATES" ;; esac
"""


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (("Updating fraud-config {0}", "InService {0} none"), 0),
        (("Updating fraud-config {0}", "InService fraud-config none"), 1),
        (("Failed fraud-config none",), 1),
    ],
)
def test_the_shell_script_ends_with_the_update(tmp_path: Path, states: tuple[str, ...], code: int):
    """It waits while the endpoint updates; rolled back it is InService too, which is a failure."""
    (tmp_path / "aws").write_text(FAKE_AWS)
    (tmp_path / "sleep").write_text("#!/bin/sh\n")
    for name in ("aws", "sleep"):
        (tmp_path / name).chmod(0o755)
    there = [each.format(PLAN.config_name) for each in states]
    (tmp_path / "states").write_text("\n".join(there) + "\n")
    told = {"LOG": str(tmp_path / "log"), "STATES": str(tmp_path / "states")}
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["/bin/sh"],
        input=exports.aws_cli(PLAN),
        env={**os.environ, **told, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == code, run.stderr
    asked_for = (tmp_path / "log").read_text().splitlines()
    expected = [f"{service} {name}" for service, name, _ in asked(PLAN, "-")]
    assert asked_for == [*expected, *["sagemaker describe-endpoint"] * len(states)]


def test_a_rehearsal_ends_a_script():
    """What a script cannot do is not passed over: the script ends there and says what to do."""
    steps = (Rehearsal("green", 100, 0.99, "Tests."), Wait("gone", "green", purpose="Waits."))
    plan = replace(PLAN, steps=(*steps, *PLAN.steps))
    assert 'raise SystemExit("Test green first: 100' in exports.boto3(plan)
    assert "gone('green')" in exports.boto3(plan)
    run = subprocess.run(
        ["/bin/sh"], input=exports.aws_cli(plan), capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "Test green first: 100 captured requests" in run.stderr
    for text in (exports.terraform(plan), exports.cloudformation(plan)):
        assert all(line.startswith("#") for line in text.splitlines())


@given(live=lives(), name=HOSTILE)
def test_a_template_of_cloudformation_says_all_of_it(live: Live, name: str):
    """Its resources have the parameters of the calls, the endpoint that of the config's name."""
    plan = promote(live, AT_ONCE, at=AT)
    alarm = Call("cloudwatch", "PutMetricAlarm", {"AlarmName": name}, "Guards.")
    template = json.loads(exports.cloudformation(replace(plan, steps=(alarm, *plan.steps))))
    resources = template["Resources"]
    create, update = (dict(call.parameters) for call in plan.calls)
    assert resources["Config"]["Properties"] == create
    assert resources["Alarm1"]["Properties"] == {"AlarmName": name}
    of_config = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    assert resources["Endpoint"]["Properties"] == update | {"EndpointConfigName": of_config}
    assert resources["Endpoint"]["DependsOn"] == ["Alarm1"]
    assert {each["DeletionPolicy"] for each in resources.values()} == {"Retain"}
    assert len(template["Description"].encode()) <= 1024


def terraformed(value: Any) -> Any:
    """A document of the API as Terraform's arguments: a structure is a block, which may repeat."""
    if isinstance(value, dict):
        return {xform_name(name): blocks(terraformed(member)) for name, member in value.items()}
    if isinstance(value, list):
        return [terraformed(member) for member in value]
    return value


def blocks(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


def test_terraform_says_all_of_it():
    """Read back, the resources have the config's, the update's and the alarms' every value."""
    tags = (("team", "risk"), ("cost", "a:b/c=d+e@f"))
    config = {"KmsKeyId": "alias/volumes", "EnableNetworkIsolation": False}
    variant = PRODUCTION | {"RoutingConfig": {"RoutingStrategy": "RANDOM"}, "VolumeSizeInGB": 30}
    there = replace(live(production=[variant], **config), tags=tags)
    plan = promote(there, Strategy(size=50), guard=Guard(bake_s=600, latency_ms=80), at=NOW)
    found = dict(hcl.parse(exports.terraform(plan)))
    assert found["import",] == {"to": "aws_sagemaker_endpoint.endpoint", "id": "fraud"}
    written = found["resource", "aws_sagemaker_endpoint_configuration", "config"]
    create, update = (dict(call.parameters) for call in plan.calls[-2:])
    assert written["name"] == plan.config_name
    assert written["kms_key_arn"] == "alias/volumes"
    assert written["tags"] == dict(tags)
    assert written["production_variants"] == terraformed(create["ProductionVariants"])
    assert written["data_capture_config"] == [terraformed(CAPTURE)]
    endpoint = found["resource", "aws_sagemaker_endpoint", "endpoint"]
    assert endpoint["deployment_config"] == [terraformed(update["DeploymentConfig"])]
    assert endpoint["endpoint_config_name"] == "aws_sagemaker_endpoint_configuration.config.name"
    assert isinstance(endpoint["endpoint_config_name"], hcl.Reference)
    made = [call.parameters for call in plan.calls if call.operation == "PutMetricAlarm"]
    for at, alarm in enumerate(made, start=1):
        said = found["resource", "aws_cloudwatch_metric_alarm", f"alarm_{at}"]
        assert f"aws_cloudwatch_metric_alarm.alarm_{at}" in endpoint["depends_on"]
        assert said.pop("dimensions") == {d["Name"]: d["Value"] for d in alarm["Dimensions"]}
        # the provider writes this one in the plural
        low = said.pop("evaluate_low_sample_count_percentiles", None)
        assert low == alarm.get("EvaluateLowSampleCountPercentile")
        rest = {
            k: v
            for k, v in alarm.items()
            if k not in ("Dimensions", "EvaluateLowSampleCountPercentile")
        }
        assert said == terraformed(rest)


@given(text=HOSTILE)
def test_any_text_is_a_string_of_terraform(text: str):
    """Quotes, line ends, templates and control characters come back as they were."""
    alarm = Call("cloudwatch", "PutMetricAlarm", {"AlarmDescription": text}, "Guards.")
    written = exports.terraform(replace(PLAN, steps=(alarm, *PLAN.calls[-2:])))
    found = dict(hcl.parse(written))["resource", "aws_cloudwatch_metric_alarm", "alarm_1"]
    assert found["alarm_description"] == text


@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not installed")
def test_terraform_reads_it():
    """Terraform's own parser takes what is written, with a text that means something to it."""
    alarm = Call(
        "cloudwatch", "PutMetricAlarm", {"AlarmName": '${a} %{b} "\\\n\b\f\x01€'}, "Guards."
    )
    run = subprocess.run(
        ["terraform", "fmt", "-"],
        input=exports.terraform(replace(PLAN, steps=(alarm, *PLAN.steps))),
        env={**os.environ, "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "Error" not in run.stderr


def test_what_terraform_would_lose_is_not_written():
    """A config that the provider has no argument for is refused, not cut down."""
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    text = exports.terraform(promote(live(VpcConfig=vpc), AT_ONCE, at=NOW))
    assert "no argument for VpcConfig" in text
    assert hcl.parse(text) == []
    scaled = live(production=[PRODUCTION | {"InitialInstanceCount": 7}])
    kept = rollback(scaled, live().config | {"EndpointConfigName": "fraud-old"})
    assert "RetainAllVariantProperties" in exports.terraform(kept)


def test_a_way_back_names_the_config_that_exists():
    """A rollback makes no config: the endpoint names it, and nothing else is written."""
    plan = rollback(live(), live().config | {"EndpointConfigName": "fraud-old"})
    found = dict(hcl.parse(exports.terraform(plan)))
    assert found["resource", "aws_sagemaker_endpoint", "endpoint"]["endpoint_config_name"] == (
        "fraud-old"
    )
    assert len(found) == 2
    (resource,) = json.loads(exports.cloudformation(plan))["Resources"].values()
    assert resource["Properties"] == plan.calls[-1].parameters
