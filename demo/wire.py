"""How do a call and its answer travel? AWS's JSON protocol, the way botocore speaks it.

One POST to ``/``: ``X-Amz-Target`` names service and operation, the body holds the parameters,
and times are seconds since 1970 (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo.validation import faults


class Refusal(Exception):
    """The service refuses a call; ``code`` and ``status`` are those AWS would send."""

    def __init__(self, message: str, *, code: str = "ValidationError", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one service.

    ``service`` is botocore's name of it, ``target`` the one in ``X-Amz-Target``; ``answer`` takes
    the parameters of a request that the service's model accepts, and returns the JSON document of
    the answer or raises :class:`Refusal`.
    """

    service: str
    target: str
    name: str
    answer: Callable[[dict[str, Any]], dict[str, Any]]


def application(operations: Iterable[Operation]) -> Starlette:
    """An ASGI application that answers these operations and refuses all others as AWS does."""
    table = {f"{operation.target}.{operation.name}": operation for operation in operations}

    async def post(request: Request) -> Response:
        body = await request.body()
        target = request.headers.get("x-amz-target", "")
        # away from the event loop: an answer may take some milliseconds of computing
        return await run_in_threadpool(_respond, table, target, body)

    return Starlette(routes=[Route("/", post, methods=["POST"])])


def _respond(table: dict[str, Operation], target: str, body: bytes) -> Response:
    try:
        return _response(_answer(table, target, body), 200)
    except Refusal as refusal:
        document = {"__type": refusal.code, "message": str(refusal)}
        return _response(document, refusal.status, refusal.code)


def _answer(table: dict[str, Operation], target: str, body: bytes) -> dict[str, Any]:
    operation = table.get(target)
    if operation is None:
        raise Refusal(
            f"The demo account has no operation {target or 'without X-Amz-Target'}.",
            code="UnknownOperationException",
        )
    try:
        parameters = json.loads(body or b"{}")
    except ValueError as error:
        raise Refusal(f"The request is not JSON: {error}", code="SerializationException") from None
    found = faults(operation.service, operation.name, parameters)
    if found:
        errors = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise Refusal(f"{errors} detected: {'; '.join(found)}")
    return operation.answer(parameters)


def _response(document: dict[str, Any], status: int, code: str | None = None) -> Response:
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    if code is not None:
        # services that once spoke the query protocol repeat their old error code here
        headers["x-amzn-query-error"] = f"{code};{'Sender' if status < 500 else 'Receiver'}"
    return Response(
        json.dumps(document).encode(),
        status_code=status,
        headers=headers,
        media_type="application/x-amz-json-1.0",
    )
