"""Do small accounts survive on disk, and is anything else taken for none?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.kept import read_json, value_of, write_json

Step = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Inner:
    path: Step
    place: Step | int | None
    form: Literal["csv", "json"]


@dataclass(frozen=True, slots=True)
class Outer:
    name: str
    share: float
    counts: tuple[tuple[str, int], ...]
    inner: dict[str, Inner]
    flag: bool


texts = st.text(st.characters(exclude_categories=["Cs"]))
ints = st.integers(-(2**63), 2**64 - 1)
steps = st.tuples() | st.lists(texts | ints | st.none(), max_size=3).map(tuple)
inners = st.builds(
    Inner, path=steps, place=steps | ints | st.none(), form=st.sampled_from(["csv", "json"])
)
outers = st.builds(
    Outer,
    name=texts,
    share=st.floats(allow_nan=False, allow_infinity=False),
    counts=st.lists(st.tuples(texts, ints), max_size=3).map(tuple),
    inner=st.dictionaries(texts, inners, max_size=3),
    flag=st.booleans(),
)


@given(outers)
def test_what_was_written_comes_back(tmp_path_factory: pytest.TempPathFactory, value: Outer):
    """A value that was written is read back equal, types and all."""
    file = tmp_path_factory.mktemp("kept") / "account.json"
    write_json(value, file)
    assert read_json(Outer, file) == value
    assert [kept.name for kept in file.parent.iterdir()] == ["account.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"path": [], "place": 1}',
        b'{"path": [], "place": 1, "form": "xml"}',
        b'{"path": [1.5], "place": 1, "form": "csv"}',
        b'{"path": {}, "place": 1, "form": "csv"}',
        b'{"path": [], "place": true, "form": "csv"}',
        b'{"path": [], "place": 1, "form": "csv", "more": 1}',
    ],
)
def test_a_file_that_is_not_whole_is_none(tmp_path: Path, content: bytes):
    """A damaged file, or one of another version, counts as none: it is made anew."""
    file = tmp_path / "account.json"
    file.write_bytes(content)
    assert read_json(Inner, file) is None


def test_a_missing_file_is_none(tmp_path: Path):
    """Where there is no file there is no value."""
    assert read_json(Inner, tmp_path / "account.json") is None


def test_a_tuple_has_its_length():
    """A pair of three values is refused."""
    with pytest.raises(ValueError, match="has not 2 values"):
        value_of(tuple[str, int], ["a", 1, 2])
