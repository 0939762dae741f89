"""S3 and STS on 127.0.0.1, for the tests: a folder served over HTTP, that fails as AWS does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from queries.config import Aws
from queries.objects import Listing, list_objects

BUCKET = "captures-bucket"
REQUEST = "REQUEST1"

Fault = Callable[[str, int], "tuple[int, str] | tuple[int, str, str] | str | None"]
Form = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what was asked for, and how it was signed."""

    path: str
    query: Form
    headers: dict[str, str]
    form: Form

    @property
    def signed_as(self) -> str:
        """The access key of the signature."""
        return self.headers["authorization"].partition("Credential=")[2].partition("/")[0]


class StandIn:
    """An S3 over a folder, that records requests and fails on demand; PutObject makes new keys.

    ``fault`` is given the path and how often it was asked for, and answers with a status, AWS's
    error code and a message (no code: no body), with ``"break off"``, or with ``None`` to serve.
    The next ``unheard`` puts take effect and are answered with a failure.
    ``role`` answers AssumeRole: with the seconds that credentials last, or with a refusal. The
    credentials of the n-th answer are ROLE<n> and token<n>. ``shaping`` is hadro's: ``latency_ms``,
    ``error_rate``.
    """

    def __init__(self, folder: Path, **shaping: Any) -> None:
        import uvicorn
        from hadro.app import create_app
        from hadro.config import Config

        self.folder = folder
        self.requests: list[Asked] = []
        self.unheard = 0
        self.fault: Fault = lambda path, count: None
        self.role: Callable[[Form], int | tuple[str, str]] = lambda form: 3600
        self._serve = create_app(Config(data=str(folder), region="eu-central-1", **shaping))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(self, log_level="critical", lifespan="off", access_log=False)
        )
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        form: Form = {}
        if scope["method"] == "POST":
            form = parse_qs((await receive())["body"].decode(errors="replace"))
        self.requests.append(Asked(path, parse_qs(scope["query_string"].decode()), headers, form))
        if scope["method"] == "POST":
            await self._answer(send, *self._posted(form))
            return
        # who sends a body waits until it was read
        content = await self._body(receive) if scope["method"] == "PUT" else b""
        fault = self.fault(path, sum(1 for asked in self.requests if asked.path == path))
        if fault is None and "if-match" in headers:
            fault = await self._changed(scope, receive, headers["if-match"])
        if fault is None and scope["method"] == "PUT":
            await self._answer(send, *self._put(path, content, headers))
        elif fault is None:
            await self._serve(scope, receive, send)
        elif isinstance(fault, str):
            await self._answer(send, 200, "half", length=1000)
        else:
            status, code, *message = fault
            said = escape(*message or ("made up",))
            body = (
                f"<Error><Code>{code}</Code><Message>{said}</Message>"
                f"<RequestId>{REQUEST}</RequestId></Error>"
            )
            await self._answer(send, status, body if code else "")

    async def _body(self, receive: Any) -> bytes:
        content, more = b"", True
        while more:
            message = await receive()
            content, more = content + message["body"], message.get("more_body", False)
        return content

    def _put(self, path: str, content: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """PutObject with ``If-None-Match: *``; no other is asked for here."""
        assert headers["if-none-match"] == "*"
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with file.open("xb") as out:
                out.write(content)
        except FileExistsError:
            return 412, "<Error><Code>PreconditionFailed</Code></Error>"
        if self.unheard:
            self.unheard -= 1
            return 500, "<Error><Code>InternalError</Code></Error>"
        return 200, ""

    async def _changed(self, scope: Any, receive: Any, etag: str) -> tuple[int, str, str] | None:
        """What S3 answers to If-Match, which hadro passes over."""
        sent: list[Any] = []

        async def keep(message: Any) -> None:
            sent.append(message)

        await self._serve({**scope, "method": "HEAD"}, receive, keep)
        now = dict(sent[0]["headers"]).get(b"etag")
        if now is None or now.decode() == etag:
            return None
        return 412, "PreconditionFailed", "At least one of the pre-conditions did not hold"

    def _posted(self, form: Form) -> tuple[int, str]:
        if form.get("Action") != ["AssumeRole"]:
            return 403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
        answer = self.role(form)
        if isinstance(answer, tuple):
            code, said = answer
            return 403, (
                f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
                f"<Message>{said}</Message></Error><RequestId>{REQUEST}</RequestId></ErrorResponse>"
            )
        number = len(self.taken_on)
        end = datetime.now(UTC) + timedelta(seconds=answer)
        return 200, (
            "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
            f"<AccessKeyId>ROLE{number}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
            f"<SessionToken>token{number}</SessionToken>"
            f"<Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration>"
            "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
        )

    async def _answer(self, send: Any, status: int, body: str, length: int | None = None) -> None:
        size = len(body) if length is None else length
        headers = [
            (b"content-length", str(size).encode()),
            (b"x-amz-request-id", REQUEST.encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode()})

    @property
    def lists(self) -> list[Form]:
        """The parameters of every LIST so far."""
        return [each.query for each in self.requests if each.path.rstrip("/") == f"/{BUCKET}"]

    @property
    def gets(self) -> list[str]:
        """The key of every GET so far."""
        below = f"/{BUCKET}/"
        return [
            each.path.removeprefix(below)
            for each in self.requests
            if each.path.startswith(below) and each.path != below
        ]

    @property
    def taken_on(self) -> list[Asked]:
        """Every AssumeRole so far."""
        return [each for each in self.requests if each.form.get("Action") == ["AssumeRole"]]

    def put(self, key: str, content: bytes = b"{}\n") -> str:
        """An object of the bucket."""
        path = self.folder / BUCKET / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return key

    def list(self, prefix: str = "", **wanted: Any) -> Listing:
        """What ``list_objects`` finds under a prefix."""
        return list_objects(f"s3://{BUCKET}/{prefix}", aws=Aws(endpoint_url=self.url), **wanted)
