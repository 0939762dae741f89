"""What is asked: which questions are there, and what is one in full?

The questions are ``queries/*.sql``, written once in Athena's dialect (Trino) over these relations:

``captures``
    a row for every instance of both variants: ``variant`` ('production' or 'shadow'), ``ts``,
    ``event_id``, ``inference_id``, ``label``, ``score``, ``answer`` (of several parts),
    ``input_bytes``, ``content_type``, ``segment``, ``line``, ``pos``, the features ``f0``, ``f1``,
    … and the ``cluster`` (production only); of a paired log ``status``, ``latency_ms``,
    ``failure``;
``pairs``
    a row for every pair: ``ts``, ``method``, ``different_input``, ``cluster``, the label and score
    of each variant, ``comparable`` (both could be read), ``agreed``, where both records lie, and
    of a paired log the status, latency and failure of each;
``fields``
    of answers of several parts (``comparing``; in Athena ``athena/parts.py``): a row for every
    field of every pair, with its ``state``; ``pairs`` then has a column for every measure too;
``inputs``
    a row for every pair with what was asked: the features, ``input_bytes``, ``content_type``.

``unpaired`` holds the rows without a partner. ``truth``, a row for every labelled row of a pair, is
attached when it is first asked for (``queries/truth.py``); ``outcome`` is the same of one column of
outcomes (``queries/consequences.py``). Under a filter each name means what is
left of its relation (``filtered``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from queries.errors import QuestionError

FOLDER = Path(__file__).parent
MACROS = "macros.sql"
_PARAMETERS = re.compile(r"^-- parameters:(?P<names>.*)$", re.MULTILINE)
_COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


@dataclass(frozen=True, slots=True)
class Question:
    """The text of a question, and the names of its parameters in the order of their marks."""

    name: str
    text: str
    parameters: tuple[str, ...]

    def asked(
        self, columns: Sequence[str], parameters: Mapping[str, Any]
    ) -> tuple[str, tuple[Any, ...]]:
        """The text with its columns, and the values of its marks.

        Raises
        ------
        QuestionError
            When its parameters or its columns are others.
        """
        if set(self.parameters) != set(parameters):
            raise QuestionError(
                f"The question {self.name} takes {', '.join(self.parameters) or 'no parameters'}; "
                f"it was given {', '.join(sorted(parameters)) or 'none'}."
            )
        if ("{columns}" in self.text) != bool(columns):
            raise QuestionError(f"The question {self.name} needs a column, or takes none.")
        for column in columns:
            if not _COLUMN_NAME.fullmatch(column):
                raise QuestionError(f"{column!r} is no column of a feature or a measure.")
        text = self.text.replace("{columns}", ", ".join(columns))
        return text, tuple(parameters[name] for name in self.parameters)


def questions() -> tuple[str, ...]:
    """The names of all questions."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.sql") if file.name != MACROS))


@cache
def find(name: str) -> Question:
    """The question of ``queries/{name}.sql``.

    Raises
    ------
    QuestionError
        When there is no such question.
    """
    if name not in questions():
        raise QuestionError(f"There is no question {name!r}; there are {', '.join(questions())}.")
    text = (FOLDER / f"{name}.sql").read_text()
    named = _PARAMETERS.search(text)
    names = tuple(part.strip() for part in named["names"].split(",")) if named else ()
    return Question(name, text, names)


def single_select(sql: str) -> Any:
    """The tree (of sqlglot) of a text that is one SELECT and nothing besides.

    Raises
    ------
    QuestionError
        When it is another statement, several, or none.
    """
    from sqlglot import exp, parse
    from sqlglot.errors import SqlglotError

    try:
        # Athena reads a SELECT as Trino does
        statements = parse(sql, read="trino")
    except SqlglotError as error:
        raise QuestionError(f"A query cannot be read: {str(error).splitlines()[0]}") from None
    tree = statements[0] if len(statements) == 1 else None
    if not isinstance(tree, exp.Query) or tree.find(exp.DDL, exp.DML, exp.Command, exp.Into):
        raise QuestionError("Only a single SELECT is asked here, and this is none; nothing was.")
    return tree
