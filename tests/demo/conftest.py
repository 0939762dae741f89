"""An account at the stand-in that may be changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.actions.cloud import Cloud, served


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """An endpoint with a shadow, captured and tagged, and its two models."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    with served(folder) as account:
        yield account


@pytest.fixture
def sm(cloud: Cloud) -> Any:
    """A client of it that asks once."""
    return cloud.once()
