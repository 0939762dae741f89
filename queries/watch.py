"""When is a running test read again, and who reads it where several look at once?

There is one watch for a test and a process: one look reads, the others wait and find it done, as
the lock of the store does it between processes. Who still asks what was opened before keeps it, and
with the last of them its engine goes: nothing is closed under anybody's hands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from queries.errors import UnderstudyError
from queries.opened import Opened, open_read, read

if TYPE_CHECKING:
    from queries.config import Config, Test
    from queries.progress import Progress


class Watch:
    """One test, opened once for all who look at it; safe to share between threads.

    ``test`` gives the test as it is configured at the time of a look.
    """

    def __init__(self, test: Callable[[], tuple[Config, Test]]) -> None:
        self._test = test
        self._reading = threading.Lock()
        self._opened: Opened | None = None
        self._looked_at: datetime | None = None
        self._problem: str | None = None
        self._wanted: datetime | None = None

    @property
    def opened(self) -> Opened | None:
        """The test as the last look found it; None before the first."""
        return self._opened

    @property
    def looked_at(self) -> datetime | None:
        """When the captures were last looked for."""
        return self._looked_at

    @property
    def problem(self) -> str | None:
        """Why the last look failed; what was opened before then still holds."""
        return self._problem

    @property
    def wanted(self) -> datetime | None:
        """When everything was last wanted anew."""
        return self._wanted

    def want(self) -> datetime:
        """Have all that is asked of the test from now on answered anew; gives the time."""
        self._wanted = datetime.now(UTC)
        return self._wanted

    def look(
        self, since: datetime | None = None, *, progress: Callable[[Progress], None] | None = None
    ) -> Opened:
        """The test as a look finds it that began at ``since`` or later; None: any that was.

        Lists the captures and reads what is new. Where nothing is, the same object comes back.

        Raises
        ------
        UnderstudyError
            When the first look fails. A later one that fails is told in ``problem``.
        """
        with self._reading:
            opened = self._opened
            if opened is not None and self._looked_after(since) and opened.intact:
                return opened
            began = datetime.now(UTC)
            try:
                self._opened = self._read(progress)
                self._problem = None
            except UnderstudyError as error:
                if self._opened is None:
                    raise
                self._problem = str(error)
            self._looked_at = began
            return self._opened

    def _looked_after(self, since: datetime | None) -> bool:
        return since is None or (self._looked_at is not None and self._looked_at >= since)

    def _read(self, progress: Callable[[Progress], None] | None) -> Opened:
        config, test = self._test()
        ingested = read(config, test, progress=progress)
        before = self._opened
        if before is not None and before.is_of(config, test, ingested) and before.intact:
            return before
        return open_read(config, test, ingested)
