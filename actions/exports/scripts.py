"""How is a plan run as a script: with boto3 in Python, or with the AWS CLI in a shell?

A script asks for what the plan asks for, in its order, and ends where AWS does not do it. It keeps
no record, and looks at nothing before.
"""

from __future__ import annotations

import json
import shlex
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from actions.steps import Call, Plan, Rehearsal, Wait

# InService alone does not tell that an update succeeded: after a rollback it says so too.
_PYTHON_WAITS = {
    "settled": '''
def settled(endpoint, config):
    """Wait for the endpoint to come to rest; end unless that is in service with the config."""
    while True:
        time.sleep(15)
        found = sagemaker.describe_endpoint(EndpointName=endpoint)
        status = found["EndpointStatus"]
        if status not in ("Creating", "Updating", "SystemUpdating", "RollingBack"):
            break
    now = found["EndpointConfigName"]
    if (status, now) != ("InService", config) or found.get("PendingDeploymentSummary"):
        reason = found.get("FailureReason", "AWS gives no reason.")
        raise SystemExit(f"{endpoint} is {status} with {now}, not with {config}. {reason}")
''',
    "gone": '''
def gone(endpoint):
    """Wait for the endpoint to be deleted."""
    while True:
        try:
            sagemaker.describe_endpoint(EndpointName=endpoint)
        except sagemaker.exceptions.ClientError as error:
            if "could not find" in str(error).lower():
                return
            raise
        time.sleep(15)
''',
}
_SHELL_WAITS = {
    "settled": """
asked="join(' ', [EndpointStatus, EndpointConfigName,
  not_null(PendingDeploymentSummary.EndpointConfigName, 'none')])"

settled() {  # ends the script unless endpoint $1 comes to rest in service with config $2
  while :; do
    sleep 15
    now=$(aws sagemaker describe-endpoint --endpoint-name "$1" --output text --query "$asked")
    case $now in Creating*|Updating*|SystemUpdating*|RollingBack*) ;; *) break ;; esac
  done
  [ "$now" = "InService $2 none" ] || { echo "$1 is $now, not InService $2 none" >&2; exit 1; }
}
""",
    "gone": """
gone() {  # waits for endpoint $1 to be deleted
  aws sagemaker wait endpoint-deleted --endpoint-name "$1"
}
""",
}


def boto3(plan: Plan) -> str:
    """A Python script that needs boto3, credentials and a region."""
    clients = dict.fromkeys(call.service for call in plan.calls)
    waits = dict.fromkeys(step.until for step in plan.steps if isinstance(step, Wait))
    if waits:
        clients = dict.fromkeys(["sagemaker", *clients])
    body = [part for step in plan.steps for part in _python(step)]
    modules = ["datetime"] * any("datetime." in part for part in body) + ["time"] * bool(waits)
    head = [*(f"import {name}\n" for name in modules), *["\n"] * bool(modules), "import boto3\n\n"]
    made = [f"{_variable(service)} = boto3.client({service!r})\n" for service in clients]
    functions = [f"\n{_PYTHON_WAITS[until]}" for until in waits]
    told = [_comment(each) for each in _told(plan)]
    return "".join([*told, "\n", *head, *made, *functions, "\n" if functions else "", *body])


def aws_cli(plan: Plan) -> str:
    """A shell script that needs the AWS CLI, credentials and a region."""
    waits = dict.fromkeys(step.until for step in plan.steps if isinstance(step, Wait))
    told = [_comment(each) for each in _told(plan)]
    functions = [_SHELL_WAITS[until] for until in waits]
    body = [part for step in plan.steps for part in _shell(step)]
    return "".join(["#!/bin/sh\n", *told, "set -eu\n", *functions, *body])


def _told(plan: Plan) -> Iterator[str]:
    yield f"{plan.action} {plan.target}, as planned by Understudy"
    if plan.previous:
        yield f"It ran {plan.previous} when this was written."


def _python(step: Call | Wait | Rehearsal) -> Iterator[str]:
    yield f"\n{_comment(step.purpose)}"
    if isinstance(step, Call):
        from botocore import xform_name

        yield f"{_variable(step.service)}.{xform_name(step.operation)}(\n"
        for name, value in step.parameters.items():
            yield f"    {name}={_source(value, '    ')},\n"
        yield ")\n"
    elif isinstance(step, Wait):
        names = [step.target, step.wanted] if step.until == "settled" else [step.target]
        yield f"{step.until}({', '.join(repr(name) for name in names)})\n"
    else:
        yield f"raise SystemExit({_by_hand(step)!r})\n"


def _shell(step: Call | Wait | Rehearsal) -> Iterator[str]:
    yield f"\n{_comment(step.purpose)}"
    if isinstance(step, Call):
        from botocore import xform_name

        document = json.dumps(step.parameters, indent=2, ensure_ascii=False, default=_as_json)
        yield f"aws {step.service} {xform_name(step.operation, '-')} "
        yield f"--cli-input-json {shlex.quote(document)}\n"
    elif isinstance(step, Wait):
        names = [step.target, step.wanted] if step.until == "settled" else [step.target]
        yield f"{step.until} {' '.join(shlex.quote(name) for name in names)}\n"
    else:
        yield f"echo {shlex.quote(_by_hand(step))} >&2; exit 1\n"


def _by_hand(step: Rehearsal) -> str:
    return (
        f"Test {step.target} first: {step.requests} captured requests, of whose answers at least "
        f"{100 * step.least:g} % are to be production's. Then delete this line and run the rest."
    )


def _variable(service: str) -> str:
    # lambda is a word of Python's own
    return {"lambda": "functions"}.get(service, service.replace("-", "_"))


def _comment(text: str) -> str:
    """Text as a comment of one line: nothing in it can end the comment."""
    words = " ".join(text.split())
    return f"# {words}\n" if words else ""


def _source(value: Any, indent: str) -> str:
    """A value as Python reads it, a member to a line where it is long."""
    inner = f"{indent}    "
    if isinstance(value, Mapping):
        parts = [f"{name!r}: {_source(member, inner)}" for name, member in value.items()]
        opens, closes = "{", "}"
    elif isinstance(value, list | tuple):
        parts = [_source(member, inner) for member in value]
        opens, closes = "[", "]"
    else:
        return repr(value)
    line = f"{opens}{', '.join(parts)}{closes}"
    if len(indent) + len(line) <= 80 and "\n" not in line:
        return line
    members = "\n".join(f"{inner}{part}," for part in parts)
    return f"{opens}\n{members}\n{indent}{closes}"


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return str(value)
