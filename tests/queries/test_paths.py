"""Is a JSON path read the same way in Python and in SQL?"""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.paths import Path, parse_path, path_text, split_rows, value_at, values_at

NAMES = st.text(
    st.characters(codec="ascii", exclude_characters='"\\', min_codepoint=32), min_size=1
)
STEPS = st.one_of(NAMES, st.integers(0, 20), st.none())
DOCUMENTS = st.recursive(
    st.integers() | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b c", "d.e", "é"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("$", ()),
        ("$.score", ("score",)),
        ("$.predictions[*].score", ("predictions", None, "score")),
        ("$[*]", (None,)),
        ("$[0][12]", (0, 12)),
        ('$["b c"].d', ("b c", "d")),
        ("$['b.c']", ("b.c",)),
        ('$."b.c"[*]', ("b.c", None)),
    ],
)
def test_paths_are_parsed(text: str, path: Path) -> None:
    """Members, quoted members, indices and [*] are understood."""
    assert parse_path(text) == path


@pytest.mark.parametrize(
    "text", ["", "score", "$score", "$.", "$..a", "$[", "$[-1]", "$[1:2]", "$.a b["]
)
def test_what_is_no_path_is_told(text: str) -> None:
    """A text that is no path of the kind both engines read is refused with a sentence."""
    with pytest.raises(ValueError, match="is not a JSON path"):
        parse_path(text)


@given(st.lists(STEPS, max_size=5).map(tuple))
def test_path_text_round_trips(path: Path) -> None:
    """What is written for the engine names the same steps again."""
    assert parse_path(path_text(path)) == path


@pytest.mark.parametrize(
    ("path", "rows", "inside"),
    [
        ((), (), ()),
        (("score",), (), ("score",)),
        (("p", None, "score"), ("p", None), ("score",)),
        (("p", None, "q", None), ("p", None, "q", None), ()),
    ],
)
def test_rows_end_at_the_last_star(path: Path, rows: Path, inside: Path) -> None:
    """The part up to the last [*] names the rows, the rest the value within one."""
    assert split_rows(path) == (rows, inside)


def test_an_absent_member_names_nothing() -> None:
    """A path past the end of a list, or into a scalar, finds no value and raises nothing."""
    document = {"a": [{"b": 1}, {"c": 2}, 3, None]}
    assert values_at(document, parse_path("$.a[*].b")) == [1]
    assert value_at(document, parse_path("$.a[9].b")) is None
    assert value_at(document, parse_path("$.a.b")) is None
    assert values_at(None, parse_path("$[*]")) == []


@given(DOCUMENTS, st.lists(st.sampled_from(["a", "b c", "d.e", "é", 0, 1, None]), max_size=3))
def test_the_engine_finds_the_same_values(document: Any, path: list[Any]) -> None:
    """DuckDB's JSON functions and ``values_at`` agree on every document and path."""
    text, steps = json.dumps(document), path_text(tuple(path))
    with duckdb.connect() as database:
        (found,) = database.execute(
            "SELECT json_extract($d, $p)", {"d": text, "p": steps}
        ).fetchall()[0]
    many = found if isinstance(found, list) else [] if found is None else [found]
    assert [json.loads(one) for one in many] == values_at(document, tuple(path))
