"""How much did this machine have Athena read today, and is there room for one question more?

    {folder}/read-{day}.jsonl   two lines a query: what it may read before it is asked, what it read

A query without a second line, for its process ended, counts as what it might have read.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from filelock import FileLock

from queries.athena.usage import GB
from queries.errors import QuestionError

if TYPE_CHECKING:
    from queries.config_athena import Athena


def _now() -> datetime:
    return datetime.now(UTC)


class Spending:
    """What is read a day (UTC), by all processes that share a folder; safe between threads."""

    def __init__(self, athena: Athena, folder: Path, *, clock: Callable[[], datetime] = _now):
        self._athena = athena
        self._folder = folder
        self._clock = clock

    def read(self) -> int:
        """The bytes read today, and those that queries under way may read."""
        file = self._file()
        if not file.exists():
            return 0
        by_query: dict[str, int] = {}
        # the last word on a query counts
        for line in file.read_bytes().splitlines():
            # a process that is killed may leave half a line
            with contextlib.suppress(orjson.JSONDecodeError):
                entry = orjson.loads(line)
                by_query[entry["query"]] = entry["bytes"]
        return sum(by_query.values())

    def reserve(self, what: str, at_most: int) -> Reserved:
        """Put aside what a query may read.

        Raises
        ------
        QuestionError
            When it may read more than a query or what is left of the day allows.
        """
        most = self._athena.max_gb_per_query
        if at_most > most * GB:
            raise QuestionError(
                f"The question {what} was not asked of Athena: it may read up to "
                f"{at_most / GB:,.3g} GB, and `max_gb_per_query` in [athena] is {most:g}. "
                "Choose a shorter window, or raise the limit."
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        # between reading the sum and adding to it nobody else may
        with FileLock(self._folder / "read.lock"):
            before, most = self.read(), self._athena.max_gb_per_day
            if before + at_most > most * GB:
                raise QuestionError(
                    f"The question {what} was not asked of Athena: {before / GB:,.3g} GB were read "
                    f"today (UTC), it may read up to {at_most / GB:,.3g} GB more, and "
                    f"`max_gb_per_day` in [athena] is {most:g}. Ask again tomorrow, choose a "
                    "shorter window, or raise the limit."
                )
            reserved = Reserved(self._file(), uuid.uuid4().hex, what)
            reserved.write(at_most)
        return reserved

    def _file(self) -> Path:
        return self._folder / f"read-{self._clock():%Y-%m-%d}.jsonl"


class Reserved:
    """What one query put aside, until it says what it read."""

    def __init__(self, file: Path, query: str, what: str) -> None:
        self._file = file
        self._query = query
        self._what = what

    def write(self, read: int, query_id: str = "") -> None:
        """Write down how many bytes the query counts for, and what Athena calls it."""
        entry = {"query": self._query, "bytes": read, "what": self._what, "id": query_id}
        # in one write, so that nobody reads half of it; the line before may have no end
        with self._file.open("ab", buffering=0) as to:
            to.write(b"\n" + orjson.dumps(entry))
