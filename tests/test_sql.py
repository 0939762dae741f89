"""Is every question in queries/*.sql written in Athena's dialect, as Trino itself would read it?

Two readers, for neither is enough alone: Trino's own grammar refuses what only DuckDB
understands, and Trino's list of functions refuses what the grammar takes for a call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

QUERIES = Path(__file__).parents[1] / "queries"
# DuckDB's definitions of Athena's functions: the one file that is not meant for Athena.
MACROS = "macros.sql"
QUESTIONS = sorted(p.name for p in QUERIES.glob("*.sql") if p.name != MACROS)

# Athena's types, https://docs.aws.amazon.com/athena/latest/ug/data-types.html, as SQL names them
# fmt: off
TYPES = {
    "BOOLEAN", "TINYINT", "SMALLINT", "INT", "INTEGER", "BIGINT", "REAL", "DOUBLE", "DECIMAL",
    "VARCHAR", "CHAR", "VARBINARY", "JSON", "DATE", "TIMESTAMP", "ARRAY", "MAP", "ROW",
}
# fmt: on


def with_names(text: str) -> str:
    """Fill each placeholder for a column's name, as the engine does with a quoted identifier."""
    return re.sub(r"\{(\w+)\}", r'"\1"', text)


def faults(text: str) -> list[str]:
    """What Trino would object to, each fault in one line."""
    from trino_query_parser import TrinoSyntaxError, parse_statement_tree
    from trino_sql_validator import validate

    statement = with_names(text).rstrip().removesuffix(";")
    found = []
    try:
        tree = parse_statement_tree(statement)
    except TrinoSyntaxError as error:
        found.append(f"grammar: {error}")
    else:
        # The validator also knows the types of other engines, so the casts are looked at here.
        found += [f"unknown type {name}" for name in cast_types(tree) if name not in TYPES]
    result = validate(statement, dialect="trino", jinja="reject")
    if result.error:
        found.append(f"validator: {result.error}")
    return found + [f"unknown function {name}" for name in result.unknown_functions]


def cast_types(tree: object) -> Iterator[str]:
    """Name the type of every CAST and TRY_CAST in a parse tree."""
    if isinstance(tree, list):
        for part in tree:
            yield from cast_types(part)
    elif isinstance(tree, dict):
        for rule, part in tree.items():
            if rule == "cast":
                yield next(words(part[part.index("AS") + 1]))
            yield from cast_types(part)


def words(tree: object) -> Iterator[str]:
    """Give the words of a parse tree from left to right."""
    if isinstance(tree, str):
        yield tree
    else:
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from words(part)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_athenas(question: str):
    """Trino's grammar reads the file and Trino's catalogue has every function and type in it."""
    assert faults((QUERIES / question).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_opens_with_itself(question: str):
    """The first line of a file is the question it answers, as a comment."""
    first = (QUERIES / question).read_text(encoding="utf-8").partition("\n")[0]
    assert re.fullmatch(r"-- .+\?", first), first


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SELECT x::DOUBLE FROM pairs", "grammar"),
        ("SELECT last(x) IGNORE NULLS FROM pairs QUALIFY 1 = 1", "grammar"),
        ("SELECT * FROM pairs WHERE day = :day", "grammar"),
        ("SELECT quantile_cont(x, 0.5) FROM pairs", "unknown function quantile_cont"),
        ("SELECT CAST(x AS UBIGINT) FROM pairs", "unknown type"),
        ("SELECT count(*) FROM pairs WHERE x = 1 / (SELECT TRY_CAST(y AS INT8))", "unknown type"),
    ],
)
def test_what_only_duckdb_understands_is_found(text: str, fault: str):
    """The two readers together refuse DuckDB's dialect."""
    assert any(found.startswith(fault) for found in faults(text)), faults(text)


def test_comments_parameters_and_placeholders_are_read():
    """A question may open with comments, take parameters and leave a column's name open."""
    text = (
        "-- How many?\n-- By label.\nSELECT {column}, TRY_CAST(x AS TIMESTAMP(3)), count(*) AS n\n"
        "FROM pairs\nWHERE hour >= ?\nGROUP BY {column}, 2\n"
    )
    assert faults(text) == []
