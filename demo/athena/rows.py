"""Which rows are in an object of a table?

Of JSON as OpenX's SerDe reads it: names in any case, what is malformed as a row of NULLs where
``ignore.malformed.json`` says so. Of Parquet by the columns' names.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class BadData(ValueError):
    """An object whose rows cannot be read, in Athena's words."""


def rows_of(path: Path, columns: Mapping[str, pa.DataType], serde: Mapping[str, Any]) -> pa.Table:
    """The rows of one object, with a table's columns in their order.

    Raises
    ------
    BadData
        When the object is not what the table says.
    """
    about = path.stat()
    lenient = serde.get("Parameters", {}).get("ignore.malformed.json", "false").lower() == "true"
    of_json = "openx" in serde["SerializationLibrary"]
    return _read(path, about.st_mtime, about.st_size, tuple(columns.items()), of_json, lenient)


@lru_cache(maxsize=20_000)
def _read(
    path: Path,
    changed: float,
    size: int,
    columns: tuple[tuple[str, pa.DataType], ...],
    of_json: bool,
    lenient: bool,
) -> pa.Table:
    try:
        return _lines(path, columns, lenient) if of_json else _parquet(path, columns)
    except (ValueError, OSError) as error:
        raise BadData(f"HIVE_BAD_DATA: {path.name}: {error}") from None


def _lines(path: Path, columns: tuple[tuple[str, pa.DataType], ...], lenient: bool) -> pa.Table:
    import orjson
    import pyarrow as pa

    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    lines = content.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    schema = pa.schema(columns)
    rows = []
    for number, line in enumerate(lines, 1):
        row: Any = {}
        try:
            # SerDes decode as they go: what is no UTF-8 becomes a replacement character
            row = orjson.loads(line.decode(errors="replace")) if line.strip() else {}
            if not isinstance(row, dict):
                raise ValueError("not an object")
        except ValueError as error:
            if not lenient:
                raise ValueError(f"HIVE_CURSOR_ERROR: row {number} is no JSON: {error}") from None
            row = {}
        rows.append(row)
    made = [_as(row, pa.struct(columns)) for row in rows]
    return pa.Table.from_pylist(made, schema=schema)


def _as(value: Any, type_: pa.DataType) -> Any:
    """A value of JSON as a column of this type holds it; what does not fit is NULL."""
    import orjson
    import pyarrow as pa

    if value is None:
        return None
    if pa.types.is_struct(type_):
        if not isinstance(value, dict):
            return None
        small = {name.lower(): each for name, each in value.items()}
        return {field.name: _as(small.get(field.name), field.type) for field in type_}
    if pa.types.is_list(type_):
        values = value if isinstance(value, list) else [value]
        return [_as(each, type_.value_type) for each in values]
    if pa.types.is_string(type_):
        if isinstance(value, str):
            return value
        return orjson.dumps(value).decode()
    try:
        return pa.scalar(value).cast(type_).as_py()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _parquet(path: Path, columns: tuple[tuple[str, pa.DataType], ...]) -> pa.Table:
    import pyarrow as pa
    from pyarrow import parquet

    # of the file alone: a folder called hour=… is no column here
    found = parquet.ParquetFile(path).read()
    there = {name.lower(): name for name in found.column_names}
    made = []
    for name, type_ in columns:
        if name not in there:
            # a column that a file lacks is NULL: the table may have more of them by now
            made.append(pa.nulls(found.num_rows, type_))
            continue
        column = found.column(there[name])
        if column.type != type_:
            try:
                column = column.cast(type_)
            except pa.ArrowInvalid as error:
                raise ValueError(f"column {name} is {column.type}, not {type_}: {error}") from None
        made.append(column)
    return pa.table(made, schema=pa.schema(columns))


def scanned(path: Path, columns: set[str]) -> int:
    """Bytes that are read of an object for some columns: chunks of Parquet, all of JSON."""
    if path.suffix != ".parquet":
        return path.stat().st_size
    return sum(size for name, size in _chunks(path, path.stat().st_mtime) if name in columns)


@lru_cache(maxsize=20_000)
def _chunks(path: Path, changed: float) -> tuple[tuple[str, int], ...]:
    from pyarrow import parquet

    about = parquet.ParquetFile(path).metadata
    return tuple(
        (chunk.path_in_schema.partition(".")[0].lower(), chunk.total_compressed_size)
        for group in map(about.row_group, range(about.num_row_groups))
        for chunk in map(group.column, range(about.num_columns))
    )
