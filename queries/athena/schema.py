"""Which tables does a test have in Athena, and what stands in their columns?

Pure text: the statements that ``actions/athena`` shows before it runs them. Each Parquet table is
partitioned by ``hour``; its partitions are registered one by one as hours are written, each with
a folder of its own, so that what is not registered is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import orjson

from queries.athena.names import Table
from queries.errors import ConfigError
from queries.kept import value_of
from queries.keys import SAGEMAKER_NAME
from queries.store import KnownReading

if TYPE_CHECKING:
    from queries.athena.names import JoinedTable, Side, Tables
    from queries.config import Test
    from queries.reading import Reading

_SIDE = "struct<observedcontenttype:string,mode:string,data:string,encoding:string>"
CAPTURES = (
    ("capturedata", f"struct<endpointinput:{_SIDE},endpointoutput:{_SIDE}>"),
    (
        "eventmetadata",
        "struct<eventid:string,inferenceid:string,customattributes:array<string>,"
        "invocationsource:string,inferencetime:string>",
    ),
    ("eventversion", "string"),
)
_PLACE = (("segment", "bigint"), ("line", "bigint"))
ROWS = (
    ("variant", "string"),
    ("path", "string"),
    *_PLACE,
    ("pos", "bigint"),
    ("ts", "timestamp"),
    ("event_id", "string"),
    ("inference_id", "string"),
    ("input_hash", "bigint"),
    ("input_bytes", "bigint"),
    ("label", "string"),
    ("score", "double"),
    ("content_type", "string"),
    ("content_type_in", "string"),
    ("encoding_in", "string"),
    ("content_type_out", "string"),
    ("encoding_out", "string"),
    ("ok", "boolean"),
    ("input_read", "boolean"),
    ("cluster", "bigint"),
)
"""``ok`` is false of a line that is no record, ``input_read`` of features that SQL cannot read.
Features f0, f1, … follow."""
ANSWER = ("answer", "string")
"""An answer of several parts, in the rows; the pairs have both."""
ACCOUNT = (
    ("variant", "string"),
    ("path", "string"),
    ("segment", "bigint"),
    ("content_type_in", "string"),
    ("encoding_in", "string"),
    ("content_type_out", "string"),
    ("encoding_out", "string"),
    ("lines", "bigint"),
    ("records", "bigint"),
    ("rejected", "bigint"),
    ("rows", "bigint"),
    ("unreadable", "bigint"),
    ("inputs_unread", "bigint"),
    ("without_time", "bigint"),
    ("event_ids", "bigint"),
    ("inference_ids", "bigint"),
    ("first_ts", "timestamp"),
    ("last_ts", "timestamp"),
)
"""A row for each object and each shape of its records. ``lines = records + rejected``."""
PAIRS = (
    ("ts", "timestamp"),
    ("shadow_ts", "timestamp"),
    ("method", "string"),
    ("different_input", "boolean"),
    ("pos", "bigint"),
    ("cluster", "bigint"),
    ("production_segment", "bigint"),
    ("production_line", "bigint"),
    ("shadow_segment", "bigint"),
    ("shadow_line", "bigint"),
    ("production_label", "string"),
    ("production_score", "double"),
    ("shadow_label", "string"),
    ("shadow_score", "double"),
)
AMBIGUOUS = (("variant", "string"), *_PLACE)
TRUTH = (
    ("ts", "timestamp"),
    ("production_segment", "bigint"),
    ("production_line", "bigint"),
    ("pos", "bigint"),
    ("label", "string"),
    ("method", "string"),
    ("delay_s", "bigint"),
    ("number", "double"),
)
"""A row for every labelled row of a pair, as on this machine."""
PARQUET: tuple[Table, ...] = ("account", "rows", "ambiguous", "pairs")
"""Our own tables, in the order in which an hour is registered with them."""

_OF_TEST = "understudy.test."
_READING = "understudy.reading."
# What stands in a property as it is: no quote, no backslash, nothing that a statement could end at.
PLAIN = ' {}[]":,$*@._-/'


def columns(table: Table, production: Reading) -> tuple[tuple[str, str], ...]:
    """Name and type of each column of a Parquet table, ``hour`` left out."""
    whole = production.output.whole
    if table == "rows":
        features = enumerate(production.input.numeric)
        return (
            *ROWS,
            *([ANSWER] if whole else ()),
            *((f"f{at}", "double" if numeric else "string") for at, numeric in features),
        )
    if table == "pairs" and whole:
        return (*PAIRS, *((f"{side}_{ANSWER[0]}", ANSWER[1]) for side in ("production", "shadow")))
    return {"account": ACCOUNT, "pairs": PAIRS, "ambiguous": AMBIGUOUS}[table]


def database(tables: Tables) -> str:
    """CREATE DATABASE."""
    return (
        f"CREATE DATABASE IF NOT EXISTS `{tables.database}`\n"
        "COMMENT 'What Understudy reads of the captures of shadow tests'"
    )


def captures(
    tables: Tables, location: str, variants: tuple[str, str], hours: tuple[str, str | None]
) -> str:
    """CREATE EXTERNAL TABLE over the captures as SageMaker wrote them.

    ``location`` is the folder above those of the variants; ``hours`` the first hour and the last,
    None for now. Lines that are no JSON come as rows of NULLs, and are counted.

    Raises
    ------
    ConfigError
        When a name cannot be written into a statement.
    """
    folder = location.rstrip("/")
    return (
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {tables.ddl('captures')} (\n"
        f"{_listed(CAPTURES)}\n)\n"
        "PARTITIONED BY (`variant` string, `hour` string)\n"
        "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'\n"
        "WITH SERDEPROPERTIES ('case.insensitive' = 'TRUE', 'ignore.malformed.json' = 'TRUE')\n"
        f"LOCATION {_text(folder + '/')}\n"
        f"TBLPROPERTIES (\n{_properties(projection(folder, variants, hours))}\n)"
    )


def projection(
    folder: str, variants: tuple[str, str], hours: tuple[str, str | None]
) -> dict[str, str]:
    """How Athena knows where the captures of a variant and an hour lie, without looking.

    Raises
    ------
    ConfigError
        When SageMaker gives no variant such a name.
    """
    for variant in variants:
        if not SAGEMAKER_NAME.fullmatch(variant):
            raise ConfigError(f"{variant!r} is no name of a variant; check the test's variants.")
    first, last = hours
    return {
        "projection.enabled": "true",
        "projection.variant.type": "enum",
        "projection.variant.values": ",".join(variants),
        "projection.hour.type": "date",
        "projection.hour.format": "yyyy/MM/dd/HH",
        "projection.hour.range": f"{first},{last or 'NOW'}",
        "projection.hour.interval": "1",
        "projection.hour.interval.unit": "HOURS",
        "storage.location.template": f"{folder}/${{variant}}/${{hour}}/",
    }


def parquet(
    tables: Tables, table: Table, location: str, production: Reading, properties: dict[str, str]
) -> str:
    """CREATE EXTERNAL TABLE of one of our own, which has no hours yet."""
    said = {"parquet.compression": "ZSTD", **properties}
    return (
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {tables.ddl(table)} (\n"
        f"{_listed(columns(table, production))}\n)\n"
        "PARTITIONED BY (`hour` string)\n"
        "STORED AS PARQUET\n"
        f"LOCATION {_text(location)}\n"
        f"TBLPROPERTIES (\n{_properties(said)}\n)"
    )


def joined(tables: Tables, table: JoinedTable, location: str, properties: dict[str, str]) -> str:
    """CREATE EXTERNAL TABLE of the labels of pairs: a partition for each state of them."""
    said = {"parquet.compression": "ZSTD", **properties}
    return (
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {tables.ddl(table)} (\n"
        f"{_listed(TRUTH)}\n)\n"
        "PARTITIONED BY (`state` string)\n"
        "STORED AS PARQUET\n"
        f"LOCATION {_text(location)}\n"
        f"TBLPROPERTIES (\n{_properties(said)}\n)"
    )


def account_of(rows: str, production: Reading) -> str:
    """SELECT of the account of some rows, by object and shape."""
    answer = "answer" if production.output.whole else "NULL"
    shape = "content_type_in, encoding_in, content_type_out, encoding_out"
    return (
        f"SELECT variant, path, segment, {shape}, count_if(pos = 0) AS lines, "
        "count_if(pos = 0 AND ok) AS records, count_if(NOT ok) AS rejected, "
        "count_if(ok) AS rows, "
        f"count_if(ok AND coalesce(label, {answer}) IS NULL AND score IS NULL) AS unreadable, "
        "count_if(input_read = false) AS inputs_unread, "
        "count_if(pos = 0 AND ok AND ts IS NULL) AS without_time, "
        "count_if(pos = 0 AND event_id IS NOT NULL) AS event_ids, "
        "count_if(pos = 0 AND inference_id IS NOT NULL) AS inference_ids, "
        f"min(ts) AS first_ts, max(ts) AS last_ts, hour FROM {rows} "
        f"GROUP BY variant, path, segment, {shape}, hour"
    )


def rows_by_hour(table: str) -> str:
    """SELECT of the number of rows of each hour."""
    return f"SELECT hour, count(*) AS n FROM {table} GROUP BY hour ORDER BY hour"


def looking(tables: Tables, variants: tuple[str, str]) -> str:
    """CREATE VIEW: pairs by id, as captured, for whoever looks by hand in Athena's console."""
    production, shadow = map(_text, variants)
    return (
        f"CREATE OR REPLACE VIEW {tables.sql('looking')} AS\n"
        "SELECT p.hour, p.eventmetadata.inferencetime AS production_time,\n"
        "    s.eventmetadata.inferencetime AS shadow_time,\n"
        "    coalesce(p.eventmetadata.inferenceid, p.eventmetadata.eventid) AS id,\n"
        "    p.capturedata.endpointinput.data AS asked,\n"
        "    p.capturedata.endpointoutput.data AS production_answer,\n"
        "    s.capturedata.endpointoutput.data AS shadow_answer\n"
        f"FROM {tables.sql('captures')} AS p\n"
        f"JOIN {tables.sql('captures')} AS s ON s.hour = p.hour\n"
        "    AND coalesce(s.eventmetadata.inferenceid, s.eventmetadata.eventid)\n"
        "        = coalesce(p.eventmetadata.inferenceid, p.eventmetadata.eventid)\n"
        f"WHERE p.variant = {production} AND s.variant = {shadow}"
    )


