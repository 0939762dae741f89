"""How do the answers of several parts compare, pair by pair?

What SQL cannot compare — texts, rankings, documents — is compared here once for each set of pairs
and rules, and kept beside the pairs:

    compared-*.parquet  a row for every pair: all its columns, ``comparable``, ``agreed``, ``cut``
                        (an answer was too long to be compared whole) and one column a measure
    fields-*.parquet    a row for every field of every pair that has fields: its number, its state
                        (a place in ``analysis.fields.STATES``), its numeric difference
    compared-*.json     the names of the measures and of the fields

A pair that was compared before by the same rules is not compared again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import fields
from analysis.structured import MEASURES, Likeness, Rules, compare
from queries import embeddings
from queries.bulk import quoted
from queries.kept import read_json
from queries.pairing import Paired, pairs_file
from queries.segments import spill_folder
from queries.tables_out import TablesOut

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from queries.accounts import Segment
    from queries.config import Test
    from queries.reading import Kind
    from queries.store import Store

# Raise it when a comparison gives other numbers than before.
VERSION = 3
# Pairs whose answers are in memory at once: an answer may be some megabytes long.
BATCH = 2048
# Fields that are told apart over all pairs; documents with ids for names have more.
MOST_NAMES = 2_000
_PAIR = "production_segment, production_line, shadow_segment, shadow_line, pos"
_PLACE = ("production_segment", "production_line", "pos")


@dataclass(frozen=True, slots=True)
class Compared:
    """Where the comparison of one set of pairs lies, and the names of the fields in it.

    ``measures`` are columns of ``pairs``; ``problem`` says why one that was asked for is not there.
    """

    name: str
    fields: tuple[str, ...]
    measures: tuple[str, ...]
    problem: str

    def pairs(self, store: Store) -> Path:
        """The file with a row for every pair."""
        return store.folder / f"compared-{self.name}.parquet"

    def field_states(self, store: Store) -> Path:
        """The file with a row for every field of every pair."""
        return store.folder / f"fields-{self.name}.parquet"


def rules_of(test: Test, kind: Kind, tolerance: float) -> Rules:
    """When two answers of a test are the same."""
    asked = test.compare
    return Rules(
        kind,
        tolerance=tolerance,
        top_k=asked.top_k,
        min_overlap=asked.min_overlap,
        min_similarity=asked.min_similarity,
        threshold=test.prediction.threshold,
        labels=test.prediction.labels or (),
        ignore=asked.ignore,
        embeddings=(asked.embeddings or "") if kind == "text" else "",
    )


def compare_pairs(
    store: Store,
    paired: Paired,
    production: Sequence[Segment],
    shadow: Sequence[Segment],
    rules: Rules,
) -> Compared:
    """Compare all pairs, or find the comparison made of the same pairs and rules before."""
    problem = embeddings.problem_of(rules.embeddings) if rules.embeddings else ""
    by = hashlib.sha256(f"{VERSION} {rules!r} {problem}".encode()).hexdigest()[:8]
    name = f"{paired.name}-{by}"

    def make() -> Compared:
        earlier = (
            _known(store, file.stem.removeprefix("compared-"))
            for file in sorted(
                store.folder.glob(f"compared-*-{by}.json"),
                key=lambda file: file.stat().st_mtime,
                reverse=True,
            )
        )
        last = next((each for each in earlier if each is not None), None)
        return _Comparing(store, paired, production, shadow, rules, name, problem).run(last)

    return store.once(name, ("compared", "fields"), known=lambda: _known(store, name), make=make)


def _known(store: Store, name: str) -> Compared | None:
    known = read_json(Compared, store.folder / f"compared-{name}.json")
    if known is None or not (known.pairs(store).exists() and known.field_states(store).exists()):
        return None
    return known


class _Comparing:
    """One pass over the pairs, a batch at a time."""

    def __init__(
        self,
        store: Store,
        paired: Paired,
        production: Sequence[Segment],
        shadow: Sequence[Segment],
        rules: Rules,
        name: str,
        problem: str,
    ) -> None:
        self._store = store
        self._rules = rules
        self._ignore = fields.ignoring(rules.ignore)
        self._numbers: dict[str, int] = {}
        self._name = name
        self._problem = problem
        self._meaning = None
        self._measures = MEASURES[rules.kind]
        if rules.embeddings and not problem:
            self._meaning = embeddings.Meaning(rules.embeddings)
            self._measures = (*self._measures, embeddings.MEASURE)
        self._pairs = f"read_parquet({quoted(str(pairs_file(store, paired.name)))})"
        self._sides = {
            side: ", ".join(quoted(str(store.parquet(segment))) for segment in segments)
            for side, segments in (("production", production), ("shadow", shadow))
        }

    def run(self, earlier: Compared | None) -> Compared:
        """Write both files, each in one step; ``earlier`` is what may be taken over."""
        import duckdb

        made = Compared(self._name, (), self._measures, self._problem)
        spill = str(spill_folder(self._store.folder))
        database = duckdb.connect(config={"memory_limit": "400MB", "temp_directory": spill})
        try:
            database.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
            with (
                TablesOut(made.pairs(self._store)) as pairs,
                TablesOut(made.field_states(self._store)) as states,
            ):
                if earlier is not None:
                    self._take_over(database, earlier, pairs, states)
                for answered in self._answered(database, new_only=earlier is not None):
                    both = self._compared(answered)
                    pairs.write(both[0])
                    states.write(both[1])
        finally:
            database.close()
        return Compared(self._name, tuple(self._numbers), self._measures, self._problem)

    def _take_over(
        self, database: Any, earlier: Compared, pairs: TablesOut, states: TablesOut
    ) -> None:
        """Copy what was compared before of the pairs there are now."""
        self._numbers = {name: at for at, name in enumerate(earlier.fields)}
        found, told = (
            f"read_parquet({quoted(str(file))})"
            for file in (earlier.pairs(self._store), earlier.field_states(self._store))
        )
        database.execute(
            # a function needs a name of its own, or it is called "semi" and joined in full
            f"CREATE TEMP TABLE known AS SELECT {_PAIR} FROM {self._pairs} AS new "
            f"SEMI JOIN {found} AS found USING ({_PAIR})"
        )
        for select, out in (
            (f"SELECT * FROM {found} AS found SEMI JOIN known USING ({_PAIR})", pairs),
            (f"SELECT * FROM {told} AS told SEMI JOIN known USING ({', '.join(_PLACE)})", states),
        ):
            for table in _batches(database.sql(select)):
                out.write(table)

    def _answered(self, database: Any, *, new_only: bool) -> Iterator[pa.Table]:
        """The pairs with both answers; of no pairs, one batch without rows."""
        new = f"AS paired ANTI JOIN known USING ({_PAIR})" if new_only else ""
        return _batches(
            database.sql(
                f"""SELECT p.*, a.answer AS production_answer, b.answer AS shadow_answer
                FROM (SELECT * FROM {self._pairs} {new}) AS p
                JOIN read_parquet([{self._sides["production"]}]) AS a
                  ON a.segment = p.production_segment AND a.line = p.production_line
                 AND a.pos = p.pos
                JOIN read_parquet([{self._sides["shadow"]}]) AS b
                  ON b.segment = p.shadow_segment AND b.line = p.shadow_line AND b.pos = p.pos"""
            )
        )

    def _compared(self, table: pa.Table) -> tuple[pa.Table, pa.Table]:
        import pyarrow as pa

        sides = [table.column(f"{side}_answer").to_pylist() for side in ("production", "shadow")]
        found = [self._one(*both) for both in zip(*sides, strict=True)]
        pairs = table.drop_columns(["production_answer", "shadow_answer"])
        for name, values in (
            ("comparable", [each is not None for each in found]),
            ("agreed", [None if each is None else each.agreed for each in found]),
            ("cut", [None if each is None else each.cut for each in found]),
        ):
            pairs = pairs.append_column(name, pa.array(values, pa.bool_()))
        for at, measure in enumerate(MEASURES[self._rules.kind]):
            measured = [None if each is None else each.measures[at] for each in found]
            pairs = pairs.append_column(measure, _numbers(measured))
        if self._meaning is not None:
            texts = [[answer or "" for answer in side] for side in sides]
            meant = self._meaning.similarities(*texts) if found else []
            known = [m if each is not None else None for m, each in zip(meant, found, strict=True)]
            pairs = pairs.append_column(embeddings.MEASURE, _numbers(known))
        return pairs, self._states(table, found)

    def _one(self, production: str | None, shadow: str | None) -> Likeness | None:
        if production is None or shadow is None:
            return None
        return compare(production, shadow, self._rules, self._ignore)

    def _states(self, table: pa.Table, found: Sequence[Likeness | None]) -> pa.Table:
        import pyarrow as pa

        at: list[int] = []
        number: list[int] = []
        state: list[int] = []
        delta: list[float] = []
        for row, likeness in enumerate(found):
            if likeness is None:
                continue
            # further fields share a number: they differ where one of them does
            for field, each in sorted(
                ((self._number(each.name), each) for each in likeness.fields),
                key=lambda one: (one[0], one[1].state == "same"),
            ):
                if at and at[-1] == row and number[-1] == field:
                    continue
                at.append(row)
                number.append(field)
                state.append(fields.STATES.index(each.state))
                delta.append(each.delta)
        kept = table.select(["ts", *_PLACE]).take(pa.array(at, pa.int64()))
        kept = kept.append_column("field", pa.array(number, pa.int32()))
        kept = kept.append_column("state", pa.array(state, pa.int8()))
        return kept.append_column("delta", _numbers(delta))

    def _number(self, name: str) -> int:
        if name not in self._numbers and len(self._numbers) >= MOST_NAMES:
            name = fields.OTHER_FIELDS
        return self._numbers.setdefault(name, len(self._numbers))


def _batches(found: Any) -> Iterator[pa.Table]:
    """What a statement finds, a batch at a time; of nothing, one table without rows."""
    import pyarrow as pa

    reader = found.to_arrow_reader(BATCH)
    yield reader.schema.empty_table()
    for batch in reader:
        yield pa.Table.from_batches([batch])


def _numbers(values: list[Any]) -> Any:
    """A column of numbers in which nan is no number at all, as SQL expects."""
    import pyarrow as pa

    return pa.array(values, pa.float64(), from_pandas=True)
