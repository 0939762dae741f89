"""Which capture files lie under an ``s3://`` prefix?

A window bounds the LIST itself: an endpoint captured for a
year is not listed for a year to look at a day.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from queries import aws as account
from queries import s3_refusals
from queries.config import Aws
from queries.errors import SourceError
from queries.keys import (
    CaptureObject,
    Ignored,
    Listing,
    Place,
    Wanted,
    place_of,
    refusal_of_name,
    sort_key,
)

# More folders than this above the date folders are cheaper to list key by key.
_MOST_FOLDERS = 200
_YEAR = re.compile(r"\d{4}/", re.ASCII)
_DATED = re.compile(r"\d{4}/\d\d/\d\d/\d\d/", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """Bucket and key (or prefix) of an ``s3://`` location."""

    bucket: str
    key: str


def address_of(location: str) -> Address:
    """Split ``s3://bucket/key``.

    Raises
    ------
    SourceError
        When no bucket is named.
    """
    bucket, _, key = location[len("s3://") :].partition("/")
    if not bucket:
        raise SourceError(f"{location!r} names no bucket; write s3://bucket/prefix.")
    return Address(bucket, key)


def list_prefix(
    location: str,
    wanted: Wanted,
    aws: Aws | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Listing:
    """Capture files under an S3 prefix, or the one object ``location`` names.

    Folders are descended by LIST with a delimiter until SageMaker's date folders appear; from
    there one paginated LIST per variant runs from the hour before the window to the hour after.
    Before each call ``tell`` hears how many files and bytes were found so far.

    Raises
    ------
    AwsError
        When AWS refuses a LIST, or fails in the midst of one: a part is never taken for the whole.
    """
    walk = _Walk(location, wanted, aws or Aws(), tell)
    walk.run()
    return Listing(
        tuple(sorted(walk.objects.values(), key=sort_key)),
        tuple(sorted(walk.ignored.values(), key=lambda left_out: left_out.name)),
        walk.requests,
    )


class _Walk:
    """One walk down a prefix; objects and what is left out are kept by key, so once each."""

    def __init__(
        self, location: str, wanted: Wanted, aws: Aws, tell: Callable[[int, int], None] | None
    ) -> None:
        self.objects: dict[str, CaptureObject] = {}
        self.ignored: dict[str, Ignored] = {}
        self.requests = 0
        self._location = location
        self._wanted = wanted
        self._aws = aws
        self._tell = tell
        self._client = account.client(aws, "s3")
        self._address = address_of(location)
        self._cut = 0

    def run(self) -> None:
        top = self._address.key
        if not top or top.endswith("/"):
            self._cut = len(top)
            self._descend([top])
            return
        # Without a closing slash it may be an object, a folder, or (SageMaker joins destination
        # and endpoint as plain text) the beginning of several folders' names.
        found, below = self._open(top)
        self._cut = top.rfind("/") + 1
        itself = next((each for each in found if each["Key"] == top), None)
        if itself is not None:
            self._add(itself, chosen=True)
        elif top + "/" in below:
            self._cut = len(top) + 1
            self._descend([top + "/"])
        else:
            self._add_all(found)
            self._descend(below)

    def _descend(self, folders: list[str]) -> None:
        pending = deque(folders)
        opened = 0
        while pending:
            folder = pending.popleft()
            opened += 1
            if opened > _MOST_FOLDERS:
                for rest in (folder, *pending):
                    self._add_all(self._list(Prefix=rest))
                return
            found, below = self._open(folder)
            self._add_all(found)
            dates = [each for each in below if _YEAR.fullmatch(each[len(folder) :])]
            if dates and self._holds_captures(folder, dates[0]):
                self._dated(folder)
                below = [each for each in below if each not in dates]
            pending.extend(self._narrowed(folder, below))

    def _narrowed(self, folder: str, below: list[str]) -> list[str]:
        """The folders to open: where the endpoint or a variant stands, what is beside it is not."""
        for names in ({self._wanted.endpoint}, self._wanted.variants):
            named = [each for each in below if each[len(folder) : -1] in names]
            if named:
                for other in below:
                    if other not in named:
                        beside = " and ".join(each[len(folder) : -1] for each in named)
                        self._leave_out(other, f"lies beside {beside}, which is asked for")
                return named
        return below

    def _dated(self, folder: str) -> None:
        """Add what a variant's folder holds in the window."""
        refusal = self._wanted.refusal(self._place(folder + "2000/01/01/00/"))
        if refusal:
            self._leave_out(folder, refusal)
        else:
            self._add_all(self._between(folder))

    def _holds_captures(self, folder: str, year: str) -> bool:
        """Whether a folder named like a year is SageMaker's, and not a year of an archive."""
        page = self._call(Prefix=year, MaxKeys=20)  # the first may be markers of empty folders
        return any(_DATED.match(each["Key"], len(folder)) for each in page.get("Contents", []))

    def _between(self, folder: str) -> Iterator[dict[str, Any]]:
        """The objects of a variant's folder from the window's first to its last hour folder."""
        first, last = self._wanted.first_hour, self._wanted.last_hour
        # "/" and the digits sort below ":", so these bounds hold every date folder and no more
        after = folder + (f"{first:%Y/%m/%d/%H/}" if first else "/")
        before = folder + (f"{last + timedelta(hours=1):%Y/%m/%d/%H/}" if last else ":")
        for found in self._list(Prefix=folder, StartAfter=after):
            if found["Key"] >= before:
                return
            yield found

    def _open(self, folder: str) -> tuple[list[dict[str, Any]], list[str]]:
        found: list[dict[str, Any]] = []
        below: list[str] = []
        for page in self._pages(Prefix=folder, Delimiter="/"):
            found.extend(page.get("Contents", []))
            below.extend(each["Prefix"] for each in page.get("CommonPrefixes", []))
        return found, below

    def _list(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        for page in self._pages(**parameters):
            yield from page.get("Contents", [])

    def _pages(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        while True:
            page = self._call(**parameters)
            yield page
            if not page.get("IsTruncated"):
                return
            parameters["ContinuationToken"] = page["NextContinuationToken"]

    def _call(self, **parameters: Any) -> dict[str, Any]:
        if self._tell is not None:
            self._tell(len(self.objects), sum(found.size for found in self.objects.values()))
        self.requests += 1
        try:
            page: dict[str, Any] = self._client.list_objects_v2(
                Bucket=self._address.bucket, **parameters
            )
        except (BotoCoreError, ClientError) as error:
            raise s3_refusals.explain(
                error, call="ListObjectsV2", about=self._location, aws=self._aws
            ) from error
        return page

    def _place(self, key: str) -> Place:
        # the bucket is no part of the path: it is never an endpoint's or a variant's folder
        return place_of(key.rpartition("/")[0], variants=self._wanted.variants)

    def _add_all(self, found: Iterable[dict[str, Any]]) -> None:
        for each in found:
            self._add(each)

    def _add(self, found: dict[str, Any], *, chosen: bool = False) -> None:
        key = found["Key"]
        folder, slash, name = key.rpartition("/")
        if not name:
            return  # a console's marker of an empty folder: no file
        place = self._place(key)
        if not chosen:
            refusal = self._wanted.refusal(place)
            if refusal:
                self._leave_out(folder + slash, refusal)
                return
            if not self._wanted.within(place.hour):
                return
            reason = refusal_of_name(name, self._wanted.suffixes)
            if reason:
                self._leave_out(key, reason)
                return
        self.objects[key] = CaptureObject(
            key,
            self._location,
            place.variant,
            place.endpoint,
            place.hour,
            found["Size"],
            found["ETag"].strip('"'),
            key[self._cut :],
            found["LastModified"],
        )

    def _leave_out(self, key: str, reason: str) -> None:
        self.ignored[key] = Ignored(key[self._cut :], reason)