def test_properties(test: Test, folder: str) -> dict[str, str]:
    """Of which test a table is, and of which captures: with others it is another table."""
    told = {
        "name": test.name,
        "captures": folder,
        "variants": f"{test.production},{test.shadow}",
        "start": "" if test.start is None else test.start.isoformat(),
    }
    return {f"{_OF_TEST}{name}": quote(value, safe=PLAIN) for name, value in told.items()}


def owner(properties: Mapping[str, str]) -> str:
    """The name of the test that a table belongs to; "" where it belongs to none."""
    return unquote(properties.get(f"{_OF_TEST}name", ""))


def reading_properties(readings: Mapping[Side, KnownReading]) -> dict[str, str]:
    """How both variants are read, as properties of the table of rows."""
    return {
        f"{_READING}{side}": quote(orjson.dumps(known).decode(), safe=PLAIN)
        for side, known in readings.items()
    }


def readings_in(properties: Mapping[str, str]) -> dict[Side, KnownReading] | None:
    """How both variants are read, from the properties of the table of rows; None where none is."""
    sides: tuple[Side, ...] = ("production", "shadow")
    try:
        return {
            side: value_of(KnownReading, orjson.loads(unquote(properties[f"{_READING}{side}"])))
            for side in sides
        }
    except (KeyError, ValueError):
        return None


def _listed(each: tuple[tuple[str, str], ...]) -> str:
    return ",\n".join(f"    `{name}` {type_}" for name, type_ in each)


def _properties(of: dict[str, str]) -> str:
    return ",\n".join(f"    {_text(name)} = {_text(value)}" for name, value in of.items())


def _text(value: str) -> str:
    """A literal of Hive or Trino, for texts in which both read the same."""
    if any(mark in value for mark in "'\\\n\r\0"):
        raise ConfigError(
            f"{value!r} cannot be written into a statement of Athena: it holds a quote, a "
            'backslash or a line break. Set `engine = "duckdb"` for this test.'
        )
    return f"'{value}'"
