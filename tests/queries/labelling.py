"""Ground truth, made up for the tests: its files, and tests that have some."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from queries.config import Aws, Config, Prediction, Test, Truth
from queries.opened import Opened, open_test
from tests.queries.capturing import capture_file

SCORE = Prediction(column=0, kind="binary")


def monitored(data: object, event: str | None = None, inference: str | None = None) -> bytes:
    """A line in Model Monitor's format."""
    about = {"eventId": event, "inferenceId": inference}
    document = {
        "groundTruthData": {"data": data, "encoding": "CSV"},
        "eventMetadata": {key: value for key, value in about.items() if value is not None},
        "eventVersion": "0",
    }
    return json.dumps(document).encode()


def truth_file(path: Path, content: Iterable[bytes] | bytes | str) -> Path:
    """A file of lines, or of just this content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        content = content.encode()
    if not isinstance(content, bytes):
        content = b"".join(each + b"\n" for each in content)
    path.write_bytes(content)
    return path


def labelled_test(
    folder: Path,
    production: Iterable[bytes],
    shadow: Iterable[bytes],
    *,
    aws: Aws | None = None,
    prediction: Prediction = SCORE,
    location: str | None = None,
    **truth: Any,
) -> Opened:
    """A test of these captures whose labels lie in ``folder/truth``, opened."""
    capture_file(folder / "captures", production)
    capture_file(folder / "captures", shadow, variant="Shadow")
    test = Test(
        name="t",
        captures=str(folder / "captures"),
        production="AllTraffic",
        shadow="Shadow",
        prediction=prediction,
        truth=Truth(location=location or str(folder / "truth"), **truth),
    )
    return open_test(Config(tests=(test,), cache=folder / "cache", aws=aws or Aws()), test)
