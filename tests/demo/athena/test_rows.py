"""Objects become rows as Athena's SerDes read them, and what is read of them is told in bytes."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from demo.athena.rows import BadData, rows_of, scanned
from demo.athena.types import arrow_type

OPENX = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {}}
LENIENT = {**OPENX, "Parameters": {"ignore.malformed.json": "TRUE"}}
PARQUET = {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}
COLUMNS = {
    "eventmetadata": arrow_type("struct<eventid:string,customattributes:array<string>>"),
    "n": arrow_type("bigint"),
}


def read(folder: Path, *lines: bytes, serde: dict = LENIENT, name: str = "a.jsonl") -> list[dict]:
    """The rows of an object with these lines."""
    content = b"".join(line + b"\n" for line in lines)
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return rows_of(path, COLUMNS, serde).to_pylist()


def test_names_in_any_case_are_known(tmp_path: Path) -> None:
    """SageMaker writes eventMetadata, and Glue's names are small."""
    rows = read(tmp_path, b'{"eventMetadata":{"eventId":"e","customAttributes":["a"]},"N":3,"x":1}')
    assert rows == [{"eventmetadata": {"eventid": "e", "customattributes": ["a"]}, "n": 3}]


def test_a_malformed_line_is_a_row_of_nulls_where_that_is_allowed(tmp_path: Path) -> None:
    """So it can be counted; without ignore.malformed.json the query fails."""
    nothing = {"eventmetadata": None, "n": None}
    assert read(tmp_path, b'{"n":1}', b'{"n":', b"[1]", b"") == [
        {"eventmetadata": None, "n": 1},
        nothing,
        nothing,
        nothing,
    ]
    with pytest.raises(BadData, match="HIVE_CURSOR_ERROR: row 2 is no JSON"):
        read(tmp_path, b'{"n":1}', b'{"n":', serde=OPENX, name="b.jsonl")


def test_bytes_that_are_no_utf8_are_replaced(tmp_path: Path) -> None:
    """As Java decodes a text: the line is read, where this machine's own reader rejects it."""
    rows = read(tmp_path, b'{"n":2,"eventMetadata":{"eventId":"\xff"}}')
    assert rows[0]["eventmetadata"]["eventid"] == "�"


def test_what_does_not_fit_a_column_is_null(tmp_path: Path) -> None:
    """A number that is none, and an object where a text belongs: its JSON."""
    rows = read(tmp_path, b'{"n":"x","eventMetadata":{"eventId":{"a":1}}}')
    assert rows == [{"eventmetadata": {"eventid": '{"a":1}', "customattributes": None}, "n": None}]


def test_what_is_compressed_is_read_too(tmp_path: Path) -> None:
    """By the name's end, and billed as it lies there."""
    assert read(tmp_path, b'{"n":5}', name="a.jsonl.gz")[0]["n"] == 5
    path = tmp_path / "a.jsonl.gz"
    assert scanned(path, {"n"}) == path.stat().st_size


def test_a_table_may_have_grown_since_a_file_was_written(tmp_path: Path) -> None:
    """A column that a Parquet file lacks is NULL; one of another type ends the query."""
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"N": pa.array([1, 2])}), path)
    grown = {"n": pa.int64(), "more": pa.string()}
    assert rows_of(path, grown, PARQUET).to_pylist() == [
        {"n": 1, "more": None},
        {"n": 2, "more": None},
    ]
    parquet.write_table(pa.table({"n": pa.array(["x"])}), tmp_path / "b.parquet")
    with pytest.raises(BadData, match=r"HIVE_BAD_DATA: b\.parquet: column n is string, not int64"):
        rows_of(tmp_path / "b.parquet", grown, PARQUET)


def test_of_parquet_only_the_columns_asked_for_are_billed(tmp_path: Path) -> None:
    """The chunks of all columns together are all that there is but the footer."""
    path = tmp_path / "a.parquet"
    table = pa.table({"a": pa.array(range(1_000)), "b": pa.array(["x" * 100] * 1_000)})
    parquet.write_table(table, path, compression="none", use_dictionary=False)
    a, b = scanned(path, {"a"}), scanned(path, {"b"})
    assert a < b
    assert scanned(path, {"a", "b"}) == a + b < path.stat().st_size
    assert scanned(path, {"elsewhere"}) == 0
