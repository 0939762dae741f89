"""A query is billed for the columns and the partitions that it reads, and for no others."""

from __future__ import annotations

import pytest
import sqlglot

from demo.athena.reach import reach

ROWS, CAPTURES = ("db", "rows"), ("db", "captures")
COLUMNS = {ROWS: ["a", "b", "c", "hour"], CAPTURES: ["data", "variant", "hour"]}
KEYS = {ROWS: ["hour"], CAPTURES: ["variant", "hour"]}
HOURS = [("00",), ("01",), ("02",)]


def columns(text: str) -> set[str]:
    """The columns that are read of rows."""
    return reach(sqlglot.parse_one(text, read="athena"), "db", COLUMNS, KEYS)[ROWS].columns


def hours(text: str) -> list[bool]:
    """Which of three hours are read of rows."""
    found = reach(sqlglot.parse_one(text, read="athena"), "db", COLUMNS, KEYS)[ROWS]
    return found.parts(HOURS, KEYS[ROWS])


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("SELECT a FROM rows", {"a"}),
        ("SELECT count(*) FROM rows", set()),
        ("SELECT a FROM rows WHERE b > 1", {"a", "b"}),
        ("SELECT * FROM rows", {"a", "b", "c", "hour"}),
        ("WITH r AS (SELECT * FROM rows) SELECT a FROM r", {"a"}),
        ("SELECT r.a FROM (SELECT a, b FROM rows) AS r JOIN db.rows AS s ON r.b = s.c",
         {"a", "b", "c"}),
        ('SELECT "$path" FROM rows', set()),
    ],
)  # fmt: skip
def test_only_the_columns_that_are_needed_are_read(text: str, read: set[str]) -> None:
    """What a query names and throws away again is not billed."""
    assert columns(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("SELECT a FROM rows", [True, True, True]),
        ("SELECT a FROM rows WHERE hour = '01'", [False, True, False]),
        ("SELECT a FROM rows WHERE hour BETWEEN '01' AND '02' AND a > 1", [False, True, True]),
        ("WITH r AS (SELECT * FROM rows) SELECT a FROM r WHERE hour < '01'", [True, False, False]),
        ("SELECT a FROM rows WHERE hour = '00' UNION ALL SELECT a FROM rows WHERE hour = '02'",
         [True, False, True]),
        ("SELECT a FROM rows WHERE hour = '00' OR a = 1", [True, True, True]),
        ("SELECT a FROM rows WHERE hour IN (SELECT hour FROM captures)", [True, True, True]),
    ],
)  # fmt: skip
def test_only_the_partitions_that_a_condition_leaves_are_read(text: str, read: list[bool]) -> None:
    """A condition on keys alone, wherever it stands; any other reads all."""
    assert hours(text) == read
