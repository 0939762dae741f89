"""Does a real Trino join right answers to pairs as Understudy does on this machine?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from queries.opened import Opened
from tests.queries.athena.joining import check_same
from tests.queries.athena.test_truth import CASES, LINES, REQUESTS, check_small
from tests.trino.backend import RealTrino


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.__name__)
def test_trino_joins_labels_as_this_machine_does(
    case: Callable[[Path], Opened], trino: RealTrino, tmp_path: Path
) -> None:
    """Every rule of joining: the same counts, words, ids and labelled rows."""
    check_same(case(tmp_path), trino)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(REQUESTS, LINES)
def test_any_labels_are_joined_as_on_this_machine(
    trino: RealTrino,
    tmp_path_factory: pytest.TempPathFactory,
    requests: list[Any],
    told: list[Any],
) -> None:
    """Ids repeated and unknown, several labels a line, labels told again, columns swapped."""
    check_small(trino, tmp_path_factory.mktemp("any"), requests, told)
