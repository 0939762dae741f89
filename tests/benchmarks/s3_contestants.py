"""Who reads captures from S3: ours, one object after the other, or bytes alone?

One of them in a process of its own, as in ``contestants``: ``s3_contestants.py NAME URL ...``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from queries.config import Aws
from tests.benchmarks.contestants import Watch

LOCATION = "s3://captures"


def understudy(aws: Aws, cache: str) -> None:
    """Fetched, read into Parquet and accounted for."""
    import duckdb  # noqa: F401 # its import is no part of the time
    import pyarrow as pa  # noqa: F401

    from queries.ingest import ingest
    from queries.samples import Captures

    captures = Captures(location=LOCATION, production="production", shadow="shadow")
    with Watch() as watch:
        found = ingest(captures, Path(cache), aws)
    watch.tell(rows=sum(segment.rows for segment in found.segments), failed=len(found.failed))


def one_by_one(aws: Aws) -> None:
    """boto3 as tutorials have it: list, then get each object and parse its lines."""
    import orjson

    from queries.aws import client

    s3 = client(aws, "s3")
    rows = 0
    with Watch() as watch:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket="captures"):
            for each in page["Contents"]:
                body = s3.get_object(Bucket="captures", Key=each["Key"])["Body"].read()
                for line in body.splitlines():
                    orjson.loads(line)["captureData"]["endpointOutput"]["data"]
                    rows += 1
    watch.tell(rows=rows)


def raw(aws: Aws) -> None:
    """The same objects fetched side by side, and nothing done with them."""
    from queries.objects import list_objects, reader
    from queries.spool import CHUNK, requests_for

    size = 0
    with Watch() as watch:
        found = list_objects(LOCATION, aws=aws, production="production", shadow="shadow").objects
        source = reader(LOCATION, aws)
        small = [each for each in found if requests_for(each) == 1]
        for _, content in source.read_many(small):
            size += len(content)
        for each in found:
            if requests_for(each) > 1:
                size += sum(map(len, source.read_ranges(each, CHUNK)))
    watch.tell(bytes=size)


if __name__ == "__main__":
    name, url, *arguments = sys.argv[1:]
    {each.__name__: each for each in (understudy, one_by_one, raw)}[name](
        Aws(endpoint_url=url), *arguments
    )
