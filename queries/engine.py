"""How is a question asked?

Of an :class:`Engine`, which answers the same questions (``questions``) with the same columns
wherever the rows lie: on this machine (``duckdb_engine``) or in S3 (``athena.engine``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from queries.answers import Answer
    from queries.conditions import Filter
    from queries.filtered import Relation


class Engine(Protocol):
    """Asks the questions of one test; safe to share between threads and sessions."""

    def run(
        self,
        question: str,
        *,
        columns: Sequence[str] = (),
        given: Sequence[Relation] = (),
        **parameters: Any,
    ) -> Answer:
        """Ask ``queries/{question}.sql``.

        Parameters
        ----------
        question
            Name of the file without ``.sql``.
        columns
            For questions about features or measures, their columns (``f0``, ``f1``, …); reading
            some at once takes half the time of one after the other.
        given
            Relations that are made for this question alone.
        parameters
            The values that the file's ``-- parameters:`` line names. They are bound, never
            written into the text.

        Raises
        ------
        QuestionError
            When there is no such question, or its parameters are others.
        SourceError
            When AWS was asked and did not answer.
        """
        ...

    def within(self, where: Filter) -> Engine:
        """The same engine, whose questions see only what meets a filter; ``whole`` sees all."""
        ...

    @property
    def whole(self) -> Engine:
        """The same engine without a filter."""
        ...

    def sampled(self, rows: int) -> tuple[Engine, int]:
        """The engine for questions that answer so many rows singly, and of how many it sees one.

        Where rows have to travel and are too many, it sees every so-manieth record only: of each
        captured object from a place that the object's number gives, so that objects of few records
        are not passed over.
        """
        ...

    def attach(self, relation: str, select: str) -> None:
        """Let the questions ask for one relation more, the rows of a query of this engine."""
        ...
