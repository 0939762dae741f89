"""Does a real Trino compare answers of several parts as Understudy does on this machine?"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from analysis.structured import Rules
from tests.queries.athena.parting import RULES, check
from tests.trino.backend import RealTrino


@pytest.mark.parametrize(("rules", "answers"), RULES, ids=lambda each: getattr(each, "kind", ""))
def test_trino_compares_every_form_as_python_does(
    rules: Rules, answers: Sequence[str | None], trino: RealTrino
) -> None:
    """Objects, lists, rows of CSV and what is none of them, each beside each."""
    assert check(trino, rules, answers) > len(answers)
