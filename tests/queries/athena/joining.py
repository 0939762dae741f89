"""A test opened on this machine, and its labels joined in Athena's SQL, on any backend."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import parquet

from actions.athena.joining import Joined, join
from demo.athena.backend import Backend
from queries.athena import label_file
from queries.athena.truth import Join
from queries.bulk import quoted
from queries.config import Truth
from queries.labelled import Labelled, PairLabels
from queries.opened import Opened
from queries.pairing import pairs_file
from queries.reading import Kind
from queries.truth import rows_file
from queries.truth_files import read_labels
from tests.queries.athena.climbing import Held

HOUR = "2024/03/31/12"
_COLUMNS = "ts, production_segment, production_line, pos, label, method, delay_s, number"
_ORDER = "ORDER BY production_segment, production_line, pos"
# numbers of segments have 64 bits without a sign here, and 63 there
_SEGMENT = "(production_segment >> 1)::BIGINT AS production_segment"


@dataclass(frozen=True, slots=True)
class Found:
    """What the labels came to, and the labelled rows in order of their places."""

    joined: Joined | Labelled
    rows: list[tuple[Any, ...]]


def here(opened: Opened) -> Found:
    """What this machine finds."""
    found = _about(opened)[0].read()
    file = rows_file(opened.captured.ingested.store, found.name)
    rows = f"SELECT * REPLACE ({_SEGMENT}) FROM read_parquet({quoted(str(file))})"
    return Found(found, _asked(f"SELECT {_COLUMNS} FROM ({rows}) {_ORDER}"))


def there(opened: Opened, backend: Backend) -> Found:
    """What Athena's statements find over the same rows, pairs and labels."""
    captured, (_, truth, kind) = opened.captured, _about(opened)
    store, held = captured.ingested.store, Held(backend)
    segments = ", ".join(
        quoted(str(store.parquet(each))) for each in captured.ingested.of(opened.test.production)
    )
    held.put(
        held.tables.name("rows"),
        _table(
            "SELECT 'production' AS variant, (segment >> 1)::BIGINT AS segment, "
            "line::BIGINT AS line, pos::BIGINT AS pos, ts::TIMESTAMP_MS AS ts, inference_id, "
            f"event_id, ok, '{HOUR}' AS hour FROM read_parquet([{segments}])"
        ),
    )
    pairs = quoted(str(pairs_file(store, captured.paired.name)))
    held.put(
        held.tables.name("pairs"),
        _table(
            f"SELECT ts::TIMESTAMP_MS AS ts, {_SEGMENT}, "
            "production_line::BIGINT AS production_line, pos::BIGINT AS pos, production_label, "
            f"shadow_label, '{HOUR}' AS hour FROM read_parquet({pairs})"
        ),
    )
    labels = read_labels(store, truth, opened.config.aws, whole=False)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "labels.parquet"
        some = label_file.write(labels.path(store), file)
        given = held.put("labels", parquet.ParquetFile(file).read())
    joining = Join(held.tables, (HOUR, HOUR), "now", given, kind)
    joined = join(joining, labels, held, location=truth.location, some=some)
    rows = held.make("truth", joined.rows)
    found = held.rows(f"SELECT {_COLUMNS} FROM {rows} {_ORDER}")
    return Found(joined, [tuple(each.values()) for each in found])


def check_same(opened: Opened, backend: Backend) -> Found:
    """Both find the same, count by count and row by row; what is found."""
    mine, theirs = here(opened), there(opened, backend)
    for name in ("counts", "yes", "no"):
        assert getattr(theirs.joined, name) == getattr(mine.joined, name)
    assert theirs.rows == mine.rows
    shown, told = (sorted(map(sorted, _ids(each))) for each in (mine, theirs))
    assert shown == told
    return theirs


def _about(opened: Opened) -> tuple[PairLabels, Truth, Kind]:
    """The labels of a test, or its first outcome: where they are joined, what they are."""
    if opened.test.outcomes is not None:
        return opened.outcomes[0], opened.test.outcomes.each[0][1], "regression"
    assert opened.labels is not None
    assert opened.test.truth is not None
    return opened.labels, opened.test.truth, opened.reading.kind


def _ids(found: Found) -> tuple[tuple[str, ...], ...]:
    ids = found.joined.ids
    return ids.truth, ids.inference_ids, ids.event_ids


def _asked(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as database:
        return database.execute(sql).fetchall()


def _table(sql: str) -> pa.Table:
    with duckdb.connect() as database:
        return database.sql(sql).to_arrow_table()
