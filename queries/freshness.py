"""Does a test still run, and how fresh is what was captured of it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.delivery import Delivery, delivery
from queries.filtered import Relation

if TYPE_CHECKING:
    from queries.accounts import Part, Segment
    from queries.answers import Answer
    from queries.discovery import Discovered
    from queries.opened import Opened

State = Literal["live", "quiet", "ended"]
# SageMaker writes a file a minute for each variant with traffic: after sixty missed ones in a row
# nothing says that more will come.
QUIET_AFTER = timedelta(hours=1)
# The last files of a test arrive a couple of minutes after its end; nobody promises how many.
LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Freshness:
    """The newest record of each variant, and how long the newest files took to arrive.

    Times are those of the requests (UTC); None where no record carries one. ``delivery`` counts
    the records of ``files`` files; of a paired log, which grows as it is written, it is not known.
    """

    production: datetime | None
    shadow: datetime | None
    delivery: Delivery
    files: int

    @property
    def newest(self) -> datetime | None:
        """The newest record of either variant."""
        return max((each for each in (self.production, self.shadow) if each), default=None)


def freshness(opened: Opened) -> Freshness:
    """Look at the files of each variant that arrived last (``ingest.NEWEST``)."""
    arrivals = _arrivals(opened)
    if not arrivals:
        return Freshness(None, None, delivery([], []), 0)
    values = tuple(
        value
        for segment, part, arrived in arrivals
        for value in (int(segment.name, 16), part.first, part.first + part.lines - 1, arrived)
    )
    marks = ", ".join(
        ["(CAST(? AS UBIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TIMESTAMP))"]
        * len(arrivals)
    )
    names = "(segment, first_line, last_line, arrived)"
    given = Relation("arrivals", f"SELECT * FROM (VALUES {marks}) AS v {names}", values)
    answer = opened.engine.whole.run("delivery", given=[given])
    known = opened.test.log is None
    return Freshness(
        production=_newest(answer, "production"),
        shadow=_newest(answer, "shadow"),
        delivery=delivery(answer["seconds"], answer["n"]) if known else delivery([], []),
        files=len(arrivals),
    )


def state_of(
    opened: Opened, newest: datetime | None, found: Discovered | None, now: datetime
) -> State:
    """Whether more captures are to be expected.

    ``found`` is what SageMaker said of the test, None where it was not asked. Its word holds, save
    that a configured end is an end. Without it a test is live while captures come, and ``quiet``
    when none has come for ``QUIET_AFTER``. The demo account was written once.
    """
    end = opened.test.end
    if opened.config.demo or (end is not None and now >= end + LATE):
        return "ended"
    if found is not None:
        over = found.end is None or now >= found.end + LATE
        return "live" if found.running or not over else "ended"
    return "live" if newest is not None and now - newest < QUIET_AFTER else "quiet"


def _arrivals(opened: Opened) -> list[tuple[Segment, Part, datetime]]:
    """The newest files, where their lines lie, and when they arrived (UTC, without a zone)."""
    newest = {(each.variant or "", each.identity): each for each in opened.ingested.newest}
    found = []
    for segment in opened.ingested.segments:
        for part in segment.parts:
            seen = newest.get((segment.variant, part.identity))
            if seen is not None and seen.arrived is not None:
                arrived = seen.arrived.astimezone(UTC).replace(tzinfo=None)
                found.append((segment, part, arrived))
    return found


def _newest(answer: Answer, variant: str) -> datetime | None:
    times = answer["newest"][answer["variant"] == variant]
    if not len(times):
        return None
    newest: datetime = np.max(times).astype("datetime64[us]").item()
    return newest.replace(tzinfo=UTC)
