"""How do the answers of several parts compare, pair by pair?

What SQL cannot compare — texts, rankings, documents — is compared here once for each set of pairs
and rules, and kept beside the pairs:

    compared-*.parquet  a row for every pair: all its columns, ``comparable``, ``agreed`` and one
                        column a measure
    fields-*.parquet    a row for every field of every pair that has fields: its number, its state
                        (a place in ``analysis.fields.STATES``), its numeric difference
    compared-*.json     the names of the fields
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import fields
from analysis.structured import MEASURES, Likeness, Rules, compare
from queries.bulk import quoted
from queries.kept import read_json, write_json
from queries.pairing import Paired, pairs_file
from queries.segments import spill_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from queries.accounts import Segment
    from queries.config import Test
    from queries.store import Store

# Raise it when a comparison gives other numbers than before.
VERSION = 1
BATCH = 20_000
_PLACE = "production_segment, production_line, pos"


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


def rules_of(test: Test, kind: Any, tolerance: float) -> Rules:
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
    )


def compare_pairs(
    store: Store,
    paired: Paired,
    production: Sequence[Segment],
    shadow: Sequence[Segment],
    rules: Rules,
) -> Compared:
    """Compare all pairs, or find the comparison made of the same pairs and rules before."""
    name = hashlib.sha256(f"{VERSION} {paired.name} {rules!r}".encode()).hexdigest()[:16]
    account = store.folder / f"compared-{name}.json"
    known = _known(store, account)
    if known is not None:
        return known
    with store.lock():
        known = _known(store, account)
        if known is None:
            known = _Comparing(store, paired, production, shadow, rules, name).run()
            write_json(known, account)
            for kind in ("compared", "fields"):
                for old in store.folder.glob(f"{kind}-*"):
                    if name not in old.name and old.suffix in (".parquet", ".json"):
                        store.retire(old)
    return known


def _known(store: Store, account: Path) -> Compared | None:
    known = read_json(Compared, account)
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
    ) -> None:
        self._store = store
        self._rules = rules
        self._ignore = fields.ignoring(rules.ignore)
        self._numbers: dict[str, int] = {}
        self._name = name
        sides = {
            side: ", ".join(quoted(str(store.parquet(segment))) for segment in segments)
            for side, segments in (("production", production), ("shadow", shadow))
        }
        self._select = (
            "SELECT p.*, a.answer AS production_answer, b.answer AS shadow_answer "
            f"FROM read_parquet({quoted(str(pairs_file(store, paired.name)))}) AS p "
            f"JOIN read_parquet([{sides['production']}]) AS a ON a.segment = p.production_segment "
            "AND a.line = p.production_line AND a.pos = p.pos "
            f"JOIN read_parquet([{sides['shadow']}]) AS b ON b.segment = p.shadow_segment "
            "AND b.line = p.shadow_line AND b.pos = p.pos"
        )

    def run(self) -> Compared:
        """Write both files, each in one step."""
        import duckdb
        import pyarrow.parquet as parquet

        ends = (f"compared-{self._name}.parquet", f"fields-{self._name}.parquet")
        halves = [self._store.folder / f"{end}.{os.getpid()}.tmp" for end in ends]
        spill = str(spill_folder(self._store.folder))
        database = duckdb.connect(config={"memory_limit": "400MB", "temp_directory": spill})
        writers: list[Any] = [None, None]
        try:
            for tables in self._tables(database):
                for at, table in enumerate(tables):
                    if writers[at] is None:
                        writers[at] = parquet.ParquetWriter(
                            halves[at], table.schema, compression="zstd"
                        )
                    writers[at].write_table(table)
        finally:
            for writer in writers:
                if writer is not None:
                    writer.close()
            database.close()
        for half, end in zip(halves, ends, strict=True):
            half.replace(self._store.folder / end)
        return Compared(self._name, tuple(self._numbers))

    def _tables(self, database: Any) -> Iterator[tuple[pa.Table, pa.Table]]:
        """The two tables of every batch; of no pairs, one batch without rows."""
        import pyarrow as pa

        found = database.sql(self._select).to_arrow_reader(BATCH)
        empty = True
        for batch in found:
            empty = False
            yield self._compared(pa.Table.from_batches([batch]))
        if empty:
            yield self._compared(found.schema.empty_table())

    def _compared(self, table: pa.Table) -> tuple[pa.Table, pa.Table]:
        import pyarrow as pa

        sides = [table.column(f"{side}_answer").to_pylist() for side in ("production", "shadow")]
        found = [self._one(*both) for both in zip(*sides, strict=True)]
        pairs = table.drop_columns(["production_answer", "shadow_answer"])
        pairs = pairs.append_column("comparable", pa.array([each is not None for each in found]))
        agreed = [None if each is None else each.agreed for each in found]
        pairs = pairs.append_column("agreed", pa.array(agreed, pa.bool_()))
        for at, measure in enumerate(MEASURES[self._rules.kind]):
            values = [None if each is None else each.measures[at] for each in found]
            pairs = pairs.append_column(measure, pa.array(values, pa.float64()))
        return pairs, self._states(table, found)

    def _one(self, production: str | None, shadow: str | None) -> Likeness | None:
        if production is None or shadow is None:
            return None
        return compare(production, shadow, self._rules, self._ignore)

    def _states(self, table: pa.Table, found: Sequence[Likeness | None]) -> pa.Table:
        import pyarrow as pa

        rows = [
            (at, self._numbers.setdefault(each.name, len(self._numbers)), each)
            for at, likeness in enumerate(found)
            if likeness is not None
            for each in likeness.fields
        ]
        at = pa.array([row[0] for row in rows], pa.int64())
        kept = table.select(["ts", *_PLACE.split(", ")]).take(at)
        states = [fields.STATES.index(row[2].state) for row in rows]
        kept = kept.append_column("field", pa.array([row[1] for row in rows], pa.int32()))
        kept = kept.append_column("state", pa.array(states, pa.int8()))
        deltas = pa.array([row[2].delta for row in rows], pa.float64(), from_pandas=True)
        return kept.append_column("delta", deltas)
