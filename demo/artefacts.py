"""Are the data of the demo's models in S3? Those that the account began with are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from demo import sagemaker
from demo.wire import Operation, Refusal


def operations(folder: Path) -> list[Operation]:
    """HeadObject of the account in ``folder``; nothing of S3 but this is asked of the demo."""
    held = json.loads((folder / sagemaker.FILE).read_text(encoding="utf-8"))
    places = {
        container["ModelDataUrl"]
        for model in held["models"].values()
        for container in (*model.get("Containers", ()), model.get("PrimaryContainer", {}))
        if "ModelDataUrl" in container
    }

    def head(asked: dict[str, Any]) -> dict[str, Any]:
        if f"s3://{asked['Bucket']}/{asked['Key']}" not in places:
            raise Refusal("Not Found", code="NoSuchKey", status=404)
        return {"ContentType": "application/x-tar"}

    return [Operation("s3", "", "HeadObject", head)]
