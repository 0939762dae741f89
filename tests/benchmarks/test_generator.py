"""Is what the benchmarks measure on the same everywhere, and its truth true?"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from queries.ingest import ingest
from queries.pairing import pair
from queries.samples import Captures
from tests.benchmarks import generator, stored
from tests.benchmarks.generator import Truth

PAIRS = 700


@pytest.fixture(autouse=True)
def _nobodys_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page tested before stays as ``__main__``, which the processes that write would run."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.fixture
def big(tmp_path: Path) -> tuple[Path, Truth]:
    return tmp_path / "big" / "captures", generator.big(tmp_path / "big", PAIRS)


def found(captures: Path, cache: Path) -> tuple[int, int, int, int]:
    """Rows of both variants, rejects and pairs."""
    what = Captures(location=str(captures), production="production", shadow="shadow")
    read = ingest(what, cache)
    sides = read.of("production"), read.of("shadow")
    rows = [sum(segment.rows for segment in side) for side in sides]
    rejects = sum(len(segment.rejects) for segment in read.segments)
    return rows[0], rows[1], rejects, pair(read.store, *sides).pairs


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path, big: tuple[Path, Truth]):
    """Two sets of one size are alike, byte for byte."""
    captures, truth = big
    assert generator.big(tmp_path / "again", PAIRS) == truth
    for file in captures.rglob("*.jsonl"):
        again = tmp_path / "again" / "captures" / file.relative_to(captures)
        assert again.read_bytes() == file.read_bytes()


def test_the_truth_is_what_is_read(tmp_path: Path, big: tuple[Path, Truth]):
    """Rows, pairs and rejects of every shape are those that its truth names."""
    captures, truth = big
    whole = (truth.production, truth.shadow, 0, truth.pairs)
    assert found(captures, tmp_path / "cache") == whole
    for shape in (
        lambda root: generator.in_files(root, captures, 20),
        lambda root: generator.single(root, captures),
    ):
        root = tmp_path / f"shape{len(list(tmp_path.iterdir()))}"
        shape(root)
        assert found(root / "captures", root / "cache") == whole
    bad = generator.damaged(tmp_path / "bad", captures)
    production, shadow, rejects, _ = found(tmp_path / "bad" / "captures", tmp_path / "bad-cache")
    assert bad.rejected == rejects > 0
    assert production + shadow + rejects == truth.production + truth.shadow


def test_every_question_is_asked(tmp_path: Path):
    """A generated store answers every question there is."""
    stored.make(tmp_path / "store", PAIRS)
    engine = stored.engine(tmp_path / "store")
    times, rows = stored.ask_all(engine, 1)
    assert stored.pairs(engine) == rows["scores"] == PAIRS
    assert min(times.values()) > 0
    assert min(rows.values()) > 0
