"""What is in the objects of an S3 bucket, many fetched at a time?"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import TypeVar

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

_Asked = TypeVar("_Asked")
_Got = TypeVar("_Got")
_Range = tuple[int, int]


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
        return self._side_by_side(objects, lambda found: found.size, self._read_or_error)

    def read_ranges(self, found: CaptureObject, size: int) -> Iterator[bytes]:
        """The bytes of one object, ``size`` at a time, fetched as ``read_many`` fetches objects.

        Raises
        ------
        SourceError
            When the object is gone, refused, or changed since it was listed.
        """

        def fetch(part: _Range) -> bytes:
            return self.read_range(found, *part)

        parts = ((at, min(at + size, found.size)) for at in range(0, found.size, size))
        for _, content in self._side_by_side(parts, lambda part: part[1] - part[0], fetch):
            yield content

    def _side_by_side(
        self,
        asked: Iterable[_Asked],
        size_of: Callable[[_Asked], int],
        fetch: Callable[[_Asked], _Got],
    ) -> Iterator[tuple[_Asked, _Got]]:
        """What is asked for, in its order, fetched ahead as far as there is room."""
        queue: deque[tuple[_Asked, Future[_Got]]] = deque()

        def first() -> tuple[_Asked, _Got]:
            each, fetched = queue[0]
            content = fetched.result()
            queue.popleft()
            self._release(size_of(each))
            return each, content

        try:
            for each in asked:
                # room is made before the fetch, so the bound holds for what is in flight too
                while len(queue) >= 4 * self._workers or not self._take(
                    size_of(each), anyway=not queue
                ):
                    yield first()
                queue.append((each, self._pool.submit(fetch, each)))
            while queue:
                yield first()
        finally:
            for _, left in queue:
                left.cancel()
            wait_for([left for _, left in queue])
            self._release(sum(size_of(each) for each, _ in queue))

    def _take(self, size: int, *, anyway: bool) -> bool:
        """Take so much of the room that all consumers share, where it is there."""
        with self._lock:
            if self._ahead + size > _AHEAD_BYTES and not anyway:
                return False
            self._ahead += size
            return True

    def _release(self, size: int) -> None:
        with self._lock:
            self._ahead -= size

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
