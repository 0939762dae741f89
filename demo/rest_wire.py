"""How do a call and its answer travel in AWS's REST protocol with JSON bodies?

Method and path name the operation, and its parameters lie in path, query, headers and body
(https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html); Lambda, API Gateway and
SageMaker's runtime speak it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Sent:
    """An HTTP request: its path still percent-encoded, its headers' names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The parts of an HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes


def matches(operation: Any, sent: Sent) -> bool:
    """Whether a request's method and path are those of an operation of botocore's model."""
    return sent.method == operation.http["method"] and _labels(operation, sent) is not None


def parameters(operation: Any, sent: Sent) -> dict[str, Any]:
    """What a request asks of the operation, by the API's names.

    Raises
    ------
    ValueError
        When the body is not JSON.
    """
    shape = operation.input_shape
    labels = _labels(operation, sent) or {}
    found: dict[str, Any] = {}
    for name, place, key, member in _placed(shape):
        if place == "uri":
            found[name] = unquote(labels[key])
        elif place in ("querystring", "header"):
            text = (sent.query if place == "querystring" else sent.headers).get(
                key if place == "querystring" else key.lower()
            )
            if text is not None:
                found[name] = _typed(member.type_name, text)
    payload = shape.serialization.get("payload")
    if payload is not None and shape.members[payload].type_name == "blob":
        return {**found, payload: sent.body}
    in_body = json.loads(sent.body or b"{}")
    if not isinstance(in_body, dict):
        raise ValueError("it is not an object")
    if payload is not None:
        return {**found, payload: _by_name(shape.members[payload], in_body)}
    return {**_by_name(shape, in_body), **found}


def answer(operation: Any, document: Mapping[str, Any]) -> Answered:
    """The answer of an operation as a response."""
    shape = operation.output_shape
    status = operation.http.get("responseCode", 200)
    if shape is None:
        return Answered(status, {}, b"")
    headers = {
        key: str(document[name])
        for name, place, key, _ in _placed(shape)
        if place == "header" and name in document
    }
    payload = shape.serialization.get("payload")
    if payload is not None and shape.members[payload].type_name == "blob":
        return Answered(status, headers, document.get(payload, b""))
    left = {
        name: value
        for name, value in document.items()
        if "location" not in shape.members[name].serialization
    }
    body = json.dumps(_by_key(shape, left)).encode()
    return Answered(status, {"content-type": "application/json", **headers}, body)


@lru_cache(maxsize=256)
def _compiled(template: str) -> re.Pattern[str]:
    at, text = 0, ""
    for label in _LABEL.finditer(template):
        text += re.escape(template[at : label.start()])
        text += f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"
        at = label.end()
    return re.compile(text + re.escape(template[at:]))


def _labels(operation: Any, sent: Sent) -> dict[str, str] | None:
    """What the path says, by the names in the operation's template; None where it is another's."""
    found = _compiled(operation.http["requestUri"].partition("?")[0]).fullmatch(sent.path)
    return found.groupdict() if found is not None else None


def _placed(shape: Any) -> Iterator[tuple[str, str, str, Any]]:
    """Name, place, key there and shape of each member that is not in the body."""
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        if place is not None:
            yield name, place, member.serialization.get("name", name), member


def _typed(kind: str, text: str) -> Any:
    """The value that a text stands for; what stands for none stays a text, and is refused."""
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind in ("integer", "long") and re.fullmatch(r"-?\d{1,19}", text):
        return int(text)
    return text


def _by_name(shape: Any, value: Any) -> Any:
    """A JSON document with its keys replaced by the API's names; unknown keys stay, to be told."""
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {m.serialization.get("name", name): name for name, m in shape.members.items()}
        return {
            names.get(key, key): _by_name(shape.members[names[key]], each) if key in names else each
            for key, each in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_by_name(shape.member, each) for each in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _by_name(shape.value, each) for key, each in value.items()}
    return value


def _by_key(shape: Any, value: Any) -> Any:
    if shape.type_name == "structure":
        members = {name: shape.members[name] for name in value}
        return {
            member.serialization.get("name", name): _by_key(member, value[name])
            for name, member in members.items()
        }
    if shape.type_name == "list":
        return [_by_key(shape.member, each) for each in value]
    if shape.type_name == "map":
        return {key: _by_key(shape.value, each) for key, each in value.items()}
    return value
