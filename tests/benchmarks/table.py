"""How is a figure held to its target?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

HEAD = "| what | target | measured | ours | peer or limit | load | |\n|---|---|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure; without a target it is there for information."""

    what: str
    side: Literal["≥", "≤"]
    target: float | None
    measured: float | None
    ours: str
    peer: str
    load: float

    @classmethod
    def at_least(
        cls, what: str, target: float | None, measured: float, ours: str = "", peer: str = ""
    ) -> Line:
        """A figure that should be large."""
        return cls(what, "≥", target, measured, ours, peer, os.getloadavg()[0])

    @classmethod
    def at_most(
        cls, what: str, target: float | None, measured: float, ours: str = "", peer: str = ""
    ) -> Line:
        """A figure that should be small."""
        return cls(what, "≤", target, measured, ours, peer, os.getloadavg()[0])

    @classmethod
    def skipped(cls, what: str, reason: str) -> Line:
        """A figure that could not be measured, and why."""
        return cls(what, "≤", None, None, "", f"skipped: {reason}", os.getloadavg()[0])

    @property
    def met(self) -> str:
        """Whether the target is met."""
        if self.target is None or self.measured is None:
            return ""
        reached = self.measured >= self.target if self.side == "≥" else self.measured <= self.target
        return "met" if reached else "**missed**"

    @property
    def text(self) -> str:
        """A row of the table."""
        target = "" if self.target is None else f"{self.side} {self.target:g}"
        measured = "" if self.measured is None else f"{self.measured:.3g}"
        cells = (self.what, target, measured, self.ours, self.peer, f"{self.load:.1f}", self.met)
        return f"| {' | '.join(cells)} |"
