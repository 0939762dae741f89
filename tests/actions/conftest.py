"""What tests of actions act on: an account of their own at the stand-in for AWS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.cloud import Cloud, served


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """An endpoint ``fraud-scores`` with a shadow, captured and tagged, and its two models."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    with served(folder) as account:
        yield account
