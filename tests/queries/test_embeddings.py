"""Is similarity of meaning the cosine of a model's vectors, and said why where there is none?"""

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from queries import embeddings

# What model2vec does, in small: a text is the mean of its known words' vectors, else zeros.
STAND_IN = """
import json
from pathlib import Path


class StaticModel:
    @classmethod
    def from_pretrained(cls, folder):
        made = cls()
        made.vectors = json.loads((Path(folder) / "vectors.json").read_text())
        return made

    def encode(self, texts):
        assert isinstance(texts, list)
        return [self.mean(text.split()) for text in texts]

    def mean(self, words):
        known = [self.vectors[word] for word in words if word in self.vectors] or [[0.0, 0.0]]
        return [sum(column) / len(known) for column in zip(*known)]
"""
VECTORS = {"cat": [3.0, 0.0], "dog": [1.0, 1.0], "car": [0.0, 0.5], "not": [-1.0, 0.0]}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a model, and a package under model2vec's name that reads it."""
    package = tmp_path / "packages" / embeddings.PACKAGE
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(STAND_IN, encoding="utf-8")
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "vectors.json").write_text(json.dumps(VECTORS), encoding="utf-8")
    monkeypatch.delitem(sys.modules, embeddings.PACKAGE, raising=False)
    monkeypatch.syspath_prepend(package.parent)
    importlib.invalidate_caches()
    yield folder
    sys.modules.pop(embeddings.PACKAGE, None)


def test_it_is_the_cosine_of_both_texts(model: Path) -> None:
    """Direction counts, length does not; the order of the pairs is kept."""
    meaning = embeddings.Meaning(str(model))
    found = meaning.similarities(
        ["cat", "cat", "cat", "cat", "dog"], ["cat", "dog", "car", "not", "cat"]
    )
    assert found == pytest.approx([1, math.sqrt(0.5), 0, -1, math.sqrt(0.5)])
    assert meaning.similarities(["cat car"], ["dog"]) == pytest.approx(
        [(1.5 + 0.25) / math.hypot(1.5, 0.25) / math.sqrt(2)]
    )


def test_a_text_without_a_known_word_has_no_similarity(model: Path) -> None:
    """Nothing known is nan, never 0: it would read as another meaning."""
    found = embeddings.Meaning(str(model)).similarities(["cat", "?", ""], ["?", "cat", ""])
    assert all(math.isnan(each) for each in found)


def test_what_is_missing_is_said_with_what_to_do(model: Path) -> None:
    """A model that is there is no problem; no folder and a damaged model are sentences."""
    assert embeddings.problem_of(str(model)) == ""
    gone = embeddings.problem_of(str(model / "gone"))
    assert "there is no such folder" in gone
    assert "leave the key out" in gone
    (model / "vectors.json").write_text("not JSON", encoding="utf-8")
    damaged = embeddings.problem_of(str(model))
    assert str(model) in damaged
    assert "cannot be read" in damaged


@pytest.mark.skipif(find_spec(embeddings.PACKAGE) is not None, reason="the package is installed")
def test_without_the_package_the_command_is_named(tmp_path: Path) -> None:
    """The extra that is not installed is named with the command that installs it."""
    assert "pip install model2vec" in embeddings.problem_of(str(tmp_path))
