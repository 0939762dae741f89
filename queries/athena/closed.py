"""Where do the captures of a test lie, and which of their hours are over but not written yet?

An hour is closed when its files can be expected to be there. It is read then, once, for captures
that have arrived do not change. Its pairs may lie in the hour after, so they are written when that
one is closed too: at most two and a half hours after a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from queries import s3_refusals
from queries.athena.names import HOUR, beside, hour_text
from queries.aws import client
from queries.errors import SourceError

if TYPE_CHECKING:
    from queries.config import Aws, Test

LAG = timedelta(minutes=30)
"""How long after its end an hour is closed: SageMaker writes a request's file within minutes."""
# The lengths of yyyy, yyyy/mm, yyyy/mm/dd and yyyy/mm/dd/hh
_LEVELS = (4, 7, 10, 13)
_HOUR = re.compile(r"\d{4}/\d\d/\d\d/\d\d", re.ASCII)


def last_closed(now: datetime) -> str:
    """The last hour that is closed."""
    return hour_text(now - LAG - HOUR)


def bounds(test: Test) -> tuple[str, str]:
    """The first and the last hour that belong to a test: one before its start, one after its end.

    A record may lie in the folder beside its own hour.
    """
    first = "" if test.start is None else beside(hour_text(test.start), -1)
    last = "9999/12/31/23" if test.end is None else beside(hour_text(test.end))
    return first, last


def folder_of(test: Test, aws: Aws) -> str:
    """The ``s3://`` folder above those of the variants, without a slash at its end.

    ``captures`` may name it, or the folder above it, of the endpoint.

    Raises
    ------
    AwsError
        When S3 refuses to list.
    SourceError
        When no such folder is there, or several are.
    """
    lister = _Lister(aws, test.captures)
    top = lister.prefix.rstrip("/")
    top = f"{top}/" if top else ""
    above = [f"{top}{test.endpoint}/"] if test.endpoint else list(lister.folders(top))
    found = [
        folder
        for folder in dict.fromkeys((top, *above))
        if all(lister.holds(f"{folder}{variant}/") for variant in (test.production, test.shadow))
    ]
    if len(found) == 1:
        return f"s3://{lister.bucket}/{found[0]}".rstrip("/")
    variants = f"{test.production}/ and {test.shadow}/"
    if found:
        named = ", ".join(folder.rstrip("/").rpartition("/")[2] for folder in found)
        raise SourceError(
            f"{test.captures} holds captures of several endpoints ({named}) with folders "
            f"{variants}; add `endpoint` to [tests.{test.name}]."
        )
    raise SourceError(
        f"{test.captures} holds no folder with captures of both variants, {variants}; check "
        "`captures`, `production` and `shadow`, and that data capture is on for both variants."
    )


def captured_hours(
    folder: str, variants: Sequence[str], aws: Aws, between: tuple[str, str]
) -> tuple[str, ...]:
    """The hours, both included, in which some variant has captures; by LIST of folders alone.

    Raises
    ------
    AwsError
        When S3 refuses to list.
    """
    lister = _Lister(aws, folder)
    found: set[str] = set()
    for variant in variants:
        top = f"{lister.prefix}/{variant}/".lstrip("/")
        level = [""]
        for length in _LEVELS:
            first, last = (edge[:length] for edge in between)
            level = [
                below.removeprefix(top).rstrip("/")
                for parent in level
                for below in lister.folders(f"{top}{parent}/" if parent else top)
                if first <= below.removeprefix(top).rstrip("/") <= last
            ]
        found.update(filter(_HOUR.fullmatch, level))
    return tuple(sorted(found))


def captured_bytes(folder: str, variants: Sequence[str], aws: Aws, hours: Sequence[str]) -> int:
    """The bytes of all objects of some hours, as they lie in S3.

    Raises
    ------
    AwsError
        When S3 refuses to list.
    """
    lister = _Lister(aws, folder)
    return sum(
        each["Size"]
        for variant in variants
        for hour in hours
        for each in lister.of_hour(variant, hour)
    )


def late(
    folder: str, variants: Sequence[str], aws: Aws, read: Mapping[str, datetime]
) -> tuple[str, ...]:
    """The objects that came after their hour was read, which no table holds.

    ``read`` says when each hour was registered: what came within the minutes before, while it was
    being read, cannot be told from what was in time.

    Raises
    ------
    AwsError
        When S3 refuses to list.
    """
    lister = _Lister(aws, folder)
    return tuple(
        f"s3://{lister.bucket}/{each['Key']}"
        for variant in variants
        for hour, registered in read.items()
        for each in lister.of_hour(variant, hour)
        if each["LastModified"] > registered
    )


def unwritten(
    test: Test, aws: Aws, folder: str, written: Sequence[str], now: datetime
) -> tuple[str, ...]:
    """The closed hours that hold captures and whose pairs are not written yet.

    ``folder`` is that of :func:`folder_of`, ``written`` the hours of the pairs, in order.

    Raises
    ------
    AwsError
        When S3 refuses to list.
    """
    first, last = bounds(test)
    after = beside(written[-1]) if written else first
    # pairs of an hour wait for the one after
    until = min(last, beside(last_closed(now), -1))
    return captured_hours(folder, (test.production, test.shadow), aws, (max(first, after), until))


class _Lister:
    """Lists folders below an ``s3://`` address."""

    def __init__(self, aws: Aws, address: str) -> None:
        self._aws = aws
        self._s3 = client(aws, "s3")
        self.bucket, _, self.prefix = address.removeprefix("s3://").partition("/")

    def folders(self, prefix: str) -> Iterator[str]:
        """The folders right below a prefix that ends with a slash, or is empty."""
        for page in self._pages(prefix, Delimiter="/"):
            for each in page.get("CommonPrefixes", ()):
                yield each["Prefix"]

    def of_hour(self, variant: str, hour: str) -> Iterator[dict[str, Any]]:
        """The objects of one hour of a variant."""
        for page in self._pages(f"{self.prefix}/{variant}/{hour}/".lstrip("/")):
            yield from page.get("Contents", ())

    def holds(self, prefix: str) -> bool:
        """Whether anything lies below."""
        return any(page.get("KeyCount") for page in self._pages(prefix, MaxKeys=1, once=True))

    def _pages(self, prefix: str, *, once: bool = False, **how: Any) -> Iterator[dict[str, Any]]:
        from botocore.exceptions import BotoCoreError, ClientError

        asked = {"Bucket": self.bucket, "Prefix": prefix, **how}
        try:
            while True:
                page = self._s3.list_objects_v2(**asked)
                yield page
                if once or not page.get("IsTruncated"):
                    return
                asked["ContinuationToken"] = page["NextContinuationToken"]
        except (BotoCoreError, ClientError) as error:
            about = f"s3://{self.bucket}/{prefix}"
            raise s3_refusals.explain(
                error, call="ListObjectsV2", about=about, aws=self._aws
            ) from error
