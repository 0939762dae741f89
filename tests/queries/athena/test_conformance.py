"""Every question has the same answer on this machine and in Athena, over the demo's captures."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from queries.questions import questions
from tests.asking_both import ASKED, OF_PARTS, Both
from tests.athena_demo import TESTS
from tests.test_sql import faults


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """The demo's captures, asked of DuckDB and of the stand-in's Athena."""
    found = Both(tmp_path_factory.mktemp("both"))
    yield found
    found.close()


def test_every_question_is_asked() -> None:
    """Of all the files there are, only those about answers of several parts are left out."""
    assert ASKED.keys() | OF_PARTS == set(questions())
    assert not ASKED.keys() & OF_PARTS


@pytest.mark.parametrize("name", TESTS)
def test_both_engines_answer_alike(both: Both, name: str) -> None:
    """Each question, cell by cell, of a binary test, one of classes and one of numbers."""
    assert both.differences(name) == {}
    assert both.untested == []


def test_each_statement_is_athenas(both: Both) -> None:
    """Trino's grammar reads each question and what tables are made of, sqlfluff each definition.

    The questions are those of the tests above, with all that is put before them.
    """
    from sqlfluff.core import Linter

    asked = [each.statement for each in both.statements]
    kinds = {each.kind for each in asked}
    assert {"select", "create table as", "create external table", "create view"} <= kinds
    questions = {each.query for each in asked if each.query}
    assert {text: found for text in questions if (found := faults(text))} == {}
    definitions = {each.text for each in asked if each.defines}
    linter = Linter(dialect="athena")
    unread = {
        text: [str(each) for each in found.violations]
        for text in definitions
        if (found := linter.parse_string(_without_what_sqlfluff_lacks(text))).violations
    }
    assert unread == {}


def _without_what_sqlfluff_lacks(text: str) -> str:
    """The statement without two clauses that only sqlfluff 4.5 does not know.

    Athena does: https://docs.aws.amazon.com/athena/latest/ug/create-table.html (STORED AS PARQUET)
    and https://docs.aws.amazon.com/athena/latest/ug/create-database.html (COMMENT).
    """
    text = text.replace("STORED AS PARQUET", "STORED AS TEXTFILE")
    return re.sub(r"(?s)\A(CREATE DATABASE [^\n]+)\nCOMMENT '[^']*'", r"\1", text)
