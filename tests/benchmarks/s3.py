"""How fast are captures read from S3, beside one object after the other and beside bytes alone?

The server is hadro on this machine, each request 30 ms late; it shares the processor with whoever
is measured.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from queries.config import Aws
from queries.ingest import estimate
from queries.samples import Captures
from tests.benchmarks.contest import Entry, Runs, contest, warm
from tests.benchmarks.generator import Truth
from tests.benchmarks.s3_contestants import LOCATION
from tests.benchmarks.table import Line
from tests.queries.bucket import StandIn

MODULE = "tests.benchmarks.s3_contestants"
LATENCY_MS = 30


def lines(root: Path, truth: Truth, what: str, repeats: int) -> Iterator[Line]:
    """All figures about one set of captures."""
    cache = root / "cache"
    warm(root / "captures")
    server = StandIn(root, latency_ms=LATENCY_MS)
    asked: dict[str, int] = {}

    def entry(name: str, *arguments: str) -> Entry:
        """A contestant whose requests are counted; it begins with no cache."""

        def before() -> None:
            shutil.rmtree(cache, ignore_errors=True)
            server.requests.clear()

        def right(answer: dict[str, int]) -> bool:
            asked[name] = len(server.requests)
            rows = truth.production + truth.shadow
            return answer.get("rows", rows) == rows and (
                answer.get("bytes", truth.bytes) == truth.bytes and not answer.get("failed")
            )

        return Entry(name, [name, server.url, *arguments], right, before, module=MODULE)

    try:
        shutil.rmtree(cache, ignore_errors=True)
        captures = Captures(location=LOCATION, production="production", shadow="shadow")
        told = estimate(captures, cache, Aws(endpoint_url=server.url))
        first = contest(
            [
                entry("understudy", str(cache)),
                entry("raw"),
                entry("one_by_one"),
            ],
            repeats,
        )
        ours, raw, alone = first.values()
        yield from _figures(what, truth, ours, raw, alone)
        yield Line.at_most(
            f"S3, {what}: requests ÷ the estimate",
            1,
            asked["understudy"] / told.requests,
            f"{asked['understudy']:,}",
            f"{told.requests:,} told before",
        )
    finally:
        server.stop()


def _figures(what: str, truth: Truth, ours: Runs, raw: Runs, alone: Runs) -> Iterator[Line]:
    rate = truth.bytes / 1e6 / ours.wall_s
    yield Line.at_least(
        f"S3, {what}: one by one ÷ ours, wall",
        None,
        alone.wall_s / ours.wall_s,
        f"{ours.wall_s:.2f} s, {rate:.0f} MB/s",
        f"boto3 and orjson {alone.wall_s:.2f} s",
    )
    yield Line.at_most(
        f"S3, {what}: ours ÷ fetching alone, wall",
        None,
        ours.wall_s / raw.wall_s,
        f"{ours.wall_s:.2f} s",
        f"bytes alone {raw.wall_s:.2f} s",
    )
    yield Line.at_most(f"S3, {what}: peak memory (MB)", 500, ours.peak_mb)
