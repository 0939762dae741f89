"""How are the questions asked of what lies on this machine?

DuckDB runs their text unchanged, through a few macros with Athena's names (``macros.sql``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from queries.agreeing import answers, comparison
from queries.answers import Answer
from queries.bulk import EMPTY, parquet, quoted
from queries.content_types import content_type
from queries.filtered import Narrowed, Relation, before, under
from queries.pairing import Paired, pairs_file, unpaired_file
from queries.questions import FOLDER, MACROS, find

if TYPE_CHECKING:
    import duckdb

    from queries.accounts import Segment
    from queries.comparing import Compared
    from queries.reading import Kind
    from queries.store import Store

OF_A_LOG = ", ".join(
    f"{side}_{name}"
    for side in ("production", "shadow")
    for name in ("status", "latency_ms", "failure")
)


class DuckEngine(Narrowed):
    """Asks the questions of one test on DuckDB; safe to share between threads and sessions.

    Integers divide as in Athena: a question casts before it divides.
    """

    def __init__(
        self,
        store: Store,
        production: Sequence[Segment],
        shadow: Sequence[Segment],
        paired: Paired,
        *,
        kind: Kind,
        threshold: float,
        tolerance: float,
        compared: Compared | None = None,
    ) -> None:
        import duckdb

        self._db = duckdb.connect()
        self._relations: set[str] = set()
        self._db.execute(
            # global, or the cursors would not have it
            "SET GLOBAL TimeZone = 'UTC'; SET GLOBAL integer_division = true; "
            f"SET preserve_insertion_order = false; {(FOLDER / MACROS).read_text()}"
        )
        self.attach("captures", _captures(self._db, store, production, shadow))
        if compared is None:
            self.attach("pairs", pairs_of(store, paired, kind, threshold, tolerance))
        else:
            self.attach("pairs", parquet(compared.pairs(store)))
            self.attach("fields", parquet(compared.field_states(store)))
        self.attach("unpaired", parquet(unpaired_file(store, paired.name)))
        self.attach("inputs", _INPUTS)

    def attach(self, relation: str, select: str) -> None:
        """Let the questions ask for one relation more, the rows of a query of DuckDB."""
        # a cursor, for questions may be asked while a relation is attached
        self._db.cursor().execute(
            f"CREATE OR REPLACE VIEW all_{relation} AS {select}; "
            f"CREATE OR REPLACE VIEW {relation} AS SELECT * FROM all_{relation}"
        )
        self._relations.add(relation)

    def sampled(self, rows: int) -> tuple[DuckEngine, int]:
        """Itself, for on this machine no row has to travel."""
        return self, 1

    def run(
        self,
        question: str,
        *,
        columns: Sequence[str] = (),
        given: Sequence[Relation] = (),
        **parameters: Any,
    ) -> Answer:
        """Ask ``queries/{question}.sql`` (``engine.Engine``)."""
        text, values = find(question).asked(columns, parameters)
        made = tuple(given)
        if self._where is not None:
            texts = (text, *(relation.sql for relation in given))
            made = (*under(self._where, texts, self._relations), *made)
        bound = [value for relation in made for value in relation.parameters]
        bound += values
        # a cursor of its own for every call: DuckDB runs them side by side
        cursor = self._db.cursor()
        try:
            return Answer(cursor.execute(before(text, made), bound).fetchnumpy())
        finally:
            cursor.close()


def _captures(
    database: duckdb.DuckDBPyConnection,
    store: Store,
    production: Sequence[Segment],
    shadow: Sequence[Segment],
) -> str:
    sides: Mapping[str, Sequence[Segment]] = {"production": production, "shadow": shadow}
    selects = [
        f"SELECT {quoted(side)} AS variant, * EXCLUDE (ok, shape), "
        f"{content_type(database, store, segments)} AS content_type FROM read_parquet("
        f"[{', '.join(quoted(str(store.parquet(s))) for s in segments)}]) WHERE ok"
        for side, segments in sides.items()
        if segments
    ]
    if not selects:
        columns = {"variant": "VARCHAR", **EMPTY, "content_type": "VARCHAR"}
        nothing = ", ".join(f"NULL::{type_} AS {name}" for name, type_ in columns.items())
        selects = [f"SELECT {nothing} WHERE false"]
    return " UNION ALL BY NAME ".join(selects)


_INPUTS = """
SELECT
    c.* EXCLUDE (variant, ts, cluster, label, score, answer, segment, line),
    p.* EXCLUDE (pos)
FROM all_pairs AS p JOIN all_captures AS c
    ON c.segment = p.production_segment AND c.line = p.production_line AND c.pos = p.pos
WHERE c.variant = 'production'"""


def pairs_of(store: Store, paired: Paired, kind: Kind, threshold: float, tolerance: float) -> str:
    """The pairs as the test compares them: a threshold or a tolerance needs no new ingest."""
    files = quoted(str(pairs_file(store, paired.name)))
    return (
        f"SELECT *, {comparison(kind, tolerance)} FROM (SELECT ts, shadow_ts, method, "
        "different_input, pos, cluster, production_segment, production_line, shadow_segment, "
        f"shadow_line, {answers(kind, threshold)}, {OF_A_LOG} FROM read_parquet({files}))"
    )
