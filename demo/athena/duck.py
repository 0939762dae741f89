"""How does DuckDB answer what is asked in Athena's dialect?

sqlglot writes the query anew in DuckDB's dialect; where a function of the same name does something
else there, ``functions.sql`` says in DuckDB's words what it does in Trino.
"""

from __future__ import annotations

import json
import re
import struct
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from demo.athena.backend import Cancelled, Failed, Mounted
from demo.athena.binding import bound
from demo.athena.types import java, scientific
from demo.athena.xxhash import xxhash64

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from sqlglot import exp

_FUNCTIONS = Path(__file__).with_name("functions.sql")
_LOOK_S = 0.02
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|\s+|-?\d[\d.eE+-]*')
_CODES = (
    ("Referenced column", "COLUMN_NOT_FOUND"),
    ("Table with name", "TABLE_NOT_FOUND"),
    ("Conversion", "INVALID_CAST_ARGUMENT"),
    ("No function matches", "FUNCTION_NOT_FOUND"),
    ("Division by zero", "DIVISION_BY_ZERO"),
    ("Out of Memory", "EXCEEDED_LOCAL_MEMORY_LIMIT"),
)


class Duck:
    """DuckDB behind Athena's protocol; safe to share between threads."""

    def ask(
        self,
        sql: str,
        parameters: Sequence[str],
        database: str,
        tables: Sequence[Mounted],
        stopped: Callable[[], bool],
    ) -> pa.Table:
        """As :class:`demo.athena.backend.Backend` says."""
        import duckdb
        import sqlglot

        tree = sqlglot.parse_one(bound(sql, parameters), read="athena")
        text = translated(tree, database, {(each.database, each.name) for each in tables})
        with duckdb.connect() as db:
            _prepare(db)
            for each in tables:
                rows = each.rows.append_column("$path", each.path)
                db.register(f"{each.database}.{each.name}", rows)
            over = threading.Event()
            watching = threading.Thread(target=_watch, args=(db, stopped, over), daemon=True)
            watching.start()
            try:
                found = db.sql(text)
                kinds = [str(each) for each in found.types]
                answer = found.to_arrow_table()
            except duckdb.InterruptException:
                raise Cancelled from None
            except duckdb.Error as error:
                raise Failed(_reason(str(error))) from None
            finally:
                over.set()
                watching.join()
        return _as_trinos(answer, kinds)


