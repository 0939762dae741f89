"""The stand-in's S3 keeps and gives back objects as S3 does, to boto3 and to nobody's surprise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.buckets import Buckets
from demo.standin import StandIn
from demo.wire import application
from queries.aws import client
from queries.config import Aws

KEYS = ["a/1/k", "a/2/k", "a/b c+ü&<>/x.json", "a/d", "b"]


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[Any]:
    """A bucket with five objects of three bytes."""
    server = StandIn(application(Buckets({"held": tmp_path / "held"}).operations()))
    made = client(Aws(region="eu-central-1", endpoint_url=server.url), "s3")
    for key in KEYS:
        made.put_object(Bucket="held", Key=key, Body=b"abc")
    yield made
    server.stop()


def code(call: Any, **asked: Any) -> str:
    """What a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call(Bucket="held", **asked)
    return str(refused.value.response["Error"]["Code"])


def test_what_was_put_is_listed_in_the_order_of_its_keys(s3: Any) -> None:
    """Any key comes back as it was given, page by page, once."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket="held", PaginationConfig={"PageSize": 2}
    )
    listed = [each["Key"] for page in pages for each in page["Contents"]]
    assert listed == sorted(KEYS)


def test_folders_are_told_once(s3: Any) -> None:
    """With a delimiter what lies deeper is its folder's name, and pages count those too."""
    first = s3.list_objects_v2(Bucket="held", Prefix="a/", Delimiter="/", MaxKeys=2)
    assert [each["Prefix"] for each in first["CommonPrefixes"]] == ["a/1/", "a/2/"]
    assert first["IsTruncated"]
    rest = s3.list_objects_v2(
        Bucket="held", Prefix="a/", Delimiter="/", ContinuationToken=first["NextContinuationToken"]
    )
    assert [each["Prefix"] for each in rest["CommonPrefixes"]] == ["a/b c+ü&<>/"]
    assert [each["Key"] for each in rest["Contents"]] == ["a/d"]
    assert not rest["IsTruncated"]


@pytest.mark.parametrize(
    ("asked", "body", "part"),
    [("bytes=1-1", b"b", "bytes 1-1/3"), ("bytes=1-", b"bc", "bytes 1-2/3"),
     ("bytes=-2", b"bc", "bytes 1-2/3"), ("bytes=0-9", b"abc", "bytes 0-2/3")],
)  # fmt: skip
def test_a_part_is_read_as_asked(s3: Any, asked: str, body: bytes, part: str) -> None:
    """From, to and the last bytes; beyond the end there is nothing more."""
    answer = s3.get_object(Bucket="held", Key="b", Range=asked)
    assert answer["Body"].read() == body
    assert answer["ContentRange"] == part
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_conditions_hold(s3: Any) -> None:
    """What changed is not read as what it was, and what is there is not written over."""
    etag = s3.head_object(Bucket="held", Key="b")["ETag"]
    assert s3.get_object(Bucket="held", Key="b", IfMatch=etag)["Body"].read() == b"abc"
    s3.put_object(Bucket="held", Key="b", Body=b"other")
    assert code(s3.get_object, Key="b", IfMatch=etag) == "PreconditionFailed"
    assert code(s3.put_object, Key="b", IfNoneMatch="*", Body=b"") == "PreconditionFailed"
    assert s3.get_object(Bucket="held", Key="b")["Body"].read() == b"other"


def test_what_is_not_there_is_refused(s3: Any) -> None:
    """An object, a range beyond the end, a bucket, an operation, and a way out of the folder."""
    assert code(s3.get_object, Key="c") == "NoSuchKey"
    assert code(s3.head_object, Key="c") == "404"
    assert code(s3.get_object, Key="b", Range="bytes=7-8") == "InvalidRange"
    assert code(s3.get_object_tagging, Key="b") == "NotImplemented"
    assert code(s3.put_object, Key="a/../../x", Body=b"") == "InvalidArgument"
    with pytest.raises(ClientError, match="bucket does not exist"):
        s3.list_objects_v2(Bucket="other")


def test_what_is_deleted_is_gone(s3: Any) -> None:
    """One or many; what was not there is gone as well."""
    s3.delete_object(Bucket="held", Key="b")
    some = [{"Key": "a/d"}, {"Key": "a/b c+ü&<>/x.json"}, {"Key": "nothing"}]
    deleted = s3.delete_objects(Bucket="held", Delete={"Objects": some})["Deleted"]
    assert [each["Key"] for each in deleted] == [each["Key"] for each in some]
    left = [each["Key"] for each in s3.list_objects_v2(Bucket="held")["Contents"]]
    assert left == ["a/1/k", "a/2/k"]
