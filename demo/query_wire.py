"""How do a call and its answer travel in AWS's query protocol? As a form there, as XML back.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html; STS and SNS speak it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any
from xml.sax.saxutils import escape

NOT_PARAMETERS = ("Action", "Version")


def parameters(operation: Any, form: Mapping[str, str]) -> dict[str, Any]:
    """What a form asks of an operation of botocore's model, by the API's names.

    A key that the model does not know is kept under its own name, to be told.
    """
    read: set[str] = set()
    found = _read(operation.input_shape, form, "", read)
    left = {key: value for key, value in form.items() if key not in {*read, *NOT_PARAMETERS}}
    return {**found, **left}


def _read(shape: Any, form: Mapping[str, str], place: str, read: set[str]) -> Any:
    below = f"{place}." if place else ""
    if shape.type_name == "structure":
        keys = {n: below + m.serialization.get("name", n) for n, m in shape.members.items()}
        return {
            name: _read(member, form, keys[name], read)
            for name, member in shape.members.items()
            if _present(form, keys[name])
        }
    if shape.type_name == "list":
        read.add(place)
        if not shape.serialization.get("flattened"):
            below += shape.member.serialization.get("name", "member") + "."
        return [_read(shape.member, form, key, read) for key in _numbered(form, below)]
    if shape.type_name == "map":
        read.add(place)
        if not shape.serialization.get("flattened"):
            below += "entry."
        key = shape.key.serialization.get("name", "key")
        value = shape.value.serialization.get("name", "value")
        return {
            _read(shape.key, form, f"{each}.{key}", read): _read(
                shape.value, form, f"{each}.{value}", read
            )
            for each in _numbered(form, below)
        }
    read.add(place)
    return _scalar(shape.type_name, form.get(place, ""))


def _present(form: Mapping[str, str], place: str) -> bool:
    return any(key == place or key.startswith(f"{place}.") for key in form)


def _numbered(form: Mapping[str, str], below: str) -> Iterator[str]:
    for at in count(1):
        if not _present(form, f"{below}{at}"):
            return
        yield f"{below}{at}"


def _scalar(kind: str, text: str) -> Any:
    """The value that a text stands for; what stands for none stays a text, and is refused."""
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "timestamp":
            return datetime.fromisoformat(text).timestamp()
        if kind == "blob":
            return base64.b64decode(text, validate=True)
    except ValueError:
        return text
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def answer(operation: Any, document: Mapping[str, Any], request_id: str) -> str:
    """The answer of an operation as XML."""
    name, shape = operation.name, operation.output_shape
    inside = ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{name}Result")
        inside = _element(wrapper, shape, document)
    namespace = escape(operation.service_model.metadata["xmlNamespace"], {'"': "&quot;"})
    about = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return f'<{name}Response xmlns="{namespace}">{inside}{about}</{name}Response>'


def refusal(code: str, message: str, *, ours: bool, request_id: str) -> str:
    """A refusal as XML; ``ours`` says that the fault is the service's own."""
    return (
        f"<ErrorResponse><Error><Type>{'Receiver' if ours else 'Sender'}</Type>"
        f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _element(name: str, shape: Any, value: Any) -> str:
    return f"<{name}>{_inside(shape, value)}</{name}>"


def _inside(shape: Any, value: Any) -> str:
    if shape.type_name == "structure":
        return "".join(
            _element(member.serialization.get("name", name), member, value[name])
            for name, member in shape.members.items()
            if name in value
        )
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        return "".join(_element(name, shape.member, each) for each in value)
    if shape.type_name == "map":
        return "".join(
            "<entry>"
            + _element("key", shape.key, key)
            + _element("value", shape.value, each)
            + "</entry>"
            for key, each in value.items()
        )
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds")
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    return escape(str(value))
