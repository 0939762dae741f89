"""The one function of pyinstrument's C extension, in Python."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["setstatprofile"]

Profile = Callable[[FrameType, str, Any], Any]


def setstatprofile(target: Profile | None, interval: float = 0.001) -> None:
    """Call ``target`` as :func:`sys.setprofile` would, but at most once every ``interval`` seconds.

    ``None`` ends the profiling of this thread. Every call and return passes through Python here,
    so a profiled program runs slower than with the C extension; the samples mean the same.
    """
    if target is None:
        sys.setprofile(None)
        return
    last = time.perf_counter()

    def throttled(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal last
        now = time.perf_counter()
        if now >= last + interval:
            last = now
            target(frame, event, argument)

    sys.setprofile(throttled)
