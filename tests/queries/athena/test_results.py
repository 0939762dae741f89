"""Is an answer that Athena wrote read as it was meant?"""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.athena.results import read_csv

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"))


def written(columns: list[str], rows: list[tuple[str | None, ...]]) -> bytes:
    """A result as Athena writes it: every value in quotes, and nothing where there is none."""
    lines = [
        ",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row)
        for row in [tuple(columns), *rows]
    ]
    return ("\n".join(lines) + "\n").encode()


@given(st.lists(st.tuples(st.none() | TEXTS, st.none() | TEXTS), max_size=5))
def test_null_is_no_empty_text(rows: list[tuple[str | None, str | None]]) -> None:
    """NULL, '', 'NULL', 'NaN' and texts of several lines come back as they were."""
    answer = read_csv(written(["a", "b"], rows), [("a", "varchar"), ("b", "varchar")])
    assert list(zip(answer["a"], answer["b"], strict=True)) == rows


@given(st.lists(st.none() | TEXTS, max_size=5))
def test_a_lone_null_is_a_row(values: list[str | None]) -> None:
    """In an answer of one column, NULL is an empty line, and counts."""
    answer = read_csv(written(["a"], [(value,) for value in values]), [("a", "varchar")])
    assert answer["a"].tolist() == values


def test_numbers_times_and_truths_have_numpys_types() -> None:
    """Types are as the other engine gives them, and a missing value is its type's own."""
    types = {
        "n": "bigint", "d": "double", "f": "float", "t": "timestamp", "day": "date",
        "b": "boolean", "s": "varchar", "c": "decimal", "i": "integer",
    }  # fmt: skip
    whole = (
        "9007199254740993", "1.0E-5", "0.5", "2024-03-31 12:00:00.123", "2024-03-31", "true",
        "x", "1.25", "-1",
    )  # fmt: skip
    full = read_csv(written(list(types), [whole]), list(types.items()))
    assert {name: column.dtype.name for name, column in full.items()} == {
        "n": "int64", "d": "float64", "f": "float32", "t": "datetime64[us]",
        "day": "datetime64[D]", "b": "bool", "s": "object", "c": "float64", "i": "int32",
    }  # fmt: skip
    assert full["n"][0] == 9007199254740993
    assert full["t"][0] == np.datetime64("2024-03-31T12:00:00.123")
    none = read_csv(written(list(types), [whole, (None,) * 9]), list(types.items()))
    missing = {name: column[1] for name, column in none.items()}
    assert [name for name, v in missing.items() if isinstance(v, np.floating) and np.isnan(v)] == [
        "n", "d", "f", "b", "c", "i",
    ]  # fmt: skip
    assert np.isnat(missing["t"])
    assert np.isnat(missing["day"])
    assert missing["s"] is None
    assert none["b"][0] == 1.0


def test_doubles_beyond_numbers_come_through() -> None:
    """As Trino writes them: NaN, Infinity, -Infinity."""
    data = written(["d"], [("NaN",), ("Infinity",), ("-Infinity",), ("-0.0",)])
    found = read_csv(data, [("d", "double")])["d"].tolist()
    assert math.isnan(found[0])
    assert found[1:3] == [math.inf, -math.inf]
    assert math.copysign(1, found[3]) == -1


@pytest.mark.parametrize("data", [b'"a","b"\n', b'"a","b"'])
def test_no_rows_have_their_columns(data: bytes) -> None:
    """A result of a header alone has every column, with its type and no rows."""
    answer = read_csv(data, [("a", "bigint"), ("b", "varchar")])
    assert {name: (len(c), c.dtype.name) for name, c in answer.items()} == {
        "a": (0, "int64"),
        "b": (0, "object"),
    }


def test_a_row_longer_than_a_block_is_read() -> None:
    """An answer of 10⁵ rows, one of them of megabytes, is whole."""
    rows: list[tuple[str | None, ...]] = [(str(n), "x") for n in range(100_000)]
    rows[5] = ("5", "y" * 3_000_000)
    answer = read_csv(written(["n", "s"], rows), [("n", "bigint"), ("s", "varchar")])
    assert answer.rows == 100_000
    assert int(answer["n"].sum()) == 100_000 * 99_999 // 2
    assert len(answer["s"][5]) == 3_000_000


def test_it_is_the_csv_that_others_read() -> None:
    """The lines above are CSV to Python's reader too, but for NULL, which it cannot tell."""
    data = written(["a", "b"], [('q"x\ny', None)])
    assert list(csv.reader(io.StringIO(data.decode()))) == [["a", "b"], ['q"x\ny', ""]]
