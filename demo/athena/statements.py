"""What is a statement that Athena was sent: a question, or one that changes what there is?

Read with sqlglot's Athena dialect, which knows both of Athena's languages: Trino's for questions
and CREATE TABLE AS, Hive's for other definitions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from demo.athena.types import arrow_type, hive_type

if TYPE_CHECKING:
    from sqlglot import exp

Kind = Literal[
    "select",
    "create table as",
    "create external table",
    "create database",
    "create view",
    "add partition",
    "set properties",
    "drop table",
    "drop view",
]
_ADD = re.compile(
    r"\s*ALTER\s+TABLE\s+(?P<table>\S+)\s+ADD\s+(?P<exists>IF\s+NOT\s+EXISTS\s+)?(?P<parts>PARTITION.*)",
    re.IGNORECASE | re.DOTALL,
)
_PARTITION = re.compile(
    r"\s*PARTITION\s*\((?P<values>[^)]*)\)\s*LOCATION\s*'(?P<location>[^']*)'\s*",
    re.IGNORECASE,
)
_VALUE = re.compile(r"\s*`?(\w+)`?\s*=\s*'([^']*)'\s*")
_PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    },
}
_TEXT = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
}


class Unreadable(ValueError):
    """A statement that Athena cannot read either, in words like Athena's."""


class Untested(ValueError):
    """A statement that Athena may know, and that nothing here was tested with."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, as a tree and taken apart.

    ``query`` is the question in it, as it was written, and ``tree`` that question's; ``about`` is
    the table, view or database it is about; ``given`` what a definition gives: Glue's document of
    a table, its properties, or partitions; ``lenient`` says IF (NOT) EXISTS.
    """

    kind: Kind
    text: str
    tree: Any
    about: tuple[str, str] = ("", "")
    given: Any = None
    lenient: bool = False
    query: str = ""

    @property
    def defines(self) -> bool:
        """Is it one that Athena counts as DDL?"""
        return self.kind not in ("select", "create table as")


def read(text: str, database: str) -> Statement:
    """Read one statement; names without a database are of this one.

    Raises
    ------
    Unreadable
        When it is not SQL, or several statements.
    Untested
        When it is of a kind that is not known here.
    """
    import sqlglot
    from sqlglot import exp

    text = text.strip().removesuffix(";")
    added = _ADD.fullmatch(text)
    if added:
        about = _about(sqlglot.to_table(added["table"], dialect="athena"), database)
        return Statement(
            "add partition", text, None, about, _partitions(added["parts"]), bool(added["exists"])
        )
    try:
        trees = [each for each in sqlglot.parse(text, read="athena") if each is not None]
    except sqlglot.errors.SqlglotError as error:
        raise Unreadable(f"line 1:1: mismatched input. {str(error).splitlines()[0]}") from None
    if len(trees) != 1:
        raise Unreadable("Only one sql statement is allowed.")
    tree = trees[0]
    if isinstance(tree, exp.Query):
        return Statement("select", text, tree, query=text)
    if isinstance(tree, exp.Create) and tree.kind in ("DATABASE", "SCHEMA"):
        name = (tree.this.name or tree.this.args["db"].name).lower()
        return Statement("create database", text, tree, (name, ""), None, bool(tree.args["exists"]))
    if isinstance(tree, exp.Create) and tree.kind == "VIEW":
        about, replace = _about(tree.this, database), bool(tree.args.get("replace"))
        return Statement(
            "create view", text, tree.expression, about, None, replace, _after_as(text)
        )
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.expression is not None:
        about, lenient = _about(tree.this, database), bool(tree.args["exists"])
        return Statement(
            "create table as",
            text,
            tree.expression,
            about,
            _settings(tree),
            lenient,
            _after_as(text),
        )
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.find(exp.ExternalProperty):
        about = _about(tree.this.this, database)
        given = _described(tree, about[1])
        return Statement(
            "create external table", text, tree, about, given, bool(tree.args["exists"])
        )
    if isinstance(tree, exp.Drop) and tree.kind in ("TABLE", "VIEW"):
        kind: Kind = "drop table" if tree.kind == "TABLE" else "drop view"
        about = _about(next(tree.find_all(exp.Table)), database)
        return Statement(kind, text, tree, about, None, bool(tree.args["exists"]))
    if isinstance(tree, exp.Alter) and tree.args.get("actions"):
        properties = _properties(tree)
        if properties and "TBLPROPERTIES" in text.upper():
            about = _about(tree.this, database)
            return Statement("set properties", text, tree, about, properties)
    raise Untested(f"{' '.join(text.split()[:3])} …: no statement of this kind was tested here")


