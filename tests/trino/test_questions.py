"""A real Trino decodes, pairs and answers as this machine does, over the demo's captures."""

from __future__ import annotations

from pathlib import Path

from tests.asking_both import Both
from tests.trino.backend import RealTrino


def test_trino_answers_as_this_machine_does(trino: RealTrino, tmp_path: Path) -> None:
    """Captures become rows and pairs by statements that Trino runs; each question, cell by cell."""
    both = Both(tmp_path / "both", backend=trino, last=3)
    try:
        found = {name: both.differences(name) for name in both.names}
        assert found == {name: {} for name in both.names}
        assert both.untested == []
    finally:
        both.close()
