"""How is Trino asked, and what did it answer?

Its protocol is https://trino.io/docs/current/develop/client-protocol.html; an answer comes as
Arrow's columns, each in the type that Trino gave it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from demo.athena.backend import Cancelled, Failed

_WORDS = re.compile(r'"[^"]*"|[a-z_0-9$]+|[(),]', re.IGNORECASE)
_PLAIN = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double": pa.float64(),
    "date": pa.date32(),
    "varbinary": pa.binary(),
    "unknown": pa.null(),
}
_WAIT_S = 120
_UNITS = {"0": "s", "3": "ms", "6": "us", "9": "ns"}
_TAIL = re.compile(r"(?<=\.\d{6})\d+")


def ask(url: str, sql: str, database: str, stopped: Callable[[], bool] = lambda: False) -> pa.Table:
    """The answer to one statement.

    Raises
    ------
    Failed
        When Trino refuses or breaks, in its words.
    Cancelled
        When ``stopped`` says that nobody waits any more.
    """
    headers = {
        "X-Trino-User": "understudy",
        "X-Trino-Catalog": "awsdatacatalog",
        "X-Trino-Schema": database,
        "X-Trino-Time-Zone": "UTC",
        "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
    }

    def fetch(at: str, body: bytes | None = None, method: str | None = None) -> Any:
        parts = urlsplit(at)
        connection = HTTPConnection(parts.netloc, timeout=_WAIT_S)
        place = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method or ("GET" if body is None else "POST"), place, body, headers)
        with closing(connection):
            return json.loads(connection.getresponse().read() or b"{}")

    said = fetch(f"{url}/v1/statement", sql.encode())
    columns, rows = [], []
    while True:
        if "error" in said:
            error = said["error"]
            raise Failed(f"{error['errorName']}: {error['message']}")
        columns = said.get("columns", columns)
        rows += said.get("data", ())
        if "nextUri" not in said:
            break
        if stopped():
            fetch(said["nextUri"], method="DELETE")
            raise Cancelled
        said = fetch(said["nextUri"])
    fields = [pa.field(each["name"], type_of(each["type"])) for each in columns]
    made = [
        pa.array([value(row[at], field.type) for row in rows], field.type)
        for at, field in enumerate(fields)
    ]
    return pa.table(made, schema=pa.schema(fields))


def type_of(text: str) -> pa.DataType:
    """A type of Trino as Arrow's."""
    return _type(iter([*_WORDS.findall(text), ""]))[0]


def _type(words: Iterator[str]) -> tuple[pa.DataType, str]:
    """The type that begins here, and the word after it."""
    name = next(words)
    after = next(words)
    given: list[Any] = []
    if after == "(":
        after = ","
        while after == ",":
            if name == "row":
                field = next(words).strip('"')
                kind, after = _type(words)
                given.append(pa.field(field, kind))
            elif name in ("array", "map"):
                kind, after = _type(words)
                given.append(kind)
            else:
                given.append(next(words))
                after = next(words)
        after = next(words)
    if name == "row":
        return pa.struct(given), after
    if name == "array":
        return pa.list_(given[0]), after
    if name == "decimal":
        return pa.decimal128(int(given[0]), int(given[1])), after
    if name == "timestamp":
        zone = after == "with"
        for _ in range(3 if zone else 0):
            after = next(words)
        return pa.timestamp(_UNITS[given[0]], "UTC" if zone else None), after
    # of texts the length does not matter, and JSON comes as text
    return _PLAIN.get(name, pa.string()), after


def value(found: Any, type_: pa.DataType) -> Any:
    """A value of Trino's JSON as Arrow takes it."""
    if found is None:
        return None
    if pa.types.is_struct(type_):
        pairs = zip(type_, found, strict=True)
        return {field.name: value(each, field.type) for field, each in pairs}
    if pa.types.is_list(type_):
        return [value(each, type_.value_type) for each in found]
    if pa.types.is_floating(type_):
        return float(found)
    if pa.types.is_decimal(type_):
        return Decimal(found)
    if pa.types.is_binary(type_):
        return base64.b64decode(found)
    if pa.types.is_date(type_):
        return date.fromisoformat(found)
    if pa.types.is_timestamp(type_):
        return datetime.fromisoformat(_TAIL.sub("", found).replace(" UTC", "+00:00"))
    return found
