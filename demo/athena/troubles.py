"""What goes wrong with queries at the stand-in, because a test wants it to?

What goes wrong with calls (throttling, expired credentials) is in ``demo.faults``.
"""

from __future__ import annotations

import threading


class Troubles:
    """Troubles to come, for the next queries that read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: list[tuple[str, bool]] = []
        self._held: dict[str, threading.Event] = {}

    def fail(self, reason: str, *, times: int = 1, retryable: bool = False) -> None:
        """Let the next queries fail with this reason."""
        with self._lock:
            self._failures += [(reason, retryable)] * times

    def hold(self, state: str = "RUNNING") -> None:
        """Let queries stay QUEUED or RUNNING until ``release``."""
        with self._lock:
            self._held[state] = threading.Event()

    def release(self) -> None:
        """Let all queries go on."""
        with self._lock:
            for each in self._held.values():
                each.set()
            self._held.clear()

    def failure(self) -> tuple[str, bool] | None:
        """How the query that begins now fails; None where it does not."""
        with self._lock:
            return self._failures.pop(0) if self._failures else None

    def held(self, state: str) -> threading.Event | None:
        """What a query of this state waits for."""
        with self._lock:
            return self._held.get(state)
