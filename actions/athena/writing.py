"""How is Athena told to make a table?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.athena.session import Session

if TYPE_CHECKING:
    from queries.athena.usage import Asked


class WritingSession(Session):
    """A session that may do more than ask: DDL, and tables made from a SELECT."""

    def perform(self, text: str, *, what: str, at_most: int = 0) -> Asked:
        """Have one statement carried out, which may read so many bytes; raises as ``select``."""
        return self._ask(text, (), lambda _: None, what=what, at_most=at_most, minutes=0)[1]
