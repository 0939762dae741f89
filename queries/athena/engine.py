"""How are the questions asked where the data lies?

A question stays as it is written. Before it stands, as ``WITH``, what its relations are made of in
Athena (``relations``), of no more hours than its window asks for; its values are bound.
"""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from queries.athena import relations
from queries.athena.names import beside, hour_text
from queries.filtered import Narrowed, Relation, before, read_by, under
from queries.questions import find, single_select

if TYPE_CHECKING:
    from analysis.structured import Rules
    from queries.answers import Answer
    from queries.athena.catalogue import Written
    from queries.athena.names import Tables
    from queries.athena.relations import Hours
    from queries.athena.session import Session
    from queries.reading import Kind

_NO_HOURS = ("1970/01/01/12", "1970/01/01/12")
# As many rows travel in some megabytes, and no quantile is known better by more of them.
MOST_ROWS = 200_000
_PLACES = {
    "captures": ("segment", "line"),
    "pairs": ("production_segment", "production_line"),
    "inputs": ("production_segment", "production_line"),
}


class AthenaEngine(Narrowed):
    """Asks the questions of one test of Athena; safe to share between threads and sessions.

    ``features`` is the number of the features in the rows, ``written`` the hours that count,
    ``rules`` say when answers of several parts agree.
    """

    def __init__(
        self,
        session: Session,
        tables: Tables,
        written: Written,
        *,
        kind: Kind,
        threshold: float,
        tolerance: float,
        features: int,
        rules: Rules | None = None,
    ) -> None:
        self._session = session
        self._tables = tables
        self._written = written
        self._step = 1
        self._sizes: dict[str, Mapping[str, int]] = {}

        def made_of(relation: relations.Relation) -> Callable[[Hours], str]:
            return lambda hours: relations.definition(
                relation,
                tables,
                kind=kind,
                threshold=threshold,
                tolerance=tolerance,
                hours=hours,
                features=features,
                rules=rules,
            )

        self._relations: dict[str, Callable[[Hours], str]] = {
            relation: made_of(relation) for relation in get_args(relations.Relation)
        }

    def attach(self, relation: str, select: str, *, reads: Mapping[str, int] | None = None) -> None:
        """Let the questions ask for one relation more, the rows of a query of Athena.

        ``reads`` are the bytes of the tables that it reads, other than those of the hours.
        """
        self._sizes[relation] = reads or {}
        self._relations[relation] = lambda hours: select

    def sampled(self, rows: int) -> tuple[AthenaEngine, int]:
        """The engine that sees at most about ``MOST_ROWS`` of so many rows, and its step."""
        step = -(-rows // MOST_ROWS)
        if step <= 1:
            return self, 1
        some = copy.copy(self)
        some._step = step
        return some, step

    def run(
        self,
        question: str,
        *,
        columns: Sequence[str] = (),
        given: Sequence[Relation] = (),
        **parameters: Any,
    ) -> Answer:
        """Ask ``queries/{question}.sql`` (``engine.Engine``).

        Raises
        ------
        AwsError
            When Athena refuses or fails.
        Expensive, QuestionError
            When it may read more than the page, or ``[athena]``, allows.
        """
        text, values = find(question).asked(columns, parameters)
        hours = self._hours(parameters)
        made = self._made(text, given, hours)
        bound = [value for relation in made for value in relation.parameters]
        bound += values
        sql = self._named(question, bound) + before(text, made)
        return self._session.select(
            sql, bound, what=question.replace("_", " "), at_most=self._at_most(sql, hours)
        )

    def _made(self, text: str, given: Sequence[Relation], hours: Hours) -> tuple[Relation, ...]:
        """Every relation that a question reads, each after those it is made of."""
        asked = [text, *(relation.sql for relation in given)]
        own = {relation.name for relation in given}
        if self._where is not None:
            seen = under(self._where, asked, self._relations.keys() - own)
        else:
            seen = tuple(
                Relation(name, f"SELECT * FROM all_{name}")
                for name in sorted(read_by(asked) & (self._relations.keys() - own))
            )
        whole = read_by(relation.sql for relation in (*seen, *given))
        wholes = tuple(
            Relation(f"all_{name}", self._some(name, made_of(hours)))
            # a copy, for a relation may be attached meanwhile
            for name, made_of in list(self._relations.items())
            if f"all_{name}" in whole
        )
        return (*wholes, *seen, *given)

    def _some(self, name: str, select: str) -> str:
        """Every so-manieth record of a relation."""
        if self._step == 1 or name not in _PLACES:
            return select
        segment, line = _PLACES[name]
        step = self._step
        return f"SELECT * FROM ({select}) WHERE mod(mod({segment}, {step}) + {line}, {step}) = 0"

    def _hours(self, parameters: Mapping[str, Any]) -> Hours:
        """The hours whose objects may hold records of the window; those that count, without one."""
        if not self._written.hours:
            return _NO_HOURS
        first, last = self._written.hours[0], self._written.hours[-1]
        if "start" in parameters:
            # an object of an hour may hold records of the hour beside it
            first = max(first, beside(_hour(parameters["start"]), -1))
            last = min(last, beside(_hour(parameters["end"])))
        return (first, last) if first <= last else _NO_HOURS

    def _at_most(self, sql: str, hours: Hours) -> int:
        """The bytes of all that a query may read, as often as it may read it."""
        return sum(times * self._bytes(table, hours) for table, times in _read(sql).items())

    def _bytes(self, table: str, hours: Hours) -> int:
        # several relations may read parts of one table
        sizes = [each[table] for each in list(self._sizes.values()) if table in each]
        return max(sizes) if sizes else self._written.bytes(table, hours)

    def _named(self, question: str, bound: Sequence[Any]) -> str:
        """A comment: who asks what, of which hours, with which values.

        Athena takes an answer again whose text is the same; nobody says that it looks at the
        values too, and it does not look whether the tables changed.
        """
        values = hashlib.sha256(repr(bound).encode()).hexdigest()[:12]
        return (
            f"-- understudy: {question} of {self._tables.slug}, hours as of {self._written.state}, "
            f"values {values}\n"
        )


def _hour(moment: datetime) -> str:
    return hour_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _read(sql: str) -> Counter[str]:
    """How often a query reads each table, for what is made before it is read anew each time."""
    from sqlglot import exp

    made: dict[str, Counter[str]] = {}

    def tables(tree: Any) -> Counter[str]:
        found: Counter[str] = Counter()
        for table in tree.find_all(exp.Table):
            # a table of ours stands in its database, what is made for the query in none
            found += Counter([table.name]) if table.db else made.get(table.name, Counter())
        return found

    tree = single_select(sql)
    for part in list(tree.ctes):
        made[part.alias] = tables(part.this)
        part.pop()
    return tables(tree)
