"""What is in the objects of an S3 bucket, many fetched at a time?"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)

from queries import aws as account
from queries import s3_refusals
from queries.config import Aws
from queries.errors import SourceError
from queries.keys import CaptureObject
from queries.s3 import address_of

# Bytes fetched ahead of all consumers together, whatever the size of the objects.
_AHEAD_BYTES = 64 << 20
_ATTEMPTS = 4
_PAUSE_S = 0.1

_Fetched = Future[bytes | SourceError]


class S3Reader:
    """Reads objects of one bucket; safe to share between threads."""

    def __init__(self, location: str, aws: Aws | None = None, *, workers: int = 32) -> None:
        self._bucket = address_of(location).bucket
        self._aws = aws or Aws()
        self._client = account.client(self._aws, "s3")
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="s3")
        self._lock = threading.Lock()
        self._ahead = 0

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
            When the object is gone, refused, or changed since it was listed.
        """
        end = min(end, found.size)
        return self._get(found, Range=f"bytes={start}-{end - 1}") if start < end else b""

    def read_many(
        self, objects: Iterable[CaptureObject]
    ) -> Iterator[tuple[CaptureObject, bytes | SourceError]]:
        """Each object in the order given, with its bytes or with the error it met.

        Objects are fetched in parallel and ahead of the consumer: at most 64 MB at a time for all
        consumers of this reader, and one object for each where that is taken.
        """
        queue: deque[tuple[CaptureObject, _Fetched]] = deque()
        try:
            for found in objects:
                # room is made before the fetch, so the bound holds for what is in flight too
                while queue and (
                    self._ahead + found.size > _AHEAD_BYTES or len(queue) >= 4 * self._workers
                ):
                    yield self._first(queue)
                self._hold(found.size)
                queue.append((found, self._pool.submit(self._read_or_error, found)))
            while queue:
                yield self._first(queue)
        finally:
            for _, left in queue:
                left.cancel()
            wait_for([left for _, left in queue])
            self._hold(-sum(found.size for found, _ in queue))

    def _first(
        self, queue: deque[tuple[CaptureObject, _Fetched]]
    ) -> tuple[CaptureObject, bytes | SourceError]:
        found, fetched = queue[0]
        content = fetched.result()
        queue.popleft()
        self._hold(-found.size)
        return found, content

    def _hold(self, size: int) -> None:
        with self._lock:
            self._ahead += size

    def _read_or_error(self, found: CaptureObject) -> bytes | SourceError:
        try:
            return self.read(found)
        except SourceError as error:
            return error

    def _get(self, found: CaptureObject, **parameters: str) -> bytes:
        address = f"s3://{self._bucket}/{found.key}"
        for attempt in range(_ATTEMPTS):
            try:
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=found.key, IfMatch=f'"{found.etag}"', **parameters
                )
            except (BotoCoreError, ClientError) as error:
                raise s3_refusals.explain(
                    error, call="GetObject", about=address, aws=self._aws
                ) from error
            try:
                content: bytes = answer["Body"].read()
            # boto3 repeats a call that fails, but not one whose body breaks off
            except (IncompleteReadError, HTTPClientError) as error:
                if attempt == _ATTEMPTS - 1:
                    raise SourceError(
                        f"{address} broke off {_ATTEMPTS} times while it was read ({error}); check "
                        "the network and load again."
                    ) from error
                time.sleep(_PAUSE_S * 2**attempt)
            else:
                return content
        raise AssertionError("the last attempt returns or raises")
