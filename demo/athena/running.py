"""How is one statement carried out?"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from demo.athena import subset
from demo.athena.backend import Backend, Cancelled, Failed
from demo.athena.binding import bound
from demo.athena.catalogue import Catalogue
from demo.athena.execution import Execution, Row
from demo.athena.mounting import Tables
from demo.athena.rows import BadData
from demo.athena.statements import parquet_table
from demo.athena.types import arrow_type, hive_type, printed
from demo.buckets import Buckets
from demo.wire import Refusal

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_WRITERS = 100
_ESCAPED = set("\"#%'*/:=?\\{[]^\x7f") | {chr(each) for each in range(32)}


class Runner:
    """Carries statements out over a catalogue, buckets and an engine."""

    def __init__(
        self, catalogue: Catalogue, buckets: Buckets, backend: Backend, clock: Callable[[], float]
    ) -> None:
        self._catalogue = catalogue
        self._buckets = buckets
        self._backend = backend
        self._tables = Tables(catalogue, buckets, clock)

    def run(self, query: Execution, cutoff: int | None) -> None:
        """Carry one query out; its answer lies in its output when this returns.

        Raises
        ------
        Cancelled
            When it was stopped, or would read more than ``cutoff`` bytes.
        Failed
            When it cannot be carried out.
        """
        statement = query.statement
        try:
            if statement.kind == "select":
                table = self._ask(query, statement.query, cutoff)
                rows: list[Row] = _printed(table)
                query.answered(table, rows)
                self._write(query.output, _csv([table.column_names, *rows]))
            elif statement.kind == "create table as":
                self._create_as(query, cutoff)
            else:
                self._define(query)
                self._write(query.output, "")
        except Refusal as refusal:
            words = f"{refusal.code.removesuffix('Exception')}: {refusal}"
            raise Failed(f"FAILED: {words}") from None
        except BadData as error:
            raise Failed(str(error)) from None

    def _ask(self, query: Execution, text: str, cutoff: int | None) -> pa.Table:
        tree = query.statement.tree
        subset.check(tree)
        whole, views = self._tables.without_views(tree, query.database)
        if views:
            text = whole.sql("trino")
        mounted, query.scanned = self._tables.mounted(
            whole, bound(text, query.parameters), query.database
        )
        if cutoff is not None and query.scanned > cutoff:
            raise Cancelled("Query cancelled! : Bytes scanned limit was exceeded")
        return self._backend.ask(
            text, query.parameters, query.database, mounted, lambda: query.over
        )

    def _create_as(self, query: Execution, cutoff: int | None) -> None:
        import pyarrow as pa

        statement, given = query.statement, query.statement.given
        database, name = statement.about
        if self._is_there(database, name):
            if statement.lenient:
                return
            raise Failed(f"TABLE_ALREADY_EXISTS: Table '{database}.{name}' already exists")
        location = given.get("external_location") or (
            f"{query.output.rpartition('/')[0]}/tables/{query.id}/"
        )
        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        if next(self._buckets.below(bucket, prefix), None) is not None:
            raise Failed(f"HIVE_PATH_ALREADY_EXISTS: Target directory already exists: {location}")
        table = self._ask(query, statement.query, cutoff)
        try:
            types = {f.name.lower(): hive_type(f.type) for f in table.schema}
        except ValueError as error:
            raise Failed(f"NOT_SUPPORTED: {error}") from None
        keys = [each.lower() for each in given.get("partitioned_by", ())]
        if keys and list(types)[-len(keys) :] != keys:
            raise Failed(
                "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table "
                f"and in the same order as the table properties: {keys}"
            )
        table = table.rename_columns(list(types))
        buckets = int(given.get("bucket_count", 1))
        parts = list(_split(table, keys))
        if len(parts) * buckets > _MOST_WRITERS:
            raise Failed(
                "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for "
                "partitions/buckets"
            )
        described = [{"Name": n, "Type": t} for n, t in types.items()]
        cut = len(described) - len(keys)
        self._catalogue.create_table(
            database, parquet_table(name, described[:cut], described[cut:], location)
        )
        added = []
        for values, rows in parts:
            folder = prefix + "".join(
                f"{key}={_escaped(value)}/" for key, value in zip(keys, values, strict=True)
            )
            for at in range(buckets):
                # which row goes into which bucket only decides how fast a join is
                content = pa.BufferOutputStream()
                _to_parquet(
                    rows.take(pa.array(range(at, rows.num_rows, buckets), pa.int64())), content
                )
                key = f"{folder}{query.id}_{at:05d}.parquet"
                self._buckets.put(bucket, key, content.getvalue().to_pybytes())
            if keys:
                storage = {"Location": f"s3://{bucket}/{folder}"}
                added.append({"Values": list(values), "StorageDescriptor": storage})
        if added:
            self._catalogue.add_partitions(database, name, added)
        query.written = table.num_rows

    def _define(self, query: Execution) -> None:
        statement, catalogue = query.statement, self._catalogue
        database, name = statement.about
        try:
            if statement.kind == "create database":
                catalogue.create_database(database)
            elif statement.kind == "create external table":
                for each in _all_columns(statement.given):
                    arrow_type(each["Type"])
                catalogue.create_table(database, statement.given)
            elif statement.kind == "create view":
                self._create_view(query)
            elif statement.kind == "add partition":
                for each in statement.given:
                    catalogue.add_partition(database, name, each)
            elif statement.kind == "set properties":
                with catalogue.changing(database, name) as table:
                    table["Parameters"].update(statement.given)
            else:
                catalogue.drop_table(database, name)
        except Refusal as refusal:
            known = ("AlreadyExistsException", "EntityNotFoundException")
            if not (statement.lenient and refusal.code in known):
                raise

    def _create_view(self, query: Execution) -> None:
        """Keep a view as Athena does, once its query was tried."""
        statement = query.statement
        database, name = statement.about
        tried = f"SELECT * FROM ({statement.query}) LIMIT 0"  # noqa: S608  # the very view
        shape = self._ask(query, tried, None)
        query.scanned = 0
        fields = zip(shape.column_names, shape.schema.types, strict=True)
        columns = [{"Name": column, "Type": hive_type(type_)} for column, type_ in fields]
        kept = {"originalSql": statement.query, "schema": database}
        text = base64.b64encode(json.dumps(kept).encode()).decode()
        given = {
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true", "comment": "Presto View"},
            "PartitionKeys": [],
            "StorageDescriptor": {"Columns": columns, "Location": ""},
            "ViewOriginalText": f"/* Presto View: {text} */",
            "ViewExpandedText": "/* Presto View */",
        }
        self._catalogue.create_table(database, given, anew=statement.lenient)

    def _is_there(self, database: str, name: str) -> bool:
        try:
            self._catalogue.table(database, name)
        except Refusal:
            return False
        return True

    def _write(self, output: str, text: str) -> None:
        bucket, _, key = output.removeprefix("s3://").partition("/")
        self._buckets.put(bucket, key, text.encode())


def _all_columns(table: Mapping[str, Any]) -> list[dict[str, str]]:
    return [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", ())]


def _split(table: pa.Table, keys: list[str]) -> Iterator[tuple[tuple[str, ...], pa.Table]]:
    """The rows of each partition, without the columns of its keys."""
    import pyarrow.compute as pc

    if not keys:
        yield (), table
        return
    held = table.select(keys).group_by(keys).aggregate([]).sort_by([(k, "ascending") for k in keys])
    for row in held.to_pylist():
        met = table
        for key in keys:
            met = met.filter(pc.equal(met.column(key), row[key]))
        yield tuple(str(row[key]) for key in keys), met.drop_columns(keys)


def _escaped(value: str) -> str:
    """A value as Hive writes it into a folder's name."""
    return "".join(f"%{ord(each):02X}" if each in _ESCAPED else each for each in value)


def _to_parquet(rows: pa.Table, to: Any) -> None:
    from pyarrow import parquet

    parquet.write_table(rows, to, compression="zstd", coerce_timestamps="ms")


def _printed(table: pa.Table) -> list[Row]:
    columns = [[printed(value) for value in column.to_pylist()] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)] if columns else []


def _csv(rows: list[Row]) -> str:
    """As Athena writes its answers: all in quotes but NULL, which is nothing at all."""
    text = io.StringIO()
    for row in rows:
        cells = ('"' + value.replace('"', '""') + '"' if value is not None else "" for value in row)
        text.write(",".join(cells) + "\n")
    return text.getvalue()
