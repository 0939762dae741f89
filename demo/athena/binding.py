"""What does a query ask once its marks have their values?

Athena takes a value as the text of an expression (``'it''s'``, ``3``, ``CAST('…' AS TIMESTAMP)``),
and marks only where a condition stands:
https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Misplaced(ValueError):
    """A mark or a value that Athena does not take, in words like Athena's."""


def bound(sql: str, parameters: Sequence[str]) -> str:
    """The query with the values in the place of its marks.

    Raises
    ------
    Misplaced
        When there are more or fewer values than marks, or a value is no constant.
    """
    marks = _marks(sql)
    if len(marks) != len(parameters):
        raise Misplaced(
            f"INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected "
            f"{len(marks)} but found {len(parameters)}"
        )
    pieces, done = [], 0
    for at, value in zip(marks, parameters, strict=True):
        if not is_constant(value):
            raise Misplaced(f"line 1:1: mismatched input {value[:80]!r}. Expecting: a constant")
        pieces += [sql[done:at], value]
        done = at + 1
    return "".join([*pieces, sql[done:]])


def check_marks(tree: Any) -> None:
    """Marks may stand in WHERE only.

    Raises
    ------
    Misplaced
        When one stands elsewhere.
    """
    from sqlglot import exp

    for mark in tree.find_all(exp.Placeholder):
        if mark.find_ancestor(exp.Where) is None:
            raise Misplaced("line 1:1: '?' parameters can be placed only in the WHERE clause")


def is_constant(text: str) -> bool:
    """Whether a text is one literal of SQL, or a cast of one, and nothing else."""
    import sqlglot
    from sqlglot import exp

    try:
        found = sqlglot.parse(f"SELECT {text}", read="athena")
    except sqlglot.errors.SqlglotError:
        return False
    if len(found) != 1 or not isinstance(found[0], exp.Select):
        return False
    select = found[0]
    if len(select.expressions) != 1 or any(
        value for name, value in select.args.items() if name != "expressions"
    ):
        return False
    node = select.expressions[0]
    while isinstance(node, exp.Cast | exp.Neg | exp.Paren):
        node = node.this
    return isinstance(node, exp.Literal | exp.Boolean | exp.Null)


def _marks(sql: str) -> list[int]:
    from sqlglot.dialects.athena import Athena
    from sqlglot.tokenizer_core import TokenType

    tokens = Athena().tokenize(sql)
    return [each.start for each in tokens if each.token_type is TokenType.PLACEHOLDER]
