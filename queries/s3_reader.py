"""What is in the objects of an S3 bucket, many fetched at a time?"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)

from queries import aws as account
from queries.config import Aws
from queries.errors import AwsError, SourceError
from queries.keys import CaptureObject
from queries.s3 import address_of

# Bytes fetched ahead of the consumer, whatever the size of the objects.
_AHEAD_BYTES = 64 << 20
_ATTEMPTS = 4
_PAUSE_S = 0.1


class S3Reader:
    """Reads objects of one bucket; safe to share between threads."""

    def __init__(self, location: str, aws: Aws | None = None, *, workers: int = 16) -> None:
        self._bucket = address_of(location).bucket
        self._client = account.client(aws or Aws(), "s3")
        self._workers = workers

    def read(self, found: CaptureObject) -> bytes:
        """The bytes of one object as stored (``.gz`` is not unpacked).

        Raises
        ------
        SourceError
            When the object is gone, refused, or changed since it was listed.
        """
        content = self._get(found)
        if len(content) != found.size:
            raise SourceError(
                f"s3://{self._bucket}/{found.key} changed since it was listed ({found.size:,} "
                f"bytes then, {len(content):,} now); load again."
            )
        return content

    def read_range(self, found: CaptureObject, start: int, end: int) -> bytes:
        """The bytes ``start`` (included) to ``end`` (not included) of one object.

        Raises
        ------
        SourceError
            When the object is gone or refused.
        """
        end = min(end, found.size)
        return self._get(found, Range=f"bytes={start}-{end - 1}") if start < end else b""

    def read_many(
        self, objects: Iterable[CaptureObject]
    ) -> Iterator[tuple[CaptureObject, bytes | SourceError]]:
        """Each object in the order given, with its bytes or with the error it met.

        Objects are fetched in parallel and ahead of the consumer, at most 64 MB (or one object)
        at a time.
        """
        queue: deque[tuple[CaptureObject, Future[bytes | SourceError]]] = deque()
        ahead = 0
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="s3")
        try:
            for found in objects:
                # room is made before the fetch, so the bound holds for what is in flight too
                while queue and (
                    ahead + found.size > _AHEAD_BYTES or len(queue) >= 4 * self._workers
                ):
                    first, future = queue.popleft()
                    yield first, future.result()
                    ahead -= first.size
                queue.append((found, pool.submit(self._read_or_error, found)))
                ahead += found.size
            while queue:
                first, future = queue.popleft()
                yield first, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _read_or_error(self, found: CaptureObject) -> bytes | SourceError:
        try:
            return self.read(found)
        except SourceError as error:
            return error

    def _get(self, found: CaptureObject, **parameters: str) -> bytes:
        for attempt in range(_ATTEMPTS):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=found.key, **parameters)
            except (BotoCoreError, ClientError) as error:
                raise self._named(account.explain(error, call="GetObject"), found) from error
            try:
                content: bytes = answer["Body"].read()
            # boto3 repeats a call that fails, but not one whose body breaks off
            except (IncompleteReadError, HTTPClientError) as error:
                if attempt == _ATTEMPTS - 1:
                    raise SourceError(
                        f"s3://{self._bucket}/{found.key} broke off {_ATTEMPTS} times while it "
                        f"was read ({error}); check the network and load again."
                    ) from error
                time.sleep(_PAUSE_S * 2**attempt)
            else:
                return content
        raise AssertionError("the last attempt returns or raises")

    def _named(self, error: AwsError, found: CaptureObject) -> AwsError:
        return AwsError(
            f"s3://{self._bucket}/{found.key}: {error}",
            call=error.call,
            code=error.code,
            request_id=error.request_id,
        )
