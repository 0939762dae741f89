"""An AWS account of which only the region is configured, for the tests: three servers over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from demo import account, standin
from tests.queries.bucket import StandIn


@contextmanager
def region_only(folder: Path, *, scale: float) -> Iterator[tuple[Path, dict[str, str]]]:
    """The demo's tests with their captures in S3: a configuration, and the environment for it."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    account.generate(folder / "account", end=end, scale=scale)
    (folder / "buckets").mkdir()
    (folder / "account" / "captures").rename(folder / "buckets" / "demo-captures")
    config = folder / "understudy.toml"
    config.write_text('[aws]\nregion = "eu-central-1"\n', encoding="utf-8")
    other = standin.start(folder / "account")
    bucket = StandIn(folder / "buckets")
    try:
        yield (
            config,
            {
                "AWS_ENDPOINT_URL_S3": bucket.url,
                "AWS_ENDPOINT_URL_SAGEMAKER": other,
                "AWS_ENDPOINT_URL_CLOUDWATCH": other,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            },
        )
    finally:
        bucket.stop()
