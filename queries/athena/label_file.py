"""How are the labels that were read on this machine given to Athena?

As one Parquet file, a row for each line that has an id and a label:

    n       its number, in the order of the files and their lines
    id      the id of its request; ``other`` a second one, or NULL
    labels  the right answers, one a row
    known   when they were known, in microseconds since 1970, UTC, or NULL
"""

from __future__ import annotations

from pathlib import Path

from analysis.quality import SHOWN_IDS
from queries.bulk import quoted

COLUMNS = (
    ("n", "bigint"),
    ("id", "string"),
    ("other", "string"),
    ("labels", "array<string>"),
    # a timestamp of Athena has milliseconds, and two labels may lie nearer
    ("known", "bigint"),
)


def write(labels: Path, to: Path) -> tuple[str, ...]:
    """Write the file from what ``truth_files`` keeps; the ids of its first lines."""
    import duckdb

    source = f"read_parquet({quoted(str(labels))})"
    with duckdb.connect() as database:
        database.execute(
            "COPY (SELECT row_number() OVER (ORDER BY file, line) AS n, id, other, labels, "
            f"epoch_us(known) AS known FROM {source}) TO {quoted(str(to))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        found = database.execute(f"SELECT id FROM {source} ORDER BY file, line LIMIT {SHOWN_IDS}")
        return tuple(id_ for (id_,) in found.fetchall())
