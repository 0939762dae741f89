"""What time is it, where a test says so?"""

from __future__ import annotations

import time


class Clock:
    """A clock that stands still until it is set on; called, it gives seconds since 1970."""

    def __init__(self, now: float | None = None) -> None:
        self._now = time.time() if now is None else now

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self._now

    def skip(self, seconds: float) -> None:
        """Let this much time go by."""
        self._now += seconds
