"""Where do records lie, so that each is made once, whole, and by one alone?

A folder: an entry is written beside its place and linked into it, which fails where one is there
already, and leaves none half written when the machine stops. Or S3: PutObject with
``If-None-Match: *`` (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, unquote

from queries import aws as account
from queries import s3_refusals
from queries.errors import NotDone, SourceError

if TYPE_CHECKING:
    from queries.config import Aws

_READERS = 16
_CONFLICTS = 5


class Vault(Protocol):
    """Entries in drawers, by name. Nothing in it is ever changed or taken out."""

    location: str

    def drawers(self) -> tuple[str, ...]:
        """The names of all drawers, sorted."""

    def entries(self, drawer: str, suffix: str) -> dict[str, bytes]:
        """What lies in a drawer under names that end so, sorted by name."""

    def entry(self, drawer: str, name: str) -> bytes | None:
        """One entry, None where there is none."""

    def create(self, drawer: str, name: str, content: bytes) -> bool:
        """Make an entry that lasts; False where there is one of that name.

        Raises
        ------
        NotDone
            When nothing can be written. All others raise ``SourceError`` where nothing can be read.
        """


def vault(location: str, aws: Aws) -> Vault:
    """The vault at a folder or an ``s3://`` address.

    Raises
    ------
    SourceError
        When the address names no bucket.
    """
    return Bucket(location, aws) if location.startswith("s3://") else Folder(Path(location))


class Folder:
    """A folder of this machine, or of a network's file system that knows hard links."""

    def __init__(self, folder: Path) -> None:
        self.location = str(folder)
        self._folder = folder

    def drawers(self) -> tuple[str, ...]:
        """The names of all drawers, sorted."""
        try:
            found = [unquote(each.name) for each in self._folder.iterdir() if each.is_dir()]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._unreadable(error) from error
        return tuple(sorted(found))

    def entries(self, drawer: str, suffix: str) -> dict[str, bytes]:
        """What lies in a drawer under names that end so, sorted by name."""
        try:
            names = sorted(
                each.name
                for each in (self._folder / _named(drawer)).iterdir()
                if each.name.endswith(suffix)
            )
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unreadable(error) from error
        found = {name: self.entry(drawer, name) for name in names}
        return {name: content for name, content in found.items() if content is not None}

    def entry(self, drawer: str, name: str) -> bytes | None:
        """One entry, None where there is none."""
        try:
            return (self._folder / _named(drawer) / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(error) from error

    def create(self, drawer: str, name: str, content: bytes) -> bool:
        """Write it beside its place, whole and on the disk, and link it in."""
        folder = self._folder / _named(drawer)
        draft = folder / f".{uuid.uuid4().hex}"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as out:
                    out.write(content)
                    out.flush()
                    os.fsync(out.fileno())
                os.link(draft, folder / name)
            finally:
                draft.unlink(missing_ok=True)
            _settle(folder)
        except FileExistsError:
            if folder.is_dir():
                return False
            raise NotDone(self._unwritable("there is a file in its place")) from None
        except OSError as error:
            raise NotDone(self._unwritable(error.strerror or str(error))) from error
        return True

    def _unwritable(self, why: str) -> str:
        if self._folder.is_file():
            return (
                f"The audit {self.location} is a file, as earlier versions wrote it: keep it, and "
                "name a folder or an s3:// address as `audit` in [actions]."
            )
        return f"The audit in {self.location} cannot be written: {why}."

    def _unreadable(self, error: OSError) -> SourceError:
        if self._folder.is_file():
            return SourceError(self._unwritable(""))
        return SourceError(f"The audit in {self.location} cannot be read: {error.strerror}.")


class Bucket:
    """A prefix of an S3 bucket. A default retention of its Object Lock holds what is written."""

    def __init__(self, location: str, aws: Aws) -> None:
        from queries.s3 import address_of

        address = address_of(location)
        self.location = location
        self._aws = aws
        self._client = account.client(aws, "s3")
        self._bucket = address.bucket
        self._prefix = f"{address.key.rstrip('/')}/" if address.key.strip("/") else ""
        # what was read once, by key and ETag: of what was altered the ETag is another
        self._read: dict[tuple[str, str], bytes] = {}

    def drawers(self) -> tuple[str, ...]:
        """The names of all drawers, sorted."""
        pages = self._pages(Prefix=self._prefix, Delimiter="/")
        found = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]
        return tuple(sorted(unquote(each[len(self._prefix) : -1]) for each in found))

    def entries(self, drawer: str, suffix: str) -> dict[str, bytes]:
        """What lies in a drawer under names that end so, sorted by name."""
        below = f"{self._prefix}{_named(drawer)}/"
        found = {
            (each["Key"], each["ETag"])
            for page in self._pages(Prefix=below)
            for each in page.get("Contents", [])
            if each["Key"].endswith(suffix)
        }
        new = sorted(found - self._read.keys())
        if new:
            with ThreadPoolExecutor(_READERS) as pool:
                contents = pool.map(self._get, [key for key, _ in new])
                self._read.update(
                    (each, content)
                    for each, content in zip(new, contents, strict=True)
                    if content is not None
                )
        return {
            each[0][len(below) :]: self._read[each] for each in sorted(found) if each in self._read
        }

    def entry(self, drawer: str, name: str) -> bytes | None:
        """One entry, None where there is none."""
        return self._get(f"{self._prefix}{_named(drawer)}/{name}")

    def create(self, drawer: str, name: str, content: bytes) -> bool:
        """Put it where nothing is yet; what a put that timed out has made is made."""
        from botocore.exceptions import BotoCoreError, ClientError

        key = f"{self._prefix}{_named(drawer)}/{name}"
        for attempt in range(1, _CONFLICTS + 1):
            try:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=content, IfNoneMatch="*")
            except (BotoCoreError, ClientError) as error:
                code = account.code_of(error)
                if code == "ConditionalRequestConflict" and attempt < _CONFLICTS:
                    continue  # another was writing it at that moment
                # an attempt that timed out may have made it, and the next one finds it there
                try:
                    made = self._get(key) == content
                except SourceError:
                    made = False
                if made:
                    return True
                if code in ("PreconditionFailed", "412"):
                    return False
                refused = account.explain(error, call="PutObject", about=f"The audit {key}")
                raise NotDone(f"{refused} Nothing was asked of AWS but to write that.") from error
            return True
        return False

    def _get(self, key: str) -> bytes | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            content: bytes = body.read()
        except (BotoCoreError, ClientError) as error:
            if account.code_of(error) in ("NoSuchKey", "404"):
                return None
            raise self._refused(error, "GetObject") from error
        return content

    def _pages(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        from botocore.exceptions import BotoCoreError, ClientError

        listing = self._client.get_paginator("list_objects_v2")
        try:
            yield from listing.paginate(Bucket=self._bucket, **parameters)
        except (BotoCoreError, ClientError) as error:
            raise self._refused(error, "ListObjectsV2") from error

    def _refused(self, error: Exception, call: str) -> SourceError:
        return s3_refusals.explain(
            error, call=call, about=f"The audit {self.location}", aws=self._aws
        )


def _named(drawer: str) -> str:
    """A drawer's name as that of a folder; no name leads out of the vault."""
    name = quote(drawer, safe="")
    return name.replace(".", "%2E") if not name.strip(".") else name


def _settle(folder: Path) -> None:
    """The folder's own list of names is on the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
