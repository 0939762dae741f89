"""What the tests of writing into Athena share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.athena.writing import Cut


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Cut]:
    """An account on this machine."""
    found = Cut(tmp_path / "account")
    yield found
    found.close()
