"""What was captured of a test whose rows lie in Athena?

Counts come from the table ``account``, once for each state of the hours that are written. What is
newest, and each record as it was captured, is read from the captured objects themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.report import IngestCounts
from queries.athena import closed
from queries.athena.names import HOUR, hour_of, hour_text
from queries.athena.numbered import numbered
from queries.captured import Arrivals, Found, Types, aware
from queries.captured_records import GONE, content_of, evenly, parse_reference
from queries.careful import Reject
from queries.errors import QuestionError
from queries.keys import place_of
from queries.objects import list_objects, reader
from queries.one_file import object_at
from queries.samples import sample

if TYPE_CHECKING:
    from analysis.estimates import Window
    from queries.answers import Answer
    from queries.athena.catalogue import Written
    from queries.athena.names import Tables
    from queries.athena.session import Session
    from queries.captured import Side
    from queries.config import Aws, Test
    from queries.keys import CaptureObject
    from queries.reading import Reading

# Files of each variant that tell how late captures arrive; a running variant writes one a minute.
NEWEST = 5
MOST_REJECTS = 1000
_RECENT, _LAST_HOURS = timedelta(hours=2), 10
_COUNTS = ("lines", "records", "rejected", "rows", "unreadable", "without_time")
_HOUR_BITS = 40


class CapturedInAthena:
    """What the account in Athena and the objects say; see :class:`queries.captured.Captured`.

    ``readings`` are those of production and of the shadow, ``folder`` is the one above those of
    the variants.
    """

    intact = True

    def __init__(
        self,
        test: Test,
        aws: Aws,
        session: Session,
        tables: Tables,
        written: Written,
        readings: dict[Side, Reading],
        folder: str,
    ) -> None:
        self.written = written
        self._folder = folder
        self._test = test
        self._aws = aws
        self._session = session
        self._tables = tables
        self._readings = readings
        self._variants: dict[Side, str] = {"production": test.production, "shadow": test.shadow}

    @property
    def name(self) -> str:
        """That of the hours that are written, and how they are read."""
        return repr(self.made_of)

    @property
    def made_of(self) -> object:
        """The hours that are written, and how their captures are read."""
        return made_of(self.written, self._readings)

    @property
    def endpoint(self) -> str | None:
        """As the path of the first object says."""
        paths = [str(path) for path in self._totals["path"] if path]
        places = (place_of(path.rpartition("/")[0]) for path in paths)
        return next((place.endpoint for place in places if place.endpoint), None)

    @property
    def collisions(self) -> int:
        """As they were counted when the hours were paired."""
        pairs = self.written.tables[self._tables.name("pairs")]
        return sum(hour.collisions for hour in pairs.values())

    def extent(self) -> tuple[datetime, datetime] | None:
        """As it was counted when the hours were written."""
        totals = self._totals
        first, last = (totals[name][~np.isnat(totals[name])] for name in ("first_ts", "last_ts"))
        return None if not len(first) else (aware(np.min(first)), aware(np.max(last)))

    def production_rows(self, window: Window) -> int:
        """Production's share of the rows of these hours and those beside them."""
        rows, every = self._sum("rows", "production"), self._sum("rows")
        first, last = hour_text(window.start - HOUR), hour_text(window.end + HOUR)
        hours = self.written.tables[self._tables.name("rows")]
        inside = sum(each.rows for hour, each in hours.items() if first <= hour <= last)
        return ceil(inside * rows / every) if every else 0

    @property
    def counts(self) -> IngestCounts:
        """The sums of the table ``account``; an object that Athena cannot read fails its hour."""
        return IngestCounts(
            objects=self._sum("objects"),
            failed=0,
            **{name: self._sum(name) for name in _COUNTS},
            absent=0,
            bytes=None,
        )

    def unwritten(self, now: datetime) -> tuple[datetime, ...]:
        """The closed hours that wait for `cli.py athena update`."""
        hours = closed.unwritten(self._test, self._aws, self._folder, self.written.hours, now)
        return tuple(hour_of(hour) for hour in hours)

    def types(self, side: Side) -> Types:
        """As they were counted when the hours were written."""
        found = Types(Counter(), Counter())
        shapes = self._account
        mine = (shapes["variant"] == side) & ~self._whole
        for given, answered, n in zip(
            *(shapes[name][mine] for name in ("content_type_in", "content_type_out", "records")),
            strict=True,
        ):
            found.requests[str(given)] += int(n)
            found.answers[str(answered)] += int(n)
        return found

    def rejects(self) -> tuple[Reject, ...]:
        """One an object: Athena counts the lines that are no record, and names none of them."""
        answer = self._ask(
            "SELECT path, sum(lines) AS lines, sum(rejected) AS rejected "
            f"FROM {self._tables.sql('account')} WHERE rejected > 0 AND {self._hours} "
            f"GROUP BY path ORDER BY path LIMIT {MOST_REJECTS}",
            "rejected lines",
            "account",
        )
        return tuple(
            Reject(str(path), 0, 0, f"{int(n):,} of its {int(lines):,} lines are no record")
            for path, lines, n in zip(*answer.values(), strict=True)
        )

    def arrivals(self) -> Arrivals | None:
        """Of some files of each variant that arrived last, written to the tables or not."""
        found: Counter[tuple[str, int]] = Counter()
        newest: dict[tuple[str, int], np.datetime64] = {}
        files = 0
        source = reader(self._test.source, self._aws)
        for side, reading in self._readings.items():
            for each in self.newest_objects(side, NEWEST):
                files += 1
                for record in sample([each], source, reading.layout):
                    if record.time is None or each.arrived is None:
                        continue
                    key = side, int((each.arrived - record.time).total_seconds() // 1)
                    time = np.datetime64(record.time.astimezone(UTC).replace(tzinfo=None), "us")
                    found[key] += 1
                    newest[key] = max(newest.get(key, time), time)
        if not files:
            return None
        keys = sorted(found)
        return Arrivals(
            np.array([side for side, _ in keys], dtype=object),
            np.array([seconds for _, seconds in keys], dtype=np.int64),
            np.array([newest[key] for key in keys], dtype="datetime64[us]"),
            np.array([found[key] for key in keys], dtype=np.int64),
            files,
        )

    def newest_objects(self, side: Side, most: int) -> tuple[CaptureObject, ...]:
        """Of as few of the last hours as hold so many, and of no more than some of them."""
        end = min(datetime.now(UTC), self._test.end or datetime.max.replace(tzinfo=UTC))
        hours = self.written.hours[-_LAST_HOURS:]
        found: tuple[CaptureObject, ...] = ()
        for start in (
            max(end - _RECENT, hour_of(hours[-1])),
            hour_of(hours[-1]),
            hour_of(hours[0]),
        ):
            found = self._listed(start, end, side)
            if len(found) >= most:
                break
        return tuple(sorted(found, key=lambda each: each.key, reverse=True)[:most])

    def some_objects(
        self, side: Side, records: int, between: tuple[int, int]
    ) -> tuple[CaptureObject, ...]:
        """Of hours that lie evenly over those that are written."""
        least, largest = between
        objects, lines = self._sum("objects", side), self._sum("lines", side)
        wanted = min(max(least, ceil(records * objects / lines) if lines else 0), largest)
        hours = self.written.hours
        step = max(1.0, len(hours) / wanted)
        chosen = [hours[int(at * step)] for at in range(min(wanted, len(hours)))]
        each_hour = ceil(wanted / len(chosen)) if chosen else 0
        found = [
            each
            for hour in chosen
            for each in evenly(self._listed(hour_of(hour), hour_of(hour), side), each_hour)
        ]
        return tuple(found[:wanted])

    def reference(self, side: Side, segment: int, line: int) -> str:
        """The number of the object and that of the record in it, both fixed when written."""
        return f"{segment:016x}-{line}"

    def record(self, reference: str) -> Found | None:
        """Read anew from its object, which the row names."""
        name, line = parse_reference(reference)
        segment = int(name, 16)
        hour = hour_text(datetime.fromtimestamp((segment >> _HOUR_BITS) * 3600, UTC))
        rows = self.written.tables[self._tables.name("rows")]
        if hour not in rows:
            raise QuestionError(GONE)
        answer = self._ask(
            "SELECT path, event_id, inference_id "
            f"FROM {self._tables.sql('rows')} WHERE hour = '{hour}' AND segment = ? AND line = ? "
            "AND pos = 0 AND ok",
            "one record",
            "rows",
            (segment, line),
            hours=(hour, hour),
        )
        if not answer.rows:
            raise QuestionError(GONE)
        address = str(answer["path"][0])
        found = object_at(address, self._aws)
        content = None if found is None else content_of(reader(address, self._aws), found)
        if content is None:
            return None
        ids = answer["event_id"][0], answer["inference_id"][0]
        return numbered(address, content, line, ids)

    @cached_property
    def _account(self) -> Answer:
        """The sums of each variant, and of each of its content types."""
        sums = ", ".join(f"sum({name}) AS {name}" for name in _COUNTS)
        sums += ", min(first_ts) AS first_ts, max(last_ts) AS last_ts"
        types = [f"content_type_{way}" for way in ("in", "out")]
        said = ", ".join(f"coalesce({name}, '') AS {name}" for name in types)
        return self._ask(
            f"SELECT variant, {', '.join(types)}, "
            f"count(DISTINCT segment) AS objects, min(path) AS path, {sums} "
            f"FROM (SELECT variant, segment, path, {said}, {', '.join(_COUNTS)}, first_ts, last_ts "
            f"FROM {self._tables.sql('account')} WHERE {self._hours}) "
            f"GROUP BY GROUPING SETS ((variant), (variant, {', '.join(types)}))",
            "files and records",
            "account",
        )

    @property
    def _whole(self) -> Any:
        """Which rows of the account are sums of a variant, and of no content types."""
        return np.array([each is None for each in self._account["content_type_in"]], dtype=bool)

    @property
    def _totals(self) -> dict[str, Any]:
        return {name: column[self._whole] for name, column in self._account.items()}

    def _sum(self, name: str, side: Side | None = None) -> int:
        totals = self._totals
        chosen = totals[name] if side is None else totals[name][totals["variant"] == side]
        return int(chosen.sum()) if len(chosen) else 0

    @property
    def _hours(self) -> str:
        """Condition: of the hours that count."""
        hours = self.written.hours
        return f"hour BETWEEN '{hours[0]}' AND '{hours[-1]}'"

    def _ask(
        self,
        sql: str,
        what: str,
        table: Any,
        parameters: Sequence[Any] = (),
        hours: tuple[str, str] | None = None,
    ) -> Answer:
        at_most = self.written.bytes(self._tables.name(table), hours)
        # Athena takes an earlier answer to the same text, whether or not the hours are the same
        about = f"-- understudy: hours as of {self.written.state}, values {parameters!r}\n"
        return self._session.select(about + sql, parameters, what=what, at_most=at_most)

    def _listed(self, start: datetime, end: datetime, side: Side) -> tuple[CaptureObject, ...]:
        """A variant's objects of the hours from that of ``start`` to that of ``end``."""
        found = list_objects(
            self._test.source,
            aws=self._aws,
            production=self._test.production,
            shadow=self._test.shadow,
            endpoint=self._test.endpoint,
            start=start,
            end=end,
        )
        first = start - HOUR
        return tuple(
            each
            for each in found.objects
            if each.hour is not None
            and first < each.hour <= end
            and each.variant == self._variants[side]
        )


def made_of(written: Written, readings: dict[Side, Reading]) -> object:
    """What opening the tables of a test depends on."""
    return written.state, tuple(readings.items())
