"""Who reads what is new, where several look at the same thing at once?

One look reads, the others wait and find it done. Who still asks what was opened before keeps it,
and with the last of them it goes: nothing is closed under anybody's hands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from queries.errors import UnderstudyError

Found = TypeVar("Found")


class Looks(Generic[Found]):
    """Something that grows, opened once for all who look at it; safe to share between threads.

    ``read`` is given what the last look found (None at first) and whom to tell how far it is, and
    gives the same object back where nothing is new. ``intact`` says whether what was found can
    still be asked.
    """

    def __init__(
        self,
        read: Callable[[Found | None, Callable[[Any], None] | None], Found],
        *,
        intact: Callable[[Found], bool] = lambda found: True,
    ) -> None:
        self._read = read
        self._intact = intact
        self._reading = threading.Lock()
        self._opened: Found | None = None
        self._looked_at: datetime | None = None
        self._problem: str | None = None

    @property
    def opened(self) -> Found | None:
        """What the last look found; None before the first."""
        return self._opened

    @property
    def looked_at(self) -> datetime | None:
        """When was last looked."""
        return self._looked_at

    @property
    def problem(self) -> str | None:
        """Why the last look failed; what was opened before then still holds."""
        return self._problem

    def look(
        self, since: datetime | None = None, *, progress: Callable[[Any], None] | None = None
    ) -> Found:
        """What a look finds that began at ``since`` or later; None: any that was.

        Raises
        ------
        UnderstudyError
            When the first look fails. A later one that fails is told in ``problem``.
        """
        with self._reading:
            opened = self._opened
            if opened is not None and self._looked_after(since) and self._intact(opened):
                return opened
            began = datetime.now(UTC)
            try:
                opened = self._opened = self._read(opened, progress)
                self._problem = None
            except UnderstudyError as error:
                if opened is None:
                    raise
                self._problem = str(error)
            self._looked_at = began
            return opened

    def _looked_after(self, since: datetime | None) -> bool:
        return since is None or (self._looked_at is not None and self._looked_at >= since)
