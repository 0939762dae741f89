"""Which pair does each right answer belong to?

An id is looked for among production's inference ids, then among its event ids, as Model Monitor
does. Of several lines of one request the last counts.

    truth-*.parquet  a row for every labelled row of a pair: where production's record lies, the
                     label, the same as a number, which id it was found by, and how late it came
    truth-*.json     what became of every line
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.labels import LabelCounts
from analysis.policy import STRUCTURED
from analysis.quality import SHOWN_IDS, Ids
from queries.bulk import parquet, quoted
from queries.kept import read_json
from queries.labelled import Labelled
from queries.pairing import pairs_file
from queries.segments import PARQUET, spill_folder
from queries.truth_files import read_labels

if TYPE_CHECKING:
    import duckdb

    from queries.accounts import Segment
    from queries.config import Aws
    from queries.config_truth import Truth
    from queries.engine import Engine
    from queries.pairing import Paired
    from queries.reading import Kind
    from queries.store import Store
    from queries.truth_files import Labels

VERSION = 1
LOOK_EVERY_S = 10.0
"""Within this time a test is not looked at again for new labels."""
SHOWN_PROBLEMS = 5
_PLACE = "segment, line"
LABELLED = ("binary", "multiclass")
"""Kinds of answers that are labels, so that 1 and true may be the same one."""


def rows_file(store: Store, name: str) -> Path:
    """Where the labelled rows of a :class:`Labelled` lie."""
    return store.folder / f"truth-{name}.parquet"


class LabelsHere:
    """The labels that are joined on this machine; see :class:`queries.labelled.PairLabels`."""

    def __init__(
        self,
        truth: Truth,
        aws: Aws | None,
        store: Store,
        paired: Paired,
        production: Sequence[Segment],
        engine: Engine,
        kind: Kind,
        *,
        relation: str = "truth",
    ) -> None:
        self.relation = relation
        self._truth = truth
        self._aws = aws
        self._store = store
        self._paired = paired
        self._production = production
        self._engine = engine
        self._kind: Kind = kind
        self._lock = threading.Lock()
        self._found: Labelled | None = None
        self._looked = 0.0

    def read(self) -> Labelled:
        """Read what is new, find the pairs, and let questions ask for the relation."""
        with self._lock:
            if self._found is None or time.monotonic() - self._looked > LOOK_EVERY_S:
                labels = read_labels(
                    self._store, self._truth, self._aws, whole=self._kind in STRUCTURED
                )
                found = self._joined(labels)
                if self._found is None or found.name != self._found.name:
                    self._engine.attach(self.relation, parquet(rows_file(self._store, found.name)))
                self._found, self._looked = found, time.monotonic()
            return self._found

    def behind(self) -> None:
        """Nothing: whatever has come is read."""

    def _joined(self, labels: Labels) -> Labelled:
        made_of = f"{VERSION} {labels!r} {self._paired.name} {self._kind}"
        name = hashlib.sha256(made_of.encode()).hexdigest()[:16]

        def known() -> Labelled | None:
            found = read_json(Labelled, self._store.folder / f"truth-{name}.json")
            return found if found is not None and rows_file(self._store, name).exists() else None

        return self._store.once(
            name, ("truth",), known=known, make=lambda: self._join(labels, name)
        )

    def _join(self, labels: Labels, name: str) -> Labelled:
        import duckdb

        spill = str(spill_folder(self._store.folder))
        database = duckdb.connect(config={"memory_limit": "300MB", "temp_directory": spill})
        try:
            database.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
            database.execute(
                f"CREATE VIEW pairs AS SELECT * FROM read_parquet("
                f"{quoted(str(pairs_file(self._store, self._paired.name)))})"
            )
            self._find_requests(database, labels)
            yes, no = self._words(database)
            file = rows_file(self._store, name)
            half = file.with_suffix(f".{os.getpid()}.tmp")
            database.execute(f"COPY ({self._rows(yes, no)}) TO {quoted(str(half))} ({PARQUET})")
            half.replace(file)
            counts = self._counts(database, labels)
            return Labelled(name, counts, self._ids(database, counts), yes, no)
        finally:
            database.close()

    def _find_requests(self, database: duckdb.DuckDBPyConnection, labels: Labels) -> None:
        segments = ", ".join(quoted(str(self._store.parquet(each))) for each in self._production)
        database.execute(
            f"""
            CREATE TEMP TABLE said AS
            SELECT row_number() OVER (ORDER BY file, line) AS n, id, other, labels, known
            FROM read_parquet({quoted(str(labels.path(self._store)))});

            CREATE VIEW answered AS SELECT * FROM read_parquet([{segments}]) WHERE ok;

            CREATE TEMP TABLE ids AS SELECT id FROM said UNION SELECT other FROM said
            WHERE other IS NOT NULL;

            CREATE TEMP TABLE requests AS
            SELECT {_PLACE}, any_value(inference_id) AS inference_id,
                any_value(event_id) AS event_id, count(*) AS n_rows
            FROM answered
            WHERE inference_id IN (SELECT id FROM ids) OR event_id IN (SELECT id FROM ids)
            GROUP BY {_PLACE};

            -- a row an id, so that one id of a million requests and labels stays one row
            CREATE TEMP TABLE by_id AS
            SELECT method, id, count(*) AS requests, min(segment) AS segment, min(line) AS line
            FROM (
                SELECT 'inference_id' AS method, inference_id AS id, {_PLACE} FROM requests
                UNION ALL SELECT 'event_id', event_id, {_PLACE} FROM requests
            ) WHERE id IS NOT NULL GROUP BY method, id;

            CREATE TEMP TABLE told AS
            SELECT s.n, any_value(s.labels) AS labels, any_value(s.known) AS known,
                count(b.id) AS candidates,
                min_by(b, (b.method = 'event_id', s.second)) FILTER (WHERE b.requests = 1)
                    AS request
            FROM (
                SELECT n, id, labels, known, false AS second FROM said
                UNION ALL SELECT n, other, labels, known, true FROM said WHERE other IS NOT NULL
            ) AS s LEFT JOIN by_id AS b ON b.id = s.id
            GROUP BY s.n;

            CREATE TEMP TABLE latest AS
            SELECT n, labels, known, request.segment AS segment, request.line AS line,
                request.method AS method,
                row_number() OVER later AS place, first_value(labels) OVER later AS kept
            FROM told WHERE request IS NOT NULL
            WINDOW later AS (
                PARTITION BY request.segment, request.line
                ORDER BY known DESC NULLS LAST, n DESC
            );

            CREATE TEMP TABLE whole AS
            SELECT l.*, r.n_rows, p.segment IS NOT NULL AS paired,
                len(l.labels) = r.n_rows AS fits
            FROM latest AS l JOIN requests AS r USING ({_PLACE})
            LEFT JOIN (
                SELECT DISTINCT production_segment AS segment, production_line AS line FROM pairs
            ) AS p USING ({_PLACE})
            WHERE l.place = 1
            """
        )

    def _words(self, database: duckdb.DuckDBPyConnection) -> tuple[str, str]:
        """How the answers say true and false: in words, or as 1 and 0."""
        if self._kind not in LABELLED:
            return "1", "0"
        found: list[tuple[str, str]] = database.execute(
            "SELECT lower(label), min(label) FROM ("
            "SELECT production_label AS label FROM pairs UNION ALL SELECT shadow_label FROM pairs"
            ") WHERE lower(label) IN ('true', 'false', '0', '1') GROUP BY ALL"
        ).fetchall()
        written = dict(found)
        if not written or {"0", "1"} & written.keys():
            return "1", "0"
        return written.get("true", "true"), written.get("false", "false")

    def _counts(self, database: duckdb.DuckDBPyConnection, labels: Labels) -> LabelCounts:
        def count(select: str) -> int:
            row: Any = database.execute(f"SELECT count(*) FROM {select}").fetchone()
            return int(row[0])

        problems = tuple(each.problem for each in labels.files if each.problem)
        return LabelCounts(
            location=self._truth.location,
            files=len(labels.files) - len(problems),
            failed=len(problems),
            lines=sum(each.lines for each in labels.files),
            used=count("whole WHERE paired AND fits"),
            duplicates=count("latest WHERE place > 1"),
            conflicts=count("latest WHERE place > 1 AND labels <> kept"),
            without_id=sum(each.without_id for each in labels.files),
            unreadable=sum(each.unreadable for each in labels.files),
            unknown_id=count("told WHERE candidates = 0"),
            repeated_id=count("told WHERE candidates > 0 AND request IS NULL"),
            unpaired=count("whole WHERE NOT paired"),
            misfit=count("whole WHERE paired AND NOT fits"),
            problems=problems[:SHOWN_PROBLEMS],
        )

    def _ids(self, database: duckdb.DuckDBPyConnection, counts: LabelCounts) -> Ids:
        """Ids of both sides where none match, for the reader to see why."""

        def some(column: str, relation: str) -> tuple[str, ...]:
            found = database.execute(
                f"SELECT {column} FROM {relation} WHERE {column} IS NOT NULL LIMIT {SHOWN_IDS}"
            ).fetchall()
            return tuple(str(value) for (value,) in found)

        if counts.lines == 0 or counts.unknown_id == 0 or counts.used:
            return Ids((), (), ())
        return Ids(
            some("id", "said"), some("inference_id", "answered"), some("event_id", "answered")
        )

    def _rows(self, yes: str, no: str) -> str:
        """SQL of every labelled row of a pair."""
        label = "w.labels[p.pos + 1]"
        if self._kind in LABELLED:
            label = (
                f"CASE WHEN lower({label}) IN ('true', '1') THEN {quoted(yes)} "
                f"WHEN lower({label}) IN ('false', '0') THEN {quoted(no)} ELSE {label} END"
            )
        return (
            "SELECT *, CASE WHEN isfinite(try_cast(label AS DOUBLE)) "
            "THEN try_cast(label AS DOUBLE) END AS number "
            "FROM (SELECT p.ts, p.production_segment, p.production_line, p.pos, "
            f"{label} AS label, w.method, floor(epoch(w.known) - epoch(p.ts))::BIGINT AS delay_s "
            "FROM pairs AS p JOIN whole AS w "
            "ON w.segment = p.production_segment AND w.line = p.production_line "
            "WHERE w.paired AND w.fits)"
        )
