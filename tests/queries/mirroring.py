"""Lines of a paired log, made up for the tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from queries.config import Config, Test
from tests.queries.capturing import NOON


def side(
    body: object = "0.5", ms: object = 10.0, status: object = 200, **more: object
) -> dict[str, Any]:
    """One side of a line."""
    found = {"status": status, "latency_ms": ms, "content_type": "text/csv", "body": body, **more}
    return {key: value for key, value in found.items() if value is not None}


def logged(
    production: object,
    shadow: object = None,
    *,
    at: float = 0.0,
    asked: object = "1,2",
    **more: Any,
) -> bytes:
    """One line; ``at`` counts seconds after noon."""
    time = (NOON + timedelta(seconds=at)).isoformat()
    document = {"time": time.replace("+00:00", "Z"), "production": production, **more}
    if asked is not None:
        document["request"] = {"content_type": "text/csv", "body": asked}
    if shadow is not None:
        document["shadow"] = shadow
    return json.dumps(document, ensure_ascii=False).encode()


def log_file(folder: Path, lines: Iterable[bytes], name: str = "part-1.jsonl") -> Path:
    """Write lines in hour folders as Firehose does."""
    path = folder / NOON.strftime("%Y/%m/%d/%H") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def log_test(folder: Path, **more: Any) -> tuple[Config, Test]:
    """A configuration with one test that reads the log of a folder."""
    test = Test(
        name="mirrored", log=str(folder / "log"), production="production", shadow="shadow", **more
    )
    return Config(tests=(test,), cache=folder / "cache"), test
