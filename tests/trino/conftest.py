"""A real Trino for the tests here, where one is wanted (make test-trino) and can be had."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.trino.backend import RealTrino
from tests.trino.server import NotHere, Trino

# before the tests' own environment is made
WANTED = bool(os.environ.get("UNDERSTUDY_TRINO"))


@pytest.fixture(scope="session")
def trino() -> Iterator[RealTrino]:
    """A Trino behind Athena's protocol."""
    if not WANTED:
        pytest.skip("`make test-trino` asks a real Trino, which Maven downloads (134 MB)")
    try:
        server = Trino()
    except NotHere as reason:
        pytest.skip(f"A real Trino cannot be had here: {reason}.")
    yield RealTrino(server.url)
    server.stop()
