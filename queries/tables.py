"""What do the columns of a CSV or Parquet file hold?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from queries.errors import SourceError

if TYPE_CHECKING:
    import duckdb

MOST_CATEGORIES = 1_000
"""A text column with more different values is an identifier or free text, and left out."""

# A column of which this share are numbers is numeric; what is left of it is counted as missing.
_NUMERIC_SHARE = 0.95
_MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_TEXTS = ("VARCHAR", "BOOLEAN", "ENUM", "DATE", "TIME", "TIMESTAMP", "UUID")


@dataclass(frozen=True, slots=True)
class Feature:
    """Name and kind of one input column."""

    name: str
    kind: Literal["numeric", "categorical", "unknown"]


@dataclass(frozen=True, slots=True, eq=False)
class NumericColumn:
    """One numeric column: float64 values of shape (rows,), nan = missing or infinite."""

    name: str
    values: np.ndarray

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return int(np.isnan(self.values).sum())


@dataclass(frozen=True, slots=True, eq=False)
class CategoryColumn:
    """One column of text: its categories, sorted, and the int64 count of rows of each."""

    name: str
    categories: tuple[str, ...]
    counts: np.ndarray
    missing: int


Column = NumericColumn | CategoryColumn


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns of a file that can be compared, and in sentences what of it was not taken."""

    columns: tuple[Column, ...]
    rows: int
    notes: tuple[str, ...]


def read_features(path: Path, location: str) -> tuple[Feature, ...] | None:
    """Names and kinds of the columns of a file; ``None`` for a CSV without a header.

    Raises
    ------
    SourceError
        When the file is neither; the sentence names ``location``.
    """
    with _opened(path, location) as (_, relation):
        if _is_csv(location) and not _has_header(relation):
            return None
        return tuple(
            Feature(name, _kind(str(type_)))
            for name, type_ in zip(relation.columns, relation.types, strict=True)
        )


def read_table(path: Path, location: str, *, most_rows: int) -> Table:
    """The first ``most_rows`` rows of every column that can be compared.

    Columns of a CSV without a header are named ``_c0``, ``_c1``, … as Model Monitor does.

    Raises
    ------
    SourceError
        When the file is neither CSV nor Parquet, or holds no rows.
    """
    with _opened(path, location) as (database, relation):
        names = list(relation.columns)
        if _is_csv(location) and not _has_header(relation):
            names = [f"_c{at}" for at in range(len(names))]
        # one row more than is kept shows whether there are more
        relation.limit(most_rows + 1).create("held")
        notes = list(_rejected(database, location))
        (rows,) = _one(database, "SELECT count(*) FROM held")
        if rows > most_rows:
            notes.append(f"Only the first {most_rows:,} rows of {location} are used.")
            database.execute(f"DELETE FROM held WHERE rowid >= {most_rows}")
            rows = most_rows
        if not rows:
            raise SourceError(f"{location} holds no rows that can be read; check the file.")
        columns: list[Column] = []
        for held, name, type_ in zip(relation.columns, names, relation.types, strict=True):
            quoted = '"' + held.replace('"', '""') + '"'
            column, note = _column(database, quoted, name, _kind(str(type_)))
            columns += [column] if column else []
            notes += [note] if note else []
    return Table(tuple(columns), rows, tuple(notes))


def _column(
    database: duckdb.DuckDBPyConnection, quoted: str, name: str, kind: str
) -> tuple[Column | None, str | None]:
    if kind == "numeric":
        return _numeric(database, quoted, name), None
    if kind == "unknown":
        return None, f"The column {name} holds neither numbers nor text: left out."
    present, numbers = _one(
        database,
        f"SELECT count({quoted}), count(try_cast({quoted}::VARCHAR AS DOUBLE)) FROM held",
    )
    if numbers and numbers >= _NUMERIC_SHARE * present:
        strays = present - numbers
        note = f"{strays:,} values of the column {name} are not numbers: taken as missing."
        return _numeric(database, quoted, name), note if strays else None
    column = _categorical(database, quoted, name)
    if column is None:
        return None, (
            f"The column {name} has more than {MOST_CATEGORIES:,} different values: "
            "left out, as an identifier or free text."
        )
    return column, None


