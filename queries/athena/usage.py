"""What did the questions of a page make Athena read, how long did it take, and what did it cost?

AWS charges what a query scans, rounded up to a megabyte and 10 MB at least, and nothing for one
that failed or was answered by an earlier result (https://aws.amazon.com/athena/pricing/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from queries.errors import Expensive

GB = 10**9
TB = 10**12
_MB = 10**6
_LEAST = 10 * _MB

State = Literal["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]


def charged(scanned: int) -> int:
    """The bytes that AWS charges for a query that scanned so many."""
    return max(_LEAST, -(-scanned // _MB) * _MB)


@dataclass(frozen=True, slots=True)
class Running:
    """How far a query is; ``scanned`` in bytes."""

    what: str
    query_id: str
    state: State
    scanned: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one query; ``scanned`` in bytes, ``reused`` where an earlier answer was it."""

    what: str
    query_id: str
    scanned: int
    seconds: float
    usd: float
    reused: bool


@dataclass(slots=True)
class Usage:
    """The queries of a page, in the order in which they ended."""

    asked: list[Asked] = field(default_factory=list)

    @property
    def scanned(self) -> int:
        """Bytes scanned."""
        return sum(each.scanned for each in self.asked)

    @property
    def seconds(self) -> float:
        """Seconds waited, all queries together."""
        return sum(each.seconds for each in self.asked)

    @property
    def usd(self) -> float:
        """What AWS charges."""
        return sum(each.usd for each in self.asked)

    @property
    def reused(self) -> int:
        """How many were answered by an earlier answer."""
        return sum(each.reused for each in self.asked)


@dataclass(frozen=True, slots=True)
class Page:
    """Who asks: what is counted, who is told how far it is, and the most that a query may cost."""

    usage: Usage
    progress: Callable[[Running], None] | None
    at_most_usd: float | None


_PAGE: ContextVar[Page | None] = ContextVar("page", default=None)


@contextmanager
def asking(
    usage: Usage,
    *,
    progress: Callable[[Running], None] | None = None,
    at_most_usd: float | None = None,
) -> Iterator[Usage]:
    """Count in ``usage`` what this thread asks of Athena inside.

    ``progress`` is called while a query waits and runs; when it raises, the query is cancelled. A
    query that might cost more than ``at_most_usd`` is not asked: ``Expensive`` is raised instead.
    """
    token = _PAGE.set(Page(usage, progress, at_most_usd))
    try:
        yield usage
    finally:
        _PAGE.reset(token)


def page() -> Page | None:
    """The page that this thread asks for; None outside of any."""
    return _PAGE.get()


def allow(what: str, at_most: int, usd: float) -> None:
    """Raise ``Expensive`` where a query of at most so many bytes is more than the page allows."""
    page = _PAGE.get()
    if page is not None and page.at_most_usd is not None and usd > page.at_most_usd:
        raise Expensive(
            f"The question {what} may read up to {at_most / GB:,.3g} GB and cost up to "
            f"${usd:,.2f}; choose a shorter window, or ask it anyway.",
            bytes=at_most,
            usd=usd,
        )


def tell(running: Running) -> None:
    """Tell the page how far a query is."""
    page = _PAGE.get()
    if page is not None and page.progress is not None:
        page.progress(running)


def count(asked: Asked) -> None:
    """Count a query that ended."""
    page = _PAGE.get()
    if page is not None:
        page.usage.asked.append(asked)
