"""When is a running test read again, and who reads it where several look at once?

There is one watch for a test and a process; the lock of the store does the same between processes.
The engine of a test goes with the last who asks it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from queries.looks import Looks
from queries.opened import Opened, open_test

if TYPE_CHECKING:
    from queries.config import Config, Test
    from queries.progress import Progress

# Between two listings of everything, hours that are long over are taken to be as they were.
LIST_ALL_EVERY = timedelta(hours=6)


class Watch(Looks[Opened]):
    """One test, opened once for all who look at it; safe to share between threads.

    ``test`` gives the test as it is configured at the time of a look, which lists the captures and
    reads what is new.
    """

    def __init__(self, test: Callable[[], tuple[Config, Test]]) -> None:
        super().__init__(self._open, intact=lambda opened: opened.intact)
        self._test = test
        self._wanted: datetime | None = None

    @property
    def wanted(self) -> datetime | None:
        """When everything was last wanted anew."""
        return self._wanted

    def want(self) -> datetime:
        """Have all that is asked of the test from now on answered anew; gives the time."""
        self._wanted = datetime.now(UTC)
        return self._wanted

    def _open(self, before: Opened | None, progress: Callable[[Progress], None] | None) -> Opened:
        config, test = self._test()
        since = datetime.now(UTC) - LIST_ALL_EVERY
        whole_since = since if self._wanted is None else max(since, self._wanted)
        return open_test(config, test, before=before, whole_since=whole_since, progress=progress)
