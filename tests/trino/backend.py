"""How does a real Trino answer what is asked of Athena here?

The text goes to Trino as it is, and marks get their values by EXECUTE IMMEDIATE, as in Athena. Only
the tables' rows are brought: Trino keeps them in memory, read and decoded as the stand-in does it.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from demo.athena.backend import Mounted
from demo.athena.types import trino_type
from tests.trino import client

_BATCH = 2_000


class RealTrino:
    """A Trino behind Athena's protocol; it answers one at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._alone = threading.Lock()
        self._held: dict[tuple[str, str], tuple[str, bool]] = {}

    def ask(
        self,
        sql: str,
        parameters: Sequence[str],
        database: str,
        tables: Sequence[Mounted],
        stopped: Callable[[], bool],
    ) -> pa.Table:
        """As ``demo.athena.backend.Backend`` says."""
        text = sql
        if parameters:
            quoted = sql.replace("'", "''")
            text = f"EXECUTE IMMEDIATE '{quoted}' USING {', '.join(parameters)}"
        with self._alone:
            for each in tables:
                self._mount(each, with_path='"$path"' in sql)
            return client.ask(self._url, text, database, stopped)

    def _mount(self, table: Mounted, *, with_path: bool) -> None:
        place, wanted = (table.database, table.name), (table.state, with_path)
        if self._held.get(place) == wanted:
            return
        name = f'"{table.database}"."{table.name}"'
        rows = table.rows
        if with_path:
            rows = rows.append_column("$path", table.path)
        self._do(f'CREATE SCHEMA IF NOT EXISTS "{table.database}"')
        self._do(f"DROP TABLE IF EXISTS {name}")
        columns = ", ".join(f'"{f.name}" {trino_type(f.type)}' for f in rows.schema)
        self._do(f"CREATE TABLE {name} ({columns})")
        for at in range(0, rows.num_rows, _BATCH):
            self._do(f"INSERT INTO {name} {values(rows.slice(at, _BATCH))}")
        self._held[place] = wanted

    def _do(self, statement: str) -> None:
        client.ask(self._url, statement, "default")


def values(rows: pa.Table) -> str:
    """A query that gives these rows."""
    written = [[_written(each) for each in column.to_pylist()] for column in rows.columns]
    document = json.dumps(list(zip(*written, strict=True))).replace("'", "''")
    carried = ", ".join(f"c{at} {_carrier(f.type)}" for at, f in enumerate(rows.schema))
    cast = ", ".join(_read(f"c{at}", f.type) for at, f in enumerate(rows.schema))
    names = ", ".join(f"c{at}" for at in range(rows.num_columns))
    return (
        f"SELECT {cast} FROM UNNEST(CAST(json_parse('{document}') AS array(row({carried})))) "
        f"AS given ({names})"
    )


def _carrier(type_: pa.DataType) -> str:
    nested = pa.types.is_struct(type_) or pa.types.is_list(type_)
    return trino_type(type_) if nested else "varchar"


def _read(name: str, type_: pa.DataType) -> str:
    if pa.types.is_struct(type_) or pa.types.is_list(type_):
        return name
    if pa.types.is_binary(type_):
        return f"from_base64({name})"
    return f"CAST({name} AS {trino_type(type_)})"


def _written(value: Any) -> Any:
    """A value as JSON carries it: what is nested as it is, all else as a text that Trino casts."""
    if value is None or isinstance(value, str | dict | list):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(str(value), repr(value))
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)