def _numeric(database: duckdb.DuckDBPyConnection, quoted: str, name: str) -> NumericColumn:
    answer = database.execute(
        f"SELECT coalesce(try_cast({quoted} AS DOUBLE), 'nan'::DOUBLE) AS value FROM held"
    ).fetchnumpy()
    values = np.array(answer["value"], dtype=np.float64)
    values[np.isinf(values)] = np.nan
    return NumericColumn(name, values)


def _categorical(
    database: duckdb.DuckDBPyConnection, quoted: str, name: str
) -> CategoryColumn | None:
    counted = database.execute(
        f"SELECT {quoted}::VARCHAR AS category, count(*) AS n FROM held GROUP BY category "
        f"ORDER BY category NULLS LAST LIMIT {MOST_CATEGORIES + 2}"
    ).fetchall()
    missing = sum(count for category, count in counted if category is None)
    present = [(category, count) for category, count in counted if category is not None]
    if len(present) > MOST_CATEGORIES:
        return None
    return CategoryColumn(
        name,
        tuple(category for category, _ in present),
        np.array([count for _, count in present], dtype=np.int64),
        missing,
    )


def _rejected(database: duckdb.DuckDBPyConnection, location: str) -> Iterator[str]:
    tables = database.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    if ("reject_errors",) not in tables:
        return
    lines, first = _one(database, "SELECT count(DISTINCT line), min(line) FROM reject_errors")
    if lines:
        (why,) = _one(
            database, f"SELECT error_message FROM reject_errors WHERE line = {first} LIMIT 1"
        )
        yield (
            f"{lines:,} {'line' if lines == 1 else 'lines'} of {location} could not be read and "
            f"{'is' if lines == 1 else 'are'} left out, the first in line {first:,}: "
            f"{str(why).splitlines()[0].rstrip('.')}."
        )


def _one(database: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = database.execute(query).fetchone()
    return row or ()


@contextmanager
def _opened(
    path: Path, location: str
) -> Iterator[tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyRelation]]:
    import duckdb

    with tempfile.TemporaryDirectory(prefix="understudy-") as spill:
        database = duckdb.connect(
            config={"memory_limit": "256MB", "threads": 1, "temp_directory": spill}
        )
        try:
            if _is_csv(location):
                relation = database.sql(
                    "SELECT * FROM read_csv($path, sample_size = 200000, nullstr = $missing, "
                    "ignore_errors = true, store_rejects = true)",
                    params={"path": str(path), "missing": _MISSING},
                )
            else:
                relation = database.sql(
                    "SELECT * FROM read_parquet($path)", params={"path": str(path)}
                )
            yield database, relation
        except duckdb.Error as error:
            first = str(error).splitlines()[0]
            raise SourceError(
                f"{location} cannot be read as a baseline ({first}); "
                "a CSV file with a header or a Parquet file is expected."
            ) from error
        finally:
            database.close()


def _has_header(relation: duckdb.DuckDBPyRelation) -> bool:
    # what DuckDB names the columns when the first line is data already
    digits = len(str(len(relation.columns) - 1))
    unnamed = [f"column{at:0{digits}}" for at in range(len(relation.columns))]
    return list(relation.columns) != unnamed


def _kind(type_: str) -> Literal["numeric", "categorical", "unknown"]:
    if type_.endswith("]"):  # a list of what the type begins with
        return "unknown"
    if type_.removeprefix("U").startswith(_NUMBERS):
        return "numeric"
    return "categorical" if type_.startswith(_TEXTS) else "unknown"


def _is_csv(location: str) -> bool:
    return location.lower().removesuffix(".gz").endswith((".csv", ".txt", ".tsv"))
