"""Which objects of a bucket are a training's record, and how does one come to this machine?"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError

from queries import aws as account
from queries import s3_refusals
from queries.config import Aws
from queries.errors import SourceError
from queries.s3 import address_of
from queries.trials.files import CLAIM, END

_CHUNK = 1 << 20
_ATTEMPTS = 4
_PAUSE_S = 0.1
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Layout:
    """One of the folders in which a job's record lies: what of it is copied, and nothing else.

    ``name`` is SageMaker's own of the folder, ``holds`` what is in it, in words. ``folders`` are
    listed in this order, ``top`` are files beside them; ``wanted`` matches names below. No such
    name leads out of the folder that it is copied to. ``setting`` names the place in [trials].
    """

    name: str
    holds: str
    folders: tuple[str, ...]
    top: tuple[str, ...]
    wanted: re.Pattern[str]
    setting: str


DEBUG_OUTPUT = Layout(
    "debug-output",
    "Debugger trial",
    # A step's values are written before its index: who lists indices first, finds their values.
    ("collections/", "index/", "events/"),
    (END, CLAIM),
    re.compile(
        r"index/\d+/\d+_[^/\\\0]+\.json|events/\d+/[^/\\\0]+\.tfevents"
        r"|collections/\d+/[^/\\\0]+_collections\.json",
        re.ASCII,
    ),
    "location",
)
PROFILER_OUTPUT = Layout(
    "profiler-output",
    "profiler files",
    ("framework/", "system/"),
    (END,),
    re.compile(
        rf"(system|framework)/{re.escape(END)}"
        r"|system/incremental/(\d+/)?[^/\\\0]+\.json"
        r"|framework/pevents/(\d+/)?[^/\\\0]+\.json"
        r"|framework/tensorflow/detailed_profiling/\d+/\d+/[^/\\\0]+\.metadata"
        r"|framework/tensorflow/detailed_profiling/\d+/\d+/plugins/profile/\w+/"
        r"[^/\\\0]+\.trace\.json\.gz",
        re.ASCII,
    ),
    "profiler",
)


@dataclass(frozen=True, slots=True)
class Remote:
    """An object of a trial: its name there, bytes, ETag, and when it was written (epoch, s)."""

    name: str
    size: int
    etag: str
    written: float


class TrialObjects:
    """The objects of the record at an ``s3://`` location; safe to share between threads."""

    def __init__(self, location: str, aws: Aws, layout: Layout = DEBUG_OUTPUT) -> None:
        address = address_of(location)
        self._bucket = address.bucket
        self._prefix = address.key.rstrip("/") + "/" if address.key.rstrip("/") else ""
        self._location = f"s3://{self._bucket}/{self._prefix}"
        self._aws = aws
        self._layout = layout
        self._client = account.client(aws, "s3")

    def listed(self, tell: Callable[[int, int], None]) -> list[Remote]:
        """What the record holds now: one LIST of its top, and one for 1,000 objects of each folder.

        Before each call ``tell`` hears how many files and bytes were found so far.

        Raises
        ------
        SourceError
            When there is none; ``AwsError`` when AWS refuses.
        """
        layout = self._layout
        found: list[Remote] = []
        below: list[str] = []
        for page in self._pages(found, tell, Prefix=self._prefix, Delimiter="/"):
            found += self._remotes(page, lambda name: name in layout.top)
            below += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
        folders = [folder for folder in layout.folders if self._prefix + folder in below]
        if not folders and not found:
            raise SourceError(self._nothing(below))
        for folder in folders:
            for page in self._pages(found, tell, Prefix=self._prefix + folder):
                found += self._remotes(page, lambda name: bool(layout.wanted.fullmatch(name)))
        return found

    def fetch(self, remote: Remote, target: Path) -> None:
        """Put one object in its place, whole or not at all, with the time at which it was written.

        Raises
        ------
        SourceError
            When it is gone, refused, breaks off again and again, changed since it was listed, or
            cannot be written here.
        """
        address = self._location + remote.name
        part = target.with_name(target.name + ".part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            for attempt in range(_ATTEMPTS):
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=self._prefix + remote.name, IfMatch=f'"{remote.etag}"'
                )
                try:
                    size = _stream(answer["Body"], part)
                    break
                # boto3 repeats a call that fails, but not one whose body breaks off
                except (IncompleteReadError, HTTPClientError) as error:
                    if attempt == _ATTEMPTS - 1:
                        raise SourceError(
                            f"{address} broke off {_ATTEMPTS} times while it was copied ({error}); "
                            "check the network and load again."
                        ) from error
                    time.sleep(_PAUSE_S * 2**attempt)
            if size != remote.size:
                raise SourceError(
                    f"{address} changed since it was listed ({remote.size:,} bytes then, "
                    f"{size:,} now); load again."
                )
            os.utime(part, (remote.written, remote.written))
            part.replace(target)
        except (BotoCoreError, ClientError) as error:
            raise s3_refusals.explain(
                error, call="GetObject", about=address, aws=self._aws
            ) from error
        except OSError as error:
            raise SourceError(
                f"{address} cannot be copied to {target} ({error.strerror or error}); check the "
                "folder `cache` and the room on its disk."
            ) from error
        finally:
            part.unlink(missing_ok=True)

    def _pages(
        self, found: list[Remote], tell: Callable[[int, int], None], **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        while True:
            tell(len(found), sum(each.size for each in found))
            try:
                page: dict[str, Any] = self._client.list_objects_v2(
                    Bucket=self._bucket, **parameters
                )
            except (BotoCoreError, ClientError) as error:
                raise s3_refusals.explain(
                    error, call="ListObjectsV2", about=self._location, aws=self._aws
                ) from error
            yield page
            if not page.get("IsTruncated"):
                return
            parameters["ContinuationToken"] = page["NextContinuationToken"]

    def _remotes(self, page: dict[str, Any], wanted: Callable[[str], bool]) -> Iterator[Remote]:
        for each in page.get("Contents", []):
            name = each["Key"][len(self._prefix) :]
            if wanted(name):
                written = each["LastModified"].timestamp()
                yield Remote(name, each["Size"], each["ETag"].strip('"'), written)

    def _nothing(self, below: list[str]) -> str:
        wanted, setting = self._layout.name, self._layout.setting
        folders = " nor ".join(self._layout.folders[:2])
        said = f"{self._location} holds no {self._layout.holds}: neither {folders} nor {END}."
        names = [each[len(self._prefix) :] for each in below]
        if f"{wanted}/" in names:
            return f"{said} {self._location}{wanted} is there: name that as `{setting}`."
        if not names:
            return (
                f"{said} Nothing lies there; a job writes its first files when it saves its first "
                f"step. Correct `{setting}` in [trials] if it has."
            )
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        return (
            f"{said} It holds {', '.join(names[:_NAMED])}{more}: name the folder of the job that "
            f"holds {wanted}, and {wanted} with it, as `{setting}` in [trials]."
        )


def _stream(body: Any, part: Path) -> int:
    """Write a body to a file without holding it, and say how many bytes it had."""
    size = 0
    with part.open("wb") as file:
        while chunk := body.read(_CHUNK):
            size += file.write(chunk)
    return size
