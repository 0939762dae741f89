"""What lies in the demo's S3? Folders, each a bucket.

GetObject with ranges, HeadObject, PutObject, DeleteObject, DeleteObjects and ListObjectsV2, with
the conditions that Understudy relies on (If-Match, If-None-Match).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from demo.wire import Operation, Refusal

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_MOST_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of a bucket: where it lies and its size in bytes."""

    key: str
    path: Path
    size: int
    changed: float


class Buckets:
    """Folders served as buckets; keys are paths below them."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = {name: Path(folder) for name, folder in folders.items()}

    def __contains__(self, bucket: object) -> bool:
        return bucket in self._folders

    def below(self, bucket: str, prefix: str = "") -> Iterator[Stored]:
        """The objects whose keys begin so, in the order of their keys."""
        top = self._folder(bucket)
        start = top / prefix.rpartition("/")[0]
        found = []
        for path in start.rglob("*") if start.is_dir() else ():
            key = path.relative_to(top).as_posix()
            if key.startswith(prefix) and path.is_file():
                found.append(stored(key, path))
        return iter(sorted(found, key=lambda each: each.key.encode()))

    def at(self, bucket: str, key: str) -> Stored:
        """One object.

        Raises
        ------
        Refusal
            ``NoSuchKey`` where there is none.
        """
        path = self.place(bucket, key)
        if not path.is_file():
            raise Refusal("The specified key does not exist.", code="NoSuchKey", status=404)
        return stored(key, path)

    def place(self, bucket: str, key: str) -> Path:
        """Where an object lies, or would."""
        if {"", ".", ".."} & set(key.split("/")):
            raise Refusal("A key here is a path below a folder.", code="InvalidArgument")
        return self._folder(bucket) / key

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object as a whole."""
        path = self.place(bucket, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.half")
        half.write_bytes(content)
        half.replace(path)

    def operations(self) -> list[Operation]:
        """S3's operations on these buckets."""
        answers = {
            "GetObject": self._get,
            "HeadObject": self._head,
            "PutObject": self._put,
            "DeleteObject": self._delete,
            "DeleteObjects": self._delete_all,
            "ListObjectsV2": self._list,
        }
        return [Operation("s3", "", name, answer) for name, answer in answers.items()]

    def _folder(self, bucket: str) -> Path:
        if bucket not in self._folders:
            said = "The specified bucket does not exist"
            raise Refusal(said, code="NoSuchBucket", status=404)
        return self._folders[bucket]

    def _head(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self.at(asked["Bucket"], asked["Key"])
        etag = _etag(found.path, found.changed, found.size)
        if asked.get("IfMatch") not in (None, "*", etag):
            said = "At least one of the pre-conditions you specified did not hold"
            raise Refusal(said, code="PreconditionFailed", status=412)
        return {
            "ETag": etag,
            "ContentLength": found.size,
            "LastModified": found.changed,
            "AcceptRanges": "bytes",
            "ContentType": "binary/octet-stream",
        }

    def _get(self, asked: dict[str, Any]) -> dict[str, Any]:
        about = self._head(asked)
        path, size = self.place(asked["Bucket"], asked["Key"]), about["ContentLength"]
        wanted = _RANGE.fullmatch(asked.get("Range", ""))
        if wanted is None or wanted[1] == wanted[2] == "":
            return {**about, "Body": path.read_bytes()}
        first = int(wanted[1]) if wanted[1] else max(size - int(wanted[2]), 0)
        last = min(int(wanted[2]), size - 1) if wanted[1] and wanted[2] else size - 1
        if first > last:
            said = "The requested range is not satisfiable"
            raise Refusal(said, code="InvalidRange", status=416)
        with path.open("rb") as file:
            file.seek(first)
            body = file.read(last - first + 1)
        part = f"bytes {first}-{last}/{size}"
        return {**about, "ContentLength": len(body), "ContentRange": part, "Body": body}

    def _put(self, asked: dict[str, Any]) -> dict[str, Any]:
        bucket, key = asked["Bucket"], asked["Key"]
        path = self.place(bucket, key)
        if asked.get("IfNoneMatch") == "*" and path.exists():
            said = "At least one of the pre-conditions you specified did not hold"
            raise Refusal(said, code="PreconditionFailed", status=412)
        self.put(bucket, key, asked.get("Body", b""))
        return {"ETag": self._head({"Bucket": bucket, "Key": key})["ETag"]}

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        # as at S3, what is not there is gone as well
        self.place(asked["Bucket"], asked["Key"]).unlink(missing_ok=True)
        return {}

    def _delete_all(self, asked: dict[str, Any]) -> dict[str, Any]:
        keys = [each["Key"] for each in asked["Delete"]["Objects"]]
        for key in keys:
            self._delete({"Bucket": asked["Bucket"], "Key": key})
        quiet = asked["Delete"].get("Quiet", False)
        return {} if quiet else {"Deleted": [{"Key": key} for key in keys]}

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        prefix, delimiter = asked.get("Prefix", ""), asked.get("Delimiter", "")
        after = asked.get("ContinuationToken") or asked.get("StartAfter", "")
        most = min(asked.get("MaxKeys", _MOST_KEYS), _MOST_KEYS)
        entries: dict[str, Stored | None] = {}
        for each in self.below(asked["Bucket"], prefix):
            head, cut, _ = each.key[len(prefix) :].partition(delimiter or "\0")
            if cut:
                entries[prefix + head + cut] = None
            else:
                entries[each.key] = each
        left = [(name, each) for name, each in entries.items() if name > after]
        listed, more = left[:most], len(left) > most
        return {
            "Name": asked["Bucket"],
            "Prefix": prefix,
            "MaxKeys": most,
            "KeyCount": len(listed),
            "IsTruncated": more,
            "Contents": [
                {
                    "Key": each.key,
                    "Size": each.size,
                    "LastModified": each.changed,
                    "ETag": _etag(each.path, each.changed, each.size),
                    "StorageClass": "STANDARD",
                }
                for _, each in listed
                if each is not None
            ],
            "CommonPrefixes": [{"Prefix": name} for name, each in listed if each is None],
            **({"NextContinuationToken": listed[-1][0]} if more and listed else {}),
        }


def stored(key: str, path: Path) -> Stored:
    """An object as it lies there."""
    about = path.stat()
    return Stored(key, path, about.st_size, about.st_mtime)


@lru_cache(maxsize=100_000)
def _etag(path: Path, changed: float, size: int) -> str:
    """MD5 of the content, as at S3 where a key of its own encrypts nothing."""
    return f'"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}"'
