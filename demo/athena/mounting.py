"""Which rows does a query read, and how many bytes are those?"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from demo.athena.backend import Failed, Mounted
from demo.athena.catalogue import Catalogue
from demo.athena.objects import Part, parts_of
from demo.athena.reach import Place, reach
from demo.athena.rows import rows_of, scanned
from demo.athena.types import arrow_type
from demo.buckets import Buckets
from demo.wire import Refusal

if TYPE_CHECKING:
    from sqlglot import exp


class Tables:
    """The tables and views of a catalogue, over the buckets that their objects lie in."""

    def __init__(self, catalogue: Catalogue, buckets: Buckets, clock: Callable[[], float]) -> None:
        self._catalogue = catalogue
        self._buckets = buckets
        self._clock = clock

    def without_views(self, tree: exp.Expr, database: str) -> tuple[exp.Expr, bool]:
        """The query with its views written out."""
        import sqlglot
        from sqlglot import exp

        tree, views = tree.copy(), False
        for table in list(named(tree)):
            try:
                about = self._catalogue.table(table.text("db") or database, table.name)
            except Refusal:
                continue
            if about["TableType"] != "VIRTUAL_VIEW":
                continue
            inner, _ = self.without_views(
                sqlglot.parse_one(_view_text(about), read="athena"), about["DatabaseName"]
            )
            for each in named(inner):
                each.set("db", exp.to_identifier(each.text("db") or about["DatabaseName"]))
            table.replace(exp.Subquery(this=inner, alias=exp.TableAlias(
                this=exp.to_identifier(table.alias_or_name))))  # fmt: skip
            views = True
        return tree, views

    def _named(self, tree: exp.Expr, database: str) -> dict[Place, dict[str, Any]]:
        found = {}
        for table in named(tree):
            place = ((table.text("db") or database).lower(), table.name.lower())
            try:
                found[place] = self._catalogue.table(*place)
            except Refusal:
                raise Failed(
                    f"TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{'.'.join(place)}' "
                    "does not exist"
                ) from None
        return found

    def mounted(self, tree: exp.Expr, text: str, database: str) -> tuple[list[Mounted], int]:
        """The tables of a query, with the rows of the partitions that it reads, and their bytes.

        ``tree`` is the query without views, ``text`` the same with the values of its marks.

        Raises
        ------
        Failed
            When a table is not there, or says of itself what cannot be.
        """
        import sqlglot

        tables = self._named(tree, database)
        keys = {p: [k["Name"] for k in t.get("PartitionKeys", ())] for p, t in tables.items()}
        columns = {
            p: [c["Name"] for c in t["StorageDescriptor"]["Columns"]] + keys[p]
            for p, t in tables.items()
        }
        touched = reach(sqlglot.parse_one(text, read="athena"), database, columns, keys)
        mounted, total = [], 0
        for place, about in tables.items():
            try:
                parts = parts_of(about, self._catalogue, self._buckets, self._clock())
            except ValueError as error:
                raise Failed(str(error)) from None
            read = touched[place].parts([part.values for part in parts], keys[place])
            for part, is_read in zip(parts, read, strict=True):
                if is_read:
                    wanted = touched[place].columns
                    total += sum(scanned(each.path, wanted) for each in part.objects)
            left = [part for part, is_read in zip(parts, read, strict=True) if is_read]
            mounted.append(_mount(place, about, keys[place], left))
        return mounted, total


def named(tree: exp.Expr) -> Iterator[Any]:
    """The tables that a query names, less those that it defines itself."""
    from sqlglot import exp

    own = {each.alias_or_name.lower() for each in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.name and (table.text("db") or table.name.lower() not in own):
            yield table


def _view_text(about: Mapping[str, Any]) -> str:
    kept = about["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    return str(json.loads(base64.b64decode(kept))["originalSql"])


def _mount(place: Place, about: Mapping[str, Any], keys: list[str], parts: list[Part]) -> Mounted:
    import pyarrow as pa

    storage = about["StorageDescriptor"]
    columns = {each["Name"]: arrow_type(each["Type"]) for each in storage["Columns"]}
    schema = pa.schema([*columns.items(), *((key, pa.string()) for key in keys)])
    tables, paths, state = [], [], []
    for part in parts:
        for each in part.objects:
            rows = rows_of(each.path, columns, storage["SerdeInfo"])
            for key, value in zip(keys, part.values, strict=True):
                rows = rows.append_column(key, pa.array([value] * rows.num_rows, pa.string()))
            tables.append(rows)
            paths += [f"s3://{part.bucket}/{each.key}"] * rows.num_rows
            state.append((each.key, each.size, each.changed))
    whole = pa.concat_tables(tables) if tables else schema.empty_table()
    mark = str(uuid.uuid5(uuid.NAMESPACE_URL, repr((columns, keys, state))))
    return Mounted(*place, whole.cast(schema), pa.array(paths, pa.string()), mark)