def _after_as(text: str) -> str:
    """The question in a definition, as it was written."""
    from sqlglot.dialects.athena import Athena
    from sqlglot.tokenizer_core import TokenType

    depth = 0
    for token in Athena().tokenize(text):
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if token.token_type is TokenType.ALIAS and depth == 0:
            return text[token.end + 1 :].strip()
    return ""


def _about(table: exp.Expr, database: str) -> tuple[str, str]:
    return (table.text("db") or database).lower(), table.name.lower()


def _partitions(text: str) -> list[dict[str, Any]]:
    found, at = [], 0
    while at < len(text):
        part = _PARTITION.match(text, at)
        if part is None:
            raise Unreadable(f"line 1:{at + 1}: mismatched input {text[at : at + 20]!r}")
        values = [_VALUE.fullmatch(each) for each in part["values"].split(",")]
        if not all(values):
            raise Unreadable(f"line 1:{at + 1}: mismatched input {part['values']!r}")
        storage = {"Location": part["location"]}
        found.append({"Values": [v[2] for v in values if v], "StorageDescriptor": storage})
        at = part.end()
    return found


def _properties(tree: exp.Expr) -> dict[str, str]:
    from sqlglot import exp

    return {
        each.this.name: each.args["value"].name
        for each in tree.find_all(exp.Property)
        if type(each) is exp.Property and isinstance(each.this, exp.Literal)
    }


def _columns(schema: exp.Expr) -> list[dict[str, str]]:
    from sqlglot import exp

    found = []
    for each in schema.expressions:
        if isinstance(each, exp.ColumnDef):
            text = each.args["kind"].sql("hive").replace("`", "").replace(" ", "")
            try:
                type_ = hive_type(arrow_type(text))
            except ValueError as error:
                raise Untested(f"Column {each.name}: {error}") from None
            found.append({"Name": each.name.lower(), "Type": type_})
    return found


def _described(tree: exp.Create, name: str) -> dict[str, Any]:
    """An external table as Glue keeps it."""
    from sqlglot import exp

    location = tree.find(exp.LocationProperty)
    if location is None or not location.this.name.startswith("s3://"):
        raise Unreadable("FAILED: ParseException: no LOCATION 's3://…' is given")
    serde, stored = tree.find(exp.RowFormatSerdeProperty), tree.find(exp.FileFormatProperty)
    under = serde.find(exp.SerdeProperties) if serde is not None else None
    settings = _properties(under) if under is not None else {}
    if serde is None and stored is not None and stored.this.name.upper() == "PARQUET":
        storage: dict[str, Any] = dict(_PARQUET)
    elif serde is not None and serde.this.name == "org.openx.data.jsonserde.JsonSerDe":
        about = {"SerializationLibrary": serde.this.name, "Parameters": settings}
        storage = {**_TEXT, "SerdeInfo": about}
    else:
        raise Untested("A table of this format was not tested here: OpenX's JSON and Parquet were")
    parted = tree.find(exp.PartitionedByProperty)
    properties = {k: v for k, v in _properties(tree).items() if k not in settings}
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **properties},
        "PartitionKeys": _columns(parted.this) if parted is not None else [],
        "StorageDescriptor": {
            "Columns": _columns(tree.this),
            "Location": location.this.name,
            **storage,
        },
    }


def parquet_table(
    name: str, columns: list[dict[str, str]], keys: list[dict[str, str]], location: str
) -> dict[str, Any]:
    """A table of Parquet files as Glue keeps it."""
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
        "PartitionKeys": keys,
        "StorageDescriptor": {"Columns": columns, "Location": location, **_PARQUET},
    }


def _settings(tree: exp.Create) -> dict[str, Any]:
    """The properties after WITH of CREATE TABLE AS."""
    from sqlglot import exp

    found: dict[str, Any] = {}
    properties = tree.args.get("properties")
    for each in properties.expressions if properties is not None else ():
        if isinstance(each, exp.FileFormatProperty):
            found["format"] = each.this.name.upper()
        elif isinstance(each, exp.PartitionedByProperty):
            found["partitioned_by"] = [name.name for name in each.this.expressions]
        elif isinstance(each.args["value"], exp.Array):
            found[each.this.name] = [name.name for name in each.args["value"].expressions]
        else:
            found[each.this.name] = each.args["value"].name
    known = {
        "format",
        "external_location",
        "partitioned_by",
        "bucketed_by",
        "bucket_count",
        "write_compression",
        "parquet_compression",
    }
    if set(found) - known or found.get("format") != "PARQUET":
        raise Untested(f"CREATE TABLE AS with {', '.join(sorted(found))} was not tested here")
    return found
