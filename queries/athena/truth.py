"""How are right answers, and outcomes, found their pairs in Athena?

The rules of ``queries/truth.py``, in statements that each make one table on the way. Pure text
here: ``actions/athena/joining.py`` runs it. The labels were read on this machine and lie in a table
of their own (``label_file``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.quality import SHOWN_IDS
from queries.athena.decoding import number
from queries.athena.relations import within
from queries.athena.schema import TRUTH
from queries.bulk import quoted
from queries.truth import LABELLED

if TYPE_CHECKING:
    from queries.athena.names import JoinedTable, Tables
    from queries.reading import Kind

_PLACE = "segment, line"


def relation(tables: Tables, table: JoinedTable, state: str) -> str:
    """The query behind ``truth`` or an outcome, of one state of the labels and the hours."""
    columns = ", ".join(name for name, _ in TRUTH)
    return f"SELECT {columns} FROM {tables.sql(table)} WHERE state = {quoted(state)}"


@dataclass(frozen=True, slots=True)
class Join:
    """The labels of a table, as a query names it, and the pairs of the hours that count.

    ``state`` names what is written of those hours: an answer about another state is not this one's.
    """

    tables: Tables
    hours: tuple[str, str]
    state: str
    labels: str
    kind: Kind

    def requests(self) -> str:
        """Production's records that have an id of a label: their ids, and how many rows."""
        ids = (
            f"(SELECT id FROM {self.labels} UNION "
            f"SELECT other FROM {self.labels} WHERE other IS NOT NULL)"
        )
        return (
            f"SELECT {_PLACE}, arbitrary(inference_id) AS inference_id, "
            f"arbitrary(event_id) AS event_id, count(*) AS n_rows FROM {self._production} "
            f"AND (inference_id IN {ids} OR event_id IN {ids}) GROUP BY {_PLACE}"
        )

    def fates(self, requests: str) -> str:
        """What becomes of every line: its request, and whether a later line replaces it.

        ``candidates`` counts the ids of requests that it names, ``place`` is 1 for the line of its
        request that counts; without a request, ``segment`` is NULL.
        """
        # a row an id, so that one id of a million requests and labels stays one row
        by_id = (
            f"SELECT method, id, count(*) AS requests, min(segment) AS segment, min(line) AS line "
            f"FROM (SELECT 'inference_id' AS method, inference_id AS id, {_PLACE} FROM {requests} "
            f"UNION ALL SELECT 'event_id', event_id, {_PLACE} FROM {requests}) "
            "WHERE id IS NOT NULL GROUP BY method, id"
        )
        # inference ids first, and of these the line's first id
        rank = "CASE b.method WHEN 'inference_id' THEN 0 ELSE 2 END + s.second"
        chosen = ", ".join(
            f"min_by(b.{name}, {rank}) FILTER (WHERE b.requests = 1) AS {name}"
            for name in ("segment", "line", "method")
        )
        told = (
            "SELECT s.n, arbitrary(s.labels) AS labels, arbitrary(s.known) AS known, "
            f"count(b.id) AS candidates, {chosen} FROM ("
            f"SELECT n, id, labels, known, 0 AS second FROM {self.labels} UNION ALL "
            f"SELECT n, other, labels, known, 1 FROM {self.labels} WHERE other IS NOT NULL) AS s "
            f"LEFT JOIN ({by_id}) AS b ON b.id = s.id GROUP BY s.n"
        )
        # a line without a request is the only one of its kind
        later = (
            f"(PARTITION BY {_PLACE}, CASE WHEN segment IS NULL THEN n END "
            "ORDER BY known DESC NULLS LAST, n DESC)"
        )
        latest = (
            f"SELECT *, row_number() OVER {later} AS place, first_value(labels) OVER {later} "
            f"AS kept FROM ({told})"
        )
        pairs = (
            "SELECT production_segment AS segment, production_line AS line "
            f"FROM {self.tables.sql('pairs')} WHERE {within(self.hours)} AND pos = 0"
        )
        return (
            "SELECT l.labels, l.known, l.candidates, l.segment, l.line, l.method, l.place, "
            "l.labels <> l.kept AS conflict, p.segment IS NOT NULL AS paired, "
            "cardinality(l.labels) = r.n_rows AS fits "
            f"FROM ({latest}) AS l "
            f"LEFT JOIN {requests} AS r ON r.segment = l.segment AND r.line = l.line "
            f"LEFT JOIN ({pairs}) AS p ON p.segment = l.segment AND p.line = l.line"
        )

    def counts(self, fates: str) -> str:
        """How many lines came to what; one row."""
        wholes = {
            "used": "paired AND fits",
            "unpaired": "NOT paired",
            "misfit": "paired AND NOT fits",
        }
        counted = {
            "unknown_id": "candidates = 0",
            "repeated_id": "candidates > 0 AND segment IS NULL",
            "duplicates": "place > 1",
            "conflicts": "place > 1 AND conflict",
            **{
                name: f"place = 1 AND segment IS NOT NULL AND {which}"
                for name, which in wholes.items()
            },
        }
        columns = ", ".join(f"count_if({which}) AS {name}" for name, which in counted.items())
        return f"SELECT {columns} FROM {fates}"

    def words(self) -> str:
        """How the answers write what may mean true or false."""
        pairs = self.tables.sql("pairs")
        labels = " UNION ALL ".join(
            f"SELECT {side}_label AS label FROM {pairs} WHERE {within(self.hours)}"
            for side in ("production", "shadow")
        )
        return (
            f"{self._about}SELECT lower(label) AS said, min(label) AS label FROM ({labels}) "
            "WHERE lower(label) IN ('true', 'false', '0', '1') GROUP BY lower(label)"
        )

    def some_ids(self, column: str) -> str:
        """Some of production's ids of one sort."""
        return (
            f"{self._about}SELECT {column} AS id FROM {self._production} "
            f"AND {column} IS NOT NULL LIMIT {SHOWN_IDS}"
        )

    def rows(self, fates: str, yes: str, no: str) -> str:
        """Every labelled row of a pair; ``yes`` and ``no`` are how answers say true and false."""
        label = "element_at(w.labels, p.pos + 1)"
        if self.kind in LABELLED:
            label = (
                f"CASE WHEN lower({label}) IN ('true', '1') THEN {quoted(yes)} "
                f"WHEN lower({label}) IN ('false', '0') THEN {quoted(no)} ELSE {label} END"
            )
        told = [name for name, _ in TRUTH if name != "number"]
        return (
            f"SELECT {', '.join(told)}, CASE WHEN is_finite(value) THEN value END AS number "
            f"FROM (SELECT *, {number('label')} AS value "
            f"FROM (SELECT p.ts, p.production_segment, p.production_line, p.pos, {label} AS label, "
            "w.method, "
            "CAST(floor(w.known / 1E6 - to_unixtime(p.ts)) AS bigint) AS delay_s "
            f"FROM (SELECT * FROM {self.tables.sql('pairs')} WHERE {within(self.hours)}) AS p "
            f"JOIN (SELECT * FROM {fates} WHERE place = 1 AND paired AND fits) AS w "
            "ON w.segment = p.production_segment AND w.line = p.production_line))"
        )

    @property
    def _production(self) -> str:
        """Production's rows of the hours, with a condition that may go on."""
        return (
            f"{self.tables.sql('rows')} WHERE ok AND variant = 'production' "
            f"AND {within(self.hours)}"
        )

    @property
    def _about(self) -> str:
        """A comment; Athena takes an earlier answer to the same text, whatever is there now."""
        return f"-- understudy: hours as of {self.state}\n"
