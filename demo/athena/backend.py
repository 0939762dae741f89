"""What does an engine have to be able to do, to stand behind Athena's protocol here?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class Failed(Exception):
    """A query fails; the text is the reason that Athena gives, which begins with Trino's code."""


class Cancelled(Exception):
    """A query was ended before its answer was there."""


@dataclass(frozen=True, slots=True)
class Mounted:
    """A table that a query reads: its rows with the partition keys as its last columns.

    ``path`` are the objects' addresses, row by row: the hidden column ``"$path"``. ``state`` is
    the same for the same rows.
    """

    database: str
    name: str
    rows: pa.Table
    path: pa.Array
    state: str


class Backend(Protocol):
    """An engine that understands Athena's dialect."""

    def ask(
        self,
        sql: str,
        parameters: Sequence[str],
        database: str,
        tables: Sequence[Mounted],
        stopped: Callable[[], bool],
    ) -> pa.Table:
        """The answer to a query whose views were written out.

        ``parameters`` are expressions of SQL for its marks; names without a database are of
        ``database``; ``stopped`` says when nobody waits for the answer any more.

        Raises
        ------
        Failed
            When the engine refuses or breaks.
        Cancelled
            Soon after ``stopped`` says so.
        """
        ...
