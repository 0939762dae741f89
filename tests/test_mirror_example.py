"""Does the example of the docs write lines that are read as what happened?"""

from __future__ import annotations

import base64
import importlib.util
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from queries.logs import parse_logged

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "mirror.py"
CONTEXT = SimpleNamespace(aws_request_id="request-1")


class Amazon(BaseHTTPRequestHandler):
    """SageMaker's runtime, Lambda and Firehose as far as the example asks them."""

    seen: dict[str, list[Any]]

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/endpoints/"):
            endpoint = self.path.split("/")[2]
            self.seen["asked"].append((endpoint, content, self.headers["Content-Type"]))
            if endpoint == "broken":
                self.answer(424, b'{"Message": "the model says no"}', "application/json")
            else:
                self.answer(200, f"0.{len(content)}".encode(), "text/csv")
        elif "/functions/" in self.path:
            self.seen["invoked"].append((self.headers["X-Amz-Invocation-Type"], content))
            self.answer(202, b"", "application/json")
        else:
            data = json.loads(content)["Record"]["Data"]
            self.seen["logged"].append(base64.b64decode(data))
            self.answer(200, b'{"RecordId": "1"}', "application/x-amz-json-1.1")

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[Any]]]:
    """A server that stands for AWS; what it was asked."""
    Amazon.seen = {"asked": [], "invoked": [], "logged": []}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Amazon)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "NO_PROXY": "127.0.0.1",
        "PRODUCTION_ENDPOINT": "good",
        "SHADOW_ENDPOINT": "good",
        "SHADOW_FUNCTION": "mirror-shadow",
        "LOG_STREAM": "mirror-log",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    yield Amazon.seen
    server.shutdown()
    server.server_close()


def mirror() -> ModuleType:
    """The example, imported as Lambda does."""
    spec = importlib.util.spec_from_file_location("mirror_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def event(body: str = "1,2,3", **more: object) -> dict[str, object]:
    return {"headers": {"content-type": "text/csv"}, "body": body, **more}


def test_the_user_gets_productions_answer_and_the_log_both(amazon: dict[str, list[Any]]) -> None:
    """Production answers at once, the shadow is asked in a call of its own, one line is left."""
    example = mirror()
    assert example.handler(event(), CONTEXT) == {"statusCode": 200, "body": "0.5"}
    assert [asked[0] for asked in amazon["asked"]] == ["good"]
    kind, half = amazon["invoked"][0]
    assert kind == "Event"
    example.shadow(json.loads(half), CONTEXT)
    assert [asked[0] for asked in amazon["asked"]] == ["good", "good"]
    (line,) = amazon["logged"]
    assert line.endswith(b"\n")
    for side in ("production", "shadow"):
        record = parse_logged(line, side)  # type: ignore[arg-type]
        assert record is not None
        assert record.output is not None
        assert (record.output.data, record.status, record.failure) == ("0.5", 200, None)
        assert record.inference_id == "request-1"
        assert record.latency_ms is not None
        assert record.input is not None
        assert record.input.data == "1,2,3"


def test_a_refusal_and_a_dead_endpoint_are_logged(
    amazon: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model's error is a status, and no answer at all is an error; neither stops the mirror."""
    monkeypatch.setenv("PRODUCTION_ENDPOINT", "broken")
    example = mirror()
    assert example.handler(event(), CONTEXT)["statusCode"] == 424
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    dead = mirror()
    line = json.loads(amazon["invoked"][0][1])
    line["shadow"] = dead.ask("gone", line["request"])
    written = json.dumps(line).encode()
    production, shadow = parse_logged(written, "production"), parse_logged(written, "shadow")
    assert production is not None
    assert shadow is not None
    assert production.failure == "status 424"
    assert (shadow.status, shadow.failure) == (None, "EndpointConnectionError")


def test_bytes_travel_as_they_are(amazon: dict[str, list[Any]]) -> None:
    """A binary request reaches the model undamaged and stays BASE64 in the log."""
    example = mirror()
    raw = bytes(range(256))
    coded = base64.b64encode(raw).decode()
    example.handler(event(coded, isBase64Encoded=True), CONTEXT)
    assert amazon["asked"][0][1] == raw
    line = json.loads(amazon["invoked"][0][1])
    assert line["request"]["encoding"] == "BASE64"
