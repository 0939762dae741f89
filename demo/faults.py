"""What goes wrong at the stand-in, because a test wants it to?"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from demo.wire import Lost, Operation, Refusal


@dataclass(frozen=True, slots=True)
class Fate:
    """How an update that was accepted fails; ``reason`` is its FailureReason, None for none.

    With ``stuck`` its rollback fails as well: the endpoint is UpdateRollbackFailed.
    """

    reason: str | None
    stuck: bool = False


class Faults:
    """Faults to come, for any operation by its name; each is used up as often as it says."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """From here on all goes well."""
        with self._lock:
            self._refusals: dict[str, list[Refusal]] = {}
            self._forbidden: set[str] = set()
            self._expired = False
            self._lost: Counter[str] = Counter()
            self._unseen = 0
            self._unseen_configs: Counter[str] = Counter()
            self._fates: dict[str, Fate] = {}
            self._maintenance: dict[str, float] = {}
            self._broken: dict[str, float] = {}

    def throttle(self, operation: str, times: int = 1) -> None:
        """Refuse the next calls for being too many."""
        self._refuse(operation, times, "Rate exceeded", "ThrottlingException", 400)

    def fail(self, operation: str, times: int = 1) -> None:
        """Answer the next calls with an error of the service; they change nothing."""
        said = "The request processing has failed because of an unknown error."
        self._refuse(operation, times, said, "InternalFailure", 500)

    def deny(self, operation: str) -> None:
        """Let this operation be forbidden."""
        with self._lock:
            self._forbidden.add(operation)

    def expire(self) -> None:
        """Let every caller's credentials have expired."""
        with self._lock:
            self._expired = True

    def lose_answer(self, operation: str, times: int = 1) -> None:
        """Let the next calls take effect, and their answers never arrive."""
        with self._lock:
            self._lost[operation] += times

    def hide_new_configs(self, times: int) -> None:
        """Let each endpoint config created from here on be unknown the first so many times."""
        with self._lock:
            self._unseen = times

    def roll_back(self, endpoint: str, reason: str | None = None) -> None:
        """Let the next update of the endpoint, or of its weights, fail at its beginning."""
        with self._lock:
            self._fates[endpoint] = Fate(reason)

    def fail_rollback(self, endpoint: str, reason: str | None = None) -> None:
        """Let the next update of the endpoint fail, and its rollback too."""
        with self._lock:
            self._fates[endpoint] = Fate(reason, stuck=True)

    def maintain(self, endpoint: str, seconds: float) -> None:
        """Let AWS maintain the endpoint from the next call on, for so long: SystemUpdating."""
        with self._lock:
            self._maintenance[endpoint] = seconds

    def break_model(self, model: str, share: float) -> None:
        """Let a model break at this share (0 to 1) of the requests that come from here on."""
        with self._lock:
            self._broken[model] = share

    def failing(self, model: str) -> float:
        """At which share of its requests a model breaks."""
        with self._lock:
            return self._broken.get(model, 0.0)

    def guarded(self, operations: Iterable[Operation]) -> list[Operation]:
        """The same operations, with these faults."""
        return [self._guarded(operation) for operation in operations]

    def created(self, config: str) -> None:
        """An endpoint config was created."""
        with self._lock:
            if self._unseen:
                self._unseen_configs[config] = self._unseen

    def unseen(self, config: str) -> bool:
        """Is an endpoint config that exists still unknown? Asked, it becomes known in time."""
        with self._lock:
            unseen = self._unseen_configs[config] > 0
            self._unseen_configs[config] -= unseen
            return unseen

    def fate(self, endpoint: str) -> Fate | None:
        """How the update that begins now is to fail, None where it is not."""
        with self._lock:
            return self._fates.pop(endpoint, None)

    def maintenance(self) -> dict[str, float]:
        """Seconds of maintenance that begin now, by endpoint."""
        with self._lock:
            found, self._maintenance = self._maintenance, {}
            return found

    def _refuse(self, operation: str, times: int, said: str, code: str, status: int) -> None:
        with self._lock:
            waiting = self._refusals.setdefault(operation, [])
            waiting += [Refusal(said, code=code, status=status) for _ in range(times)]

    def _guarded(self, operation: Operation) -> Operation:
        def answer(asked: dict[str, Any]) -> dict[str, Any]:
            self._before(operation)
            answered = operation.answer(asked)
            with self._lock:
                lost = self._lost[operation.name] > 0
                self._lost[operation.name] -= lost
            if lost:
                raise Lost
            return answered

        return replace(operation, answer=answer)

    def _before(self, operation: Operation) -> None:
        with self._lock:
            if self._expired:
                raise Refusal(
                    "The security token included in the request is expired",
                    code="ExpiredTokenException",
                )
            if operation.name in self._forbidden:
                action = f"{operation.service}:{operation.name}"
                raise Refusal(
                    "User: arn:aws:sts::111122223333:assumed-role/understudy/understudy is not "
                    f"authorized to perform: {action} because no identity-based policy allows "
                    f"the {action} action",
                    code="AccessDeniedException",
                )
            waiting = self._refusals.get(operation.name)
            if waiting:
                raise waiting.pop()
