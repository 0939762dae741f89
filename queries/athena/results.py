"""What did Athena answer?

An answer lies in S3 as CSV, in which a missing value is nothing at all and all others stand in
quotes, so that NULL is no empty text (docs/decisions/0031).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from queries.answers import Answer

if TYPE_CHECKING:
    import pyarrow as pa


def read_csv(data: bytes, columns: Sequence[tuple[str, str]]) -> Answer:
    """The columns of an answer, each with the type that Athena gave it.

    A decimal comes as the nearest float; what has parts (an array, a row) as Athena's text of it.
    """
    import pyarrow as pa
    import pyarrow.csv

    types = {name: _types(pa).get(type_, pa.string()) for name, type_ in columns}
    rows = data.partition(b"\n")[2]
    if not rows:
        empty = pa.schema(list(types.items())).empty_table()
        return Answer({name: _column(empty[name]) for name in types})
    table = pa.csv.read_csv(
        io.BytesIO(rows),
        # one block, for a row may be longer than the usual one
        read_options=pa.csv.ReadOptions(column_names=list(types), block_size=len(data)),
        # an empty line is a row: the NULL of an answer of one column
        parse_options=pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pa.csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["true"],
            false_values=["false"],
        ),
    )
    return Answer({name: _column(table[name]) for name in types})


def _types(pa: Any) -> dict[str, Any]:
    return {
        "boolean": pa.bool_(),
        "tinyint": pa.int8(),
        "smallint": pa.int16(),
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "float": pa.float32(),
        "real": pa.float32(),
        "double": pa.float64(),
        "decimal": pa.float64(),
        "timestamp": pa.timestamp("us"),
        "date": pa.date32(),
    }


def _column(column: pa.ChunkedArray) -> Any:
    """As numpy: a missing number or truth is nan, a missing time NaT, a missing text None."""
    import pyarrow as pa

    if pa.types.is_boolean(column.type) and column.null_count:
        column = column.cast(pa.int8())
    return column.to_numpy()
