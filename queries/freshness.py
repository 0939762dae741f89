"""Does a test still run, and how fresh is what was captured of it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.delivery import Delivery, delivery

if TYPE_CHECKING:
    from queries.captured import Arrivals
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
    """Look at the files of each variant that arrived last."""
    found = opened.captured.arrivals()
    if found is None:
        return Freshness(None, None, delivery([], []), 0)
    known = opened.test.log is None
    return Freshness(
        production=_newest(found, "production"),
        shadow=_newest(found, "shadow"),
        delivery=delivery(found.seconds, found.n) if known else delivery([], []),
        files=found.files,
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


def _newest(found: Arrivals, variant: str) -> datetime | None:
    times = found.newest[found.variant == variant]
    if not len(times):
        return None
    newest: datetime = np.max(times).astype("datetime64[us]").item()
    return newest.replace(tzinfo=UTC)
