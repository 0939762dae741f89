"""Is a file of many small tables whole, in order, and of one shape?"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from queries import tables_out
from queries.tables_out import TablesOut


@given(parts=st.lists(st.lists(st.integers(0, 9), max_size=7), max_size=12))
def test_what_goes_in_comes_out_in_order(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[int]]
) -> None:
    """However rows are cut into tables and gathered, the file holds them one after the other."""
    file = tmp_path_factory.mktemp("out") / "x.parquet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables_out, "ROWS", 5)
        with TablesOut(file) as out:
            out.write(pa.table({"a": pa.array([], pa.int64())}))
            for part in parts:
                out.write(pa.table({"a": pa.array(part, pa.int64())}))
            # not there before it is whole
            assert not file.exists()
    assert parquet.read_table(file)["a"].to_pylist() == [row for part in parts for row in part]
    assert [found.name for found in file.parent.iterdir()] == ["x.parquet"]


def test_small_tables_become_large_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are written in groups of so many, not one group a table."""
    monkeypatch.setattr(tables_out, "ROWS", 100)
    file = tmp_path / "x.parquet"
    with TablesOut(file) as out:
        for at in range(50):
            out.write(pa.table({"a": [at] * 5}))
    groups = parquet.ParquetFile(file).metadata
    assert [groups.row_group(at).num_rows for at in range(groups.num_row_groups)] == [100, 100, 50]


def test_the_first_table_settles_the_columns(tmp_path: Path) -> None:
    """A column that is all missing in a later table keeps its type; another column is refused."""
    file = tmp_path / "x.parquet"
    with TablesOut(file) as out:
        out.write(pa.table({"a": pa.array([], pa.float32())}))
        out.write(pa.table({"a": pa.array([1.5, None], pa.float64())}))
        out.write(pa.table({"a": pa.nulls(1)}))
    found = parquet.read_table(file)
    assert found.schema.field("a").type == pa.float32()
    assert found["a"].to_pylist() == [1.5, None, None]

    def write_another() -> None:
        with TablesOut(tmp_path / "y.parquet") as out:
            out.write(pa.table({"a": [1]}))
            out.write(pa.table({"b": [1]}))

    with pytest.raises(ValueError, match="schema"):
        write_another()
    assert [each.name for each in tmp_path.iterdir()] == ["x.parquet"]


def test_a_file_that_was_there_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    """Who reads meanwhile reads the old file; a failure leaves it as it was."""
    file = tmp_path / "x.parquet"
    for rows in ([1], [2, 3]):
        with TablesOut(file) as out:
            out.write(pa.table({"a": rows}))

    def fail() -> None:
        with TablesOut(file) as out:
            out.write(pa.table({"a": [9]}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert parquet.read_table(file)["a"].to_pylist() == [2, 3]
    assert [each.name for each in tmp_path.iterdir()] == ["x.parquet"]
