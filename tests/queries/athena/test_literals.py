"""Is every value read back as itself, wherever its mark stands?"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from queries.athena.literals import MOST_CHARACTERS, literal, placed
from queries.errors import QuestionError
from queries.questions import find, questions

INJECTED = "'; DROP TABLE pairs; --"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
MOMENTS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30))  # noqa: DTZ001


def read_back(text: str) -> Any:
    """What Trino's grammar, as sqlglot has it, makes of a literal."""
    tree = sqlglot.parse_one(f"SELECT {text}", read="trino").expressions[0]
    if isinstance(tree, exp.Cast):
        kind = tree.to.sql("trino")
        inner = tree.this.this
        return {
            "TIMESTAMP(6)": datetime.fromisoformat,
            "DOUBLE": float,
            "BIGINT": int,
        }[kind](inner)
    if isinstance(tree, exp.Neg):
        return -read_back(tree.this.sql("trino"))
    if isinstance(tree, exp.Null):
        return None
    if isinstance(tree, exp.Boolean):
        return tree.this
    assert isinstance(tree, exp.Literal)
    if tree.is_string:
        return tree.this
    # a number without an exponent is a whole one, or it would be a DECIMAL
    return float(tree.this) if "E" in tree.this else int(tree.this)


@given(TEXTS)
def test_a_text_is_read_back(value: str):
    """Quotes, backslashes, marks, comments and line ends are letters like any other."""
    assert read_back(literal(value)) == value


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_whole_number_is_read_back(value: int):
    """Each BIGINT is one, the smallest too."""
    assert read_back(literal(value)) == value


@given(st.floats())
def test_a_number_is_read_back(value: float):
    """Every float is a DOUBLE with all its digits, also nan, infinities and minus zero."""
    found = read_back(literal(value))
    assert isinstance(found, float)
    assert found == value or (math.isnan(found) and math.isnan(value))
    assert math.copysign(1, found) == math.copysign(1, value) or math.isnan(value)


@given(MOMENTS)
def test_a_time_is_read_back(value: datetime):
    """To the microsecond; a time without a zone is UTC."""
    assert read_back(literal(value)) == value
    assert literal(value) == literal(value.replace(tzinfo=UTC))
    east = value.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=5)))
    assert literal(east) == literal(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (np.bool_(False), "FALSE"),
        (np.int64(3), "3"),
        (np.float32(0.5), "0.5E0"),
        (1.0, "1.0E0"),
        (1e22, "1E+22"),
        ("O'Neill", "'O''Neill'"),
        (
            datetime(2024, 3, 31, 12, tzinfo=UTC),
            "CAST('2024-03-31 12:00:00.000000' AS TIMESTAMP(6))",
        ),
    ],
)
def test_a_value_is_written_for_trino(value: object, written: str):
    """A float never as DECIMAL, a truth never as a number, a NumPy value as its Python one."""
    assert literal(value) == written


@pytest.mark.parametrize("value", ["\ud800", 2**63, -(2**63) - 1, b"x", [1], object()])
def test_what_trino_has_no_value_for_is_refused(value: object):
    """Half a character, a number beyond BIGINT and things of other types raise a sentence."""
    with pytest.raises(QuestionError, match="Athena cannot be given the value"):
        literal(value)


def test_only_marks_of_a_where_are_kept():
    """Athena takes marks in WHERE alone; those elsewhere become values of the text."""
    sql = (
        "-- why?\nWITH a AS (SELECT x + ? AS y, '?' AS \"?\" FROM t WHERE (? OR x = ?))\n"
        "SELECT y FROM a WHERE y IN (SELECT ? FROM u WHERE v < mod(?, 2)) LIMIT ?"
    )
    text, kept = placed(sql, [1, True, "a", 2.5, 3, 4])
    assert kept == ("TRUE", "'a'", "3")
    assert text == (
        "-- why?\nWITH a AS (SELECT x + 1 AS y, '?' AS \"?\" FROM t WHERE (? OR x = ?))\n"
        "SELECT y FROM a WHERE y IN (SELECT 2.5E0 FROM u WHERE v < mod(?, 2)) LIMIT 4"
    )


def test_a_value_too_long_for_a_mark_stands_in_the_text():
    """An execution parameter has at most 1,024 characters, its quotes among them."""
    fits, long = "x" * (MOST_CHARACTERS - 2), "x" * (MOST_CHARACTERS - 1)
    assert placed("SELECT a FROM t WHERE b = ?", [fits]) == (
        "SELECT a FROM t WHERE b = ?",
        (f"'{fits}'",),
    )
    assert placed("SELECT a FROM t WHERE b = ?", [long]) == (
        f"SELECT a FROM t WHERE b = '{long}'",
        (),
    )


@pytest.mark.parametrize("values", [[1], [1, 2, 3]])
def test_each_mark_has_its_value(values: list[int]):
    """One value more or fewer than marks is refused, for the others would have moved."""
    with pytest.raises(QuestionError, match=r"has (more|fewer) marks than values"):
        placed("SELECT ? FROM t WHERE a = ?", values)


@pytest.mark.parametrize("name", questions())
def test_whatever_a_value_says_the_question_stays(name: str):
    """In each place of each question a hostile text is a value, bound or written, and no more."""
    question = find(name)
    columns = ["f0"] if "{columns}" in question.text else []
    for hostile in question.parameters:
        given_ = {each: INJECTED if each == hostile else 1 for each in question.parameters}
        text, kept = placed(*question.asked(columns, given_))
        (tree,) = sqlglot.parse(text, read="trino")
        assert isinstance(tree, exp.Query)
        written = [each.this for each in tree.find_all(exp.Literal) if each.is_string]
        bound = [read_back(each) for each in kept]
        times = question.parameters.count(hostile)
        assert [*written, *bound].count(INJECTED) == times, (hostile, text)
        assert len(list(tree.find_all(exp.Placeholder))) == len(kept)
