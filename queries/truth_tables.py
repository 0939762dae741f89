"""What do the rows of a CSV or Parquet file of labels say?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.bulk import quoted
from queries.errors import SourceError
from queries.truth_columns import columns_of
from queries.truth_lines import LabelsRead, id_of, labels_of, time_of

if TYPE_CHECKING:
    import duckdb

    from queries.config_truth import Truth

_BATCH = 10_000


def read_rows(content: bytes, truth: Truth, where: str, *, whole: bool) -> LabelsRead:
    """The labels of a table, a row a request; ``where`` names it, and tells CSV from Parquet.

    Raises
    ------
    SourceError
        When it is neither, or its columns do not tell what they hold.
    """
    import duckdb

    if not content:
        return LabelsRead()
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        path = Path(folder) / "labels"
        path.write_bytes(content)
        database = duckdb.connect(
            config={"memory_limit": "256MB", "threads": 1, "temp_directory": folder}
        )
        try:
            database.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
            return _read(database, path, truth, where, whole=whole)
        except duckdb.Error as error:
            raise SourceError(
                f"{where} cannot be read as labels ({str(error).splitlines()[0]}); a CSV file "
                "with a header or a Parquet file is expected."
            ) from error
        finally:
            database.close()


def _read(
    database: duckdb.DuckDBPyConnection, path: Path, truth: Truth, where: str, *, whole: bool
) -> LabelsRead:
    parquet = where.lower().endswith(".parquet")
    file = quoted(str(path))
    source = (
        f"read_parquet({file})"
        if parquet
        # as it is written: 007 is another id than 7
        else f"read_csv({file}, header = true, all_varchar = true, ignore_errors = true, "
        "store_rejects = true)"
    )
    described = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    types = {name: type_ for name, type_, *_ in described}
    columns = columns_of(list(types), truth, where)
    chosen = [*columns.ids, columns.label, *([columns.time] if columns.time else [])]
    selected = ", ".join(_plain(name, types[name]) for name in chosen)
    database.execute(f"SELECT {selected} FROM {source}")
    read, width = LabelsRead(), len(columns.ids)
    while batch := database.fetchmany(_BATCH):
        for row in batch:
            known = time_of(row[width + 1]) if columns.time else None
            ids = [id_of(value) for value in row[:width]]
            read.add(ids, labels_of(row[width], whole=whole), known)
    if not parquet:
        refused = _refused(database)
        read.lines += refused
        read.unreadable += refused
    return read


def _plain(name: str, type_: str) -> str:
    """A column in types that Python has without further packages."""
    column = '"' + name.replace('"', '""') + '"'
    if type_.startswith(("TIMESTAMP", "DATE")):
        return f"CAST({column} AS TIMESTAMP)"
    if type_.startswith("DECIMAL"):
        return f"CAST({column} AS DOUBLE)"
    return f"CAST({column} AS VARCHAR)" if type_ == "UUID" else column


def _refused(database: duckdb.DuckDBPyConnection) -> int:
    """Lines that do not fit the header."""
    tables = database.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    if ("reject_errors",) not in tables:
        return 0
    row: Any = database.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchone()
    return int(row[0])
