"""How do a call and its answer travel in S3's protocol?

REST, with method, path and query naming the operation, and XML bodies
(https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html). Of XML only DeleteObjects has some
in its request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from demo import rest_wire
from demo.rest_wire import Answered, Sent

_OBJECT = re.compile(r"<Object>.*?<Key>(.*?)</Key>.*?</Object>", re.DOTALL)
# What may be asked about an object besides the object, and the parts of large ones.
# fmt: off
_PARTS = {
    "acl", "attributes", "legal-hold", "partNumber", "retention", "tagging", "uploadId", "uploads",
}
# fmt: on
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#10;": "\n", "&amp;": "&"}


def operation_name(sent: Sent) -> str:
    """Which operation is asked for; "" for none that is known here."""
    of_bucket = "/" not in sent.path.strip("/")
    if of_bucket:
        if sent.method == "POST" and "delete" in sent.query:
            return "DeleteObjects"
        return "ListObjectsV2" if sent.method == "GET" and "list-type" in sent.query else ""
    if _PARTS & set(sent.query):
        return ""
    return {
        "GET": "GetObject",
        "HEAD": "HeadObject",
        "PUT": "PutObject",
        "DELETE": "DeleteObject",
    }.get(sent.method, "")


def parameters(model: Any, sent: Sent) -> dict[str, Any]:
    """What a request asks of the operation, by the API's names."""
    if model.name == "DeleteObjects":
        text = sent.body.decode()
        keys = [_plain(key) for key in _OBJECT.findall(text)]
        quiet = "<Quiet>true</Quiet>" in text
        bucket = sent.path.strip("/")
        return {"Bucket": bucket, "Delete": {"Objects": [{"Key": k} for k in keys], "Quiet": quiet}}
    if model.name == "ListObjectsV2":
        sent = replace(sent, path="/" + sent.path.strip("/"))
    body = _unchunked(sent) if model.name == "PutObject" else b""
    found = rest_wire.parameters(model, replace(sent, body=body))
    # what only steers how the call is sent, such as checksums in headers, changes nothing here
    return {name: value for name, value in found.items() if value != ""}


def _unchunked(sent: Sent) -> bytes:
    """The body without the framing of ``aws-chunked``."""
    if "aws-chunked" not in sent.headers.get("content-encoding", ""):
        return sent.body
    whole, left = b"", sent.body
    while left:
        head, _, left = left.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if not size:
            break
        whole, left = whole + left[:size], left[size + 2 :]
    return whole


def answer(model: Any, document: Mapping[str, Any]) -> Answered:
    """The answer of an operation as a response."""
    if model.name in ("ListObjectsV2", "DeleteObjects"):
        shape = model.output_shape
        name = {"ListObjectsV2": "ListBucketResult", "DeleteObjects": "DeleteResult"}[model.name]
        inside = _inside(shape, document)
        text = f'<{name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inside}</{name}>'
        return Answered(200, {"content-type": "application/xml"}, text.encode())
    said = dict(document)
    if "LastModified" in said:
        changed = datetime.fromtimestamp(said["LastModified"], UTC)
        said["LastModified"] = format_datetime(changed, usegmt=True)
    answered = rest_wire.answer(model, said)
    status = {"DeleteObject": 204}.get(model.name, 206 if "ContentRange" in said else 200)
    body = answered.body if "Body" in said else b""
    return replace(answered, status=status, body=body)


def refusal(code: str, message: str, request_id: str) -> str:
    """A refusal as XML."""
    return (
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        f"<RequestId>{request_id}</RequestId></Error>"
    )


def _inside(shape: Any, value: Any) -> str:
    if shape.type_name == "structure":
        return "".join(
            _element(member.serialization.get("name", name), member, value[name])
            for name, member in shape.members.items()
            if name in value and "location" not in member.serialization
        )
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds")
    if shape.type_name == "boolean":
        return "true" if value else "false"
    return escape(str(value))


def _element(name: str, shape: Any, value: Any) -> str:
    # S3's lists are all flattened: the element is repeated
    values: Iterable[Any] = value if shape.type_name == "list" else [value]
    inner = shape.member if shape.type_name == "list" else shape
    return "".join(f"<{name}>{_inside(inner, each)}</{name}>" for each in values)


def _plain(text: str) -> str:
    for entity, letter in _ENTITIES.items():
        text = text.replace(entity, letter)
    return text
