"""Which shadow record answers the same request as which production record?

A ladder of evidence, one rung after the other, each pairing 1:1 what the rungs above left over:

1. the same ``inferenceId``, which the caller gives and SageMaker hands to the shadow too;
2. the same ``eventId``, if at least half of those left over are in both variants;
3. the same input within a few seconds, where not both records carry an id that says otherwise.

An id used several times pairs with the nearest in time. Where the same input was answered
differently within the same second or two, no pairing can be told from another: such records are
ambiguous and stay unpaired. The two sides of a paired log need no ladder: both stand in one line.
(AWS documents only the first rung: data capture and
``InferenceId`` of InvokeEndpoint,
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html.)
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.accounts import Segment
from queries.bulk import EMPTY, quoted
from queries.pairing import Paired, pairs_file, unpaired_file
from queries.same_line import pair_by_line
from queries.segments import PARQUET, spill_folder
from queries.store import Store

if TYPE_CHECKING:
    import duckdb

INPUT_WINDOW_S = 5
# An id that one variant used more often than this is no id of a request (a constant, a tenant).
MOST_USES = 100
METHODS = ("inference_id", "event_id", "input", "log")


class Ladder:
    """One climb, in a DuckDB of its own with bounded memory."""

    def __init__(
        self,
        store: Store,
        production: Sequence[Segment],
        shadow: Sequence[Segment],
        name: str,
        *,
        by_line: bool,
    ) -> None:
        import duckdb

        self._store = store
        self._name = name
        self._segments = (production, shadow)
        self._by_line = by_line
        self._sources = {
            "production": _rows(store, production),
            "shadow": _rows(store, shadow),
        }
        self._db: duckdb.DuckDBPyConnection = duckdb.connect(
            config={"memory_limit": "300MB", "temp_directory": str(spill_folder(store.folder))}
        )

    def climb(self) -> Paired:
        """Pair, write both files and count."""
        db = self._db
        try:
            db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
            for side, rows in self._sources.items():
                # 64-bit hashes stand for the ids: among ten million the chance that any two
                # differ and yet hash alike is three in a million
                db.execute(
                    f"""CREATE TABLE {side} AS
                    SELECT (row_number() OVER ())::UINTEGER AS id, segment, line, epoch(ts) AS t,
                        CASE WHEN inference_id IS NOT NULL THEN hash(inference_id) END
                            AS inference_id,
                        CASE WHEN event_id IS NOT NULL THEN hash(event_id) END AS event_id,
                        input_hash AS input, false AS ambiguous
                    FROM {rows} WHERE pos = 0"""
                )
            db.execute("CREATE TABLE pairing (p UINTEGER, s UINTEGER, method UTINYINT)")
            if self._by_line:
                pair_by_line(db, *self._segments, METHODS.index("log"))
                return self._write(collisions=0)
            collisions = self._by_id(0, "inference_id")
            if self._event_ids_are_shared():
                collisions += self._by_id(1, "event_id")
            self._by_input()
            return self._write(collisions)
        finally:
            db.close()

    def _by_id(self, method: int, column: str) -> int:
        """Pair equal ids: directly where both variants used them once, else nearest in time."""
        db = self._db
        self._leave_over()
        db.execute(
            f"""CREATE OR REPLACE TEMP TABLE repeated AS
            SELECT {column} AS key, max(n) AS uses, sum(n) AS records FROM (
                SELECT {column}, count(*) AS n FROM left_p GROUP BY ALL HAVING count(*) > 1
                UNION ALL
                SELECT {column}, count(*) AS n FROM left_s GROUP BY ALL HAVING count(*) > 1
            ) WHERE {column} IS NOT NULL GROUP BY ALL"""
        )
        collisions = self._count("SELECT coalesce(sum(records), 0) FROM repeated")
        db.execute(
            f"""INSERT INTO pairing SELECT p.id, s.id, {method}
            FROM left_p AS p JOIN left_s AS s ON p.{column} = s.{column}
            WHERE p.{column} NOT IN (SELECT key FROM repeated)"""
        )
        db.execute(
            f"""CREATE OR REPLACE TEMP TABLE candidates AS
            SELECT p.id AS p, s.id AS s, coalesce(p.input <> s.input, true) AS differs,
                   coalesce(abs(p.t - s.t), 1e18) AS gap
            FROM left_p AS p JOIN left_s AS s ON p.{column} = s.{column}
            WHERE p.{column} IN (SELECT key FROM repeated WHERE uses <= {MOST_USES})"""
        )
        self._nearest(method)
        return collisions

    def _event_ids_are_shared(self) -> bool:
        """AWS does not say whether both variants get one eventId: the captures themselves tell."""
        self._leave_over()
        for side in ("p", "s"):
            self._db.execute(
                f"CREATE OR REPLACE TEMP TABLE events_{side} AS "
                f"SELECT DISTINCT event_id FROM left_{side} WHERE event_id IS NOT NULL"
            )
        # of the variant with fewer of them: the other one may be sampled more densely
        fewer = self._count(
            "SELECT least((SELECT count(*) FROM events_p), (SELECT count(*) FROM events_s))"
        )
        shared = self._count("SELECT count(*) FROM events_p SEMI JOIN events_s USING (event_id)")
        return fewer > 0 and 2 * shared >= fewer

    def _by_input(self) -> None:
        """Pair equal inputs within seconds; what could be paired in several ways stays out."""
        db = self._db
        self._leave_over()
        for side in ("p", "s"):
            db.execute(
                f"""CREATE OR REPLACE TEMP TABLE near_{side} AS
                SELECT *, floor(t / {INPUT_WINDOW_S})::BIGINT AS slot,
                    inference_id IS NULL OR inference_id IN (SELECT key FROM constant) AS anonymous
                FROM left_{side} WHERE input IS NOT NULL AND t IS NOT NULL"""
            )
        self._leave_out_crowds()
        answers = {side: self._answers(side) for side in ("production", "shadow")}
        db.execute(
            f"""CREATE OR REPLACE TEMP TABLE candidates AS
            SELECT p.id AS p, s.id AS s, false AS differs, abs(p.t - s.t) AS gap,
                   a.answer AS p_answer, b.answer AS s_answer
            FROM (SELECT *, unnest([slot - 1, slot, slot + 1]) AS near FROM near_p) AS p
            JOIN near_s AS s ON p.input = s.input AND p.near = s.slot
            LEFT JOIN {answers["production"]} AS a ON a.segment = p.segment AND a.line = p.line
            LEFT JOIN {answers["shadow"]} AS b ON b.segment = s.segment AND b.line = s.line
            WHERE abs(p.t - s.t) <= {INPUT_WINDOW_S} AND (p.anonymous OR s.anonymous)"""
        )
        # times are whole seconds, so a second more or less does not order two candidates
        for side, other in (("p", "s"), ("s", "p")):
            db.execute(
                f"""CREATE OR REPLACE TEMP TABLE tied_{side} AS
                SELECT {side} AS id FROM (
                    SELECT *, min(gap) OVER (PARTITION BY {side}) AS best FROM candidates)
                WHERE gap <= best + 1 GROUP BY {side}
                HAVING count(DISTINCT {other}_answer) > 1"""
            )
        for side, table in (("p", "production"), ("s", "shadow")):
            db.execute(
                f"""UPDATE {table} SET ambiguous = true WHERE id IN (
                    SELECT {side} FROM candidates WHERE p IN (SELECT id FROM tied_p)
                    OR s IN (SELECT id FROM tied_s))"""
            )
        db.execute(
            """DELETE FROM candidates WHERE p IN (SELECT id FROM production WHERE ambiguous)
            OR s IN (SELECT id FROM shadow WHERE ambiguous)"""
        )
        self._nearest(2)

    def _leave_out_crowds(self) -> None:
        """A payload sent very often within seconds (a health check) cannot be told apart."""
        db = self._db
        around = "unnest([slot - 1, slot, slot + 1]) AS slot"
        db.execute(
            f"""CREATE OR REPLACE TEMP TABLE crowds AS SELECT DISTINCT input, {around} FROM (
                SELECT input, slot FROM near_p GROUP BY ALL HAVING count(*) > {MOST_USES}
                UNION
                SELECT input, slot FROM near_s GROUP BY ALL HAVING count(*) > {MOST_USES})"""
        )
        for side, other, table in (("p", "s", "production"), ("s", "p", "shadow")):
            db.execute(
                f"""UPDATE {table} SET ambiguous = true WHERE id IN (
                    SELECT id FROM near_{side} SEMI JOIN crowds USING (input, slot)
                    JOIN (SELECT input, slot, bool_or(anonymous) AS some_anonymous
                        FROM (SELECT input, anonymous, {around} FROM near_{other}) GROUP BY ALL)
                        USING (input, slot)
                    WHERE anonymous OR some_anonymous)"""
            )
        for side in ("p", "s"):
            db.execute(
                f"CREATE OR REPLACE TEMP TABLE near_{side} AS "
                f"SELECT * FROM near_{side} ANTI JOIN crowds USING (input, slot)"
            )

    def _answers(self, side: str) -> str:
        """One number for all answers of a record: equal numbers, equal answers."""
        mine = "p" if side == "production" else "s"
        return (
            f"(SELECT segment, line, bit_xor(hash(pos, label, score, answer)) AS answer "
            f"FROM {self._sources[side]} SEMI JOIN near_{mine} USING (segment, line) GROUP BY ALL)"
        )

    def _nearest(self, method: int) -> None:
        """Accept candidates that are each other's nearest, round by round, until none is left."""
        db = self._db
        db.execute(
            """CREATE OR REPLACE TEMP TABLE ranked AS SELECT *,
            dense_rank() OVER (PARTITION BY s ORDER BY p) AS p_rank,
            dense_rank() OVER (PARTITION BY p ORDER BY s) AS s_rank FROM candidates"""
        )
        order = "differs, gap, abs(p_rank::INT - s_rank::INT), p, s"
        while self._count("SELECT count(*) FROM ranked"):
            db.execute(
                f"""CREATE OR REPLACE TEMP TABLE chosen AS SELECT p, s FROM (
                    SELECT *, row_number() OVER (PARTITION BY p ORDER BY {order}) AS of_p,
                           row_number() OVER (PARTITION BY s ORDER BY {order}) AS of_s FROM ranked)
                WHERE of_p = 1 AND of_s = 1"""
            )
            db.execute(f"INSERT INTO pairing SELECT p, s, {method} FROM chosen")
            db.execute(
                """DELETE FROM ranked WHERE p IN (SELECT p FROM chosen)
                OR s IN (SELECT s FROM chosen)"""
            )

    def _leave_over(self) -> None:
        """What no rung has paired yet, and the ids that are none."""
        for side, table in (("p", "production"), ("s", "shadow")):
            self._db.execute(
                f"CREATE OR REPLACE TEMP VIEW left_{side} AS SELECT * FROM {table} "
                f"ANTI JOIN pairing ON pairing.{side} = {table}.id"
            )
        self._db.execute(
            f"""CREATE OR REPLACE TEMP VIEW constant AS SELECT inference_id AS key FROM (
                SELECT inference_id FROM production GROUP BY ALL HAVING count(*) > {MOST_USES}
                UNION
                SELECT inference_id FROM shadow GROUP BY ALL HAVING count(*) > {MOST_USES})
            WHERE inference_id IS NOT NULL"""
        )

    def _write(self, collisions: int) -> Paired:
        """Join the rows of the paired records, position by position, and count what is left."""
        db = self._db
        methods = ", ".join(quoted(method) for method in METHODS)
        db.execute(
            f"""CREATE TEMP TABLE joined AS
            SELECT p.segment AS p_segment, p.line AS p_line, s.segment AS s_segment,
                   s.line AS s_line, [{methods}][method + 1] AS method,
                   coalesce(p.input <> s.input, false) AS different_input
            FROM pairing JOIN production AS p ON p.id = pairing.p
            JOIN shadow AS s ON s.id = pairing.s"""
        )
        pairs = pairs_file(self._store, self._name)
        self._copy(
            # materialized, or the planner may join the variants by position first: a cross product
            f"""WITH asked AS MATERIALIZED (
                SELECT p.ts, p.pos, p.cluster, p.label, p.score, p.status, p.latency_ms, p.failure,
                    j.*
                FROM {self._sources["production"]} AS p
                JOIN joined AS j ON p.segment = j.p_segment AND p.line = j.p_line)
            SELECT p.ts, s.ts AS shadow_ts, p.method, p.different_input, p.pos, p.cluster,
                p.p_segment AS production_segment, p.p_line AS production_line,
                p.s_segment AS shadow_segment, p.s_line AS shadow_line,
                p.label AS production_label, p.score AS production_score,
                s.label AS shadow_label, s.score AS shadow_score,
                p.status AS production_status, p.latency_ms AS production_latency_ms,
                p.failure AS production_failure, s.status AS shadow_status,
                s.latency_ms AS shadow_latency_ms, s.failure AS shadow_failure
            FROM asked AS p JOIN {self._sources["shadow"]} AS s
              ON s.segment = p.s_segment AND s.line = p.s_line AND s.pos = p.pos
            ORDER BY p.ts, production_segment, production_line, p.pos""",
            pairs,
        )
        made = f"read_parquet({quoted(str(pairs))})"
        lonely = " UNION ALL BY NAME ".join(
            f"""SELECT {quoted(side)} AS variant, r.ts, r.pos, r.segment, r.line,
                coalesce(k.ambiguous, false) AS ambiguous
            FROM {rows} AS r
            ANTI JOIN {made} AS m ON m.{side}_segment = r.segment AND m.{side}_line = r.line
                AND m.pos = r.pos
            LEFT JOIN (SELECT segment, line, ambiguous FROM {side} WHERE ambiguous) AS k
                ON k.segment = r.segment AND k.line = r.line"""
            for side, rows in self._sources.items()
        )
        left = unpaired_file(self._store, self._name)
        self._copy(lonely, left)
        lonely_rows = f"read_parquet({quoted(str(left))})"
        counts = {
            (variant, ambiguous): n
            for variant, ambiguous, n in db.execute(
                f"SELECT variant, ambiguous, count(*) FROM {lonely_rows} GROUP BY ALL"
            ).fetchall()
        }
        by_method = dict(db.execute(f"SELECT method, count(*) FROM {made} GROUP BY ALL").fetchall())
        paired = sum(by_method.values())
        only = {side: counts.get((side, False), 0) for side in self._sources}
        unsure = {side: counts.get((side, True), 0) for side in self._sources}
        return Paired(
            name=self._name,
            production=paired + only["production"] + unsure["production"],
            shadow=paired + only["shadow"] + unsure["shadow"],
            by_method=tuple((m, by_method[m]) for m in METHODS if m in by_method),
            production_only=only["production"],
            shadow_only=only["shadow"],
            ambiguous_production=unsure["production"],
            ambiguous_shadow=unsure["shadow"],
            collisions=collisions,
            different_input=self._count(f"SELECT count(*) FROM {made} WHERE different_input"),
        )

    def _copy(self, select: str, to: Path) -> None:
        temporary = to.with_suffix(f".{os.getpid()}.tmp")
        self._db.execute(f"COPY ({select}) TO {quoted(str(temporary))} ({PARQUET})")
        temporary.replace(to)

    def _count(self, sql: str) -> int:
        row: Any = self._db.execute(sql).fetchall()[0]
        return int(row[0])


def _rows(store: Store, segments: Sequence[Segment]) -> str:
    """SQL of the rows of some segments; an empty relation of the right columns for none."""
    if not segments:
        return f"(SELECT {', '.join(f'NULL::{t} AS {n}' for n, t in EMPTY.items())} WHERE false)"
    files = ", ".join(quoted(str(store.parquet(segment))) for segment in segments)
    return f"(SELECT * FROM read_parquet([{files}]) WHERE ok)"
