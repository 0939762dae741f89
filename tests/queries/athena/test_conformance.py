"""Every question has the same answer on this machine and in Athena, over the demo's captures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queries.questions import questions
from tests.asking_both import ASKED, OF_PARTS, Both
from tests.athena_demo import TESTS


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
