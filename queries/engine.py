"""How is a question asked?

The questions are ``queries/*.sql``, written once in Athena's dialect (Trino) over two relations:

``captures``
    a row for every instance of both variants: ``variant`` ('production' or 'shadow'), ``ts``,
    ``event_id``, ``inference_id``, ``label``, ``score``, ``answer`` (of several parts),
    ``input_bytes``, ``content_type``, ``segment``, ``line``, ``pos`` and the features ``f0``,
    ``f1``, … (production only); of a paired log ``status``, ``latency_ms``, ``failure``;
``pairs``
    a row for every pair: ``ts``, ``method``, ``different_input``, the label and score of each
    variant, ``comparable`` (both could be read), ``agreed``, where both records lie, and of a
    paired log the status, latency and failure of each;
``fields``
    of answers of several parts (``comparing``): a row for every field of every pair, with its
    ``state``; ``pairs`` then has a column for every measure too;
``inputs``
    a row for every pair with what was asked: the features, ``input_bytes``, ``content_type``.

``unpaired`` holds the rows without a partner. ``truth``, a row for every labelled row of a pair, is
attached when it is first asked for (``queries/truth.py``). DuckDB runs the text unchanged, through
a few macros with Athena's names. Under a filter each name means what is left of its relation
(``filtered``).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.accounts import Segment
from queries.answers import Answer
from queries.bulk import EMPTY, quoted
from queries.content_types import content_type
from queries.errors import QuestionError
from queries.filtered import Relation, before, under
from queries.pairing import Paired, pairs_file, unpaired_file
from queries.store import Store

if TYPE_CHECKING:
    import duckdb

    from queries.comparing import Compared
    from queries.conditions import Filter
    from queries.reading import Kind

FOLDER = Path(__file__).parent
MACROS = "macros.sql"
_PARAMETERS = re.compile(r"^-- parameters:(?P<names>.*)$", re.MULTILINE)
OF_A_LOG = ", ".join(
    f"{side}_{name}"
    for side in ("production", "shadow")
    for name in ("status", "latency_ms", "failure")
)
_COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


class Engine:
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
        self._where: Filter | None = None
        self._whole: Engine | None = None
        self._db.execute(
            # global, or the cursors would not have it
            "SET GLOBAL TimeZone = 'UTC'; SET GLOBAL integer_division = true; "
            f"SET preserve_insertion_order = false; {(FOLDER / MACROS).read_text()}"
        )
        self._define("captures", _captures(self._db, store, production, shadow))
        if compared is None:
            self._define("pairs", _pairs(store, paired, kind, threshold, tolerance))
        else:
            self.attach("pairs", compared.pairs(store))
            self.attach("fields", compared.field_states(store))
        self.attach("unpaired", unpaired_file(store, paired.name))
        self._define("inputs", _INPUTS)

    def attach(self, relation: str, file: Path) -> None:
        """Let the questions ask for one relation more, which lies in a Parquet file."""
        self._define(relation, f"SELECT * FROM read_parquet({quoted(str(file))})")

    def _define(self, relation: str, select: str) -> None:
        # a cursor, for questions may be asked while a relation is attached
        self._db.cursor().execute(
            f"CREATE OR REPLACE VIEW all_{relation} AS {select}; "
            f"CREATE OR REPLACE VIEW {relation} AS SELECT * FROM all_{relation}"
        )
        self._relations.add(relation)

    def within(self, where: Filter) -> Engine:
        """The same engine, whose questions see only what meets a filter; ``whole`` sees all."""
        inside = copy.copy(self)
        inside._where, inside._whole = where, self.whole
        return inside

    @property
    def whole(self) -> Engine:
        """The same engine without a filter."""
        # no reference to itself: it goes, with its memory, as soon as nobody asks it any more
        return self if self._whole is None else self._whole

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
        """
        text, names = _question(question)
        if set(names) != set(parameters):
            raise QuestionError(
                f"The question {question} takes {', '.join(names) or 'no parameters'}; "
                f"it was given {', '.join(sorted(parameters)) or 'none'}."
            )
        if ("{columns}" in text) != bool(columns):
            raise QuestionError(f"The question {question} needs a column, or takes none.")
        for column in columns:
            if not _COLUMN_NAME.fullmatch(column):
                raise QuestionError(f"{column!r} is no column of a feature or a measure.")
        text = text.replace("{columns}", ", ".join(columns))
        made = tuple(given)
        if self._where is not None:
            texts = (text, *(relation.sql for relation in given))
            made = (*under(self._where, texts, self._relations), *made)
        bound = [value for relation in made for value in relation.parameters]
        bound += [parameters[name] for name in names]
        # a cursor of its own for every call: DuckDB runs them side by side
        cursor = self._db.cursor()
        try:
            return Answer(cursor.execute(before(text, made), bound).fetchnumpy())
        finally:
            cursor.close()


def questions() -> tuple[str, ...]:
    """The names of all questions."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.sql") if file.name != MACROS))


@cache
def _question(name: str) -> tuple[str, tuple[str, ...]]:
    """The text of a question and the names of its parameters, in the order of the marks."""
    if name not in questions():
        raise QuestionError(f"There is no question {name!r}; there are {', '.join(questions())}.")
    text = (FOLDER / f"{name}.sql").read_text()
    named = _PARAMETERS.search(text)
    names = tuple(part.strip() for part in named["names"].split(",")) if named else ()
    return text, names


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
    c.* EXCLUDE (variant, ts, event_id, inference_id, label, score, answer, segment, line),
    p.* EXCLUDE (pos)
FROM all_pairs AS p JOIN all_captures AS c
    ON c.segment = p.production_segment AND c.line = p.production_line AND c.pos = p.pos
WHERE c.variant = 'production'"""


def _pairs(store: Store, paired: Paired, kind: Kind, threshold: float, tolerance: float) -> str:
    """The pairs as the test compares them: a threshold or a tolerance needs no new ingest."""
    columns = []
    for side in ("production", "shadow"):
        label, score = f"{side}_label", f"{side}_score"
        if kind == "binary":
            label = (
                f"coalesce({label}, CASE WHEN {score} >= {threshold!r} THEN '1' "
                f"WHEN {score} < {threshold!r} THEN '0' END)"
            )
        elif kind == "regression":
            label = "NULL::VARCHAR"
        columns.append(f"{label} AS {side}_label, {score} AS {side}_score")
    if kind == "regression":
        compare = (
            "production_score IS NOT NULL AND shadow_score IS NOT NULL AS comparable, "
            "shadow_score = production_score OR is_finite(production_score) AND "
            f"abs(shadow_score - production_score) <= {tolerance!r} * abs(production_score) "
            "AS agreed"
        )
    else:
        compare = (
            "production_label IS NOT NULL AND shadow_label IS NOT NULL AS comparable, "
            "production_label = shadow_label AS agreed"
        )
    files = quoted(str(pairs_file(store, paired.name)))
    return (
        f"SELECT *, {compare} FROM (SELECT ts, shadow_ts, method, "
        f"different_input, pos, production_segment, production_line, shadow_segment, shadow_line, "
        f"{', '.join(columns)}, {OF_A_LOG} FROM read_parquet({files}))"
    )
