"""Which version of a function does an alias call? What Lambda answers in the demo account.

Rules follow https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html; an update
that names a RevisionId is refused where the alias has another.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

from demo.held import Held
from demo.identity import ACCOUNT
from demo.wire import Operation, Refusal

FUNCTION, ALIAS, TESTED = "support-replies", "live", "8"
_ARN = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function"
_PAGE = 50


def seed() -> dict[str, Any]:
    """A function of three versions, of which an alias calls the second."""
    return {
        FUNCTION: {
            "versions": [_version(FUNCTION, number) for number in ("$LATEST", "6", "7", "8")],
            "aliases": {
                ALIAS: {
                    "AliasArn": f"{_ARN}:{FUNCTION}:{ALIAS}",
                    "Name": ALIAS,
                    "FunctionVersion": "7",
                    "Description": "What callers call",
                    "RevisionId": str(uuid.UUID(int=7)),
                }
            },
        }
    }


def operations(held: Held) -> list[Operation]:
    """The operations of Lambda that the demo account has."""

    def get_alias(asked: dict[str, Any]) -> dict[str, Any]:
        with held.open() as functions:
            return _alias(functions, asked)

    def update_alias(asked: dict[str, Any]) -> dict[str, Any]:
        with held.open() as functions:
            alias = _alias(functions, asked)
            if asked.get("RevisionId", alias["RevisionId"]) != alias["RevisionId"]:
                raise Refusal(
                    "The Revision Id provided does not match the latest Revision Id. Call the "
                    "GetFunction/GetAlias API to retrieve the latest Revision Id",
                    code="PreconditionFailedException",
                    status=412,
                    Type="User",
                )
            new = {**alias, "RevisionId": str(uuid.uuid4())}
            new |= {key: asked[key] for key in ("FunctionVersion", "Description") if key in asked}
            if "RoutingConfig" in asked:
                new.pop("RoutingConfig", None)
                # no weights: the alias calls one version again
                if asked["RoutingConfig"].get("AdditionalVersionWeights"):
                    new["RoutingConfig"] = asked["RoutingConfig"]
            _check(_function(functions, asked), new)
            alias.clear()
            alias.update(new)
            return new

    def versions(asked: dict[str, Any]) -> dict[str, Any]:
        with held.open() as functions:
            found = _function(functions, asked)["versions"]
        marker = asked.get("Marker", "0")
        if not marker.isdecimal():
            raise _invalid("The marker is invalid.")
        first, last = int(marker), int(marker) + asked.get("MaxItems", _PAGE)
        more = {"NextMarker": str(last)} if last < len(found) else {}
        return {"Versions": found[first:last], **more}

    def configuration(asked: dict[str, Any]) -> dict[str, Any]:
        with held.open() as functions:
            function = _function(functions, asked)
        wanted = asked.get("Qualifier", "$LATEST")
        if wanted in function["aliases"]:
            wanted = function["aliases"][wanted]["FunctionVersion"]
        return _of_version(function, wanted)

    answers = {
        "GetAlias": get_alias,
        "UpdateAlias": update_alias,
        "ListVersionsByFunction": versions,
        "GetFunctionConfiguration": configuration,
    }
    return [Operation("lambda", "", name, answer) for name, answer in answers.items()]


def _version(function: str, number: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"{function}:{number}".encode()).digest()
    return {
        "FunctionName": function,
        "FunctionArn": f"{_ARN}:{function}:{number}",
        "Runtime": "python3.13",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/{function}",
        "Handler": "replies.answer",
        "CodeSize": 48_213_004,
        "Description": "",
        "Timeout": 30,
        "MemorySize": 3_008,
        "LastModified": "2026-10-02T08:00:00.000+0000",
        "CodeSha256": base64.b64encode(digest).decode(),
        "Version": number,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
    }


def _function(functions: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    name = asked["FunctionName"].rpartition(":")[2]
    if name not in functions:
        raise _missing("Function", f"{_ARN}:{name}")
    found: dict[str, Any] = functions[name]
    return found


def _alias(functions: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    aliases = _function(functions, asked)["aliases"]
    if asked["Name"] not in aliases:
        raise _missing("alias", f"{_ARN}:{asked['FunctionName']}:{asked['Name']}")
    found: dict[str, Any] = aliases[asked["Name"]]
    return found


def _of_version(function: dict[str, Any], number: str) -> dict[str, Any]:
    for each in function["versions"]:
        if each["Version"] == number:
            return dict(each)
    raise _missing("Function", f"{function['versions'][0]['FunctionArn']}:{number}")


def _check(function: dict[str, Any], alias: dict[str, Any]) -> None:
    """Would Lambda let the alias call these versions?"""
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    versions = [_of_version(function, each) for each in (alias["FunctionVersion"], *weights)]
    if len(weights) > 1:
        raise _invalid("An alias routes to at most one additional version.")
    if weights and "$LATEST" in (alias["FunctionVersion"], *weights):
        raise _invalid("$LATEST is not supported for an alias pointing to more than 1 version")
    if alias["FunctionVersion"] in weights:
        raise _invalid("The additional version is the one that the alias points to.")
    if len({each["Role"] for each in versions}) > 1:
        raise _invalid("Both versions must have the same execution role.")


def _missing(what: str, arn: str) -> Refusal:
    said = f"{what} not found: {arn}"
    return Refusal(said, code="ResourceNotFoundException", status=404, Type="User")


def _invalid(said: str) -> Refusal:
    return Refusal(said, code="InvalidParameterValueException", Type="User")
