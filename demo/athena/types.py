"""What are Hive's types in Arrow's words and in Trino's, and how does Athena print their values?

Glue keeps a column's type as Hive writes it (``struct<a:string>``), a query's answer has Trino's
(``row(a varchar)``): https://docs.aws.amazon.com/athena/latest/ug/data-types.html.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_WORDS = re.compile(r"[a-z_0-9]+(?:\(\d+(?:,\d+)?\))?|[<>:,]", re.IGNORECASE)
_HIVE = {
    "string": ("string", "varchar"),
    "boolean": ("bool", "boolean"),
    "tinyint": ("int8", "tinyint"),
    "smallint": ("int16", "smallint"),
    "int": ("int32", "integer"),
    "integer": ("int32", "integer"),
    "bigint": ("int64", "bigint"),
    "float": ("float32", "real"),
    "double": ("float64", "double"),
    "date": ("date32", "date"),
    "binary": ("binary", "varbinary"),
}
# Java writes a double without an exponent between these
_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7


def arrow_type(hive: str) -> pa.DataType:
    """A type of Hive as Arrow's.

    Raises
    ------
    ValueError
        When there is no such type, or it is none that tables here have.
    """
    words = iter(_WORDS.findall(hive.strip().lower()))
    return _read(next(words, ""), words)


def _read(word: str, words: Iterator[str]) -> pa.DataType:
    import pyarrow as pa

    if word in _HIVE:
        return pa.type_for_alias(_HIVE[word][0])
    if word == "timestamp":
        return pa.timestamp("ms")
    if word.startswith("varchar("):
        return pa.string()
    if word == "array":
        _take(words, "<")
        element = _read(next(words, ""), words)
        _take(words, ">")
        return pa.list_(element)
    if word == "struct":
        _take(words, "<")
        fields, more = [], ","
        while more == ",":
            name = next(words, "")
            _take(words, ":")
            fields.append(pa.field(name, _read(next(words, ""), words)))
            more = next(words, "")
        _take(iter([more]), ">")
        return pa.struct(fields)
    raise ValueError(f"type {word!r}")


def _take(words: Iterator[str], wanted: str) -> None:
    found = next(words, "")
    if found != wanted:
        raise ValueError(f"{found!r} where {wanted!r} belongs")


def trino_type(type_: pa.DataType) -> str:
    """A type of Arrow as Trino writes it in a cast."""
    import pyarrow as pa

    if pa.types.is_struct(type_):
        fields = ", ".join(f'"{field.name}" {trino_type(field.type)}' for field in type_)
        return f"row({fields})"
    if pa.types.is_list(type_):
        return f"array({trino_type(type_.value_type)})"
    if pa.types.is_timestamp(type_):
        precision = {"s": 0, "ms": 3, "us": 6, "ns": 9}[type_.unit]
        return f"timestamp({precision})" + (" with time zone" if type_.tz else "")
    if pa.types.is_decimal(type_):
        return f"decimal({type_.precision}, {type_.scale})"
    return _names()[type_]


def hive_type(type_: pa.DataType) -> str:
    """A type of Arrow as Glue keeps it of a table that was made from a query.

    Raises
    ------
    ValueError
        Where Hive has no such type, in Athena's words.
    """
    import pyarrow as pa

    if pa.types.is_timestamp(type_):
        if type_.tz:
            raise ValueError("Unsupported Hive type: timestamp(3) with time zone")
        if type_.unit != "ms":
            precision = {"s": 0, "us": 6, "ns": 9}[type_.unit]
            raise ValueError(
                f"Incorrect timestamp precision for timestamp({precision}); "
                "the configured precision is MILLISECONDS"
            )
        return "timestamp"
    if pa.types.is_struct(type_):
        return f"struct<{','.join(f'{f.name}:{hive_type(f.type)}' for f in type_)}>"
    if pa.types.is_list(type_):
        return f"array<{hive_type(type_.value_type)}>"
    if pa.types.is_null(type_):
        raise ValueError("Unsupported Hive type: unknown")
    if pa.types.is_decimal(type_):
        return f"decimal({type_.precision},{type_.scale})"
    name = _names()[type_]
    return {"varchar": "string", "integer": "int", "real": "float", "varbinary": "binary"}.get(
        name, name
    )


def told_type(type_: pa.DataType) -> str:
    """What ``ColumnInfo`` calls a type: without what it is made of."""
    import pyarrow as pa

    if pa.types.is_null(type_):
        return "unknown"
    name = trino_type(type_)
    if pa.types.is_timestamp(type_):
        return "timestamp with time zone" if type_.tz else "timestamp"
    return {"real": "float"}.get(name, name.partition("(")[0])


def _names() -> dict[pa.DataType, str]:
    import pyarrow as pa

    return {pa.type_for_alias(alias): trino for alias, trino in reversed(_HIVE.values())}


def printed(value: Any) -> str | None:
    """A value as Athena writes it into its results, None for NULL."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}"
        return text + (" UTC" if value.tzinfo else "")
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, list):
        return f"[{', '.join(_inner(each) for each in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}={_inner(each)}' for name, each in value.items())}}}"
    return str(value)


def _inner(value: Any) -> str:
    text = printed(value)
    return "null" if text is None else text


def java(value: float) -> str:
    """A double as Java's ``Double.toString`` writes it.

    >>> [java(each) for each in (1.0, 0.001, 1e-5, 12345678.9, float("nan"))]
    ['1.0', '0.001', '1.0E-5', '1.23456789E7', 'NaN']
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_TO:
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else f"{text}.0"
    return scientific(value)


def scientific(value: float) -> str:
    """A double as Trino casts it to a text.

    >>> [scientific(each) for each in (1.0, 0.1, 0.0, 1.5e10)]
    ['1.0E0', '1.0E-1', '0.0E0', '1.5E10']
    """
    if math.isnan(value) or math.isinf(value):
        return java(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    power = int(exponent) + len(text) - 1
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{power}"
