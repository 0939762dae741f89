"""What is in the demo's S3? Its buckets, and the data of the models that the account began with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from demo import sagemaker
from demo.buckets import Buckets
from demo.wire import Operation, Refusal


def operations(folder: Path, buckets: Buckets) -> list[Operation]:
    """S3's operations on the account in ``folder``; of the models' data only HeadObject."""
    held = json.loads((folder / sagemaker.FILE).read_text(encoding="utf-8"))
    places = {
        container["ModelDataUrl"]
        for model in held["models"].values()
        for container in (*model.get("Containers", ()), model.get("PrimaryContainer", {}))
        if "ModelDataUrl" in container
    }

    of_buckets = {each.name: each for each in buckets.operations()}

    def head(asked: dict[str, Any]) -> dict[str, Any]:
        if asked["Bucket"] in buckets:
            return of_buckets["HeadObject"].answer(asked)
        if f"s3://{asked['Bucket']}/{asked['Key']}" not in places:
            raise Refusal("Not Found", code="NoSuchKey", status=404)
        return {"ContentType": "application/x-tar"}

    return [*of_buckets.values(), Operation("s3", "", "HeadObject", head)]
