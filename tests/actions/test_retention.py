"""Is it told whether records can be taken out of the audit, and what was refused as not known?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actions.retention import retention
from demo.standin import StandIn
from queries.config import Aws

AUDIT = "s3://my-audit/understudy"
LOCK = (
    '<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<ObjectLockEnabled>Enabled</ObjectLockEnabled>{}</ObjectLockConfiguration>"
)
RULE = "<Rule><DefaultRetention><Mode>{}</Mode>{}</DefaultRetention></Rule>"
REFUSED = "<Error><Code>{0}</Code><Message>{0}</Message></Error>"


@contextmanager
def bucket(body: str, status: int = 200) -> Iterator[Aws]:
    """S3 that answers for the bucket's Object Lock alone, in the words of its API reference."""

    async def answer(request: Request) -> Response:
        assert "object-lock" in request.query_params
        return Response(body, status, media_type="application/xml")

    server = StandIn(Starlette(routes=[Route("/my-audit", answer, methods=["GET"])]))
    try:
        yield Aws(region="eu-central-1", endpoint_url=server.url)
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("rule", "status", "words"),
    [
        (RULE.format("COMPLIANCE", "<Days>400</Days>"), "ok", "for 400 days; nobody can"),
        (RULE.format("COMPLIANCE", "<Years>1</Years>"), "ok", "for 1 year; nobody can"),
        (RULE.format("GOVERNANCE", "<Days>1</Days>"), "ok", "s3:BypassGovernanceRetention"),
        ("", "warn", "no default retention"),
    ],
)
def test_a_default_retention_holds_records(rule: str, status: str, words: str) -> None:
    """How long, and against whom; Object Lock without one holds nothing by itself."""
    with bucket(LOCK.format(rule)) as aws:
        found = retention(AUDIT, aws)
    assert found is not None
    assert (found.status, words in found.sentence) == (status, True)
    assert bool(found.remedy) == (status != "ok")


@pytest.mark.parametrize(
    ("code", "http", "status"),
    [
        ("ObjectLockConfigurationNotFoundError", 404, "warn"),
        ("AccessDenied", 403, "unknown"),
        ("NoSuchBucket", 404, "unknown"),
        # stores that are not AWS's
        ("NotImplemented", 501, "unknown"),
    ],
)
def test_a_bucket_without_object_lock_is_told(code: str, http: int, status: str) -> None:
    """What was refused is not known, which is neither held nor not."""
    with bucket(REFUSED.format(code), http) as aws:
        found = retention(AUDIT, aws)
    assert found is not None
    assert found.status == status
    assert found.remedy
    assert ("no Object Lock" in found.sentence) == (status == "warn")


def test_a_folder_has_no_retention(tmp_path: Path) -> None:
    """Nothing is asked of AWS for it."""
    assert retention(str(tmp_path), Aws(endpoint_url="http://127.0.0.1:9")) is None
