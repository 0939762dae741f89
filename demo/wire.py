"""How does a call reach the operation that answers it, and the answer its caller?

One address answers for all services, in the protocol that botocore speaks with each: JSON, where
``X-Amz-Target`` names service and operation and times are seconds since 1970
(https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html); a form, where ``Action`` and
``Version`` do; or REST, where method and path do; what is signed for S3 is in S3's own. Every
request and every answer is held against botocore's model of the service.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from demo import query_wire, rest_wire, s3_wire
from demo.rest_wire import Sent
from demo.validation import answer_faults, faults, model

caller: ContextVar[str] = ContextVar("caller", default="")
"""The access key that the call being answered was signed with."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_SIGNED_WITH = re.compile(r"Credential=([^/,\s]+)/")
_FOR_S3 = re.compile(r"Credential=[^,\s]+/s3/aws4_request")
# What a service calls a request that its model does not allow, where that is not ValidationError.
_INVALID = {
    "sagemaker": "ValidationException",
    "application-autoscaling": "ValidationException",
    "apigateway": "BadRequestException",
    "lambda": "InvalidParameterValueException",
    "athena": "InvalidRequestException",
    "glue": "InvalidInputException",
    "sns": "InvalidParameter",
}


class Refusal(Exception):
    """The service refuses a call; ``code`` and ``status`` are those AWS would send.

    ``members`` are further ones of the error, such as a model's own status.
    """

    def __init__(
        self, message: str, *, code: str = "ValidationError", status: int = 400, **members: Any
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.members = members


class Lost(Exception):
    """What was asked for is done, and the connection breaks before the answer is sent."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one service.

    ``service`` is botocore's name of it, ``target`` the one in ``X-Amz-Target``, "" where its
    protocol knows none; ``answer`` takes the parameters of a request that the service's model
    accepts, and returns the document of the answer or raises :class:`Refusal`. Documents are by
    the API's names, with times in seconds since 1970 and blobs as bytes.
    """

    service: str
    target: str
    name: str
    answer: Callable[[dict[str, Any]], dict[str, Any]]

    @property
    def model(self) -> Any:
        """botocore's model of the operation."""
        return model(self.service).operation_model(self.name)


def application(operations: Iterable[Operation]) -> Starlette:
    """An ASGI application that answers these operations and refuses all others as AWS does.

    Of two operations of the same name the later one answers.
    """
    held = tuple({(each.service, each.name): each for each in operations}.values())
    doors = (_by_target(held), _by_action(held), _by_path(held), _of_s3(held))

    async def serve(request: Request) -> Response:
        sent = Sent(
            request.method,
            request.scope["raw_path"].decode(),
            dict(request.query_params),
            {name.lower(): value for name, value in request.headers.items()},
            await request.body(),
        )
        door = doors[0]
        if "x-amz-target" not in sent.headers:
            form = sent.headers.get("content-type", "").startswith(_FORM)
            door = doors[1] if form and sent.path == "/" else doors[2]
        if _FOR_S3.search(sent.headers.get("authorization", "")):
            door = doors[3]
        # away from the event loop: an answer may take some milliseconds of computing
        try:
            return await run_in_threadpool(door, sent)
        except Lost:
            return _CutOff()

    return Starlette(routes=[Route("/{path:path}", serve, methods=_METHODS)])


class _CutOff(Response):
    """An answer that breaks off after its first byte: the server closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # in chunks: botocore takes an answer shorter than its content-length for a whole one
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


_FORM = "application/x-www-form-urlencoded"
Door = Callable[[Sent], Response]


def _by_target(operations: tuple[Operation, ...]) -> Door:
    table = {f"{each.target}.{each.name}": each for each in operations if each.target}

    def respond(sent: Sent) -> Response:
        try:
            target = sent.headers["x-amz-target"]
            operation = table.get(target)
            if operation is None:
                raise _unknown(target or "without X-Amz-Target")
            parameters = _parsed(lambda: json.loads(sent.body or b"{}"))
            document = _answer(operation, parameters, sent)
        except Refusal as refusal:
            code = refusal.code
            document = {"__type": code, "message": str(refusal), **refusal.members}
            # services that once spoke the query protocol repeat their old error code here
            side = "Sender" if refusal.status < 500 else "Receiver"
            headers = {"x-amzn-query-error": f"{code};{side}"}
            return _response(json.dumps(document), _JSON, refusal.status, **headers)
        return _response(json.dumps(document), _JSON)

    return respond


def _by_action(operations: tuple[Operation, ...]) -> Door:
    spoken = [each for each in operations if model(each.service).resolved_protocol == "query"]
    table = {(model(each.service).api_version, each.name): each for each in spoken}

    def respond(sent: Sent) -> Response:
        request_id = str(uuid.uuid4())
        try:
            form = dict(parse_qsl(sent.body.decode(errors="replace"), keep_blank_values=True))
            operation = table.get((form.get("Version", ""), form.get("Action", "")))
            if operation is None:
                raise _unknown(form.get("Action") or "without Action", code="InvalidAction")
            document = _answer(operation, query_wire.parameters(operation.model, form), sent)
        except Refusal as refusal:
            status = refusal.status
            text = query_wire.refusal(
                refusal.code, str(refusal), ours=status >= 500, request_id=request_id
            )
            return _response(text, _XML, status, request_id=request_id)
        text = query_wire.answer(operation.model, document, request_id)
        return _response(text, _XML, request_id=request_id)

    return respond


def _by_path(operations: tuple[Operation, ...]) -> Door:
    spoken = [each for each in operations if model(each.service).resolved_protocol == "rest-json"]

    def respond(sent: Sent) -> Response:
        try:
            found = [each for each in spoken if rest_wire.matches(each.model, sent)]
            if not found:
                raise _unknown(f"{sent.method} {sent.path}", status=404)
            operation = found[0]
            parameters = _parsed(lambda: rest_wire.parameters(operation.model, sent))
            answered = rest_wire.answer(operation.model, _answer(operation, parameters, sent))
        except Refusal as refusal:
            body = json.dumps({"message": str(refusal), **refusal.members})
            headers = {"x-amzn-errortype": refusal.code}
            return _response(body, "application/json", refusal.status, **headers)
        media = answered.headers.pop("content-type", None) or answered.headers.pop(
            "Content-Type", "application/octet-stream"
        )
        return _response(answered.body, media, answered.status, **answered.headers)

    return respond


def _of_s3(operations: tuple[Operation, ...]) -> Door:
    table = {each.name: each for each in operations if each.service == "s3"}

    def respond(sent: Sent) -> Response:
        request_id = str(uuid.uuid4())
        try:
            operation = table.get(s3_wire.operation_name(sent))
            if operation is None:
                raise _unknown(f"{sent.method} {sent.path}", code="NotImplemented", status=501)
            asked = s3_wire.parameters(operation.model, sent)
            answered = s3_wire.answer(operation.model, _answer(operation, asked, sent))
        except Refusal as refusal:
            text = s3_wire.refusal(refusal.code, str(refusal), request_id)
            text = "" if sent.method == "HEAD" else text
            headers = {"x-amz-request-id": request_id}
            return _response(text, "application/xml", refusal.status, **headers)
        media = answered.headers.pop("content-type", None) or answered.headers.pop(
            "Content-Type", "binary/octet-stream"
        )
        return _response(answered.body, media, answered.status, **answered.headers)

    return respond


def _unknown(what: str, *, code: str = "UnknownOperationException", status: int = 400) -> Refusal:
    return Refusal(f"The demo account has no operation {what}.", code=code, status=status)


def _parsed(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ValueError as error:
        raise Refusal(f"The request is not JSON: {error}", code="SerializationException") from None


def _answer(operation: Operation, parameters: Any, sent: Sent) -> dict[str, Any]:
    found = faults(operation.service, operation.name, parameters)
    if found:
        errors = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        code = _INVALID.get(operation.service, "ValidationError")
        raise Refusal(f"{errors} detected: {'; '.join(found)}", code=code)
    signed = _SIGNED_WITH.search(sent.headers.get("authorization", ""))
    token = caller.set(signed[1] if signed else "")
    try:
        document = operation.answer(parameters)
    finally:
        caller.reset(token)
    wrong = answer_faults(operation.service, operation.name, document)
    if wrong:
        said = f"The demo account answered {operation.name} wrongly: {'; '.join(wrong[:5])}"
        raise Refusal(said, code="InternalFailure", status=500)
    return document


_JSON, _XML = "application/x-amz-json-1.0", "text/xml"


def _response(
    content: str | bytes, media: str, status: int = 200, *, request_id: str = "", **headers: str
) -> Response:
    return Response(
        content,
        status_code=status,
        # as a header: to a media type of texts Starlette would add a charset
        headers={
            "content-type": media,
            "x-amzn-RequestId": request_id or str(uuid.uuid4()),
            **headers,
        },
    )
