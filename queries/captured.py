"""What does one have to know of what was captured, besides the answers to the questions?

The questions (``engine``) speak of rows and pairs. Objects and lines, what came with which content
type, what was not read and why, how fresh it is, and each record as it stands in its object: that
is asked here, wherever the rows lie. The segments of captures read on this machine know it
(``captured_here``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from analysis.estimates import Window
    from analysis.report import IngestCounts
    from queries.careful import Reject
    from queries.keys import CaptureObject
    from queries.records import Record

Side = Literal["production", "shadow"]


@dataclass(frozen=True, slots=True)
class Types:
    """Records of one variant by the content types of their requests and of their answers."""

    requests: Counter[str]
    answers: Counter[str]


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """The records of the files that arrived last: how many (``n``) of a variant took so long.

    Columns of one length: ``variant`` is 'production' or 'shadow', ``seconds`` between the request
    and its file, ``newest`` the time of the newest of these requests (UTC). ``files`` were looked
    at.
    """

    variant: NDArray[np.object_]
    seconds: NDArray[np.int64]
    newest: NDArray[np.datetime64]
    n: NDArray[np.int64]
    files: int


@dataclass(frozen=True, slots=True)
class Found:
    """A captured record, where it stands: the address of its object, and the line from 1."""

    address: str
    line: int
    record: Record


class Captured(Protocol):
    """What was captured of one test; safe to share between threads and sessions."""

    @property
    def name(self) -> str:
        """Names what was read: where it is the same, so are all answers."""

    @property
    def made_of(self) -> object:
        """What it was made of: made of what is equal to this, it would be the same."""

    @property
    def intact(self) -> bool:
        """Whether what it rests on is still there."""

    @property
    def endpoint(self) -> str | None:
        """The endpoint that the keys of the captures name."""

    @property
    def collisions(self) -> int:
        """Records whose id was used more than once in their variant."""

    def extent(self) -> tuple[datetime, datetime] | None:
        """The times of the first and the last record (UTC); None where none has a time."""

    def production_rows(self, window: Window) -> int:
        """About how many rows of production a window can hold at most."""

    @property
    def counts(self) -> IngestCounts:
        """The account of everything read of both variants, whatever the window."""

    def unwritten(self, now: datetime) -> tuple[datetime, ...]:
        """The hours that are over and captured, and have no part in the answers yet.

        Raises
        ------
        SourceError
            When the captures cannot be listed.
        """

    def types(self, side: Side) -> Types:
        """With which content types the records of a variant came."""

    def rejects(self) -> tuple[Reject, ...]:
        """Every line and file that could not be read, and why."""

    def arrivals(self) -> Arrivals | None:
        """How long the records of the newest files took to arrive; None without such files."""

    def newest_objects(self, side: Side, most: int) -> tuple[CaptureObject, ...]:
        """The last objects of a variant, the newest first."""

    def some_objects(
        self, side: Side, records: int, between: tuple[int, int]
    ) -> tuple[CaptureObject, ...]:
        """Objects that lie evenly over the test and hold about so many records.

        ``between`` are the fewest and the most objects.
        """

    def reference(self, side: Side, segment: int, line: int) -> str:
        """What names a record for ever, and tells a browser nothing of where it lies."""

    def record(self, reference: str) -> Found | None:
        """The record behind a reference, as it was captured; None where its object is gone.

        Raises
        ------
        QuestionError
            When the reference is none that was given out here.
        """


def aware(time: np.datetime64) -> datetime:
    """A time of an answer as Python's, in UTC."""
    plain: datetime = time.astype("datetime64[us]").item()
    return plain.replace(tzinfo=UTC)