def translated(tree: exp.Expr, database: str, tables: set[tuple[str, str]]) -> str:
    """The query in DuckDB's dialect, with each table under the name that it is registered by."""
    from sqlglot import exp

    named = {each.alias_or_name.lower() for each in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if not table.name or (not table.text("db") and table.name.lower() in named):
            continue
        place = ((table.text("db") or database).lower(), table.name.lower())
        if place not in tables:
            raise Failed(
                "TABLE_NOT_FOUND: line 1:1: "
                f"Table 'awsdatacatalog.{'.'.join(place)}' does not exist"
            )
        alias = table.alias or table.name
        anew = exp.Table(
            this=exp.to_identifier(".".join(place), quoted=True),
            alias=exp.TableAlias(this=exp.to_identifier(alias)),
        )
        if table.args.get("alias") is not None:
            anew.set("alias", table.args["alias"])
        for argument in ("joins", "laterals", "pivots"):
            if table.args.get(argument):
                anew.set(argument, table.args[argument])
        table.replace(anew)
    for node in list(tree.find_all(exp.Func, exp.DataType)):
        _translate(node)
    return tree.sql("duckdb")


def _translate(node: exp.Expr) -> None:
    """Let a function be Trino's, where DuckDB has another of the name."""
    from sqlglot import exp

    if isinstance(node, exp.DataType):
        _translate_type(node)
    elif isinstance(node, exp.Cast):
        _translate_cast(node)
    elif isinstance(node, exp.Anonymous) and node.name.lower() == "at_timezone":
        # sqlglot's way to write AT TIME ZONE for Trino, where a view was written out
        node.replace(exp.AtTimeZone(this=node.expressions[0], zone=node.expressions[1]))
    elif isinstance(node, exp.Anonymous) and node.name.lower() in _ANONYMOUS:
        node.set("this", f"trino_{node.name.lower()}")
    elif type(node).__name__ in _OURS:
        name, arguments = _OURS[type(node).__name__]
        given = [node.args[each] for each in arguments if node.args.get(each) is not None]
        node.replace(exp.Anonymous(this=name, expressions=given))


def _translate_type(node: exp.DataType) -> None:
    from sqlglot import exp

    if node.this == exp.DataType.Type.TIMESTAMP:
        # of three digits unless it says otherwise
        digits = node.expressions[0].name if node.expressions else "3"
        kinds = exp.DataType.Type
        kind = {"0": kinds.TIMESTAMP_S, "3": kinds.TIMESTAMP_MS, "9": kinds.TIMESTAMP_NS}
        node.set("this", kind.get(digits, kinds.TIMESTAMP))
        node.set("expressions", [])


def _translate_cast(node: exp.Cast) -> None:
    from sqlglot import exp

    kinds = exp.DataType.Type
    casts = {
        kinds.TEXT: "trino_to_varchar",
        kinds.VARCHAR: "trino_to_varchar",
        kinds.DOUBLE: "trino_to_double",
        kinds.BIGINT: "trino_to_integer",
        kinds.INT: "trino_to_integer",
    }
    name = casts.get(node.to.this)
    if name is None or isinstance(node.this, exp.Null):
        return
    made: exp.Expr = exp.Anonymous(this=name, expressions=[node.this])
    if node.to.this == kinds.INT:
        made = exp.Cast(this=made, to=exp.DataType.build("int"))
    node.replace(exp.Try(this=made) if isinstance(node, exp.TryCast) else made)


# sqlglot's name of a function: ours, and sqlglot's names of its arguments in their order
_OURS = {
    "ApproxQuantile": ("trino_approx_percentile", ("this", "quantile")),
    "ArrayMax": ("trino_array_max", ("this",)),
    "ArrayPosition": ("trino_array_position", ("this", "expression")),
    "Decode": ("from_utf8", ("this",)),
    "JSONExtract": ("trino_json_extract", ("this", "expression")),
    "JSONExtractScalar": ("trino_json_extract_scalar", ("this", "expression")),
    "JSONFormat": ("trino_json_format", ("this",)),
    "Length": ("trino_length", ("this",)),
    "ParseJSON": ("trino_json_parse", ("this",)),
    "RegexpExtract": ("trino_regexp_extract", ("this", "expression", "group")),
    "SplitPart": ("trino_split_part", ("this", "delimiter", "part_index")),
    "StrPosition": ("trino_strpos", ("this", "substr")),
    "TimeToUnix": ("trino_to_unixtime", ("this",)),
    "WidthBucket": ("trino_width_bucket", ("this", "min_value", "max_value", "num_buckets")),
}
_ANONYMOUS = {"is_finite", "json_array_length"}


def _prepare(db: duckdb.DuckDBPyConnection) -> None:
    # as in Trino: whole numbers are divided into whole numbers, and times are UTC
    db.execute("SET integer_division = true; SET TimeZone = 'UTC'; SET threads = 2")
    # Trino keeps no order that is not asked for
    db.execute("SET preserve_insertion_order = false")
    # and joins in the order of the text where no statistics say better; DuckDB, which has none of a
    # file either, would join two large tables by a column that is 0 everywhere
    db.execute("SET disabled_optimizers = 'join_order'; SET memory_limit = '4GB'")
    db.create_function("xxhash64", xxhash64, ["BLOB"], "BLOB")
    db.create_function("from_big_endian_64", _number, ["BLOB"], "BIGINT")
    db.create_function("from_utf8", _text, ["BLOB"], "VARCHAR")
    db.create_function("is_json", _is_json, ["VARCHAR"], "BOOLEAN")
    db.create_function("java_double", _java_double, ["VARCHAR"], "VARCHAR")
    db.create_function("java_json", _java_json, ["VARCHAR"], "VARCHAR")
    db.create_function("scientific", scientific, ["DOUBLE"], "VARCHAR")
    db.execute(_macros())


def _number(eight: bytes) -> int:
    return int(struct.unpack(">q", eight)[0])


def _text(encoded: bytes) -> str:
    return encoded.decode(errors="replace")


def _is_json(text: str) -> bool:
    """As strict as JSON is; DuckDB takes more."""
    import orjson

    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


def _java_double(text: str) -> str:
    """A number that is no whole one of 64 bits; longer whole ones stay as they are."""
    return text if text.lstrip("-").isdigit() else java(float(text))


def _java_json(text: str) -> str:
    """JSON as Jackson writes it: without blanks, each number as Java has it."""

    def written(found: re.Match[str]) -> str:
        token = found[0]
        if token.startswith('"'):
            return json.dumps(json.loads(token), ensure_ascii=False)
        return "" if token.isspace() else _java_double(token)

    return _TOKENS.sub(written, text)


@lru_cache(maxsize=1)
def _macros() -> str:
    return _FUNCTIONS.read_text(encoding="utf-8")


def _watch(
    db: duckdb.DuckDBPyConnection, stopped: Callable[[], bool], over: threading.Event
) -> None:
    while not over.wait(_LOOK_S):
        if stopped():
            db.interrupt()


def _reason(said: str) -> str:
    """DuckDB's words for what went wrong, after Trino's code for it."""
    first = re.sub(r"\s+", " ", said.partition("\n")[0])
    code = next((code for words, code in _CODES if words in said), "GENERIC_USER_ERROR")
    return f"{code}: line 1:1: {first}"


def _as_trinos(answer: pa.Table, kinds: Sequence[str]) -> pa.Table:
    """DuckDB's columns in the types that Trino has: a sum of whole numbers is BIGINT."""
    import pyarrow as pa

    columns = []
    for column, kind in zip(answer.columns, kinds, strict=True):
        if kind in ("HUGEINT", "UBIGINT", "UINTEGER", "UHUGEINT"):
            column = column.cast(pa.int64())
        elif kind == "JSON":
            column = column.cast(pa.string())
        columns.append(column)
    return pa.table(columns, names=answer.column_names)
