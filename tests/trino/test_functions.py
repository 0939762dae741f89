"""A real Trino answers each function as it is written down here."""

from __future__ import annotations

from tests.trino.backend import RealTrino
from tests.trino.functions import ANSWERS, OTHERWISE, answered


def test_trino_answers_as_is_written_down(trino: RealTrino) -> None:
    """The answers in functions.py are Trino's own."""
    written = dict(ANSWERS + OTHERWISE)
    assert answered(trino, written) == written
