"""How is a value written so that Trino reads it back as that very value?

Athena takes the values of a query's marks as texts that it reads as SQL, so they are written with
the same care as if they stood in the query. Marks may stand in ``WHERE`` only, and a value of
theirs has at most 1,024 characters
(https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html): the values of
all others are written into the text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from queries.errors import QuestionError

MOST_CHARACTERS = 1024
_BIGINT = 2**63


def literal(value: Any) -> str:
    """A value as an expression of Trino: NULL, BOOLEAN, BIGINT, DOUBLE, VARCHAR or TIMESTAMP.

    A time without a zone is UTC.

    Raises
    ------
    QuestionError
        When Trino has no such value.
    """
    if isinstance(value, np.generic):
        value = value.item()
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int() if -_BIGINT <= value < _BIGINT:
            # the smallest BIGINT is a sign before a number that is none
            return str(value) if value > -_BIGINT else f"CAST('{value}' AS BIGINT)"
        case float() if math.isfinite(value):
            mantissa, _, exponent = repr(value).partition("e")
            return f"{mantissa}E{exponent or 0}"
        case float():
            return f"CAST('{_NOT_FINITE[str(value)]}' AS DOUBLE)"
        case str() if not any("\ud800" <= character <= "\udfff" for character in value):
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            moment = value.astimezone(UTC) if value.tzinfo else value
            text = moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
            return f"CAST('{text}' AS TIMESTAMP(6))"
        case _:
            raise QuestionError(f"Athena cannot be given the value {value!r}.")


_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def placed(sql: str, values: Sequence[Any]) -> tuple[str, tuple[str, ...]]:
    """A query and the values of the marks that it keeps; the other values stand in it.

    Raises
    ------
    QuestionError
        When there are more or fewer marks than values.
    """
    pieces, kept, done = [], [], 0
    given = iter(values)
    for at, bound in _marks(sql):
        try:
            written = literal(next(given))
        except StopIteration:
            raise QuestionError("A query has more marks than values.") from None
        if bound and len(written) <= MOST_CHARACTERS:
            kept.append(written)
        else:
            pieces += [sql[done:at], written]
            done = at + 1
    if any(True for _ in given):
        raise QuestionError("A query has fewer marks than values.")
    return "".join([*pieces, sql[done:]]), tuple(kept)


def _marks(sql: str) -> Iterator[tuple[int, bool]]:
    """Where each mark stands, and whether that is in a ``WHERE``."""
    from sqlglot import TokenType as Is
    from sqlglot.dialects.trino import Trino

    clauses = {
        *(Is.SELECT, Is.FROM, Is.JOIN, Is.ON, Is.WHERE, Is.GROUP_BY, Is.HAVING, Is.WINDOW),
        *(Is.ORDER_BY, Is.LIMIT, Is.OFFSET, Is.UNION, Is.VALUES),
    }
    # what is in brackets belongs to the clause around them until a clause begins inside
    inside: list[Any] = [None]
    for token in Trino().tokenize(sql):
        if token.token_type is Is.L_PAREN:
            inside.append(inside[-1])
        elif token.token_type is Is.R_PAREN:
            inside.pop()
        elif token.token_type in clauses:
            inside[-1] = token.token_type
        elif token.token_type is Is.PLACEHOLDER:
            yield token.start, inside[-1] is Is.WHERE
