"""DuckDB answers in Athena's dialect what a real Trino answers, and says where it cannot."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from demo.athena.backend import Cancelled, Failed
from demo.athena.duck import Duck
from demo.athena.subset import ANONYMOUS, FUNCTIONS, Outside, check
from tests.trino.functions import ANSWERS, OTHERWISE, answered


def test_an_expression_has_trinos_answer() -> None:
    """What Trino 435 answered is what the stand-in answers."""
    written = dict(ANSWERS)
    assert answered(Duck(), written) == written


def test_what_is_different_is_known() -> None:
    """Where the stand-in still answers otherwise: one of these that agrees belongs to the rest."""
    found = answered(Duck(), [expression for expression, _ in OTHERWISE])
    assert [each for each, trinos in OTHERWISE if found[each] == trinos] == []


def test_each_function_that_passes_was_tried() -> None:
    """The subset holds no function that has no answer of Trino beside it, and none too few."""
    tried = set()
    for expression, _ in ANSWERS:
        tree = sqlglot.parse_one(f"SELECT {expression}", read="athena")
        check(tree)
        for node in tree.find_all(exp.Func):
            name = type(node).__name__
            tried.add(node.name.lower() if isinstance(node, exp.Anonymous) else name)
    assert tried == FUNCTIONS | ANONYMOUS


@pytest.mark.parametrize("outside", ["soundex('a')", "sha256(to_utf8('a'))", "1.5 / 2", "rand()"])
def test_what_was_not_tried_does_not_pass(outside: str) -> None:
    """A function without an answer of Trino is refused, and so is a decimal."""
    with pytest.raises(Outside, match="tested here"):
        check(sqlglot.parse_one(f"SELECT {outside}", read="athena"))


def test_a_query_that_nobody_waits_for_ends() -> None:
    """It ends long before its hundred thousand million rows are counted."""
    many = "(SELECT sequence(1, 10000) AS s) CROSS JOIN UNNEST(s) AS n (i)"
    one = f"(SELECT i FROM {many})"
    text = f"SELECT count(*) AS n FROM {one} AS a, {one} AS b, {one} AS c WHERE a.i + b.i > c.i"
    with pytest.raises(Cancelled):
        Duck().ask(text, [], "default", [], lambda: True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT nope FROM (VALUES 1) AS t (x)", "COLUMN_NOT_FOUND"),
        ("SELECT CAST('x' AS bigint)", "INVALID_CAST_ARGUMENT"),
        ("SELECT x FROM elsewhere", "TABLE_NOT_FOUND"),
    ],
)
def test_a_failure_begins_with_trinos_code(text: str, code: str) -> None:
    """What reads Athena's reasons finds Trino's codes in them."""
    with pytest.raises(Failed, match=f"^{code}: line 1:1: "):
        Duck().ask(text, [], "default", [], lambda: False)
