"""What the tests of Athena share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.queries.athena.asking import Account


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """An account on this machine."""
    found = Account(tmp_path / "account")
    yield found
    found.close()
